//! A help text, in the language of the page that asks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What stands before the name of a command that is a paragraph of its own.
const COMMAND: &str = "$ ";

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelpText {
    pub title: String,
    /// Paragraphs, divided by an empty line; what stands between `grave accents` is code, and a paragraph `$ name` is
    /// the command of that name.
    pub text: String,
    /// The name of another text that goes on from here; empty: none.
    #[serde(default)]
    pub see: String,
    /// That text's title.
    #[serde(default)]
    pub see_title: String,
    /// By name.
    #[serde(default)]
    pub commands: BTreeMap<String, String>,
}

/// A paragraph of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paragraph<'a> {
    Words(&'a str),
    /// By name.
    Command(&'a str),
}

impl HelpText {
    pub fn paragraphs(&self) -> impl Iterator<Item = Paragraph<'_>> {
        self.text.split("\n\n").map(|text| {
            let command = text.strip_prefix(COMMAND).map(Paragraph::Command);
            command.unwrap_or(Paragraph::Words(text))
        })
    }

    pub fn command_names(&self) -> Vec<&str> {
        let names = self.paragraphs().filter_map(|paragraph| match paragraph {
            Paragraph::Command(name) => Some(name),
            Paragraph::Words(_) => None,
        });
        names.collect()
    }

    /// It has commands to fill in.
    pub fn is_guide(&self) -> bool {
        !self.commands.is_empty()
    }
}
