//! The people who may sign in; who is signed in, and where.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::operation::Operation;

/// What may be known of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub name: String,
    /// In milliseconds since 1970.
    pub created_at: i64,
}

/// The person at the console and the place it manages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    pub user_name: String,
    pub arn: String,
    pub account_id: String,
    pub region: String,
    /// `local` or `aws`.
    pub provider: String,
    pub jobs: JobOwner,
}

/// Who runs the jobs that are submitted in the console.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobOwner {
    pub user: String,
    pub home: String,
    /// It is the server's own user: a job can do what the server can.
    pub is_server: bool,
}

impl Identity {
    /// Nodes and controllers run on the server's own host.
    pub fn is_local(&self) -> bool {
        self.provider == "local"
    }
}

/// What the reader may not do to the jobs and nodes of a cluster: each refusal in words, none where it is allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusals(BTreeMap<String, String>);

impl Refusals {
    pub fn of(&self, operation: Operation) -> Option<String> {
        self.0.get(operation.name()).cloned()
    }
}

impl FromIterator<(Operation, String)> for Refusals {
    fn from_iter<I: IntoIterator<Item = (Operation, String)>>(refused: I) -> Self {
        let named = |(operation, words): (Operation, String)| (operation.name().to_owned(), words);
        Refusals(refused.into_iter().map(named).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_found_by_its_operation() {
        let words = || "Not you.".to_owned();
        let refusals = Refusals::from_iter([(Operation::CancelJob, words())]);
        assert_eq!(refusals.of(Operation::CancelJob), Some(words()));
        assert_eq!(refusals.of(Operation::HoldJob), None);
    }
}
