//! The wizard that edits a queue. It began from one state of the queue, and says so when it sends: of two people who
//! edit the same queue, the second is told.

use leptos::prelude::*;

use leptos_router::hooks::use_navigate;

use super::super::crumbs::in_cluster;
use super::super::fields::leave;
use super::draft::{Draft, Lists, review, steps};
use crate::api::cluster::get_cluster;
use crate::api::compute_node_group::list_compute_node_groups;
use crate::api::queue::{get_queue, update_queue};
use crate::command;
use crate::components::plan::PlanPreview;
use crate::components::wizard::{Request, Wizard};
use crate::components::{Begun, Fetched, FollowUps, Submission, TabTitle, Task, asked, param};
use crate::i18n::text;
use crate::model::compute_node_group::ComputeNodeGroup;
use crate::model::live::Kind;
use crate::model::operation::Operation;
use crate::model::plan::PlanRequest;
use crate::model::queue::Queue;
use crate::paths::{self, ClusterTab};
use crate::ui::form::Form;
use crate::ui::help::{page_help, topic};
use crate::ui::{Breadcrumbs, PageHeader};

#[component]
pub fn EditQueue() -> impl IntoView {
    page_help(topic::CREATE_QUEUE);
    let t = text();
    let (id, queue_id) = (param("id"), param("queue"));
    let cluster = asked([id], &[], |[id]| get_cluster(id));
    // Not live: the form keeps what it began from.
    let queue = asked([id, queue_id], &[], |[id, queue]| get_queue(id, queue));
    let groups = asked([id], &[Kind::ComputeNodeGroup], |[id]| {
        list_compute_node_groups(id)
    });
    view! {
        <div class="grid gap-5">
            <Fetched resource=cluster let:cluster>
                <Breadcrumbs crumbs=Signal::derive(move || in_cluster(&cluster.read(), ClusterTab::Queues)) />
            </Fetched>
            <Fetched resource=queue let:queue>
                {
                    let title = Signal::derive(move || t.create_queue.edit_title(&queue.read().name));
                    view! {
                        <TabTitle text=title />
                        <PageHeader title />
                    }
                }
                <Fetched resource=groups let:groups>
                    <EditWizard queue groups />
                </Fetched>
            </Fetched>
        </div>
    }
    .into_any()
}

#[component]
fn EditWizard(queue: Signal<Queue>, groups: Signal<Vec<ComputeNodeGroup>>) -> impl IntoView {
    let t = text();
    let form = Form::provide();
    let submission = Submission::new();
    let follow_ups = FollowUps::of_page();
    let navigate = use_navigate();
    let before = queue.get_untracked();
    let draft = Draft::of(&before);
    let lists = Lists {
        groups,
        names: Signal::stored(vec![]),
    };
    let label = t.create_queue.edit;
    let cancel = paths::queue(&before.cluster_id, &before.id);
    let before = StoredValue::new(before);
    let input = move || before.with_value(|before| draft.update(before));
    let send = move |()| {
        let mut input = untrack(input);
        let modified_at = before.with_value(|before| before.modified_at.clone());
        input.client_token = Some(submission.token(&command::input_json(&input)));
        let navigate = navigate.clone();
        submission.send(update_queue(input, modified_at), move |queue| {
            form.dirty.set(false);
            let begun = Begun::queue(Task::Update, &queue);
            follow_ups.begin(t.create_queue.updated(&queue.name), "", None, begun);
            navigate(&paths::queue(&queue.cluster_id, &queue.id), leave());
        });
    };
    let plan = move || view! { <PlanPreview request=PlanRequest::UpdateQueue(untrack(input)) /> };
    view! {
        <Wizard
            label
            steps=steps(draft, lists)
            form
            submission
            review=move || view! { {plan()} {review(draft, lists)} }
            request=Signal::derive(move || Request::of(Operation::UpdateQueue, &input()))
            submit_label=t.create_queue.save
            refused_title=t.create_queue.not_updated
            on_submit=send
            cancel
        />
    }
    .into_any()
}
