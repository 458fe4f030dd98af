//! Deleting a cluster, a compute node group or a queue: what ends with it, what stands in the way, and the name typed.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use super::plan::watch_plan;
use super::{Begun, ConfirmDelete, FollowUps, Submission, Task, status_label};
use crate::api;
use crate::i18n::text;
use crate::model::cluster::DeleteClusterRequest;
use crate::model::compute_node_group::DeleteComputeNodeGroupRequest;
use crate::model::error::Result;
use crate::model::live::Kind;
use crate::model::plan::{Named, Plan, PlanRequest};
use crate::model::queue::DeleteQueueRequest;
use crate::model::status::Status;
use crate::paths::{self, ClusterTab};
use crate::ui::{Flash, Link, Tone};

/// What is to be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doomed {
    /// Cluster, compute node group or queue.
    pub kind: Kind,
    pub cluster_id: String,
    pub id: String,
    pub name: String,
}

impl Doomed {
    fn request(&self, client_token: Option<String>) -> PlanRequest {
        let cluster_identifier = self.cluster_id.clone();
        match self.kind {
            Kind::ComputeNodeGroup => {
                PlanRequest::DeleteComputeNodeGroup(DeleteComputeNodeGroupRequest {
                    cluster_identifier,
                    compute_node_group_identifier: self.id.clone(),
                    client_token,
                })
            }
            Kind::Queue => PlanRequest::DeleteQueue(DeleteQueueRequest {
                cluster_identifier,
                queue_identifier: self.id.clone(),
                client_token,
            }),
            _ => PlanRequest::DeleteCluster(DeleteClusterRequest {
                cluster_identifier,
                client_token,
            }),
        }
    }

    /// Where its list is, for when it is gone.
    fn list(&self) -> String {
        match self.kind {
            Kind::ComputeNodeGroup => paths::cluster(&self.cluster_id, ClusterTab::Groups),
            Kind::Queue => paths::cluster(&self.cluster_id, ClusterTab::Queues),
            _ => paths::CLUSTERS.into(),
        }
    }
}

async fn delete(request: PlanRequest) -> Result<()> {
    match request {
        PlanRequest::DeleteQueue(input) => api::queue::delete_queue(input).await,
        PlanRequest::DeleteComputeNodeGroup(input) => {
            api::compute_node_group::delete_compute_node_group(input).await
        }
        PlanRequest::DeleteCluster(input) => api::cluster::delete_cluster(input).await,
        // `Doomed::request` makes no other.
        _ => Ok(()),
    }
}

/// Why something of this name in this status cannot be deleted now.
pub fn why_not_delete(name: &str, status: Status) -> Option<String> {
    let t = text();
    (!status.can_delete()).then(|| t.delete.not_in_status(name, status_label(t, status)))
}

/// Why it cannot be edited now.
pub fn why_not_edit(name: &str, status: Status) -> Option<String> {
    let t = text();
    (!status.can_update()).then(|| t.create_queue.not_editable(name, status_label(t, status)))
}

/// Open while `open` is true. Afterwards the page is the list, where the thing is seen to go.
#[component]
pub fn DeleteDialog(open: RwSignal<bool>, doomed: Signal<Option<Doomed>>) -> impl IntoView {
    let t = text();
    let submission = Submission::new();
    let follow_ups = FollowUps::of_page();
    let navigate = use_navigate();
    let name = Signal::derive(move || doomed.get().map(|d| d.name).unwrap_or_default());
    let title = Signal::derive(move || {
        let name = name.get();
        match doomed.get().map(|d| d.kind) {
            Some(Kind::ComputeNodeGroup) => t.delete.group(name),
            Some(Kind::Queue) => t.delete.queue(name),
            _ => t.delete.cluster(name),
        }
    });
    let plan = watch_plan(move || {
        let doomed = doomed.get().filter(|_| open.get())?;
        Some(doomed.request(None))
    });
    let links = Signal::derive(move || {
        let cluster_id = doomed.get().map(|d| d.cluster_id).unwrap_or_default();
        let plan = plan.get().and_then(Result::ok).unwrap_or_default();
        plan.in_the_way
            .iter()
            .map(|named| link(&cluster_id, named))
            .collect::<Vec<_>>()
    });
    let blocked = Signal::derive(move || match plan.get() {
        Some(Ok(plan)) => plan.refusal.is_some(),
        Some(Err(_)) => true,
        None => false,
    });
    let confirm = move |()| {
        let Some(doomed) = doomed.get_untracked() else {
            return;
        };
        let token = submission.token(&doomed.id);
        let navigate = navigate.clone();
        submission.send(delete(doomed.request(Some(token))), move |()| {
            open.set(false);
            let title = t.delete.begun(&doomed.name);
            let list = doomed.list();
            let begun = Begun {
                task: Task::Delete,
                kind: doomed.kind,
                cluster_id: doomed.cluster_id,
                id: doomed.id,
                name: doomed.name,
            };
            follow_ups.begin(title, "", None, begun);
            navigate(&list, NavigateOptions::default());
        });
    };
    view! {
        <ConfirmDelete open title name submission links blocked on_confirm=confirm>
            {move || {
                let kind = doomed.get().map(|d| d.kind);
                match plan.get() {
                    None => view! { <p class="text-muted">{t.plan.loading}</p> }.into_any(),
                    Some(Ok(plan)) => what_ends(kind, plan, links.get()),
                    Some(Err(error)) => {
                        view! { <Flash tone=Tone::Danger title=t.delete.cannot code=error.code() message=error.message /> }
                            .into_any()
                    }
                }
            }}
        </ConfirmDelete>
    }
    .into_any()
}

fn what_ends(kind: Option<Kind>, plan: Plan, links: Vec<Link>) -> AnyView {
    let t = text();
    if let Some(error) = plan.refusal {
        let message = match links.is_empty() {
            true => error.message.clone(),
            false => t.delete.in_the_way.to_owned(),
        };
        return view! { <Flash tone=Tone::Danger title=t.delete.cannot code=error.code() message links /> }
            .into_any();
    }
    let jobs = match plan.job_counts.cancelled {
        0 => (false, t.delete.no_jobs.to_owned()),
        1 => (true, t.delete.job_ends.to_owned()),
        count => (true, t.delete.jobs_end(count)),
    };
    let nodes = match plan.nodes.ending.len() {
        0 => (false, t.delete.no_nodes.to_owned()),
        1 => (true, t.delete.node_ends.to_owned()),
        count => (true, t.delete.nodes_end(count)),
    };
    let (lead, lines) = match kind {
        Some(Kind::ComputeNodeGroup) => (t.delete.group_ends, vec![nodes, jobs]),
        // Nodes that other queues have a use for are no matter here.
        Some(Kind::Queue) if nodes.0 => (t.delete.queue_ends, vec![jobs, nodes]),
        Some(Kind::Queue) => (t.delete.queue_ends, vec![jobs]),
        _ => (t.delete.cluster_ends, vec![]),
    };
    let line = |(ends, text): (bool, String)| {
        let tone = if ends { Tone::Warning } else { Tone::Success };
        view! {
            <li class="flex items-start gap-2">
                <span class=format!("mt-0.5 {}", tone.class())>{tone.icon().view()}</span>
                <span>{text}</span>
            </li>
        }
    };
    view! {
        <p>{lead}</p>
        {(!lines.is_empty()).then(|| view! { <ul class="grid gap-1">{lines.into_iter().map(line).collect_view()}</ul> })}
    }
    .into_any()
}

/// Names alone would not say which is a queue and which a group.
fn link(cluster_id: &str, named: &Named) -> Link {
    let t = text();
    match named.kind {
        Kind::Queue => {
            let title = t.delete.a_queue(&named.name);
            Link::new(title, paths::queue(cluster_id, &named.id))
        }
        _ => {
            let title = t.delete.a_group(&named.name);
            Link::new(title, paths::compute_node_group(cluster_id, &named.id))
        }
    }
}
