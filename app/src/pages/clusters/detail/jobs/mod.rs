//! The jobs of a cluster, one of them, and submitting one.

mod array;
mod cards;
mod detail;
mod once_more;
mod submit;

use leptos::prelude::*;

pub use cards::boot_label;
pub use detail::JobPage;
pub use submit::SubmitJob;

use super::use_page;
use crate::api::job::list_jobs;
use crate::components::{Fetched, JobTable, asked_page, job_query};
use crate::i18n::{language, text};
use crate::model::live::Kind;
use crate::model::operation::Operation;
use crate::paths;
use crate::ui::help::{page_help, topic};
use crate::ui::{ButtonLink, EmptyState, Icon, Look};

#[component]
pub fn Jobs() -> impl IntoView {
    page_help(topic::JOBS);
    let t = text();
    let page = use_page();
    let refusals = page.refusals();
    let language = language();
    let query = job_query(false);
    let jobs = asked_page(
        [page.id],
        query.asked_of_service(),
        &[Kind::Job],
        move |[id], page| list_jobs(Some(id), page, language.clone()),
    );
    let href = Signal::derive(move || paths::submit_job(&page.id.read()));
    let submit = move || {
        let disabled =
            Signal::derive(move || refusals.with(|refusals| refusals.of(Operation::SubmitJob)));
        view! { <ButtonLink label=t.jobs.submit href look=Look::Primary icon=Icon::Plus disabled /> }
    };
    let past = Signal::derive(move || {
        paths::with_property(paths::PAST_JOBS, t.jobs.cluster, &page.id.read())
    });
    let actions = move || {
        view! {
            <ButtonLink label=t.past.title href=past />
            {submit()}
        }
    };
    view! {
        <Fetched resource=jobs let:page>
            <JobTable
                query
                page
                refusals
                actions
                empty=move || {
                    view! {
                        <EmptyState title=t.jobs.empty_title text=t.jobs.empty>
                            <p class="text-center">{submit()}</p>
                        </EmptyState>
                    }
                }
            />
        </Fetched>
    }
    .into_any()
}
