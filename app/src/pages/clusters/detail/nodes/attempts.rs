//! The asks for an instance of a node: what was asked for, what came, and what each pool said.

use leptos::prelude::*;

use crate::components::purchase_words;
use crate::i18n::{Text, text};
use crate::model::attempt::{LaunchAttempt, Pool, listed};
use crate::ui::time::{Ago, TimeOfDay};
use crate::ui::{Card, KeyValue, Pairs, foreign_lines};

/// Newest first.
#[component]
pub fn Attempts(attempts: Vec<LaunchAttempt>) -> impl IntoView {
    let t = text();
    if attempts.is_empty() {
        return view! {
            <Card title=t.node.attempts>
                <p class="text-muted">{t.node.attempts_none}</p>
            </Card>
        }
        .into_any();
    }
    let one = |attempt: LaunchAttempt| view! { <One attempt /> };
    view! {
        <Card title=t.node.attempts>
            <div class="grid gap-3">{attempts.into_iter().map(one).collect_view()}</div>
        </Card>
    }
    .into_any()
}

#[component]
fn One(attempt: LaunchAttempt) -> impl IntoView {
    let t = text();
    let bought = bought(&attempt).map(|pool| purchase_words(t, pool.purchase));
    let asks = (attempt.asks > 1).then(|| format!(" · {}", t.node.attempt_asks(attempt.asks)));
    let came = t.node.attempt_came(attempt.came, attempt.wanted);
    let strategy = attempt.strategy.clone();
    let places = places(t, &attempt);
    let (at, outcome) = (attempt.at, outcome(t, &attempt));
    view! {
        <div class="instance">
            <Pairs>
                <KeyValue label=t.node.attempt_at>
                    <Ago at />
                </KeyValue>
                <KeyValue label=t.node.attempt_size>{came}{asks}</KeyValue>
                {bought.map(|bought| view! { <KeyValue label=t.node.attempt_bought>{bought}</KeyValue> })}
                {strategy
                    .map(|name| view! { <KeyValue label=t.node.attempt_strategy><code class="chip">{name}</code></KeyValue> })}
                {places.map(|places| view! { <KeyValue label=t.node.attempt_pools wide=true>{places}</KeyValue> })}
                <KeyValue label=t.node.attempt_outcome wide=true>{outcome}</KeyValue>
            </Pairs>
            <Pools attempt />
        </div>
    }
    .into_any()
}

/// All pools of an attempt are bought in the same way.
fn bought(attempt: &LaunchAttempt) -> Option<&Pool> {
    let resting = attempt.resting.iter().map(|one| &one.pool);
    attempt.pools.iter().chain(resting).next()
}

/// None where nothing is known of it.
fn places(t: &'static Text, attempt: &LaunchAttempt) -> Option<String> {
    match (attempt.pools.is_empty(), attempt.resting.is_empty()) {
        (false, _) => Some(listed(&attempt.pools)),
        (true, false) if attempt.error.is_some() => Some(t.node.attempt_nowhere.into()),
        (true, _) => None,
    }
}

fn outcome(t: &'static Text, attempt: &LaunchAttempt) -> AnyView {
    match (&attempt.provider_id, &attempt.error) {
        (Some(id), _) => view! { <code class="chip">{id.clone()}</code> }.into_any(),
        (None, Some(error)) => foreign_lines(error),
        (None, None) if attempt.answered_at > 0 => t.node.attempt_failed.into_any(),
        (None, None) => t.node.attempt_pending.into_any(),
    }
}

/// What pools said of it, and which ones were left alone because of what they had said before.
#[component]
fn Pools(attempt: LaunchAttempt) -> impl IntoView {
    let t = text();
    let said = attempt.errors.into_iter().map(|error| {
        let pools = listed(&error.pools);
        row(pools, error.code, error.message, None)
    });
    let resting = attempt.resting.into_iter().map(|one| {
        let pool = one.pool.to_string();
        row(pool, one.code, one.message, Some(one.until))
    });
    let rows: Vec<AnyView> = said.chain(resting).collect();
    if rows.is_empty() {
        return ().into_any();
    }
    let titles = [
        t.node.pool,
        t.node.pool_code,
        t.node.pool_words,
        t.node.pool_resting,
    ];
    view! {
        <div class="scrolls-wide mt-3">
            <table class="plain-table">
                <thead>
                    <tr>
                        {titles.map(|title| view! { <th scope="col">{title}</th> }).into_iter().collect_view()}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(pools: String, code: Option<String>, words: String, until: Option<i64>) -> AnyView {
    let code = code.map(|code| view! { <code class="chip">{code}</code> });
    view! {
        <tr>
            <td>{pools}</td>
            <td>{code}</td>
            <td>{foreign_lines(words)}</td>
            <td>{until.map(|at| view! { <TimeOfDay at /> })}</td>
        </tr>
    }
    .into_any()
}
