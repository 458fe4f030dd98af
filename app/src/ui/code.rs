//! A command to read and to copy.

use leptos::prelude::*;

use super::CopyButton;

#[component]
pub fn Code(
    /// What the code is, for the copy button's name.
    what: &'static str,
    #[prop(into)] text: String,
) -> impl IntoView {
    view! {
        <div class="code-block">
            <pre tabindex="0" role="region" aria-label=what>
                <code>{text.clone()}</code>
            </pre>
            <CopyButton what text />
        </div>
    }
    .into_any()
}
