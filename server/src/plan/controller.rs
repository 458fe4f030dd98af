//! What to do about a cluster's controller: the next step, a pure function of what is wanted and what is seen.
//!
//! What costs something to find out, or is the answer to a step, is not known until a step asks for it: the reconciler
//! takes a step, puts down what it [found](Found), and asks again, until the plan waits.

use std::time::Duration;

use app::model::status::Status;

use super::start::{self, Log};
use super::upgrade::{self, Facts, Next, Upgrade};

/// How often a healthy cluster is looked after without a wake-up.
pub const TICK: Duration = Duration::from_secs(5);
/// The pause while instances of a deleted cluster end.
const ENDING: Duration = Duration::from_secs(1);
/// How long a new cluster waits for the database of its records, in milliseconds: a private one is made within a minute.
const DATABASE_MS: i64 = 300_000;
/// The pause while slurmctld is starting.
const STARTING: Duration = Duration::from_millis(100);

/// What is seen at the beginning of a run, and what its steps have found.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The cluster's, which is what is wanted.
    pub status: Status,
    /// Milliseconds since it was asked for.
    pub age_ms: i64,
    /// Nothing of its configuration is to be changed or removed.
    pub is_settled: bool,
    /// The same configuration was found in force a moment ago.
    pub is_trusted: bool,
    /// slurmctld was started before, with a configuration that it took.
    pub was_started: bool,
    /// Something keeps slurmctld running, whether it answers or not.
    pub runs: bool,
    /// What runs knows how to reach this server.
    pub is_introduced: bool,
    pub accounts: Accounts,
    /// slurmrestd is among the daemons that are kept running, or is not, and goes by what is wanted.
    pub has_rest: bool,
    /// Another version is wanted, or was until a moment ago.
    pub upgrade: Option<Upgrade>,
    /// Clusters with the version that is in force are suspended by now.
    pub is_past_end: bool,
    /// Groups or queues are to go.
    pub has_leaving: bool,
    /// slurmctld has ended without saving its state, and that is not looked after yet.
    pub ended_unclean: bool,
    pub found: Found,
}

/// What keeps the cluster's accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accounts {
    /// Some are kept now, or are to be.
    pub wanted: bool,
    /// slurmdbd was among the daemons before: there are records, and slurmctld does without it for a while.
    pub has_begun: bool,
    /// The database is there for this cluster, as far as is known.
    pub has_database: bool,
    /// slurmdbd is among the daemons that are kept running, or is not, as it should be.
    pub has_daemon: bool,
    /// slurmdbd goes by what is wanted.
    pub is_configured: bool,
}

/// What the steps of one run have found; none: not asked.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Whether it has its port; the inner error is for people.
    pub place: Option<Result<(), String>>,
    /// Whether Slurm can work with its configuration; the inner error is in Slurm's words.
    pub trial: Option<Result<(), String>>,
    /// Whether the database is there for its records; the inner error is for people.
    pub database: Option<Result<(), String>>,
    /// It was started in this run.
    pub started: bool,
    pub answers: Option<bool>,
    /// Whether slurmdbd listens.
    pub accounts_answer: Option<bool>,
    pub log: Option<Log>,
    pub recovered: bool,
    /// Whether instances run that the database does not know.
    pub aside_runs: Option<bool>,
    pub configured: bool,
    /// Whether nothing is left of the cluster's instances.
    pub instances_gone: Option<bool>,
    /// The same of what else the provider has of it.
    pub strangers_gone: Option<bool>,
    /// Whether its last words need not be waited for.
    pub delivered: Option<bool>,
    /// Its processes and directories are gone.
    pub stopped: bool,
}

/// One thing to do. With those that change the row, and with [`Step::Wait`], the run ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Gives it a port, unless it has one.
    Place,
    /// Has Slurm's programs try the configuration of a new one.
    TryOut,
    /// Has the database be there for its records.
    PrepareDatabase,
    /// Starts it with what is in force.
    Start,
    /// Ends it in order, for other daemons are to run.
    Pause,
    /// Has slurmdbd go by what is wanted.
    ConfigureAccounts,
    /// Tells what was started by a server before how to reach this one.
    Introduce,
    /// Asks whether slurmctld answers.
    Ask,
    ReadLog,
    /// Looks after what slurmctld forgot when it was killed. The configuration does not wait for it.
    Recover,
    /// Asks whether instances run that the database does not know.
    LookAside,
    /// Puts the wanted configuration in force.
    Configure,
    /// Changes the row: ACTIVE.
    Activate,
    /// Changes the row: CREATE_FAILED; whatever runs is stopped.
    Fail(Failure),
    EndInstances,
    EndStrangers,
    /// Ends its daemons, and asks whether what they logged is where it is delivered to.
    Deliver,
    /// Ends the controller and removes what the cluster has on disk.
    Stop,
    /// Removes the rows. Whatever a crash left before is still known by them.
    Forget,
    /// Of the way to another version.
    Upgrade(upgrade::Step),
    /// Changes the rows: SUSPENDING.
    Suspend,
    /// Changes the rows: SUSPENDED.
    Suspended,
    /// Removes the rows of groups and queues that are to go, of which nothing is left.
    RemoveLeaving,
    /// Changes the rows: ACTIVE, with the version that it has.
    Unsuspend,
    Wait(Duration),
    /// It is not for this cluster's loop to mend, and passes when something else changes.
    Stuck(String),
}

/// Why a new cluster cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    NoFreePort(String),
    AccountingUnavailable(String),
    ConfigurationRefused(String),
    ControllerStartFailed(String),
}

impl Failure {
    /// As `errorInfo` has it.
    pub fn code(&self) -> &'static str {
        match self {
            Failure::NoFreePort(_) => "NoFreePort",
            Failure::AccountingUnavailable(_) => "AccountingUnavailable",
            Failure::ConfigurationRefused(_) => "ConfigurationRefused",
            Failure::ControllerStartFailed(_) => "ControllerStartFailed",
        }
    }

    pub fn message(&self) -> String {
        match self {
            Failure::NoFreePort(words) => words.clone(),
            Failure::AccountingUnavailable(words) => format!(
                "There is no database for the cluster's accounting. Delete the cluster, mend what is the matter, and create \
                 it again, or without accounting: {words}"
            ),
            Failure::ConfigurationRefused(words) => format!(
                "Slurm cannot work with this configuration. Delete the cluster and create it again, without what Slurm \
                 complains of: {words}"
            ),
            Failure::ControllerStartFailed(words) => format!(
                "slurmctld does not start. Delete the cluster and create it again, without what slurmctld complains of: \
                 {words}"
            ),
        }
    }
}

/// What to do next.
pub fn plan(seen: &Seen) -> Step {
    match seen.status {
        Status::Deleting => tear_down(&seen.found),
        Status::CreateFailed => Step::Wait(TICK),
        Status::Active | Status::UpdateFailed if seen.is_past_end => Step::Suspend,
        Status::Suspending | Status::Suspended => shut(seen),
        _ => keep(seen),
    }
}

fn keep(seen: &Seen) -> Step {
    let is_new = seen.status == Status::Creating;
    let found = &seen.found;
    match &found.place {
        None => return Step::Place,
        Some(Ok(())) => {}
        Some(Err(words)) if is_new => return Step::Fail(Failure::NoFreePort(words.clone())),
        Some(Err(words)) => return Step::Stuck(format!("the controller has no port: {words}")),
    }
    match &found.trial {
        _ if !is_new || seen.was_started => {}
        None => return Step::TryOut,
        Some(Ok(())) => {}
        Some(Err(words)) => return Step::Fail(Failure::ConfigurationRefused(words.clone())),
    }
    let accounts = &seen.accounts;
    if accounts.wanted && !accounts.has_database {
        match &found.database {
            None => return Step::PrepareDatabase,
            Some(Err(words)) if is_new && seen.age_ms >= DATABASE_MS => {
                return Step::Fail(Failure::AccountingUnavailable(words.clone()));
            }
            // A slurmctld that has never seen its accounts would end.
            Some(Err(_)) if !accounts.has_begun => return Step::Wait(TICK),
            _ => {}
        }
    }
    if let Some(step) = upgrade_step(seen) {
        return step;
    }
    if !seen.runs {
        return Step::Start;
    }
    if !accounts.has_daemon || !seen.has_rest {
        return Step::Pause;
    }
    if !accounts.is_configured {
        return Step::ConfigureAccounts;
    }
    if !seen.is_introduced {
        return Step::Introduce;
    }
    if seen.is_trusted && !found.started && !seen.ended_unclean {
        return Step::Wait(TICK);
    }
    match found.answers {
        None => Step::Ask,
        Some(false) => wait_for_answer(seen),
        Some(true) if is_new => Step::Activate,
        Some(true) => configure(seen),
    }
}

fn upgrade_step(seen: &Seen) -> Option<Step> {
    let (upgrade, found) = (seen.upgrade.as_ref()?, &seen.found);
    let facts = Facts {
        runs: seen.runs && seen.is_introduced,
        trial: found.trial.as_ref(),
        answers: found.answers,
        accounts_answer: found.accounts_answer,
        log: found.log.as_ref(),
    };
    Some(match upgrade::step(upgrade, &facts)? {
        Next::Take(step) => Step::Upgrade(step),
        Next::TryOut => Step::TryOut,
        Next::Ask => Step::Ask,
        Next::ReadLog => Step::ReadLog,
        Next::Wait => Step::Wait(STARTING),
    })
}

fn wait_for_answer(seen: &Seen) -> Step {
    if seen.status != Status::Creating {
        return Step::Wait(STARTING);
    }
    match &seen.found.log {
        None => Step::ReadLog,
        Some(log) if log.gives_hope() && !start::is_late(seen.age_ms) => Step::Wait(STARTING),
        Some(log) => Step::Fail(Failure::ControllerStartFailed(log.words.clone())),
    }
}

fn configure(seen: &Seen) -> Step {
    let found = &seen.found;
    match found.aside_runs {
        _ if !found.recovered => Step::Recover,
        // After restoring a backup: what runs aside may be of groups that the rows do not know, and nobody asked for
        // another configuration.
        None if seen.is_settled => Step::LookAside,
        Some(true) => Step::Wait(TICK),
        _ if !found.configured => Step::Configure,
        _ => Step::Wait(TICK),
    }
}

/// The controller first, while it knows what runs: its state is kept, with jobs that begin again when it comes back. Whatever
/// was started in that moment ends too.
fn shut(seen: &Seen) -> Step {
    if seen.runs {
        return Step::Pause;
    }
    match seen.found.instances_gone {
        None => Step::EndInstances,
        Some(false) => Step::Wait(ENDING),
        Some(true) if seen.status == Status::Suspending => Step::Suspended,
        Some(true) if seen.has_leaving => Step::RemoveLeaving,
        Some(true) if !seen.is_past_end => Step::Unsuspend,
        Some(true) => Step::Wait(TICK),
    }
}

/// Processes and directories first, rows last.
fn tear_down(found: &Found) -> Step {
    match (found.instances_gone, found.strangers_gone, found.delivered) {
        _ if found.stopped => Step::Forget,
        (None, _, _) => Step::EndInstances,
        (Some(true), None, _) => Step::EndStrangers,
        (Some(true), Some(true), None) => Step::Deliver,
        (Some(true), Some(true), Some(true)) => Step::Stop,
        _ => Step::Wait(ENDING),
    }
}

#[cfg(test)]
#[path = "controller_tests.rs"]
mod tests;
