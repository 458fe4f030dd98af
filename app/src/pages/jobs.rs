//! The jobs of all clusters.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::job::list_jobs;
use crate::components::{Fetched, JobTable, asked_page, job_query};
use crate::i18n::{language, text};
use crate::model::live::Kind;
use crate::model::user::Refusals;
use crate::paths;
use crate::ui::help::{page_help, topic};
use crate::ui::{EmptyState, PageHeader, Tab, Tabs};

#[component]
pub fn AllJobs() -> impl IntoView {
    page_help(topic::JOBS);
    let t = text();
    let language = language();
    let query = job_query(true);
    let kinds = &[Kind::Job, Kind::Cluster];
    let jobs = asked_page([], query.asked_of_service(), kinds, move |[], page| {
        list_jobs(None, page, language.clone())
    });
    // Rights differ from cluster to cluster: the service says what it refuses.
    let refusals = Signal::stored(Refusals::default());
    view! {
        <Title text=t.jobs.title />
        <div class="grid gap-5">
            <div class="grid gap-1">
                <PageHeader title=t.jobs.title>""</PageHeader>
                <p class="text-muted">{t.jobs.lead}</p>
            </div>
            <JobsTabs />
            <Fetched resource=jobs let:page>
                <JobTable
                    query
                    page
                    of_all=true
                    refusals
                    empty=move || view! { <EmptyState title=t.jobs.empty_title text=t.jobs.empty>""</EmptyState> }
                />
            </Fetched>
        </div>
    }
    .into_any()
}

/// What is and lately was, and what was over all time.
#[component]
pub(super) fn JobsTabs() -> impl IntoView {
    let t = text();
    let tab = |title, href: &str| Tab {
        title,
        href: href.to_owned(),
        exact: true,
    };
    let tabs = vec![
        tab(t.past.now, paths::JOBS),
        tab(t.past.title, paths::PAST_JOBS),
    ];
    view! { <Tabs label=t.jobs.title tabs=Signal::stored(tabs) /> }.into_any()
}
