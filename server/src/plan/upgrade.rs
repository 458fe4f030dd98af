//! How a running cluster gets another version of Slurm (C12): the daemon of accounts first, then the controller, and back
//! by itself when one of them does not come up. A pure function of what is seen, for [`super::controller`]'s.
//!
//! What cannot be undone comes first and alone: a newer slurmdbd turns its records into what older ones cannot read, so
//! they are copied before. A controller goes on with a slurmdbd that is newer, so nothing of it is turned back once it
//! answers; and the controller's own state is copied while nobody writes it.

use super::start::{self, Log};

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

/// What of a controller decides about it; none: not asked.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Its daemons are kept running, and know how to reach this server.
    pub runs: bool,
    /// Whether Slurm can work with its configuration; the inner error is in Slurm's words.
    pub trial: Option<&'a Result<(), String>>,
    pub answers: Option<bool>,
    /// Whether slurmdbd listens.
    pub accounts_answer: Option<bool>,
    pub log: Option<&'a Log>,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    Take(Step),
    /// The steps of any controller.
    TryOut,
    Ask,
    ReadLog,
    Wait,
}

/// What comes next; none: what comes next for any controller.
pub fn step(upgrade: &Upgrade, facts: &Facts) -> Option<Next> {
    let stage = match upgrade.stage {
        None => return Some(begin(upgrade, facts)),
        Some(Stage::Back) => return Some(Next::Take(Step::GoBack(String::new()))),
        Some(Stage::Over) => return Some(Next::Take(Step::Clean)),
        Some(stage) => stage,
    };
    if !facts.runs {
        return None;
    }
    let is_first = stage == Stage::Accounts;
    let answers = match is_first {
        true => facts.accounts_answer,
        false => facts.answers,
    };
    Some(match answers {
        None if is_first => Next::Take(Step::AskAccounts),
        None => Next::Ask,
        Some(true) if is_first => Next::Take(Step::Begin(Stage::Controller)),
        Some(true) => Next::Take(Step::Finish),
        Some(false) => wait_or_go_back(upgrade, facts, stage),
    })
}

fn begin(upgrade: &Upgrade, facts: &Facts) -> Next {
    match facts.trial {
        None => Next::TryOut,
        Some(Err(words)) => Next::Take(Step::Refuse(words.clone())),
        Some(Ok(())) if upgrade.has_old_accounts => Next::Take(Step::Begin(Stage::Accounts)),
        Some(Ok(())) => Next::Take(Step::Begin(Stage::Controller)),
    }
}

/// The records of years take slurmdbd as long as they take; the controller goes on meanwhile.
fn wait_or_go_back(upgrade: &Upgrade, facts: &Facts, stage: Stage) -> Next {
    let is_late = stage == Stage::Controller && start::is_late(upgrade.age_ms);
    match facts.log {
        None => Next::ReadLog,
        Some(log) if log.gives_hope() && !is_late => Next::Wait,
        Some(log) => Next::Take(Step::GoBack(log.words.clone())),
    }
}
