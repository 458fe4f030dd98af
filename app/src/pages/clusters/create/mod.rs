//! `/clusters/create`: a wizard from a name to a cluster that is being made.

mod draft;
mod general;
mod network;
mod review;
mod scheduler;
mod services;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

pub use draft::SlurmDraft;
pub use scheduler::Scheduler;

use draft::Draft;
use general::General;
use network::Network;
use review::review;
use services::Services;

use crate::api::catalogue::get_catalogue;
use crate::api::cluster::create_cluster;
use crate::browser;
use crate::components::wizard::{Request, Step, Wizard};
use crate::components::{Begun, Fetched, FollowUps, Submission, TagsField, Task};
use crate::i18n::text;
use crate::model::catalogue::Catalogue;
use crate::model::operation::Operation;
use crate::paths::{self, ClusterTab};
use crate::ui::form::Form;
use crate::ui::help::{page_help, topic};
use crate::ui::time::exact;
use crate::ui::{Breadcrumbs, Crumb, Link, PageHeader};

#[component]
pub fn CreateCluster() -> impl IntoView {
    let t = text();
    page_help(topic::CREATE_CLUSTER);
    let catalogue = Resource::new(|| (), |()| get_catalogue());
    let crumbs = vec![Crumb {
        title: t.clusters.title.into(),
        href: paths::CLUSTERS.into(),
    }];
    view! {
        <Title text=t.create_cluster.title />
        <div class="grid gap-5">
            <Breadcrumbs crumbs=crumbs />
            <PageHeader title=t.create_cluster.title>""</PageHeader>
            <Fetched resource=catalogue let:catalogue>
                <Steps catalogue />
            </Fetched>
        </div>
    }
    .into_any()
}

#[component]
fn Steps(catalogue: Signal<Catalogue>) -> impl IntoView {
    let t = text();
    let form = Form::provide();
    let submission = Submission::new();
    let today = StoredValue::new(today());
    let draft = catalogue
        .with_untracked(|catalogue| today.with_value(|today| Draft::new(catalogue, today)));
    let c = &t.create_cluster;
    let steps = vec![
        Step::new(
            c.general,
            c.general_lead,
            move || view! { <General draft catalogue today /> },
        ),
        Step::new(
            c.network,
            c.network_lead,
            move || view! { <Network draft catalogue /> },
        ),
        Step::new(c.scheduler, c.scheduler_lead, move || {
            view! {
                <Scheduler draft=draft.slurm version=draft.version />
                <Services draft />
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
            review=move || review(draft, catalogue)
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

/// `2026-11-22`.
fn today() -> String {
    exact(browser::now()).chars().take(10).collect()
}
