//! The search for the changes that Slurm takes. All pending ones are tried together; if Slurm refuses, each is tried with
//! those that it took, so that one person's mistake never holds up another's change. What goes, goes whatever else was
//! refused.

use std::collections::{BTreeMap, BTreeSet};

use super::outcome::{Outcome, Refusal};

/// Ids of rows with a change.
pub type Changes<'a> = BTreeSet<&'a str>;

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// To put these changes in force, and to take out what goes. Refused, what was in force before is in force again.
    Try(Changes<'a>),
    /// All is known, and what was accepted is in force.
    Settle(Outcome<'a>),
    /// Slurm refuses what it took before, so it would refuse everything: in its words.
    Stuck(String),
}

/// How far it got.
#[derive(Clone, Debug)]
pub struct Search<'a> {
    /// Not decided yet.
    pending: Changes<'a>,
    one_by_one: bool,
    outcome: Outcome<'a>,
    /// What is accepted, and nothing of what goes, is in force.
    is_in_force: bool,
    stuck: Option<String>,
}

impl<'a> Search<'a> {
    /// `refused`: those that are not even tried.
    pub fn new(mut pending: Changes<'a>, refused: BTreeMap<&'a str, Refusal>) -> Self {
        pending.retain(|id| !refused.contains_key(id));
        Search {
            pending,
            one_by_one: false,
            outcome: Outcome {
                accepted: Changes::new(),
                refused,
            },
            is_in_force: false,
            stuck: None,
        }
    }

    pub fn step(&self) -> Step<'a> {
        match &self.stuck {
            Some(words) => Step::Stuck(words.clone()),
            None if self.is_in_force && self.pending.is_empty() => {
                Step::Settle(self.outcome.clone())
            }
            None => Step::Try(&self.outcome.accepted | &self.asked()),
        }
    }

    /// What Slurm made of the try, with its words if it refused.
    pub fn answered(&mut self, answer: Result<(), String>) {
        let asked = self.asked();
        match (answer, asked.first()) {
            (Ok(()), _) => {
                self.pending.retain(|id| !asked.contains(id));
                self.outcome.accepted.extend(asked);
                self.is_in_force = true;
            }
            (Err(words), None) => self.stuck = Some(words),
            (Err(words), Some(id)) if asked.len() == 1 => {
                self.pending.remove(id);
                self.outcome.refused.insert(id, Refusal::Slurm(words));
            }
            (Err(_), Some(_)) => self.one_by_one = true,
        }
    }

    /// The undecided changes of the next try.
    fn asked(&self) -> Changes<'a> {
        let most = if self.one_by_one { 1 } else { usize::MAX };
        self.pending.iter().take(most).copied().collect()
    }
}
