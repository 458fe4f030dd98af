//! Running a script: a process group of its own, a time that it may take, its output in a log of its own.

use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::rotate;

const POLL: Duration = Duration::from_millis(50);
/// How long a script may take to end by itself once its time is over.
const GRACE: Duration = Duration::from_secs(5);
/// How often it is looked how long its log is.
const LOOK_AT_LOG: Duration = Duration::from_secs(1);
/// A log that has grown past this is moved aside; with the one before it takes twice as much.
const LOG_MOST: u64 = 8 * 1024 * 1024;
/// Another thread that starts a program just now holds the script's file open for writing for a moment.
const BUSY_TRIES: u32 = 20;

/// How a script went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// As `exit status 0` or `signal SIGKILL`.
    ByItself(String),
    TimedOut,
}

/// A process that was started.
pub trait Process {
    fn pid(&self) -> Pid;
    /// How it ended; none as long as it runs.
    fn ended(&mut self) -> io::Result<Option<String>>;
}

/// Who starts processes and learns of their end: process 1 of a sandbox takes the end of every process.
pub trait Children: Send + Sync {
    fn start(&self, command: &mut Command) -> io::Result<Box<dyn Process>>;
}

/// Runs it to its end, or to the end of its time.
pub fn run(
    children: &dyn Children,
    command: &mut Command,
    log: &Path,
    limit: Duration,
) -> io::Result<Ended> {
    let mut child = start(children, command.process_group(0))?;
    let (mut look, deadline) = (Instant::now(), Instant::now() + limit);
    loop {
        if let Some(how) = child.ended()? {
            return Ok(Ended::ByItself(how));
        }
        if Instant::now() >= deadline {
            end(child.as_mut())?;
            return Ok(Ended::TimedOut);
        }
        if look.elapsed() >= LOOK_AT_LOG {
            look = Instant::now();
            rotate::rotate_one(log, LOG_MOST)?;
        }
        std::thread::sleep(POLL);
    }
}

fn start(children: &dyn Children, command: &mut Command) -> io::Result<Box<dyn Process>> {
    let is_busy = |error: &io::Error| error.raw_os_error() == Some(Errno::ETXTBSY as i32);
    for _ in 0..BUSY_TRIES {
        match children.start(command) {
            Err(error) if is_busy(&error) => std::thread::sleep(POLL),
            started => return started,
        }
    }
    children.start(command)
}

/// The whole group, first with a word of warning.
fn end(child: &mut dyn Process) -> io::Result<()> {
    let deadline = Instant::now() + GRACE;
    signal(child.pid(), Signal::SIGTERM)?;
    while Instant::now() < deadline {
        if child.ended()?.is_some() {
            break;
        }
        std::thread::sleep(POLL);
    }
    signal(child.pid(), Signal::SIGKILL)
}

fn signal(group: Pid, signal: Signal) -> io::Result<()> {
    match killpg(group, signal) {
        Err(Errno::ESRCH) => Ok(()),
        told => Ok(told?),
    }
}

/// The words of a sandbox's process 1 for the same.
pub fn how(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(number)) => match Signal::try_from(number) {
            Ok(signal) => format!("signal {signal}"),
            Err(_) => format!("signal {number}"),
        },
        (None, None) => status.to_string(),
    }
}

/// On a host of its own a program waits for its children itself.
pub struct OwnChildren;

impl Children for OwnChildren {
    fn start(&self, command: &mut Command) -> io::Result<Box<dyn Process>> {
        Ok(Box::new(Own(command.spawn()?)))
    }
}

struct Own(Child);

impl Process for Own {
    fn pid(&self) -> Pid {
        Pid::from_raw(self.0.id().cast_signed())
    }

    fn ended(&mut self) -> io::Result<Option<String>> {
        Ok(self.0.try_wait()?.map(how))
    }
}

/// In a sandbox one thread takes the end of every process and [tells](Deaths::tell) of it here.
#[derive(Clone, Default)]
pub struct Deaths(Arc<Mutex<Vec<Started>>>);

/// How it ended, once it has.
struct Started {
    pid: Pid,
    how: Option<String>,
}

impl Deaths {
    /// Of those that nobody started here nothing is kept.
    pub fn tell(&self, pid: Pid, how: String) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(started) = all.iter_mut().find(|it| it.pid == pid) {
            started.how = Some(how);
        }
    }
}

impl Children for Deaths {
    fn start(&self, command: &mut Command) -> io::Result<Box<dyn Process>> {
        // Nobody is told of its end before it stands here.
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pid = Pid::from_raw(command.spawn()?.id().cast_signed());
        all.retain(|it| it.pid != pid);
        all.push(Started { pid, how: None });
        Ok(Box::new(OfSandbox {
            pid,
            deaths: self.clone(),
        }))
    }
}

struct OfSandbox {
    pid: Pid,
    deaths: Deaths,
}

impl Process for OfSandbox {
    fn pid(&self) -> Pid {
        self.pid
    }

    fn ended(&mut self) -> io::Result<Option<String>> {
        let all = self.deaths.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = all.iter().find(|it| it.pid == self.pid);
        Ok(own.and_then(|it| it.how.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    fn ran(script: &str, limit: Duration) -> Ended {
        let log = tempfile::NamedTempFile::new().unwrap();
        run(&OwnChildren, &mut sh(script), log.path(), limit).unwrap()
    }

    #[test]
    fn the_end_is_told_in_words() {
        let long = Duration::from_secs(10);
        let by_itself = |how: &str| Ended::ByItself(how.into());
        assert_eq!(ran("exit 3", long), by_itself("exit status 3"));
        assert_eq!(ran("kill -9 $$", long), by_itself("signal SIGKILL"));
    }

    #[test]
    fn after_its_time_nothing_of_the_group_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let pid = dir.path().join("pid");
        let script = format!("sleep 300 & echo $! > {}; wait", pid.display());
        assert_eq!(ran(&script, Duration::from_millis(400)), Ended::TimedOut);
        let pid = std::fs::read_to_string(pid).unwrap();
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
        assert!(stat.is_err() || stat.unwrap().contains(") Z "));
    }

    #[test]
    fn in_a_sandbox_the_end_is_told_by_another() {
        let deaths = Deaths::default();
        let mut child = deaths.start(&mut sh("exit 0")).unwrap();
        assert_eq!(child.ended().unwrap(), None);
        deaths.tell(Pid::from_raw(1), "exit status 9".into());
        deaths.tell(child.pid(), "exit status 4".into());
        assert_eq!(child.ended().unwrap().as_deref(), Some("exit status 4"));
        nix::sys::wait::waitpid(child.pid(), None).unwrap();
    }
}
