//! A help text, in the language of the page that asks.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelpText {
    pub title: String,
    /// Paragraphs, divided by an empty line; what stands between `grave accents` is code.
    pub text: String,
    /// The name of another text that goes on from here; empty: none.
    #[serde(default)]
    pub see: String,
    /// That text's title.
    #[serde(default)]
    pub see_title: String,
}
