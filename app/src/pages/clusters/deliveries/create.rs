//! The wizard that sets up a delivery of a cluster's logs.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_navigate;

use super::super::crumbs::in_cluster;
use super::super::fields::leave;
use super::draft::{Draft, review, steps};
use crate::api::cluster::get_cluster;
use crate::api::cluster_delivery::{cluster_deliveries, set_up_delivery};
use crate::components::wizard::Wizard;
use crate::components::{Fetched, Submission, asked, param};
use crate::i18n::text;
use crate::model::cluster_delivery::DeliveriesOfCluster;
use crate::model::delivery::PER_SOURCE;
use crate::model::live::Kind;
use crate::paths::{self, ClusterTab};
use crate::ui::form::Form;
use crate::ui::{Breadcrumbs, PageHeader};

#[component]
pub fn CreateDelivery() -> impl IntoView {
    let t = text();
    let id = param("id");
    let cluster = asked([id], &[], |[id]| get_cluster(id));
    let found = asked([id], &[Kind::Cluster], |[id]| cluster_deliveries(id));
    view! {
        <Title text=t.deliveries.button />
        <div class="grid gap-5">
            <Fetched resource=cluster let:cluster>
                <Breadcrumbs crumbs=Signal::derive(move || in_cluster(&cluster.read(), ClusterTab::Logs)) />
            </Fetched>
            <PageHeader title=t.deliveries.button />
            <Fetched resource=found let:found>
                <CreateWizard found />
            </Fetched>
        </div>
    }
    .into_any()
}

#[component]
fn CreateWizard(found: Signal<DeliveriesOfCluster>) -> impl IntoView {
    let t = text();
    let form = Form::provide();
    let submission = Submission::new();
    let navigate = use_navigate();
    let draft = Draft::new(found);
    let back = found.with_untracked(|found| paths::cluster(&found.cluster_id, ClusterTab::Logs));
    let cancel = back.clone();
    let send = move |()| {
        let (navigate, back) = (navigate.clone(), back.clone());
        let input = untrack(|| draft.input());
        submission.send(set_up_delivery(input), move |_| {
            form.dirty.set(false);
            navigate(&back, leave());
        });
    };
    let why_not = move || {
        let is_full = found.with(|found| found.of(draft.log_type()).count() >= PER_SOURCE);
        is_full.then(|| t.deliveries.full.to_owned())
    };
    view! {
        <Wizard
            label=t.deliveries.button
            steps=steps(draft)
            form
            submission
            review=move || review(draft)
            request=Signal::derive(move || draft.request())
            submit_label=t.deliveries.button
            refused_title=t.deliveries.refused
            on_submit=send
            why_not=Signal::derive(why_not)
            cancel
        />
    }
    .into_any()
}
