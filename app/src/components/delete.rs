//! Deleting a cluster, a compute node group or a queue: what ends with it, what stands in the way, and the name typed.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use super::delete_all::{DeleteAll, DeleteSteps, part_title};
pub use super::doomed::Doomed;
use super::doomed::delete;
use super::plan::watch_plan;
use super::{Begun, ConfirmDelete, FollowUps, Submission, Task, status_label};
use crate::i18n::text;
use crate::model::error::Result;
use crate::model::live::Kind;
use crate::model::plan::{Named, Plan};
use crate::model::status::Status;
use crate::paths;
use crate::rules::status::{Action, refusal};
use crate::ui::{Flash, Link, Tone};

/// Why something of this name in this status cannot be deleted now.
pub fn why_not_delete(name: &str, status: Status) -> Option<String> {
    why_not(Action::Delete, name, status)
}

/// Why it cannot be edited now.
pub fn why_not_edit(name: &str, status: Status) -> Option<String> {
    why_not(Action::Update, name, status)
}

/// The same of a cluster: where it is suspended, the edit page has its way out.
pub fn why_not_edit_cluster(name: &str, status: Status) -> Option<String> {
    why_not(Action::Upgrade, name, status)
}

fn why_not(action: Action, name: &str, status: Status) -> Option<String> {
    let t = text();
    refusal(t, action, name, status, status_label(t, status))
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
    // A cluster may go with all that is in it.
    let has_parts = Memo::new(move |_| {
        let parts = plan.with(|plan| matches!(plan, Some(Ok(plan)) if !plan.in_the_way.is_empty()));
        parts && doomed.get().is_some_and(|d| d.kind == Kind::Cluster)
    });
    let blocked = Signal::derive(move || match plan.get() {
        Some(Ok(plan)) => plan.refusal.is_some() && !has_parts.get(),
        Some(Err(_)) => true,
        None => false,
    });
    let done = Callback::new(move |()| {
        let Some(doomed) = doomed.get_untracked() else {
            return;
        };
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
    let all = DeleteAll::new(done);
    // What is seen of an earlier attempt is over; one that is under way is shown again.
    Effect::new(move |_| {
        if open.get() && !untrack(|| all.is_under_way()) {
            all.forget();
        }
    });
    let confirm = move |()| {
        let Some(doomed) = doomed.get_untracked() else {
            return;
        };
        if has_parts.get_untracked() {
            all.begin(doomed.cluster_id);
            return;
        }
        let token = submission.token(&doomed.id);
        submission.send(delete(doomed.request(Some(token))), move |()| done.run(()));
    };
    let label = Signal::derive(move || match has_parts.get() {
        true => t.delete.all.to_owned(),
        false => t.common.delete.to_owned(),
    });
    view! {
        <ConfirmDelete
            open
            title
            name
            submission
            links
            blocked
            label
            under_way=Signal::derive(move || all.is_under_way())
            on_confirm=confirm
        >
            {move || {
                if all.is_under_way() || !all.steps.read().is_empty() {
                    return with_steps(all);
                }
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

/// The parts on their way, and the cluster's own refusal if there is one.
fn with_steps(all: DeleteAll) -> AnyView {
    let t = text();
    let refused = move || {
        let error = all.error.get();
        error.map(|e| view! { <Flash tone=Tone::Danger title=t.forms.delete_refused code=e.code() message=e.message /> })
    };
    view! {
        <DeleteSteps all />
        {refused}
    }
    .into_any()
}

fn what_ends(kind: Option<Kind>, plan: Plan, links: Vec<Link>) -> AnyView {
    let t = text();
    if let (Some(Kind::Cluster), false) = (kind, links.is_empty()) {
        return view! { <Flash tone=Tone::Warning title=t.delete.has_parts message=t.delete.all_ends links /> }
            .into_any();
    }
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

fn link(cluster_id: &str, named: &Named) -> Link {
    let href = match named.kind {
        Kind::Queue => paths::queue(cluster_id, &named.id),
        _ => paths::compute_node_group(cluster_id, &named.id),
    };
    Link::new(part_title(text(), named), href)
}
