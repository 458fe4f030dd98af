//! A job's state, and why it waits or failed: the server's plain words, Slurm's own on hover.

use leptos::prelude::*;

use crate::foreign::visible;
use crate::i18n::text;
use crate::list::job::state_label;
use crate::ui::{Indicator, Tone, foreign_line};

/// How a state that we know is marked.
fn tone(state: &str) -> Tone {
    match state {
        "CONFIGURING" | "COMPLETING" => Tone::Progress,
        // At work, not yet arrived: the tick is for completed jobs.
        "RUNNING" => Tone::Info,
        "COMPLETED" => Tone::Success,
        "PREEMPTED" | "SUSPENDED" | "STOPPED" => Tone::Warning,
        "FAILED" | "BOOT_FAIL" | "TIMEOUT" | "DEADLINE" | "NODE_FAIL" | "OUT_OF_MEMORY" => {
            Tone::Danger
        }
        _ => Tone::Neutral,
    }
}

#[component]
pub fn JobState(state: String) -> impl IntoView {
    match state_label(text(), &state) {
        Some(label) => view! { <Indicator tone=tone(&state) label /> }.into_any(),
        None => view! { <code class="chip">{foreign_line(state)}</code> }.into_any(),
    }
}

#[component]
pub fn JobReason(reason: String, why: String) -> impl IntoView {
    if why.is_empty() {
        return ().into_any();
    }
    let reason = visible(&reason).into_owned();
    view! { <span class="cell-note text-muted" title=reason>{why}</span> }.into_any()
}
