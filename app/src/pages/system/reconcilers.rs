//! The reconcilers in a table, as the server orders them: what fails comes first.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::i18n::{Text, text};
use crate::model::system::{Did, Reconciler, ReconcilerKind, System, Work};
use crate::paths::{self, ClusterTab};
use crate::ui::time::{Ago, Elapsed, duration, now};
use crate::ui::{Column, EmptyState, Indicator, Table, Tone, foreign_lines};

/// A run that is under way for longer is said, in milliseconds.
const LONG: i64 = 10_000;
/// What comes sooner than that comes at once for whoever looks.
const SOON: i64 = 2_000;

pub fn table(system: Signal<System>) -> AnyView {
    let t = text();
    let rows = Signal::derive(move || system.with(|system| system.reconcilers.clone()));
    let without_cluster = Memo::new(move |_| {
        rows.with(|rows| !rows.is_empty() && rows.iter().all(|one| one.cluster_id.is_empty()))
    });
    view! {
        <div class="grid gap-2">
            <Table
                title=t.system.reconcilers
                noun=t.system.filter
                id="reconcilers"
                rows
                columns=columns(t)
                key=|one| format!("{} {}", one.kind.as_str(), one.cluster_id)
                empty=move || view! { <EmptyState title=t.system.empty_title text=t.system.empty>""</EmptyState> }
            />
            <Show when=move || without_cluster.get()>
                <p class="text-muted">{t.system.no_clusters}</p>
            </Show>
        </div>
    }
    .into_any()
}

fn columns(t: &'static Text) -> Vec<Column<Reconciler>> {
    vec![
        Column::new(t.system.of, move |one: &Reconciler| {
            view! { <span class="whitespace-nowrap font-medium" title=purpose(t, one.kind)>{name(t, one.kind)}</span> }
        })
        .text(move |one| name(t, one.kind).to_owned()),
        Column::new(t.system.cluster, move |one: &Reconciler| {
            if one.cluster_id.is_empty() {
                return view! { <span class="whitespace-nowrap text-muted">{t.system.whole_server}</span> }
                    .into_any();
            }
            let href = paths::cluster(&one.cluster_id, ClusterTab::Details);
            let name = one.cluster_name.clone();
            view! { <A href>{name}</A> }.into_any()
        })
        .text(move |one| match one.cluster_id.is_empty() {
            true => t.system.whole_server.to_owned(),
            false => one.cluster_name.clone(),
        }),
        Column::new(t.system.state, move |one: &Reconciler| state(t, one))
            .text(move |one| state_word(t, one).1.to_owned())
            .sort(|one| -i64::from(one.failures)),
        Column::new(t.system.ran, |one: &Reconciler| view! { <Ago at=one.ran_at /> })
            .sort(|one| one.ran_at),
        Column::new(t.system.took, move |one: &Reconciler| took(t, one)).sort(|one| one.took_ms),
        Column::new(t.system.did, move |one: &Reconciler| {
            let words = done(t, &one.did);
            let ago = (one.did_at > 0).then(|| {
                view! {
                    <span class="block text-xs text-muted">
                        <Ago at=one.did_at />
                    </span>
                }
            });
            view! {
                <span class="block">{words}</span>
                {ago}
            }
        })
        .sort(|one| one.did_at),
        Column::new(t.system.next, move |one: &Reconciler| {
            let at = one.next_at;
            view! { <span class="whitespace-nowrap">{move || next(t, at)}</span> }
        })
        .sort(|one| one.next_at),
    ]
}

fn name(t: &'static Text, kind: ReconcilerKind) -> &'static str {
    match kind {
        ReconcilerKind::Cluster => t.system.kind_cluster,
        ReconcilerKind::Node => t.system.kind_node,
        ReconcilerKind::Job => t.system.kind_job,
        ReconcilerKind::History => t.system.kind_history,
        ReconcilerKind::Sweep => t.system.kind_sweep,
        ReconcilerKind::Log => t.system.kind_log,
        ReconcilerKind::Metric => t.system.kind_metric,
        ReconcilerKind::Publish => t.system.kind_publish,
        ReconcilerKind::Notification => t.system.kind_notification,
        ReconcilerKind::Prune => t.system.kind_prune,
    }
}

fn purpose(t: &'static Text, kind: ReconcilerKind) -> &'static str {
    match kind {
        ReconcilerKind::Cluster => t.system.purpose_cluster,
        ReconcilerKind::Node => t.system.purpose_node,
        ReconcilerKind::Job => t.system.purpose_job,
        ReconcilerKind::History => t.system.purpose_history,
        ReconcilerKind::Sweep => t.system.purpose_sweep,
        ReconcilerKind::Log => t.system.purpose_log,
        ReconcilerKind::Metric => t.system.purpose_metric,
        ReconcilerKind::Publish => t.system.purpose_publish,
        ReconcilerKind::Notification => t.system.purpose_notification,
        ReconcilerKind::Prune => t.system.purpose_prune,
    }
}

fn state_word(t: &'static Text, one: &Reconciler) -> (Tone, &'static str) {
    if one.is_failing() {
        (Tone::Danger, t.system.failing)
    } else if one.ran_at == 0 {
        (Tone::Neutral, t.system.not_yet)
    } else {
        (Tone::Success, t.system.works)
    }
}

/// What is wrong with it stands below the word.
fn state(t: &'static Text, one: &Reconciler) -> AnyView {
    let (tone, label) = state_word(t, one);
    let error = one.is_failing().then(|| {
        let times = t.system.times(one.failures);
        let succeeded = one.succeeded_at;
        let before = (succeeded > 0).then(|| {
            view! {
                " · "
                {t.system.succeeded}
                " "
                <Ago at=succeeded />
            }
        });
        view! {
            <span class="cell-note">{foreign_lines(&one.error)}</span>
            <span class="block text-xs text-muted">{times} {before}</span>
        }
    });
    let since = one.running_since;
    let long = move || {
        let is_long = since > 0 && now() - since > LONG;
        is_long.then(|| {
            view! {
                <span class="block text-xs text-muted">
                    {t.system.under_way} " " <Elapsed from=since to=0 />
                </span>
            }
        })
    };
    view! {
        <Indicator tone label />
        {error}
        {long}
    }
    .into_any()
}

fn took(t: &'static Text, one: &Reconciler) -> AnyView {
    let words = match (one.ran_at, one.took_ms) {
        (0, _) => "–".to_owned(),
        (_, 0) => t.system.no_time.to_owned(),
        (_, took) => duration(t, took),
    };
    view! { <span class="whitespace-nowrap">{words}</span> }.into_any()
}

fn next(t: &'static Text, at: i64) -> String {
    match at - now() {
        _ if at == 0 => "–".to_owned(),
        ..SOON => t.system.soon.to_owned(),
        left => t.time.in_future(duration(t, left)),
    }
}

/// "node launched × 3, node ended".
fn done(t: &'static Text, did: &[Did]) -> String {
    let words = did.iter().map(|did| match did.count {
        1 => work(t, did.work).to_owned(),
        count => format!("{} × {count}", work(t, did.work)),
    });
    let words: Vec<String> = words.collect();
    match words.is_empty() {
        true => "–".to_owned(),
        false => words.join(t.system.and),
    }
}

fn work(t: &'static Text, work: Work) -> &'static str {
    match work {
        Work::ControllerStarted => t.system.controller_started,
        Work::ClusterReady => t.system.cluster_ready,
        Work::Configured => t.system.configured,
        Work::NodeLaunched => t.system.node_launched,
        Work::NodeReady => t.system.node_ready,
        Work::NodeEnded => t.system.node_ended,
        Work::NodeFailed => t.system.node_failed,
        Work::NodeFreed => t.system.node_freed,
        Work::NodePoweredUp => t.system.node_powered_up,
        Work::NodePoweredDown => t.system.node_powered_down,
        Work::NodeReplaced => t.system.node_replaced,
        Work::NodeRegistered => t.system.node_registered,
        Work::OwnedEnsured => t.system.owned_ensured,
        Work::OwnedReleased => t.system.owned_released,
        Work::JobsLookedAt => t.system.job_looked_at,
        Work::JobsCopied => t.system.job_copied,
        Work::LeftoverRemoved => t.system.leftover_removed,
        Work::ClusterMeasured => t.system.cluster_measured,
        Work::MinutePublished => t.system.minute_published,
        Work::MessageFound => t.system.message_found,
        Work::LinesKept => t.system.lines_kept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Language;

    #[test]
    fn what_was_done_is_said_with_how_often() {
        let t = Language::English.text();
        let did = |work, count| Did { work, count };
        let both = [did(Work::NodeLaunched, 3), did(Work::NodeEnded, 1)];
        assert_eq!(done(t, &both), "node launched × 3, node ended");
        assert_eq!(done(t, &[]), "–");
    }

    #[test]
    fn the_next_run_is_soon_or_in_a_while() {
        let t = Language::English.text();
        assert_eq!(next(t, 0), "–");
        assert_eq!(next(t, now() + 500), t.system.soon);
        assert_eq!(next(t, now() + 90_500), "in 1 min 30 s");
    }
}
