//! Text that is not ours on a page: see [`crate::foreign`]. It breaks no line, no column and no direction.

use leptos::prelude::*;

use crate::foreign::{visible_lines, visible_value};

/// So many characters stand in a cell at least.
const SHORT: usize = 24;

/// All of it: wraps wherever it must.
pub fn foreign(text: impl AsRef<str>) -> AnyView {
    let text = visible_value(text.as_ref()).into_owned();
    view! { <bdi class="foreign">{text}</bdi> }.into_any()
}

/// A message, which may have words of a program in it: of several lines, each stays one.
pub fn foreign_lines(text: impl AsRef<str>) -> AnyView {
    let text = visible_lines(text.as_ref()).trim().to_owned();
    view! { <bdi class="foreign">{text}</bdi> }.into_any()
}

/// In a cell: one line, cut where the room ends, and then whole on hover.
pub fn foreign_line(text: impl AsRef<str>) -> AnyView {
    let text = visible_value(text.as_ref()).into_owned();
    let whole = (text.chars().count() > SHORT).then(|| text.clone());
    view! { <bdi class="foreign foreign-line" title=whole>{text}</bdi> }.into_any()
}
