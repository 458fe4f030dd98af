//! From what is in force to one configuration: the steps of one try. Nobody's job is cancelled and no node set down
//! before slurmctld has taken all the rest.

use std::collections::VecDeque;

/// What is seen of the configuration that is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// slurmctld runs with exactly its files.
    pub is_in_force: bool,
    /// slurmdbd goes by another file.
    pub has_other_accounts: bool,
    /// It has pending changes, or is only without what goes.
    pub has_changes: bool,
    /// It lacks queues or nodes that slurmctld knows.
    pub lacks_any: bool,
}

/// One thing to do; Slurm may refuse all but [`Step::Free`] and [`Step::Announce`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Beside what runs: what some program cannot read never gets to where it looks.
    TryOut,
    /// Has slurmdbd go by its part. What it refuses changes nothing.
    PutAccounts,
    /// Puts it in force with all that goes still there.
    PutKeeping,
    /// What goes is freed of its jobs; Slurm would cancel them without a word.
    Free,
    /// Puts it in force.
    Put,
    /// Puts in force what was before.
    PutBack,
    /// Nodes and jobs that waited for it hear of it.
    Announce,
}

/// How far one try got.
#[derive(Clone, Debug)]
pub struct Switch {
    left: VecDeque<Step>,
    /// Something of it is in force.
    has_begun: bool,
    refusal: Option<String>,
    stuck: Option<String>,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    InForce,
    /// With Slurm's words, and with what was in force before in force again.
    Refused(String),
    /// Slurm refuses what it took before, in its words.
    Stuck(String),
}

impl Switch {
    pub fn new(seen: Seen) -> Self {
        let is_in_force = seen.is_in_force && !seen.has_other_accounts;
        let steps: &[Step] = match (is_in_force, seen.has_changes, seen.lacks_any) {
            (true, false, _) => &[],
            // After a crash that came between: until the rows are settled these changes are tried again.
            (true, true, _) => &[Step::Announce],
            (false, _, false) => &[Step::TryOut, Step::PutAccounts, Step::Put, Step::Announce],
            (false, _, true) => &[
                Step::TryOut,
                Step::PutAccounts,
                Step::PutKeeping,
                Step::Free,
                Step::Put,
                Step::Announce,
            ],
        };
        let steps = steps.iter().copied();
        let is_due = |step: &Step| *step != Step::PutAccounts || seen.has_other_accounts;
        Switch {
            left: steps.filter(is_due).collect(),
            has_begun: false,
            refusal: None,
            stuck: None,
        }
    }

    /// None when it has ended.
    pub fn step(&self) -> Option<Step> {
        self.left.front().copied()
    }

    /// What Slurm made of the step, with its words if it refused.
    pub fn answered(&mut self, answer: Result<(), String>) {
        let step = self.left.pop_front();
        match answer {
            Ok(()) => {
                self.has_begun |= matches!(step, Some(Step::PutAccounts | Step::PutKeeping));
            }
            Err(words) if step == Some(Step::PutBack) => self.stuck = Some(words),
            Err(words) => {
                self.refusal = Some(words);
                self.left = self
                    .has_begun
                    .then_some(Step::PutBack)
                    .into_iter()
                    .collect();
            }
        }
    }

    pub fn end(self) -> End {
        match (self.stuck, self.refusal) {
            (Some(words), _) => End::Stuck(words),
            (None, Some(words)) => End::Refused(words),
            (None, None) => End::InForce,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The steps when Slurm refuses those.
    fn steps(seen: [bool; 4], refused: &[Step]) -> (Vec<Step>, End) {
        let [is_in_force, has_other_accounts, has_changes, lacks_any] = seen;
        let mut switch = Switch::new(Seen {
            is_in_force,
            has_other_accounts,
            has_changes,
            lacks_any,
        });
        let mut steps = vec![];
        while let Some(step) = switch.step() {
            steps.push(step);
            let is_refused = refused.contains(&step);
            let words = || format!("{step:?}");
            switch.answered(if is_refused { Err(words()) } else { Ok(()) });
        }
        (steps, switch.end())
    }

    #[test]
    fn a_try_goes_step_by_step_and_a_refusal_leaves_what_was() {
        use Step::*;
        let refused = |step: Step| End::Refused(format!("{step:?}"));
        let (new, going) = ([false, false, true, false], [false, false, false, true]);
        let accounts = [true, true, true, false];
        for (seen, no, taken, end) in [
            ([true, false, false, false], &[][..], &[][..], End::InForce),
            ([true, false, true, false], &[], &[Announce], End::InForce),
            (new, &[], &[TryOut, Put, Announce], End::InForce),
            (new, &[TryOut], &[TryOut], refused(TryOut)),
            (new, &[Put], &[TryOut, Put], refused(Put)),
            (
                accounts,
                &[],
                &[TryOut, PutAccounts, Put, Announce],
                End::InForce,
            ),
            (
                accounts,
                &[PutAccounts],
                &[TryOut, PutAccounts],
                refused(PutAccounts),
            ),
            (
                accounts,
                &[Put],
                &[TryOut, PutAccounts, Put, PutBack],
                refused(Put),
            ),
            (
                going,
                &[],
                &[TryOut, PutKeeping, Free, Put, Announce],
                End::InForce,
            ),
            (
                going,
                &[PutKeeping],
                &[TryOut, PutKeeping],
                refused(PutKeeping),
            ),
            (
                going,
                &[Put],
                &[TryOut, PutKeeping, Free, Put, PutBack],
                refused(Put),
            ),
            (
                going,
                &[Put, PutBack],
                &[TryOut, PutKeeping, Free, Put, PutBack],
                End::Stuck("PutBack".to_owned()),
            ),
        ] {
            assert_eq!(steps(seen, no), (taken.to_vec(), end), "{seen:?} {no:?}");
        }
    }
}
