//! A command to read and to copy, and code among words.

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

/// Every other piece between grave accents is code.
pub fn with_code(text: &str) -> AnyView {
    let piece = |(i, piece): (usize, &str)| {
        let piece = piece.to_owned();
        match i % 2 {
            0 => piece.into_any(),
            _ => view! { <code class="break-words code-text text-[0.8125rem]">{piece}</code> }
                .into_any(),
        }
    };
    let pieces = text.split('`').enumerate().map(piece);
    pieces.collect_view().into_any()
}
