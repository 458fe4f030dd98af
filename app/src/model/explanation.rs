//! Why something waits or failed, in plain words (X1). Made by the server in the reader's language.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// Slurm's own word, or ours, for those who look it up.
    pub code: String,
    /// One line.
    pub title: String,
    /// What it means for this very job or node, with its numbers.
    pub meaning: String,
    pub outlook: Outlook,
    /// Whether it passes by itself, and when.
    pub prospect: String,
    /// What a person can do.
    pub remedy: String,
    /// The code of its page of troubleshooting; empty: there is none.
    #[serde(default)]
    pub page: String,
}

/// How it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outlook {
    /// It passes without anybody's doing.
    ByItself,
    /// It stays until somebody changes something.
    NeedsAction,
    /// It is over.
    Over,
}
