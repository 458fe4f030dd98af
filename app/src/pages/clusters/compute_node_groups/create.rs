//! The wizard that creates a compute node group.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_navigate;

use super::super::crumbs::in_cluster;
use super::super::fields::leave;
use super::draft::Draft;
use super::lists::Lists;
use super::steps::{review, steps};
use crate::api::cluster::get_cluster;
use crate::api::compute_node_group::{create_compute_node_group, list_compute_node_groups};
use crate::api::offer::resolve_offers;
use crate::command;
use crate::components::wizard::{Request, Wizard};
use crate::components::{Begun, Fetched, FollowUps, Offers, Submission, Task, asked, param};
use crate::i18n::text;
use crate::model::catalogue::Catalogue;
use crate::model::cluster::Cluster;
use crate::model::compute_node_group::ComputeNodeGroup;
use crate::model::live::Kind;
use crate::model::operation::Operation;
use crate::model::refs::Refs;
use crate::paths::{self, ClusterTab};
use crate::ui::form::Form;
use crate::ui::help::{page_help, topic};
use crate::ui::{Breadcrumbs, Link, PageHeader};

#[component]
pub fn CreateGroup() -> impl IntoView {
    page_help(topic::CREATE_GROUP);
    let t = text();
    let id = param("id");
    let cluster = asked([id], &[], |[id]| get_cluster(id));
    let named = asked([id], &[], |[id]| async move {
        let cluster = get_cluster(id).await?;
        resolve_offers(Refs::of_network(&cluster.networking)).await
    });
    let groups = asked([id], &[Kind::ComputeNodeGroup], |[id]| {
        list_compute_node_groups(id)
    });
    view! {
        <Title text=t.create_group.title />
        <div class="grid gap-5">
            <Fetched resource=cluster let:cluster>
                <Breadcrumbs crumbs=Signal::derive(move || in_cluster(&cluster.read(), ClusterTab::Groups)) />
                <PageHeader title=t.create_group.title />
                <Fetched resource=named let:named>
                    <Fetched resource=groups let:others>
                        <CreateWizard cluster named others />
                    </Fetched>
                </Fetched>
            </Fetched>
        </div>
    }
    .into_any()
}

#[component]
fn CreateWizard(
    cluster: Signal<Cluster>,
    /// What is known of the account at first.
    named: Signal<Catalogue>,
    others: Signal<Vec<ComputeNodeGroup>>,
) -> impl IntoView {
    let t = text();
    let form = Form::provide();
    let submission = Submission::new();
    let follow_ups = FollowUps::of_page();
    let navigate = use_navigate();
    let draft = Draft::new();
    let lists = Lists {
        cluster,
        offers: Offers::new(named.get_untracked(), move || draft.refs(&cluster.read())),
        others,
    };
    let cluster_id = lists.cluster.with_untracked(|c| c.id.clone());
    let cancel = paths::cluster(&cluster_id, ClusterTab::Groups);
    let id = StoredValue::new(cluster_id);
    let input = move || id.with_value(|id| draft.create(id));
    let send = move |()| {
        let mut input = untrack(input);
        input.client_token = Some(submission.token(&command::input_json(&input)));
        let navigate = navigate.clone();
        let request = async move {
            create_compute_node_group(input)
                .await
                .map_err(|error| draft.settings.place_errors(error))
        };
        submission.send(request, move |group| {
            form.dirty.set(false);
            let queue = Link::new(t.create_queue.title, paths::create_queue(&group.cluster_id));
            let begun = Begun::group(Task::Create, &group);
            follow_ups.begin(t.create_group.created(&group.name), "", Some(queue), begun);
            let page = paths::compute_node_group(&group.cluster_id, &group.id);
            navigate(&page, leave());
        });
    };
    view! {
        <Wizard
            label=t.create_group.title
            steps=steps(draft, lists)
            form
            submission
            review=move || review(draft, lists)
            request=Signal::derive(move || Request::of(Operation::CreateComputeNodeGroup, &input()))
            submit_label=t.create_group.button
            refused_title=t.create_group.refused
            on_submit=send
            cancel
        />
    }
    .into_any()
}
