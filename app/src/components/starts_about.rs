//! When a job that waits is likely to start, by the reader's clock.

use leptos::prelude::*;

use crate::i18n::text;
use crate::model::forecast::Forecast;
use crate::model::job::Job;
use crate::ui::time::{clock, now};

#[component]
pub fn StartsAbout(job: Job) -> impl IntoView {
    if job.expected_at <= 0 {
        return ().into_any();
    }
    let t = text();
    let at = clock(job.expected_at);
    let words = Memo::new(move |_| match job.forecast(now()) {
        Some(Forecast::At(_)) => t.jobs.starts_about(at.get()),
        Some(Forecast::AnyMoment) => t.jobs.starts_now.to_owned(),
        None => String::new(),
    });
    view! { <span class="cell-note text-muted">{words}</span> }.into_any()
}
