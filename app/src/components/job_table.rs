//! Jobs in a table: of one cluster or of all, page by page; or the parts of one job.

use std::collections::BTreeSet;

use leptos::prelude::*;
use leptos_router::components::A;

use super::{JobActions, JobReason, JobState, StartsAbout, chosen, not_yet};
use crate::i18n::{Text, text};
use crate::list::job::{self, JobColumn};
use crate::model::job::{Job, OfCluster};
use crate::model::page::PageOf;
use crate::model::user::Refusals;
use crate::paths::{self, ClusterTab};
use crate::ui::time::{Ago, Elapsed};
use crate::ui::{Column, PagedTable, Query, Table, foreign_line};

type Row = OfCluster<Job>;

/// Characters of an id that stand on one line.
const LONGEST_LINE: usize = 20;

/// What the page's address asks of the list; the page fetches it.
pub fn job_query(of_all: bool) -> Query {
    let t = text();
    let columns = JobColumn::all(of_all).into_iter();
    Query::of_address(columns.map(|column| column.field::<Row>(t).head).collect())
}

#[component]
pub fn JobTable(
    /// See [`job_query`].
    query: Query,
    page: Signal<PageOf<Row>>,
    /// With the name of each one's cluster.
    #[prop(optional)]
    of_all: bool,
    #[prop(into)] refusals: Signal<Refusals>,
    #[prop(into)] empty: ViewFn,
    /// More buttons, after those for the selected jobs.
    #[prop(optional, into)]
    actions: ViewFn,
) -> impl IntoView {
    let t = text();
    let selected = query.selected;
    let jobs = chosen(page, selected, key);
    let all = Signal::derive(move || page.with(|page| page.chosen.clone()));
    let not_yet = not_yet(page, selected);
    view! {
        <PagedTable
            title=if of_all { t.jobs.all_title } else { t.jobs.title }
            noun=t.jobs.filter
            id=if of_all { "all-jobs" } else { "jobs" }
            query
            page
            columns=columns(t, of_all, false)
            key=key
            selectable=true
            actions=move || {
                view! {
                    <JobActions jobs all refusals not_yet on_done=move || selected.set(BTreeSet::new()) />
                    {actions.run()}
                }
            }
            empty
        />
    }
    .into_any()
}

/// The parts of one job: all tasks of an array, or the components of a heterogeneous job.
#[component]
pub fn JobParts(
    #[prop(into)] jobs: Signal<Vec<Row>>,
    title: &'static str,
    #[prop(into)] refusals: Signal<Refusals>,
    #[prop(into)] empty: ViewFn,
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
            title
            noun=t.jobs.filter
            id="job-parts"
            rows=jobs
            columns=columns(t, false, true)
            key=key
            weight=|row: &Row| row.item.count()
            selected
            actions=move || {
                view! {
                    <JobActions jobs=chosen all=jobs refusals on_done=move || selected.set(BTreeSet::new()) />
                }
            }
            empty
        />
    }
    .into_any()
}

fn key(job: &Row) -> String {
    job::key(&job.cluster_id, &job.item)
}

/// The parts of one job have its name and its user: those columns wait until they are asked for.
fn columns(t: &'static Text, of_all: bool, of_one: bool) -> Vec<Column<Row>> {
    let column = |column: JobColumn| {
        let shown = Column::of(column.field(t), move |row: &Row| cell(column, row));
        let is_hidden = match column {
            JobColumn::Reason | JobColumn::Waited => true,
            JobColumn::Name | JobColumn::User => of_one,
            _ => false,
        };
        if is_hidden { shown.hidden() } else { shown }
    };
    JobColumn::all(of_all).into_iter().map(column).collect()
}

fn cell(column: JobColumn, row: &Row) -> AnyView {
    let job = row.item.clone();
    match column {
        JobColumn::Id => {
            let href = paths::job(&row.cluster_id, &job.id);
            // A long list of tasks may break, a short one reads as one.
            let class = match job.id.len() {
                0..=LONGEST_LINE => "row-link tabular-nums whitespace-nowrap",
                _ => "row-link tabular-nums",
            };
            view! { <A href attr:class=class>{job.id}</A> }.into_any()
        }
        JobColumn::Name => foreign_line(job.name),
        JobColumn::Cluster => {
            let href = paths::cluster(&row.cluster_id, ClusterTab::Jobs);
            let name = row.cluster_name.clone();
            view! { <A href attr:class="whitespace-nowrap">{name}</A> }.into_any()
        }
        JobColumn::State => view! {
            <JobState state=job.state.clone() />
            <JobReason reason=job.reason.clone() why=job.why.clone() />
            <StartsAbout job />
        }
        .into_any(),
        JobColumn::Reason => view! { <span class="cell-note">{job.why}</span> }.into_any(),
        JobColumn::Queue => foreign_line(job.queue),
        JobColumn::Nodes => view! {
            <span class="tabular-nums">{job.node_count}</span>
            <span class="text-xs text-muted">{foreign_line(job.nodes)}</span>
        }
        .into_any(),
        JobColumn::User => foreign_line(job.user),
        JobColumn::Submitted => view! { <Ago at=job.submitted_at /> }.into_any(),
        JobColumn::Waited => {
            // A job that was cancelled before it began waited until then.
            let until = if job.started_at > 0 {
                job.started_at
            } else {
                job.ended_at
            };
            view! { <Elapsed from=job.submitted_at to=until /> }.into_any()
        }
        JobColumn::Ran => view! { <Elapsed from=job.started_at to=job.ended_at /> }.into_any(),
    }
}
