//! Jobs in a table: of one cluster, or of all.

use std::collections::BTreeSet;

use leptos::prelude::*;
use leptos_router::components::A;

use super::{JobActions, JobReason, JobState, state_words};
use crate::i18n::{Text, text};
use crate::model::job::{Job, OfCluster};
use crate::model::user::Refusals;
use crate::paths::{self, ClusterTab};
use crate::ui::time::{Ago, Elapsed};
use crate::ui::{Column, Table};

type Row = OfCluster<Job>;

/// Characters of an id that stand on one line.
const LONGEST_LINE: usize = 20;

#[component]
pub fn JobTable(
    #[prop(into)] jobs: Signal<Vec<Row>>,
    /// With the name of each one's cluster.
    #[prop(optional)]
    of_all: bool,
    /// Instead of "Jobs": the parts of one.
    #[prop(optional)]
    title: Option<&'static str>,
    #[prop(into)] refusals: Signal<Refusals>,
    #[prop(into)] empty: ViewFn,
    /// More buttons, after those for the selected jobs.
    #[prop(optional, into)]
    actions: ViewFn,
) -> impl IntoView {
    let t = text();
    let selected = RwSignal::new(BTreeSet::<String>::new());
    let chosen = Signal::derive(move || {
        selected.with(|keys| {
            let jobs = jobs.get();
            jobs.into_iter()
                .filter(|job| keys.contains(&key(job)))
                .collect::<Vec<_>>()
        })
    });
    view! {
        <Table
            title=title.unwrap_or(if of_all { t.jobs.all_title } else { t.jobs.title })
            noun=t.jobs.filter
            id=match (of_all, title) {
                (true, _) => "all-jobs",
                (false, None) => "jobs",
                (false, Some(_)) => "job-parts",
            }
            rows=jobs
            columns=columns(t, of_all, title.is_some())
            key=key
            weight=|row: &Row| row.item.count()
            selected
            actions=move || {
                view! {
                    <JobActions jobs=chosen all=jobs refusals on_done=move || selected.set(BTreeSet::new()) />
                    {actions.run()}
                }
            }
            empty
        />
    }
    .into_any()
}

fn key(job: &Row) -> String {
    format!("{} {}", job.cluster_id, job.item.id)
}

/// The parts of one job have its name and its user: those columns wait until they are asked for.
fn columns(t: &'static Text, of_all: bool, of_one: bool) -> Vec<Column<Row>> {
    let cluster = Column::new(t.jobs.cluster, |r: &Row| {
        let href = paths::cluster(&r.cluster_id, ClusterTab::Jobs);
        let name = r.cluster_name.clone();
        view! { <A href attr:class="whitespace-nowrap">{name}</A> }
    })
    .text(|r| r.cluster_name.clone());
    let shared = |column: Column<Row>| match of_one {
        true => column.hidden(),
        false => column,
    };
    let mut columns = vec![
        Column::new(t.jobs.id, |r: &Row| {
            let href = paths::job(&r.cluster_id, &r.item.id);
            let id = r.item.id.clone();
            // A long list of tasks may break, a short one reads as one.
            let class = match id.len() {
                0..=LONGEST_LINE => "row-link tabular-nums whitespace-nowrap",
                _ => "row-link tabular-nums",
            };
            view! { <A href attr:class=class>{id}</A> }
        })
        .text(|r| r.item.id.clone())
        .sort(number),
        shared(Column::new(t.jobs.name, |r: &Row| r.item.name.clone()).text(|r| r.item.name.clone())),
        Column::new(t.jobs.state, |r: &Row| {
            view! {
                <JobState state=r.item.state.clone() />
                <JobReason reason=r.item.reason.clone() why=r.item.why.clone() />
            }
        })
        .text(move |r| state_words(t, &r.item.state)),
        // A property of its own for the filter; the state's cell shows it.
        Column::new(t.jobs.reason, |r: &Row| r.item.why.clone())
            .text(|r| r.item.why.clone())
            .hidden(),
        Column::new(t.jobs.queue, |r: &Row| r.item.queue.clone()).text(|r| r.item.queue.clone()),
        Column::new(t.jobs.nodes, |r: &Row| {
            view! {
                <span class="tabular-nums">{r.item.node_count}</span>
                <span class="block whitespace-nowrap text-xs text-muted">{r.item.nodes.clone()}</span>
            }
        })
        .text(|r| r.item.nodes.clone())
        .sort(|r| r.item.node_count),
        shared(Column::new(t.jobs.user, |r: &Row| r.item.user.clone()).text(|r| r.item.user.clone())),
        Column::new(
            t.jobs.submitted,
            |r: &Row| view! { <Ago at=r.item.submitted_at /> },
        )
        .sort(|r| r.item.submitted_at),
        Column::new(t.jobs.waited, |r: &Row| {
            // A job that was cancelled before it began waited until then.
            let job = &r.item;
            let until = if job.started_at > 0 {
                job.started_at
            } else {
                job.ended_at
            };
            view! { <Elapsed from=job.submitted_at to=until /> }
        })
        .hidden(),
        Column::new(t.jobs.ran, |r: &Row| {
            view! { <Elapsed from=r.item.started_at to=r.item.ended_at /> }
        }),
    ];
    if of_all {
        columns.insert(2, cluster);
    }
    columns
}

/// The number of `12` and of `12_3`.
fn number(job: &Row) -> i64 {
    i64::from(job.item.who().number())
}
