//! The scripts of `nodeReady`: beside slurmd, once Slurm has taken the node as up.

use std::sync::{Arc, Mutex, PoisonError};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::message::Stage;
use super::{Runner, Server};
use crate::say;
use crate::slurmd::Failure;

/// What became of them, as long as slurmd runs.
#[derive(Clone, Default)]
pub struct Ready(Arc<Mutex<Option<Failure>>>);

impl Ready {
    /// Runs them in the background, if there are any. A failure with which the node ends is kept here, and slurmd ended.
    pub fn begin(runner: Runner, server: Server, slurmd: u32) -> Ready {
        let ready = Ready::default();
        if runner.actions.of(Stage::NodeReady).is_empty() {
            return ready;
        }
        let own = ready.clone();
        std::thread::spawn(move || {
            server.wait_until_ready();
            if let Err(failure) = runner.run(Stage::NodeReady) {
                own.fail(failure, slurmd);
            }
        });
        ready
    }

    fn fail(&self, failure: Failure, slurmd: u32) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
        if let Err(error) = kill(Pid::from_raw(slurmd.cast_signed()), Signal::SIGTERM) {
            say(&format!("cannot end slurmd: {error}"));
        }
    }

    /// Why slurmd was ended, if it was for a script's sake.
    pub fn failure(&self) -> Option<Failure> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
