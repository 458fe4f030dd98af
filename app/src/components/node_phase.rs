//! A node's phase in icon, word and colour.

use leptos::prelude::*;

use crate::i18n::text;
use crate::list::node::phase_label;
use crate::model::node::NodePhase;
use crate::ui::{Icon, Indicator, Tone};

#[component]
pub fn NodePhaseIndicator(phase: NodePhase) -> impl IntoView {
    let label = phase_label(text(), phase);
    let tone = match phase {
        // At work: not the tick of what has ended well.
        NodePhase::Busy => {
            return view! {
                <span class="inline-flex items-center gap-1.5 whitespace-nowrap font-medium text-success">
                    {Icon::Play.view()} <span>{label}</span>
                </span>
            }
            .into_any();
        }
        NodePhase::Reserved => {
            return view! {
                <span class="inline-flex items-center gap-1.5 whitespace-nowrap font-medium text-info">
                    {Icon::Lock.view()} <span>{label}</span>
                </span>
            }
            .into_any();
        }
        NodePhase::PoweredDown => Tone::Neutral,
        NodePhase::Starting | NodePhase::Stopping => Tone::Progress,
        NodePhase::Idle => Tone::Info,
        NodePhase::Draining => Tone::Warning,
        NodePhase::Failed => Tone::Danger,
    };
    view! { <Indicator tone label /> }.into_any()
}
