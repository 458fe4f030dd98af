//! Being told to end: slurmd is, and gets the time to do so.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::say;
use crate::signals::on_sigterm;

/// How long slurmd may take, and then the last report.
const GRACE: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub struct Stop {
    asked: Arc<AtomicBool>,
    /// slurmd's process; 0 before there is one.
    slurmd: Arc<AtomicI32>,
}

impl Stop {
    pub fn on_sigterm() -> io::Result<Stop> {
        let stop = Stop {
            asked: Arc::default(),
            slurmd: Arc::default(),
        };
        let own = stop.clone();
        on_sigterm(move || own.ask())?;
        Ok(stop)
    }

    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }

    /// From now on it is slurmd that has to end first.
    pub fn pass_on_to(&self, pid: u32) {
        self.slurmd.store(pid as i32, Ordering::SeqCst);
        // It was asked for while slurmd started.
        if self.is_asked() {
            self.end_slurmd();
        }
    }

    fn ask(&self) {
        say("asked to stop");
        self.asked.store(true, Ordering::SeqCst);
        if self.end_slurmd() {
            std::thread::sleep(GRACE);
        }
        std::process::exit(0)
    }

    /// False when there is none.
    fn end_slurmd(&self) -> bool {
        let pid = self.slurmd.load(Ordering::SeqCst);
        if pid == 0 {
            return false;
        }
        if let Err(error) = kill(Pid::from_raw(pid), Signal::SIGTERM) {
            say(&format!("cannot pass SIGTERM on: {error}"));
        }
        true
    }
}
