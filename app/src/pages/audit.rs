//! The audit trail: who asked for what, and what became of it. Its filters are a plain form, and all of them are in the
//! address: a page can be kept and sent, and works before the console's program is there.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;

use crate::api::trail::{list_trail, verify_trail};
use crate::components::Fetched;
use crate::i18n::{Text, text};
use crate::model::date::{DAY, parse};
use crate::model::trail::{TrailCheck, TrailOf, TrailPage, TrailRow};
use crate::paths;
use crate::ui::time::Ago;
use crate::ui::{
    Code, EmptyState, Flash, Icon, Indicator, PageHeader, Tone, foreign_line, use_search,
};

/// The names in the address that say what is looked for, in the order of the form.
const NAMES: [&str; 7] = [
    "from",
    "to",
    "user",
    "operation",
    "resource",
    "outcome",
    "readOnly",
];
const BEFORE: &str = "before";
const VERIFY: &str = "verify";

#[component]
pub fn AuditPage() -> impl IntoView {
    let t = text();
    let search = use_search();
    let value = move |name: &str| search.with(|search| search.get(name)).unwrap_or_default();
    let given = Memo::new(move |_| NAMES.map(value));
    let before = Memo::new(move |_| value(BEFORE));
    let wanted = Memo::new(move |_| !value(VERIFY).is_empty());
    let of = Memo::new(move |_| asked(&given.get(), &before.get()));
    let page = Resource::new(move || of.get(), list_trail);
    let check = Resource::new(move || wanted.get(), verify_trail);
    view! {
        <Title text=t.audit.title />
        <div class="grid gap-5">
            <div class="grid gap-1">
                <PageHeader title=t.audit.title>""</PageHeader>
                <p class="text-muted">{t.audit.lead}</p>
            </div>
            {move || filters(t, given.get())}
            <Fetched resource=check let:check>
                {move || check.get().map(|check| verified(t, &check))}
            </Fetched>
            <Fetched resource=page let:page>
                {move || records(t, &given.get(), page.get())}
            </Fetched>
        </div>
    }
    .into_any()
}

const CHANGES: &str = "false";
const READS: &str = "true";
const ANY: &str = "any";

/// The day's first moment.
fn midnight(day: &str) -> Option<i64> {
    parse(&format!("{day}T00:00:00Z"))
}

/// Reads are many times as many as all else: who looks for nothing else is not shown them.
fn kind(given: &[String; 7]) -> &'static str {
    match given[6].as_str() {
        CHANGES => CHANGES,
        READS => READS,
        "" if given.iter().all(String::is_empty) => CHANGES,
        _ => ANY,
    }
}

fn asked(given: &[String; 7], before: &str) -> TrailOf {
    let [from, to, user, operation, resource, outcome, _] = given.clone();
    let read_only = match kind(given) {
        ANY => "",
        one => one,
    };
    TrailOf {
        from: midnight(&from),
        to: midnight(&to).map(|to| to + DAY),
        user,
        operation,
        resource,
        outcome,
        read_only: read_only.to_owned(),
        before: before.parse().ok(),
    }
}

fn filters(t: &'static Text, given: [String; 7]) -> AnyView {
    let [from, to, user, operation, resource, outcome, _] = given.clone();
    let field = |label: &'static str, name: &'static str, kind: &'static str, value: String| {
        view! {
            <label>
                <span class="font-medium">{label}</span>
                <input
                    type=kind
                    name=name
                    class="input"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    value=value
                />
            </label>
        }
    };
    let choice = |label: &'static str,
                  name: &'static str,
                  now: &str,
                  words: [(&'static str, &'static str); 3]| {
        let options = words.map(|(value, word)| {
            let is_now = value == now;
            view! { <option value=value selected=is_now>{word}</option> }
        });
        view! {
            <label>
                <span class="font-medium">{label}</span>
                <select name=name class="input">
                    {options}
                </select>
            </label>
        }
    };
    let outcomes = [
        ("", t.audit.any),
        ("allowed", t.audit.allowed),
        ("refused", t.audit.refused),
    ];
    let kinds = [
        (CHANGES, t.audit.changes),
        (READS, t.audit.reads),
        (ANY, t.audit.any),
    ];
    // Neither has anything that JSON does not.
    let of = serde_json::to_string(&asked(&given, "")).unwrap_or_default();
    let mut pairs: Vec<(&str, &str)> = NAMES
        .into_iter()
        .zip(given.iter().map(String::as_str))
        .collect();
    pairs.push((VERIFY, "yes"));
    view! {
        <form method="get" action=paths::AUDIT class="grid gap-3" role="search" aria-label=t.audit.filters>
            <div class="trail-filters">
                {field(t.audit.from, "from", "date", from)}
                {field(t.audit.to, "to", "date", to)}
                {field(t.audit.user, "user", "text", user)}
                {field(t.audit.operation, "operation", "text", operation)}
                {field(t.audit.resource, "resource", "text", resource)}
                {choice(t.audit.outcome, "outcome", &outcome, outcomes)}
                {choice(t.audit.kind, "readOnly", kind(&given), kinds)}
            </div>
            <div class="flex flex-wrap gap-3">
                <button type="submit" class="button">
                    {Icon::Search.view()}
                    <span>{t.audit.search}</span>
                </button>
                <a class="button" href=paths::audit_file(&of, "csv") rel="external" download="">
                    {t.audit.csv}
                </a>
                <a class="button" href=paths::audit_file(&of, "jsonl") rel="external" download="">
                    {t.audit.jsonl}
                </a>
                <A href=paths::audit(&pairs) attr:class="button">
                    {t.audit.verify}
                </A>
            </div>
        </form>
    }
    .into_any()
}

fn verified(t: &'static Text, check: &TrailCheck) -> AnyView {
    let (tone, message) = match check.broken_at {
        None => (Tone::Success, t.audit.whole(check.records)),
        Some(number) => (Tone::Danger, t.audit.broken(number)),
    };
    view! { <Flash tone title=t.audit.chain message /> }.into_any()
}

fn records(t: &'static Text, given: &[String; 7], page: TrailPage) -> AnyView {
    if page.rows.is_empty() {
        return view! { <EmptyState title=t.audit.empty_title text=t.audit.empty>""</EmptyState> }
            .into_any();
    }
    let older = page.next.map(|next| {
        let next = next.to_string();
        let mut pairs: Vec<(&str, &str)> = NAMES
            .into_iter()
            .zip(given.iter().map(String::as_str))
            .collect();
        pairs.push((BEFORE, &next));
        view! { <p><A href=paths::audit(&pairs)>{t.audit.older}</A></p> }
    });
    let rows: Vec<AnyView> = page.rows.into_iter().map(|row| record(t, row)).collect();
    view! {
        <div>
            <div class="trail-line trail-heads" aria-hidden="true">
                <span></span>
                <span>{t.audit.time}</span>
                <span>{t.audit.user}</span>
                <span>{t.audit.operation}</span>
                <span>{t.audit.resource}</span>
                <span>{t.audit.outcome}</span>
            </div>
            <ul class="trail" aria-label=t.audit.title>
                {rows}
            </ul>
        </div>
        {older}
    }
    .into_any()
}

/// One line, which opens to the whole record.
fn record(t: &'static Text, row: TrailRow) -> AnyView {
    let (tone, label) = match row.error_code.is_empty() {
        true => (Tone::Success, t.audit.allowed),
        false => (Tone::Danger, t.audit.refused),
    };
    view! {
        <li>
            <details class="trail-record">
                <summary class="trail-line">
                    {Icon::ChevronRight.view()} <span class="trail-time">
                        <Ago at=row.at />
                    </span> <span class="trail-user">{foreign_line(row.user)}</span>
                    <span class="trail-operation font-medium">{foreign_line(row.operation)}</span>
                    <span class="trail-resource">{foreign_line(resource(&row.resource_arn))}</span>
                    <span class="trail-outcome">
                        <Indicator tone label />
                        " "
                        {foreign_line(row.error_code)}
                    </span>
                </summary>
                <Code what=t.audit.record text=row.record />
            </details>
        </li>
    }
    .into_any()
}

/// What tells resources of an account from each other: `cluster/pcs_a/queue/pcs_b` of an ARN.
fn resource(arn: &str) -> &str {
    match arn.starts_with("arn:") {
        true => arn.splitn(6, ':').last().unwrap_or(arn),
        false => arn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_says_what_is_looked_for() {
        let given = ["2026-11-28", "2026-11-28", "ann", "", "", "refused", ""].map(str::to_owned);
        let of = asked(&given, "7");
        assert_eq!(of.to.zip(of.from).map(|(to, from)| to - from), Some(DAY));
        assert_eq!(
            (of.user.as_str(), of.outcome.as_str(), of.before),
            ("ann", "refused", Some(7))
        );
        assert_eq!(of.read_only, "");
        let nothing = [const { String::new() }; 7];
        let changes = TrailOf {
            read_only: CHANGES.into(),
            ..TrailOf::default()
        };
        assert_eq!(asked(&nothing, "x"), changes);
    }

    #[test]
    fn a_resource_is_told_without_its_account() {
        for (arn, told) in [
            (
                "arn:aws:pcs:us-east-1:1:cluster/a/queue/b",
                "cluster/a/queue/b",
            ),
            ("*", "*"),
            ("arn:odd", "odd"),
            ("", ""),
        ] {
            assert_eq!(resource(arn), told);
        }
    }
}
