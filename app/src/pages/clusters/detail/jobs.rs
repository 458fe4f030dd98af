//! The jobs of a cluster.

use leptos::prelude::*;

use super::use_page;
use crate::components::{Fetched, JobReason, JobState, state_label};
use crate::i18n::{Text, text};
use crate::model::job::Job;
use crate::ui::time::{Ago, Elapsed};
use crate::ui::{Code, Column, EmptyState, Table};

const SUBMIT: &str = "openpcs connect CLUSTER -- sbatch --wrap hostname";

#[component]
pub fn Jobs() -> impl IntoView {
    let t = text();
    let page = use_page();
    view! {
        <Fetched resource=page.jobs let:jobs>
            <Table
                title=t.jobs.title
                id="jobs"
                noun=t.jobs.filter
                rows=jobs
                columns=columns(t)
                key=|job| job.id.clone()
                empty=move || {
                    let command = SUBMIT.replace("CLUSTER", &page.id.get());
                    view! {
                        <EmptyState title=t.jobs.empty_title text=t.jobs.empty>
                            <Code what=t.jobs.empty_command text=command />
                        </EmptyState>
                    }
                }
            />
        </Fetched>
    }
    .into_any()
}

fn columns(t: &'static Text) -> Vec<Column<Job>> {
    vec![
        Column::new(t.jobs.id, |j: &Job| {
            view! { <span class="font-semibold tabular-nums">{j.id.clone()}</span> }
        })
        .text(|j| j.id.clone())
        .sort(number),
        Column::new(t.jobs.name, |j: &Job| j.name.clone()).text(|j| j.name.clone()),
        Column::new(t.jobs.state, |j: &Job| {
            view! {
                <JobState state=j.state.clone() />
                <JobReason reason=j.reason.clone() />
            }
        })
        .text(move |j| {
            let state = state_label(t, &j.state).map_or(j.state.as_str(), |(_, label)| label);
            format!("{state} {}", j.reason)
        }),
        Column::new(t.jobs.queue, |j: &Job| j.queue.clone()).text(|j| j.queue.clone()),
        Column::new(t.jobs.nodes, |j: &Job| {
            view! {
                <span class="tabular-nums">{j.node_count}</span>
                <span class="block break-all text-xs text-muted">{j.nodes.clone()}</span>
            }
        })
        .text(|j| j.nodes.clone())
        .sort(|j| j.node_count),
        Column::new(t.jobs.user, |j: &Job| j.user.clone()).text(|j| j.user.clone()),
        Column::new(
            t.jobs.submitted,
            |j: &Job| view! { <Ago at=j.submitted_at /> },
        )
        .sort(|j| j.submitted_at),
        Column::new(t.jobs.waited, |j: &Job| {
            // A job that was cancelled before it began waited until then.
            let until = if j.started_at > 0 {
                j.started_at
            } else {
                j.ended_at
            };
            view! { <Elapsed from=j.submitted_at to=until /> }
        }),
        Column::new(
            t.jobs.ran,
            |j: &Job| view! { <Elapsed from=j.started_at to=j.ended_at /> },
        ),
    ]
}

/// The number of `12` and of `12_3`.
fn number(job: &Job) -> i64 {
    let digits = job.id.split('_').next().unwrap_or_default();
    digits.parse().unwrap_or_default()
}
