//! What happened step by step, with times: the way of a job, the start of a node. And how far something is.

use leptos::prelude::*;

use super::time::{Ago, TimeOfDay, duration, offset};
use super::{Tone, foreign, foreign_lines};
use crate::i18n::text;

/// One step, done, under way or still to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineStep {
    pub label: String,
    /// What there is to know about it; may be empty.
    pub detail: String,
    /// Milliseconds since 1970; 0 while it has not begun.
    pub at: i64,
    /// Milliseconds that it took; None while that is not known.
    pub took: Option<i64>,
    /// `Success` done, `Progress` under way, `Neutral` to come, `Danger` where it stopped.
    pub tone: Tone,
}

/// ```ignore
/// <Timeline label=t.jobs.timeline steps=Signal::derive(move || vec![TimelineStep { … }]) />
/// ```
#[component]
pub fn Timeline(
    /// What it is the timeline of, for a screen reader.
    label: &'static str,
    #[prop(into)] steps: Signal<Vec<TimelineStep>>,
) -> impl IntoView {
    view! {
        <ol class="timeline" aria-label=label>
            {move || {
                let steps = steps.get();
                let first = steps.iter().map(|step| step.at).find(|at| *at > 0).unwrap_or_default();
                steps.into_iter().map(|one| step(one, first)).collect_view()
            }}
        </ol>
    }
    .into_any()
}

/// With the time of day, and how long after the first it came; what is to come says when that is.
fn step(step: TimelineStep, first: i64) -> impl IntoView {
    let t = text();
    let at = step.at;
    let since = (at > first && step.tone != Tone::Neutral).then(|| offset(t, at - first));
    let to_come = (step.tone == Tone::Neutral).then(|| view! { <Ago at /> });
    let word = match step.tone {
        Tone::Success => t.common.step_done,
        Tone::Progress | Tone::Info => t.common.step_now,
        Tone::Neutral => t.common.step_to_come,
        Tone::Warning | Tone::Danger => t.common.step_failed,
    };
    let current = (step.tone == Tone::Progress).then_some("step");
    view! {
        <li class="timeline-step" aria-current=current>
            <span class=format!("timeline-mark {}", step.tone.class())>{step.tone.icon().view()}</span>
            <div class="min-w-0">
                <p class="flex flex-wrap items-baseline gap-x-3">
                    <span class="font-semibold">{foreign(step.label)}</span>
                    <span class="read-out">{word}</span>
                    {step.took.map(|took| view! { <span class="tabular-nums text-muted">{duration(t, took)}</span> })}
                    {(at > 0)
                        .then(|| {
                            view! {
                                <span class="flex gap-2 text-xs text-muted">
                                    {since.map(|since| view! { <span class="tabular-nums">{since}</span> })}
                                    {to_come} <TimeOfDay at />
                                </span>
                            }
                        })}
                </p>
                {(!step.detail.is_empty()).then(|| view! { <p class="text-muted">{foreign_lines(step.detail)}</p> })}
            </div>
        </li>
    }
    .into_any()
}

/// How far something is: `value` of `max`, in words too. `<ProgressBar label=… value=used max=32 text=t.x.of(..) />`
#[component]
pub fn ProgressBar(
    #[prop(into)] label: String,
    #[prop(into)] value: Signal<i64>,
    #[prop(into)] max: Signal<i64>,
    /// The figures in words; shown at the right. Without them the bar stands alone, its label for screen readers.
    #[prop(optional, into)]
    text: Option<Signal<String>>,
) -> impl IntoView {
    let words = text.map(|text| {
        view! {
            <div class="flex justify-between gap-3">
                <span class="font-medium">{label.clone()}</span>
                <span class="tabular-nums text-muted">{text}</span>
            </div>
        }
    });
    view! {
        <div class="progress">
            {words}
            <progress aria-label=label value=move || value.get().to_string() max=move || max.get().max(1).to_string()></progress>
        </div>
    }
    .into_any()
}
