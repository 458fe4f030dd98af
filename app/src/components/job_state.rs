//! A job's state, and why it waits or failed: the server's plain words, Slurm's own on hover.

use leptos::prelude::*;

use crate::i18n::{Text, text};
use crate::ui::{Indicator, Tone};

pub fn is_pending(state: &str) -> bool {
    matches!(state, "PENDING" | "REQUEUED" | "REQUEUE_HOLD")
}

pub fn is_running(state: &str) -> bool {
    matches!(state, "RUNNING" | "COMPLETING" | "CONFIGURING")
}

/// Slurm's own word where we know none.
pub fn state_label(t: &'static Text, state: &str) -> Option<(Tone, &'static str)> {
    Some(match state {
        "PENDING" => (Tone::Neutral, t.jobs.pending),
        "CONFIGURING" => (Tone::Progress, t.jobs.configuring),
        // At work, not yet arrived: the tick is for completed jobs.
        "RUNNING" => (Tone::Info, t.jobs.running),
        "COMPLETING" => (Tone::Progress, t.jobs.completing),
        "COMPLETED" => (Tone::Success, t.jobs.completed),
        "CANCELLED" => (Tone::Neutral, t.jobs.cancelled),
        "FAILED" | "BOOT_FAIL" => (Tone::Danger, t.jobs.failed),
        "TIMEOUT" | "DEADLINE" => (Tone::Danger, t.jobs.timeout),
        "NODE_FAIL" => (Tone::Danger, t.jobs.node_fail),
        "PREEMPTED" => (Tone::Warning, t.jobs.preempted),
        "SUSPENDED" | "STOPPED" => (Tone::Warning, t.jobs.suspended),
        "OUT_OF_MEMORY" => (Tone::Danger, t.jobs.out_of_memory),
        "REQUEUED" | "REQUEUE_HOLD" => (Tone::Neutral, t.jobs.requeued),
        _ => return None,
    })
}

/// The state in words of the reader's language, or Slurm's.
pub fn state_words(t: &'static Text, state: &str) -> String {
    state_label(t, state).map_or_else(|| state.to_owned(), |(_, label)| label.to_owned())
}

#[component]
pub fn JobState(state: String) -> impl IntoView {
    match state_label(text(), &state) {
        Some((tone, label)) => view! { <Indicator tone label /> }.into_any(),
        None => view! { <code class="chip">{state}</code> }.into_any(),
    }
}

#[component]
pub fn JobReason(reason: String, why: String) -> impl IntoView {
    if why.is_empty() {
        return ().into_any();
    }
    view! { <span class="cell-note text-muted" title=reason>{why}</span> }.into_any()
}
