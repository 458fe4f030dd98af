//! Tells the server which boot step was reached, in order and in the background: a server that is away must not hold up a
//! boot.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::http::Client;
use super::protocol::{HEALTH_FAULT, SCRIPT, SCRIPT_ERROR, StepReport};
use super::say;
use crate::actions::message::ScriptRun;
use crate::health::message::Fault;
use crate::slurmd::Failure;
use crate::tail::last_lines;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const REPORT_TRIES: u32 = 5;
/// How long the last report may hold up the end of the node.
const FAREWELL: Duration = Duration::from_secs(3);
/// So much of slurmd's log goes with the report of its end.
const LOG_LINES: usize = 10;

pub struct Steps {
    reporter: Reporter,
    thread: JoinHandle<()>,
}

/// Whoever has something to report.
#[derive(Clone)]
pub struct Reporter {
    instance_id: String,
    /// Nothing: it was the last one.
    sender: Sender<Option<StepReport>>,
}

impl Reporter {
    pub fn new(instance_id: &str, sender: Sender<Option<StepReport>>) -> Self {
        Self {
            instance_id: instance_id.into(),
            sender,
        }
    }

    pub fn reached(&self, name: &str, detail: Option<String>) {
        self.send(self.step(name, detail));
    }

    /// A script ran, or could not.
    pub fn script(&self, run: ScriptRun) {
        let (step, how) = match &run.failure {
            Some(why) => (SCRIPT_ERROR, why.as_str()),
            None => (SCRIPT, "exit status 0"),
        };
        let detail = format!("{}, {}: {how}", run.stage.name(), run.name);
        self.send(StepReport {
            script: Some(run),
            ..self.step(step, Some(detail))
        });
    }

    /// A check of the node's health found something.
    pub fn fault(&self, fault: Fault) {
        let detail = format!("{}: {}", fault.check, fault.words);
        self.send(StepReport {
            fault: Some(fault),
            ..self.step(HEALTH_FAULT, Some(detail))
        });
    }

    fn step(&self, name: &str, detail: Option<String>) -> StepReport {
        StepReport {
            instance_id: self.instance_id.clone(),
            name: name.into(),
            detail,
            script: None,
            fault: None,
        }
    }

    fn send(&self, step: StepReport) {
        say(&step.name);
        if self.sender.send(Some(step)).is_err() {
            say("nobody reports steps any more");
        }
    }
}

impl Steps {
    pub fn start(client: Client, instance_id: &str, token: &str) -> Self {
        let (sender, receiver) = channel();
        let token = token.to_owned();
        Self {
            reporter: Reporter::new(instance_id, sender),
            thread: std::thread::spawn(move || report(&client, &token, receiver)),
        }
    }

    pub fn reporter(&self) -> Reporter {
        self.reporter.clone()
    }

    pub fn reached(&self, name: &str, detail: Option<String>) {
        self.reporter.reached(name, detail);
    }

    /// With the end of the log that tells more: the failure's own, or slurmd's.
    pub fn failed(&self, failure: &Failure, log: &Path) {
        let log = failure.log.as_deref().unwrap_or(log);
        let detail = format!("{}\n{}", failure.reason, last_lines(log, LOG_LINES));
        self.reached(failure.step, Some(detail.trim_end().into()));
    }

    /// Gives the last reports a moment.
    pub fn flush(self) {
        // The thread has ended already: then there is nothing to wait for either.
        let _ = self.reporter.sender.send(None);
        let deadline = Instant::now() + FAREWELL;
        while !self.thread.is_finished() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn report(client: &Client, token: &str, steps: Receiver<Option<StepReport>>) {
    while let Ok(Some(step)) = steps.recv() {
        let mut pause = FIRST_PAUSE;
        for _ in 0..REPORT_TRIES {
            let reply = client.call("/instance/v1/steps", token, &step);
            match reply.and_then(|reply| reply.success()) {
                Ok(_) => break,
                Err(message) => say(&format!("reporting {} failed: {message}", step.name)),
            }
            std::thread::sleep(pause);
            pause *= 4;
        }
    }
}
