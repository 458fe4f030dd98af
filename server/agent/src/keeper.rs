//! Keeps daemons running: each is started again whenever it has ended, sooner if it had lived for a while.
//!
//! slurmctld runs daemonised. In the foreground `scontrol reconfigure` replaces the process in place, and a bad
//! configuration ends it; daemonised it starts its successor first and lives on when that fails. So the process changes,
//! and its pid file lags behind: what counts is whether any process of that name is left in the sandbox.

use std::path::Path;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use super::init::{Init, Wait};
use super::protocol::{Daemon, SLURMCTLD_DAEMON, is_gone};
use super::state::ControllerState;
use super::{Result, context, daemon, say};
use crate::{configuration, processes};

/// A daemon that lived so long did not fail at its start.
const STEADY: Duration = Duration::from_secs(10);
/// How [`Wait::Died`] tells that a process ended by itself and in order.
const CLEAN_END: &str = "exit status 0";
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Until the sandbox is asked to end. `dir` is the sandbox's.
pub fn keep(init: &Init, dir: &Path, daemons: Vec<Daemon>) -> Result<()> {
    if daemons.is_empty() {
        return Err("no daemon is named".into());
    }
    let mut all: Vec<Kept> = daemons.into_iter().map(Kept::new).collect();
    loop {
        let stopping = init.stopping();
        if stopping && all.iter().all(|kept| kept.due.is_some()) {
            return Ok(());
        }
        for kept in all.iter_mut().filter(|kept| !stopping && kept.is_due()) {
            kept.start(dir);
        }
        let death = match init.next_death_until(all.iter().filter_map(|kept| kept.due).min()) {
            Wait::Died(pid, how) => Some((pid, how)),
            Wait::Nobody => None,
            Wait::Due => continue,
        };
        for kept in &mut all {
            kept.look_after(dir, death.as_ref());
        }
    }
}

/// A daemon that is started again whenever it has ended.
struct Kept {
    daemon: Daemon,
    /// What was started, as long as it lives; what it starts goes by the daemon's name.
    child: Option<Pid>,
    started: Instant,
    /// Before the next start, if this one fails.
    pause: Duration,
    /// When it is to be started; none while it runs.
    due: Option<Instant>,
}

impl Kept {
    fn new(daemon: Daemon) -> Kept {
        let now = Instant::now();
        Kept {
            daemon,
            child: None,
            started: now,
            pause: FIRST_PAUSE,
            due: Some(now),
        }
    }

    fn is_due(&self) -> bool {
        self.due.is_some_and(|due| due <= Instant::now())
    }

    fn start(&mut self, dir: &Path) {
        (self.started, self.due) = (Instant::now(), None);
        match self.spawn(dir) {
            Ok(child) => self.child = Some(child),
            Err(message) => self.ended(&message),
        }
    }

    fn spawn(&self, dir: &Path) -> Result<Pid> {
        if let Some(state) = self.state(dir) {
            context("put back slurm.conf", configuration::put_back_accepted(dir))?;
            let now = chrono::Utc::now().timestamp_millis();
            context("note what is left", state.before_start(now))?;
        }
        let name = &self.daemon.name;
        say(&format!("starting {name}"));
        let mut command = daemon(&self.daemon.program);
        command
            .args(&self.daemon.arguments)
            .envs(&self.daemon.environment);
        let child = context(&format!("start {name}"), command.spawn())?;
        Ok(Pid::from_raw(child.id().cast_signed()))
    }

    /// After a death in the sandbox, whoever's it was; none when there is nobody left who could die.
    fn look_after(&mut self, dir: &Path, death: Option<&(Pid, String)>) {
        if self.due.is_some() {
            return;
        }
        if death.is_none_or(|(pid, _)| self.child == Some(*pid)) {
            self.child = None;
        }
        if self.child.is_some() || runs(&self.daemon.name) {
            return;
        }
        let how = death.map_or("no process is left", |(_, how)| how);
        let noted = match self.state(dir) {
            Some(state) if how == CLEAN_END => {
                context("note the orderly end", state.after_clean_end())
            }
            _ => Ok(()),
        };
        self.ended(noted.err().as_deref().unwrap_or(how));
    }

    fn ended(&mut self, how: &str) {
        say(&format!("{}: {how}", is_gone(&self.daemon.name)));
        let now = Instant::now();
        if now - self.started >= STEADY {
            (self.pause, self.due) = (FIRST_PAUSE, Some(now));
            return;
        }
        self.due = Some(now + self.pause);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }

    /// What is kept of it between two starts, beside what it keeps itself.
    fn state(&self, dir: &Path) -> Option<ControllerState> {
        (self.daemon.name == SLURMCTLD_DAEMON).then(|| ControllerState::new(dir))
    }
}

/// Whether a process of this name is in the sandbox. One that has ended counts until its death was taken: the list of
/// processes is read before each of them, so a daemon may have started its successor in between and ended, and only a
/// look after that death is sure to see the successor.
fn runs(name: &str) -> bool {
    processes::named(name).next().is_some()
}
