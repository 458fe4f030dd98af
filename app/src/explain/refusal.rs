//! Why the service refuses something, in the reader's language: what only it can know. What the browser can tell by itself
//! is in [`crate::rules`].

use super::text;
use super::text::RefusalText;
use crate::i18n::{Language, fill};

/// `refusal(ctx.language, |t| t.no_node, &[("node", name)])`
pub fn refusal(
    language: Language,
    of: impl Fn(&'static RefusalText) -> &'static str,
    values: &[(&str, String)],
) -> String {
    fill(of(&text(language).refusal), values)
}
