//! A state in icon, word and colour together, never in colour alone.

use leptos::prelude::*;

use super::Icon;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Neutral,
    Progress,
    Success,
    Info,
    Warning,
    Danger,
}

impl Tone {
    pub fn class(self) -> &'static str {
        match self {
            Tone::Neutral => "text-muted",
            Tone::Progress | Tone::Info => "text-info",
            Tone::Success => "text-success",
            Tone::Warning => "text-warning",
            Tone::Danger => "text-danger",
        }
    }

    pub fn icon(self) -> Icon {
        match self {
            Tone::Neutral => Icon::Minus,
            Tone::Progress => Icon::Progress,
            Tone::Success => Icon::Check,
            Tone::Info => Icon::Dot,
            Tone::Warning => Icon::Warning,
            Tone::Danger => Icon::Cross,
        }
    }
}

#[component]
pub fn Indicator(tone: Tone, label: &'static str) -> impl IntoView {
    view! {
        <span class=format!(
            "inline-flex items-center gap-1.5 whitespace-nowrap font-medium {}",
            tone.class(),
        )>{tone.icon().view()} <span>{label}</span></span>
    }
    .into_any()
}
