//! A command to read and to copy.

use leptos::prelude::*;

use super::CopyButton;
use crate::foreign::visible_lines;

#[component]
pub fn Code(
    /// What the code is, for the copy button's name.
    what: &'static str,
    #[prop(into)] text: String,
) -> impl IntoView {
    // What is copied is what it is.
    let shown = visible_lines(&text).into_owned();
    view! {
        <div class="code-block">
            <pre tabindex="0" role="region" aria-label=what>
                <code>{shown}</code>
            </pre>
            <CopyButton what text />
        </div>
    }
    .into_any()
}
