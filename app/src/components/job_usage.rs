//! What a job that ended used of what it had, and what to ask for instead.

use leptos::prelude::*;

use crate::i18n::{Text, text};
use crate::model::past_job::{PastJobDetail, size};
use crate::ui::time::duration;
use crate::ui::{Card, ProgressBar};

/// Who used so much asked well.
const WELL_PERCENT: i64 = 50;

#[component]
pub fn JobUsage(detail: PastJobDetail) -> impl IntoView {
    let t = text();
    let shares = shares(t, &detail);
    let is_measured = detail.cpu_percent.is_some() && detail.memory_percent.is_some();
    let ran = detail.row.job.started_at > 0;
    let is_well = |percent: Option<i64>| percent.is_some_and(|percent| percent >= WELL_PERCENT);
    let asked_well = is_well(detail.cpu_percent) && is_well(detail.memory_percent);
    let asked_well = asked_well && detail.remedies.is_empty();
    let remedies = detail.remedies.into_iter();
    let remedies: Vec<_> = remedies.map(|remedy| view! { <p>{remedy}</p> }).collect();
    view! {
        <Card title=t.past.usage>
            <div class="grid gap-4">
                <div class="grid gap-x-8 gap-y-4 md:grid-cols-3">{shares}</div>
                {remedies}
                {asked_well.then(|| view! { <p class="text-muted">{t.past.asked_well}</p> })}
                {(ran && !is_measured)
                    .then(|| view! { <p class="text-muted">{t.past.not_measured_text}</p> })}
            </div>
        </Card>
    }
    .into_any()
}

fn shares(t: &'static Text, detail: &PastJobDetail) -> Vec<AnyView> {
    let job = &detail.row.job;
    let span = |ms: i64| duration(t, ms);
    let ran_ms = job.elapsed_seconds.saturating_mul(1000);
    let cpu = job.used_cpu_ms.map(|ms| {
        let had = span(ran_ms.saturating_mul(job.cpus));
        t.past.used_of(span(ms), had)
    });
    let memory = job.used_memory_mib;
    let memory = memory.map(|mib| t.past.used_of(size(mib), size(job.asked_memory_mib)));
    let limit = match job.time_limit_minutes {
        Some(minutes) => span(minutes.saturating_mul(60_000)),
        None => t.past.no_limit.to_owned(),
    };
    let time = (job.started_at > 0).then(|| t.past.used_of(span(ran_ms), limit));
    vec![
        share(t, t.past.cpu, detail.cpu_percent, cpu),
        share(t, t.past.memory, detail.memory_percent, memory),
        share(t, t.past.time, detail.time_percent, time),
    ]
}

/// A bar, with the figures below it.
fn share(
    t: &'static Text,
    label: &'static str,
    percent: Option<i64>,
    words: Option<String>,
) -> AnyView {
    let figure = match percent {
        Some(percent) => t.past.percent(percent),
        None if words.is_some() => String::new(),
        None => t.past.not_measured.to_owned(),
    };
    let value = percent.unwrap_or_default().min(100);
    view! {
        <div class="grid gap-1">
            <ProgressBar
                label
                value=Signal::stored(value)
                max=Signal::stored(100)
                text=Signal::stored(figure)
            />
            <p class="text-muted tabular-nums">{words}</p>
        </div>
    }
    .into_any()
}
