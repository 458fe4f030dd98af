//! What the server cannot see of a cluster at the moment.

use serde::{Deserialize, Serialize};

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sight {
    Nodes,
    Jobs,
    /// slurmctld itself: of it nothing is shown, but that it does not answer.
    Controller,
    /// slurmdbd and its database: what is recorded meanwhile is recorded later.
    Accounts,
}

/// Looking has failed since then: what is shown of it is as it was before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trouble {
    pub of: Sight,
    /// Milliseconds since 1970.
    pub since: i64,
    /// Why, in the words of the program that was asked.
    pub words: String,
}
