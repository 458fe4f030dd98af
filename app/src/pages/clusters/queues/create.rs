//! The wizard that creates a queue.

use leptos::prelude::*;
use leptos_meta::Title;

use leptos_router::hooks::use_navigate;

use super::super::crumbs::in_cluster;
use super::super::fields::leave;
use super::draft::{Draft, Lists, review, steps};
use crate::api::cluster::get_cluster;
use crate::api::compute_node_group::list_compute_node_groups;
use crate::api::queue::{create_queue, list_queues};
use crate::command;
use crate::components::wizard::{Request, Wizard};
use crate::components::{Begun, Fetched, FollowUps, Submission, Task, asked, param};
use crate::i18n::text;
use crate::model::cluster::Cluster;
use crate::model::compute_node_group::ComputeNodeGroup;
use crate::model::live::Kind;
use crate::model::operation::Operation;
use crate::paths::{self, ClusterTab};
use crate::ui::form::Form;
use crate::ui::help::{page_help, topic};
use crate::ui::{Breadcrumbs, Link, PageHeader};

#[component]
pub fn CreateQueue() -> impl IntoView {
    page_help(topic::CREATE_QUEUE);
    let t = text();
    let id = param("id");
    let cluster = asked([id], &[], |[id]| get_cluster(id));
    let groups = asked([id], &[Kind::ComputeNodeGroup], |[id]| {
        list_compute_node_groups(id)
    });
    let queues = asked([id], &[Kind::Queue], |[id]| list_queues(id));
    let names = Signal::derive(move || {
        let queues = queues.get().and_then(Result::ok).unwrap_or_default();
        queues.into_iter().map(|q| q.name).collect::<Vec<_>>()
    });
    view! {
        <Title text=t.create_queue.title />
        <div class="grid gap-5">
            <Fetched resource=cluster let:cluster>
                <Breadcrumbs crumbs=Signal::derive(move || in_cluster(&cluster.read(), ClusterTab::Queues)) />
                <PageHeader title=t.create_queue.title />
                <Fetched resource=groups let:groups>
                    <CreateWizard cluster groups names />
                </Fetched>
            </Fetched>
        </div>
    }
    .into_any()
}

#[component]
fn CreateWizard(
    cluster: Signal<Cluster>,
    groups: Signal<Vec<ComputeNodeGroup>>,
    names: Signal<Vec<String>>,
) -> impl IntoView {
    let t = text();
    let form = Form::provide();
    let submission = Submission::new();
    let follow_ups = FollowUps::of_page();
    let navigate = use_navigate();
    let draft = Draft::new();
    let lists = Lists { groups, names };
    let cluster_id = cluster.with_untracked(|c| c.id.clone());
    let cancel = paths::cluster(&cluster_id, ClusterTab::Queues);
    let id = StoredValue::new(cluster_id);
    let input = move || id.with_value(|id| draft.create(id));
    let send = move |()| {
        let mut input = untrack(input);
        input.client_token = Some(submission.token(&command::input_json(&input)));
        let navigate = navigate.clone();
        submission.send(create_queue(input), move |queue| {
            form.dirty.set(false);
            let job = Link::new(t.submit_job.title, paths::submit_job(&queue.cluster_id));
            let begun = Begun::queue(Task::Create, &queue);
            follow_ups.begin(t.create_queue.created(&queue.name), "", Some(job), begun);
            navigate(&paths::queue(&queue.cluster_id, &queue.id), leave());
        });
    };
    view! {
        <Wizard
            label=t.create_queue.title
            steps=steps(draft, lists)
            form
            submission
            review=move || review(draft, lists)
            request=Signal::derive(move || Request::of(Operation::CreateQueue, &input()))
            submit_label=t.create_queue.button
            refused_title=t.create_queue.refused
            on_submit=send
            cancel
        />
    }
    .into_any()
}
