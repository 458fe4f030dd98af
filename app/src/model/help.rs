//! A help text, in the language of the page that asks.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelpText {
    pub title: String,
    /// Paragraphs, divided by an empty line.
    pub text: String,
}
