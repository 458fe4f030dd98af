//! How a running cluster gets another version of Slurm (C12): the daemon of accounts first, then the controller, and back
//! by itself when one of them does not come up. A pure function of what is seen, as [`super::controller`], which asks it.
//!
//! What cannot be undone comes first and alone: a newer slurmdbd turns its records into what older ones cannot read, so
//! they are copied before. A controller goes on with a slurmdbd that is newer, so nothing of it is turned back once it
//! answers; and the controller's own state is copied while nobody writes it.

use super::controller::{ENDS, START_TIMEOUT_MS, STARTING, Seen, Step as Next};

/// How far an upgrade has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The new slurmdbd is tried, with the old controller.
    Accounts,
    /// The new controller is tried.
    Controller,
    /// What was before is being put back.
    Back,
    /// Nobody wants it any more: a server was killed when it had just ended.
    Over,
}

/// What is seen of an upgrade that is wanted, or that has left something.
#[derive(Clone, Debug)]
pub struct Upgrade {
    /// None before it has begun.
    pub stage: Option<Stage>,
    /// Milliseconds since the stage began.
    pub age_ms: i64,
    /// The cluster's accounts are kept by an older slurmdbd.
    pub has_old_accounts: bool,
}

/// One thing to do. Those but [`Step::Begin`], [`Step::AskAccounts`] and [`Step::Clean`] change the row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Changes the row, and nothing else: the new version was tried aside, and cannot work.
    Refuse(String),
    /// Ends the daemons in order and copies what the stage may spoil.
    Begin(Stage),
    /// Asks whether slurmdbd listens.
    AskAccounts,
    /// Puts back what was before, for that reason.
    GoBack(String),
    Finish,
    /// Removes what is left of it.
    Clean,
}

/// What comes next; none: what comes next for any controller.
pub fn step(seen: &Seen) -> Option<Next> {
    let upgrade = seen.upgrade.as_ref()?;
    let found = &seen.found;
    let stage = match upgrade.stage {
        None => return Some(begin(seen, upgrade)),
        Some(Stage::Back) => return Some(Next::Upgrade(Step::GoBack(String::new()))),
        Some(Stage::Over) => return Some(Next::Upgrade(Step::Clean)),
        Some(stage) => stage,
    };
    if !seen.runs || !seen.is_introduced {
        return None;
    }
    let is_first = stage == Stage::Accounts;
    let answers = match is_first {
        true => found.accounts_answer,
        false => found.answers,
    };
    Some(match answers {
        None if is_first => Next::Upgrade(Step::AskAccounts),
        None => Next::Ask,
        Some(true) if is_first => Next::Upgrade(Step::Begin(Stage::Controller)),
        Some(true) => Next::Upgrade(Step::Finish),
        Some(false) => wait_or_go_back(seen, upgrade, stage),
    })
}

fn begin(seen: &Seen, upgrade: &Upgrade) -> Next {
    match &seen.found.trial {
        None => Next::TryOut,
        Some(Err(words)) => Next::Upgrade(Step::Refuse(words.clone())),
        Some(Ok(())) if upgrade.has_old_accounts => Next::Upgrade(Step::Begin(Stage::Accounts)),
        Some(Ok(())) => Next::Upgrade(Step::Begin(Stage::Controller)),
    }
}

/// The records of years take slurmdbd as long as they take; the controller goes on meanwhile.
fn wait_or_go_back(seen: &Seen, upgrade: &Upgrade, stage: Stage) -> Next {
    let is_late = stage == Stage::Controller && upgrade.age_ms >= START_TIMEOUT_MS;
    match &seen.found.log {
        None => Next::ReadLog,
        Some(log) if log.ends < ENDS && !is_late => Next::Wait(STARTING),
        Some(log) => Next::Upgrade(Step::GoBack(log.words.clone())),
    }
}
