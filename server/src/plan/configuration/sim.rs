//! The search and its tries against a Slurm that refuses what it likes: each change is accepted or refused in its own
//! words, none holds up another, and nothing is freed that slurmctld could still refuse.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::outcome::{Outcome, Refusal};
use super::search::{self, Changes, Search};
use super::switch::{End, Seen, Step, Switch};

const IDS: [&str; 8] = ["A", "B", "C", "D", "E", "F", "G", "H"];

/// The change that is one of slurmdbd's settings, too.
const CLUSTER: &str = "A";

/// What Slurm's daemons run with.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Configuration {
    changes: Changes<'static>,
    /// With the queues and nodes that go.
    keeps: bool,
    /// slurmdbd goes by the change of the [`CLUSTER`].
    accounts: bool,
}

#[derive(Clone, Debug)]
struct Slurm {
    /// Changes that it cannot take together, alone if there is one, and the step at which it says so.
    conflicts: Vec<(Changes<'static>, Step)>,
    /// Changes that take away what is there.
    lowering: Changes<'static>,
    in_force: Configuration,
    freed: usize,
    tries: usize,
}

impl Slurm {
    /// What it says at that step. It may also be that changes cannot be had beside what goes: with rows that are deleted,
    /// or with what some of them take away.
    fn refusal(&self, changes: &Changes<'static>, step: Step) -> Option<String> {
        let lowers = &self.lowering - &self.in_force.changes;
        let is_here = |(parts, at): &&(Changes<'static>, Step)| {
            let is_beside = self.in_force.keeps || !parts.is_disjoint(&lowers);
            *at == step && parts.is_subset(changes) && (step != Step::PutKeeping || is_beside)
        };
        let (parts, _) = self.conflicts.iter().find(is_here)?;
        Some(words(parts))
    }

    fn takes(&self, changes: &Changes<'static>) -> bool {
        let is_in = |(parts, _): &(Changes<'static>, Step)| parts.is_subset(changes);
        !self.conflicts.iter().any(is_in)
    }

    fn try_out(&mut self, changes: &Changes<'static>) -> Result<(), String> {
        self.tries += 1;
        let before = self.in_force.clone();
        let new = Configuration {
            changes: changes.clone(),
            keeps: false,
            accounts: changes.contains(CLUSTER),
        };
        let lowers = !(&(changes - &before.changes) & &self.lowering).is_empty();
        let mut switch = Switch::new(Seen {
            is_in_force: before.changes == new.changes && !before.keeps,
            has_other_accounts: before.accounts != new.accounts,
            has_changes: !changes.is_empty(),
            lacks_any: before.keeps || lowers,
        });
        while let Some(step) = switch.step() {
            if let Some(words) = self.refusal(changes, step) {
                switch.answered(Err(words));
                continue;
            }
            match step {
                Step::PutAccounts => self.in_force.accounts = new.accounts,
                Step::PutKeeping => {
                    assert_eq!(self.in_force.accounts, new.accounts, "not taken yet");
                    self.in_force = Configuration {
                        keeps: true,
                        ..new.clone()
                    };
                }
                Step::Free => {
                    assert_eq!(self.in_force.changes, *changes, "not taken yet");
                    self.freed += 1;
                }
                Step::Put => {
                    assert!(
                        self.freed > 0 || !before.keeps,
                        "Slurm cancels what is there"
                    );
                    assert_eq!(self.in_force.accounts, new.accounts, "not taken yet");
                    self.in_force = new.clone();
                }
                Step::PutBack => self.in_force = before.clone(),
                Step::TryOut | Step::Announce => {}
            }
            switch.answered(Ok(()));
        }
        match switch.end() {
            End::InForce => {
                assert_eq!(self.in_force, new);
                Ok(())
            }
            End::Refused(words) => {
                assert_eq!(self.in_force, before);
                Err(words)
            }
            End::Stuck(words) => panic!("{words}"),
        }
    }

    fn search(
        &mut self,
        pending: &Changes<'static>,
        no_room: &Changes<'static>,
    ) -> Outcome<'static> {
        let refused = no_room
            .iter()
            .map(|id| (*id, Refusal::NoRoom("full".into())));
        let mut search = Search::new(pending.clone(), refused.collect());
        loop {
            match search.step() {
                search::Step::Try(changes) => search.answered(self.try_out(&changes)),
                search::Step::Settle(outcome) => return outcome,
                search::Step::Stuck(words) => panic!("{words}"),
            }
        }
    }
}

fn words(parts: &Changes<'_>) -> String {
    let names: Vec<&str> = parts.iter().copied().collect();
    format!("not {}", names.join(" with "))
}

fn some_of(most: usize) -> impl Strategy<Value = Changes<'static>> {
    proptest::collection::btree_set(proptest::sample::select(&IDS[..]), 0..=most)
}

fn slurm() -> impl Strategy<Value = Slurm> {
    let parts = proptest::collection::btree_set(proptest::sample::select(&IDS[..]), 1..=2);
    let step = proptest::sample::select(&[Step::TryOut, Step::PutKeeping, Step::Put][..]);
    let conflicts = proptest::collection::vec((parts, step), 0..6);
    // What slurmdbd refuses is never the fault of another change.
    let accounts = Just((Changes::from([CLUSTER]), Step::PutAccounts));
    let accounts = proptest::collection::vec(accounts, 0..=1);
    let all = (conflicts, accounts, some_of(8), any::<bool>());
    all.prop_map(|(mut conflicts, accounts, lowering, keeps)| {
        conflicts.extend(accounts);
        Slurm {
            conflicts,
            lowering,
            in_force: Configuration {
                changes: BTreeSet::new(),
                keeps,
                accounts: false,
            },
            freed: 0,
            tries: 0,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn each_change_gets_what_it_deserves(
        mut slurm in slurm(),
        pending in some_of(8),
        without_room in some_of(2),
    ) {
        let no_room = &pending & &without_room;
        let outcome = slurm.search(&pending, &no_room);
        let tried = &pending - &no_room;
        prop_assert!(slurm.tries <= tried.len() + 2, "{} tries", slurm.tries);

        // What is in force is what was accepted, and what goes has gone.
        let accounts = outcome.accepted.contains(CLUSTER);
        let right = Configuration { changes: outcome.accepted.clone(), keeps: false, accounts };
        prop_assert_eq!(&slurm.in_force, &right);

        let refused: Changes<'static> = outcome.refused.keys().copied().collect();
        prop_assert!(outcome.accepted.is_disjoint(&refused));
        prop_assert_eq!(&outcome.accepted | &refused, pending);
        for (id, refusal) in &outcome.refused {
            match refusal {
                Refusal::NoRoom(_) | Refusal::TypeGone(_) => prop_assert!(no_room.contains(id)),
                Refusal::Slurm(words) => {
                    prop_assert!(words.contains(id), "{} is refused for {}", id, words);
                    // Nor could it be had beside the others.
                    let mut more = outcome.accepted.clone();
                    more.insert(id);
                    prop_assert!(!slurm.takes(&more), "{} was held up", id);
                }
            }
        }
    }

    #[test]
    fn those_that_slurm_takes_alone_are_in_force_whatever_else_is_bad(
        mut slurm in slurm(),
        pending in some_of(8),
    ) {
        // A step that is not taken refuses nothing.
        let is_sure = |step: Step| step != Step::PutKeeping;
        slurm.conflicts.retain(|(parts, step)| parts.len() == 1 && is_sure(*step));
        let bad: Changes<'static> = slurm.conflicts.iter().flat_map(|(parts, _)| parts.clone()).collect();
        let outcome = slurm.search(&pending, &BTreeSet::new());
        prop_assert_eq!(outcome.accepted, &pending - &bad);
    }
}

#[test]
fn a_slurm_that_refuses_what_it_runs_with_settles_nothing() {
    let pending: Changes<'static> = BTreeSet::from(["A", "B"]);
    let mut search = Search::new(pending, BTreeMap::new());
    let mut tries = 0;
    while let search::Step::Try(_) = search.step() {
        tries += 1;
        search.answered(Err("broken".into()));
    }
    assert_eq!(search.step(), search::Step::Stuck("broken".into()));
    assert_eq!(tries, 4);
}
