//! The jobs of a cluster, one of them, and submitting one.

mod array;
mod cards;
mod detail;
mod submit;

use leptos::prelude::*;

pub use cards::boot_label;
pub use detail::JobPage;
pub use submit::SubmitJob;

use super::{Page, use_page};
use crate::components::{Fetched, JobTable};
use crate::i18n::text;
use crate::model::job::{Job, OfCluster};
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
    let href = Signal::derive(move || paths::submit_job(&page.id.read()));
    let submit = move || {
        let disabled =
            Signal::derive(move || refusals.with(|refusals| refusals.of(Operation::SubmitJob)));
        view! { <ButtonLink label=t.jobs.submit href look=Look::Primary icon=Icon::Plus disabled /> }
    };
    view! {
        <Fetched resource=page.jobs let:jobs>
            <JobTable
                jobs=of_cluster(page, jobs)
                refusals
                actions=submit
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

/// As the table takes them: with the cluster that they are of.
fn of_cluster(page: Page, jobs: Signal<Vec<Job>>) -> Signal<Vec<OfCluster<Job>>> {
    Signal::derive(move || cards::of_cluster(&page.id.read(), &jobs.read()))
}
