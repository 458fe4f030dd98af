//! A message about what happened, why, and what to do.

use leptos::prelude::*;

use super::Tone;

#[component]
pub fn Flash(
    tone: Tone,
    #[prop(into)] title: String,
    #[prop(into)] message: String,
    /// A code or another short fact behind the title.
    #[prop(optional, into)]
    code: Option<String>,
) -> impl IntoView {
    // Only what went wrong interrupts a screen reader.
    let role = if tone == Tone::Danger {
        "alert"
    } else {
        "status"
    };
    view! {
        <div class=format!("flash {}", flash_class(tone)) role=role>
            <span class=format!("mt-0.5 {}", tone.class())>{tone.icon().view()}</span>
            <div class="min-w-0">
                <p class="font-semibold">
                    {title} {code.map(|code| view! { <code class="ml-2 font-mono text-xs font-normal text-muted">{code}</code> })}
                </p>
                <p class="break-words">{message}</p>
            </div>
        </div>
    }
    .into_any()
}

fn flash_class(tone: Tone) -> &'static str {
    match tone {
        Tone::Danger => "border-danger bg-danger-soft",
        Tone::Warning => "border-warning bg-warning-soft",
        Tone::Success => "border-success bg-success-soft",
        Tone::Neutral | Tone::Progress | Tone::Info => "border-info bg-info-soft",
    }
}
