//! The wizard that edits a compute node group. Its review shows what is replaced, which jobs are touched and what stays;
//! it began from one state of the group, and says so when it sends.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use super::super::crumbs::in_cluster;
use super::super::fields::leave;
use super::draft::Draft;
use super::lists::Lists;
use super::steps::{review, steps};
use crate::api::cluster::get_cluster;
use crate::api::compute_node_group::*;
use crate::api::offer::resolve_offers;
use crate::command;
use crate::components::plan::PlanPreview;
use crate::components::wizard::{Request, Wizard};
use crate::components::{
    Begun, Fetched, FollowUps, Offers, Submission, TabTitle, Task, asked, param,
};
use crate::i18n::text;
use crate::model::catalogue::Catalogue;
use crate::model::cluster::Cluster;
use crate::model::compute_node_group::ComputeNodeGroup;
use crate::model::live::Kind;
use crate::model::operation::Operation;
use crate::model::plan::PlanRequest;
use crate::model::refs::Refs;
use crate::paths::{self, ClusterTab};
use crate::ui::form::Form;
use crate::ui::help::{page_help, topic};
use crate::ui::{Breadcrumbs, PageHeader};

#[component]
pub fn EditGroup() -> impl IntoView {
    page_help(topic::CREATE_GROUP);
    let t = text();
    let (id, group_id) = (param("id"), param("group"));
    let cluster = asked([id], &[], |[id]| get_cluster(id));
    // Not live: the form keeps what it began from.
    let group = asked([id, group_id], &[], |[id, group]| {
        get_compute_node_group(id, group)
    });
    let named = asked([id, group_id], &[], |[id, group]| async move {
        let cluster = get_cluster(id.clone()).await?;
        let group = get_compute_node_group(id, group).await?;
        resolve_offers(Refs::of_group(&cluster.networking, &group.settings)).await
    });
    let groups = asked([id], &[Kind::ComputeNodeGroup], |[id]| {
        list_compute_node_groups(id)
    });
    view! {
        <div class="grid gap-5">
            <Fetched resource=cluster let:cluster>
                <Breadcrumbs crumbs=Signal::derive(move || in_cluster(&cluster.read(), ClusterTab::Groups)) />
                <Fetched resource=group let:group>
                    {
                        let title = Signal::derive(move || t.create_group.edit_title(&group.read().name));
                        view! {
                            <TabTitle text=title />
                            <PageHeader title />
                        }
                    }
                    <Fetched resource=named let:named>
                        <Fetched resource=groups let:groups>
                            {
                                let own = group.with_untracked(|g| g.id.clone());
                                let others = Signal::derive(move || {
                                    let mut others = groups.get();
                                    others.retain(|g| g.id != own);
                                    others
                                });
                                view! { <EditWizard group cluster named others /> }
                            }
                        </Fetched>
                    </Fetched>
                </Fetched>
            </Fetched>
        </div>
    }
    .into_any()
}

#[component]
fn EditWizard(
    group: Signal<ComputeNodeGroup>,
    cluster: Signal<Cluster>,
    /// What is known of the account at first: all that the group names.
    named: Signal<Catalogue>,
    others: Signal<Vec<ComputeNodeGroup>>,
) -> impl IntoView {
    let t = text();
    let form = Form::provide();
    let submission = Submission::new();
    let follow_ups = FollowUps::of_page();
    let navigate = use_navigate();
    let before = group.get_untracked();
    let draft = Draft::of(&before);
    let lists = Lists {
        cluster,
        offers: Offers::new(named.get_untracked(), move || draft.refs(&cluster.read())),
        others,
    };
    let cancel = paths::compute_node_group(&before.cluster_id, &before.id);
    let before = StoredValue::new(before);
    let input = move || before.with_value(|before| draft.update(before));
    let send = move |()| {
        let mut input = untrack(input);
        let modified_at = before.with_value(|before| before.modified_at.clone());
        input.client_token = Some(submission.token(&command::input_json(&input)));
        let navigate = navigate.clone();
        let request = async move {
            update_compute_node_group(input, modified_at)
                .await
                .map_err(|error| draft.settings.place_errors(error))
        };
        submission.send(request, move |group| {
            form.dirty.set(false);
            let begun = Begun::group(Task::Update, &group);
            follow_ups.begin(t.create_group.updated(&group.name), "", None, begun);
            let page = paths::compute_node_group(&group.cluster_id, &group.id);
            navigate(&page, leave());
        });
    };
    let plan = move || {
        view! { <PlanPreview request=PlanRequest::UpdateComputeNodeGroup(untrack(input)) /> }
    };
    view! {
        <Wizard
            label=t.create_queue.edit
            steps=steps(draft, lists)
            form
            submission
            review=move || view! { {plan()} {review(draft, lists)} }
            request=Signal::derive(move || Request::of(Operation::UpdateComputeNodeGroup, &input()))
            submit_label=t.create_queue.save
            refused_title=t.create_group.not_updated
            on_submit=send
            cancel
        />
    }
    .into_any()
}
