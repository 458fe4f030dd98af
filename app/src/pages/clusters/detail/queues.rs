//! The queues of a cluster.

use leptos::prelude::*;

use super::{Page, use_page};
use crate::api::queue::list_queues;
use crate::components::{
    Fetched, Settings, StatusWithErrors, is_pending, is_running, status_label,
};
use crate::i18n::{Text, text};
use crate::live;
use crate::model::live::Kind;
use crate::model::queue::Queue;
use crate::ui::time::{AgoText, parse};
use crate::ui::{Code, Column, Copyable, EmptyState, Table};

const CREATE: &str = "aws pcs create-queue --cluster-identifier CLUSTER --queue-name demo \\
    --compute-node-group-configurations computeNodeGroupId=COMPUTE_NODE_GROUP_ID";

#[component]
pub fn Queues() -> impl IntoView {
    let t = text();
    let page = use_page();
    let queues = Resource::new(
        move || (page.id.get(), live::version(Kind::Queue)),
        |(id, _)| list_queues(id),
    );
    view! {
        <Fetched resource=queues let:queues>
            <Table
                title=t.queues.title
                id="queues"
                noun=t.queues.filter
                rows=queues
                columns=columns(t, page)
                key=|queue| queue.id.clone()
                empty=move || {
                    let command = CREATE.replace("CLUSTER", &page.id.get());
                    view! {
                        <EmptyState title=t.queues.empty_title text=t.queues.empty>
                            <Code what=t.queues.empty_command text=command />
                        </EmptyState>
                    }
                }
            />
        </Fetched>
    }
    .into_any()
}

fn columns(t: &'static Text, page: Page) -> Vec<Column<Queue>> {
    let jobs = move |wanted: fn(&str) -> bool| {
        move |queue: &Queue| {
            let queue = queue.name.clone();
            view! { <span class="tabular-nums">{move || count_jobs(page, &queue, wanted)}</span> }
        }
    };
    vec![
        Column::new(t.queues.name, |q: &Queue| {
            view! { <span class="font-semibold">{q.name.clone()}</span> }
        })
        .text(|q| q.name.clone()),
        Column::new(t.queues.status, |q: &Queue| {
            view! { <StatusWithErrors status=q.status errors=q.error_info.clone() /> }
        })
        .text(move |q| status_label(t, q.status).to_owned()),
        Column::new(t.queues.groups, move |q: &Queue| {
            let ids = group_ids(q);
            move || group_names(page, &ids)
        }),
        Column::new(t.queues.running, jobs(is_running)),
        Column::new(t.queues.pending, jobs(is_pending)),
        Column::new(t.queues.settings, |q: &Queue| {
            let slurm = q.slurm_configuration.clone();
            let settings = slurm
                .and_then(|s| s.slurm_custom_settings)
                .unwrap_or_default();
            view! { <Settings settings /> }
        }),
        Column::new(
            t.queues.created,
            |q: &Queue| view! { <AgoText at=q.created_at.clone() /> },
        )
        .sort(|q| parse(&q.created_at).unwrap_or_default()),
        Column::new(t.queues.id, move |q: &Queue| {
            view! { <Copyable what=t.queues.id value=q.id.clone() /> }
        })
        .text(|q| q.id.clone()),
    ]
}

fn group_ids(queue: &Queue) -> Vec<String> {
    let configurations = queue.compute_node_group_configurations.iter();
    configurations
        .filter_map(|c| c.compute_node_group_id.clone())
        .collect()
}

/// Names instead of ids, as soon as they are known.
fn group_names(page: Page, ids: &[String]) -> String {
    let groups = page.groups.get().and_then(Result::ok).unwrap_or_default();
    let name = |id: &String| {
        groups
            .iter()
            .find(|g| g.id == *id)
            .map_or(id.clone(), |g| g.name.clone())
    };
    ids.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn count_jobs(page: Page, queue: &str, wanted: fn(&str) -> bool) -> String {
    let jobs = page.jobs.get().and_then(Result::ok);
    let count = jobs.map(|jobs| {
        let counted = |j: &&crate::model::job::Job| j.queue == queue && wanted(&j.state);
        jobs.iter().filter(counted).count()
    });
    count.map_or_else(|| "–".into(), |count| count.to_string())
}
