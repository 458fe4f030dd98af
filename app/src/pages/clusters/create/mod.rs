//! `/clusters/create`: a wizard from a name to a cluster that is being made.

mod accounting;
mod draft;
mod general;
mod network;
mod review;
mod scheduler;
mod services;
mod setting_rows;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

pub use accounting::{AccountingDraft, AccountingField, accounting_shown};
pub use draft::SlurmDraft;
pub use scheduler::Scheduler;
pub use services::RestField;
pub use setting_rows::shown;

use super::job_submit::JobSubmitField;
use draft::Draft;
use general::General;
use network::Network;
use review::review;
use services::Services;

use crate::api::cluster::create_cluster;
use crate::api::offer::{list_offers, resolve_offers};
use crate::browser;
use crate::components::wizard::{Request, Step, Wizard};
use crate::components::{Begun, Fetched, FollowUps, Offers, Submission, TagsField, Task};
use crate::i18n::text;
use crate::model::catalogue::Catalogue;
use crate::model::offer::{OfferKind, OfferPage, OfferQuery};
use crate::model::operation::Operation;
use crate::model::refs::Refs;
use crate::paths::{self, ClusterTab};
use crate::ui::form::Form;
use crate::ui::help::{page_help, topic};
use crate::ui::{Breadcrumbs, Crumb, Link, PageHeader};

#[component]
pub fn CreateCluster() -> impl IntoView {
    let t = text();
    page_help(topic::CREATE_CLUSTER);
    let vpcs = Resource::new(|| (), |()| list_offers(OfferQuery::first(OfferKind::Vpc)));
    // Nothing of the account: the Slurm versions of this host.
    let versions = Resource::new(|| (), |()| resolve_offers(Refs::default()));
    let crumbs = vec![Crumb {
        title: t.clusters.title.into(),
        href: paths::CLUSTERS.into(),
    }];
    view! {
        <Title text=t.create_cluster.title />
        <div class="grid gap-5">
            <Breadcrumbs crumbs=crumbs />
            <PageHeader title=t.create_cluster.title>""</PageHeader>
            <Fetched resource=versions let:versions>
                <Fetched resource=vpcs let:vpcs>
                    <Steps versions vpcs />
                </Fetched>
            </Fetched>
        </div>
    }
    .into_any()
}

#[component]
fn Steps(versions: Signal<Catalogue>, vpcs: Signal<OfferPage>) -> impl IntoView {
    let t = text();
    let form = Form::provide();
    let submission = Submission::new();
    let today = StoredValue::new(browser::today());
    let (mut known, vpcs) = (versions.get_untracked(), vpcs.get_untracked());
    known.learn(vpcs.offers.clone());
    let draft = today.with_value(|today| Draft::new(&known, today));
    // All that it names was chosen from what was listed.
    let offers = Offers::new(known, Refs::default);
    let vpcs = StoredValue::new(vpcs);
    let c = &t.create_cluster;
    let steps = vec![
        Step::new(
            c.general,
            c.general_lead,
            move || view! { <General draft catalogue=offers.known today /> },
        ),
        Step::new(
            c.network,
            c.network_lead,
            move || view! { <Network draft offers vpcs=vpcs.get_value() /> },
        ),
        Step::new(c.scheduler, c.scheduler_lead, move || {
            view! {
                <Services draft catalogue=offers.known />
                <Scheduler
                    draft=draft.slurm
                    version=draft.version
                    accounting=Signal::derive(move || draft.accounting.is_on())
                />
                <JobSubmitField draft=draft.job_submit />
            }
        }),
        Step::new(
            c.tags,
            c.tags_lead,
            move || view! { <TagsField rows=draft.tags /> },
        ),
    ];
    view! {
        <Wizard
            label=t.create_cluster.title
            steps
            form
            submission
            review=move || review(draft, offers.known)
            request=move || Request::of(Operation::CreateCluster, &draft.input())
            submit_label=t.create_cluster.submit
            refused_title=t.create_cluster.refused
            on_submit=submit(draft, form, submission)
            cancel=paths::CLUSTERS
        />
    }
    .into_any()
}

/// Sends it; then on to the cluster's page, which shows how far it is.
fn submit(draft: Draft, form: Form, submission: Submission) -> Callback<()> {
    let t = text();
    let follow_ups = FollowUps::of_page();
    let navigate = use_navigate();
    Callback::new(move |()| {
        let mut input = untrack(|| draft.input());
        input.client_token = Some(submission.token(&format!("{input:?}")));
        let navigate = navigate.clone();
        let request = async move {
            create_cluster(input)
                .await
                .map_err(|error| draft.slurm.settings.place_errors(error))
        };
        submission.send(request, move |cluster| {
            form.dirty.set(false);
            let group = Link::new(
                t.create_group.title,
                paths::create_compute_node_group(&cluster.id),
            );
            let title = t.create_cluster.created(&cluster.name);
            let begun = Begun::cluster(Task::Create, &cluster);
            follow_ups.begin(title, t.create_cluster.created_hint, Some(group), begun);
            let page = paths::cluster(&cluster.id, ClusterTab::Details);
            let replace = NavigateOptions {
                replace: true,
                ..Default::default()
            };
            navigate(&page, replace);
        });
    })
}
