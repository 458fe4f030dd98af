//! A job's state, and why it waits in plain words, Slurm's own on hover.

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

#[component]
pub fn JobState(state: String) -> impl IntoView {
    match state_label(text(), &state) {
        Some((tone, label)) => view! { <Indicator tone label /> }.into_any(),
        None => view! { <code class="chip">{state}</code> }.into_any(),
    }
}

#[component]
pub fn JobReason(reason: String) -> impl IntoView {
    if reason.is_empty() || reason == "None" {
        return ().into_any();
    }
    match explain(text(), &reason) {
        Some(why) => {
            view! { <span class="block max-w-md text-xs text-muted" title=reason>{why}</span> }
                .into_any()
        }
        None => view! { <code class="block text-xs text-muted">{reason}</code> }.into_any(),
    }
}

fn explain(t: &'static Text, reason: &str) -> Option<&'static str> {
    Some(match reason {
        "Resources" => t.jobs.why_resources,
        "Priority" => t.jobs.why_priority,
        "Dependency" | "DependencyNeverSatisfied" => t.jobs.why_dependency,
        "BeginTime" => t.jobs.why_begin_time,
        "JobHeldUser" => t.jobs.why_held_user,
        "JobHeldAdmin" => t.jobs.why_held_admin,
        "PartitionDown" | "PartitionInactive" => t.jobs.why_partition_down,
        "PartitionConfig" | "PartitionNodeLimit" | "PartitionTimeLimit" | "BadConstraints" => {
            t.jobs.why_partition_config
        }
        _ if reason.starts_with("ReqNodeNotAvail") || reason.starts_with("Nodes required") => {
            t.jobs.why_nodes_down
        }
        _ if reason.contains("Limit")
            || reason.starts_with("QOS")
            || reason.starts_with("Assoc") =>
        {
            t.jobs.why_limit
        }
        _ => return None,
    })
}
