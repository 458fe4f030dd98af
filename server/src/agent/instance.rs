//! The role `instance`: a node. Registers, starts slurmd, and ends when slurmd ends: a new instance takes its place.

use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use app::model::cluster::EndpointType;
use app::model::instance::{
    RegisterComputeNodeGroupInstanceRequest, RegisterComputeNodeGroupInstanceResponse,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::http::Client;
use super::init::Init;
use super::protocol::{InstanceFile, StepReport};
use super::{Result, context, read_json, rotate, say, slurm_program};
use crate::sandbox::{files, last_lines};

/// How long the server may be away while a node boots.
const REGISTER_PATIENCE: Duration = Duration::from_secs(60);
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const REPORT_TRIES: u32 = 5;
/// How long the last report may hold up the end of the node.
const FAREWELL: Duration = Duration::from_secs(3);
/// So much of slurmd's log goes with the report of its end.
const LOG_LINES: usize = 10;

pub fn run(dir: &Path) -> Result<()> {
    let init = Init::new(dir)?;
    let file: InstanceFile = read_json(&dir.join("instance.json"))?;
    rotate::start(dir);
    let steps = Steps::start(&file);
    let reason = match serve(&init, dir, &file, &steps) {
        Err(message) => message,
        Ok(status) => {
            let last_words = last_lines(&dir.join("slurmd.log"), 1);
            format!("slurmd ended with {status}; its last words: {last_words}")
        }
    };
    let log = last_lines(&dir.join("slurmd.log"), LOG_LINES);
    steps.reached("slurmd-failed", Some(format!("{reason}\n{log}")));
    steps.flush();
    Err(reason)
}

/// Runs slurmd to its end and says how that was.
fn serve(init: &Init, dir: &Path, file: &InstanceFile, steps: &Steps) -> Result<String> {
    let node = register(file)?;
    steps.reached("registered", Some(node.node_id.clone()));
    init.set_host_name(&node.node_id)?;
    write_key(dir, &node.shared_secret)?;
    let mut slurmd = slurmd(dir, file, &node)?;
    let child = context("start slurmd", slurmd.spawn())?;
    steps.reached("slurmd-started", None);
    loop {
        match init.next_death() {
            Some((pid, status)) if pid.as_raw() as u32 == child.id() => return Ok(status),
            Some(_) => {}
            None => return Err("slurmd is gone".into()),
        }
    }
}

/// Trades the bootstrap id for the node's name, the cluster's key and the controller's address. A server that is away
/// is asked again; one that refuses is not.
fn register(file: &InstanceFile) -> Result<RegisterComputeNodeGroupInstanceResponse> {
    let client = Client::new(&file.endpoint, CALL_TIMEOUT);
    let input = RegisterComputeNodeGroupInstanceRequest {
        cluster_identifier: file.cluster_id.clone(),
        bootstrap_id: file.bootstrap_id.clone(),
    };
    let deadline = Instant::now() + REGISTER_PATIENCE;
    let mut pause = FIRST_PAUSE;
    loop {
        let reply = client.operation("RegisterComputeNodeGroupInstance", &input);
        let message = match reply {
            Ok(reply) if reply.status.is_success() => {
                return serde_json::from_str(&reply.body)
                    .map_err(|error| format!("the answer to registering makes no sense: {error}"));
            }
            // Throttling is the one refusal of the client's side that passes.
            Ok(reply) if reply.status.is_client_error() && !reply.body.contains("Throttling") => {
                return Err(format!("registering was refused: {}", reply.body));
            }
            Ok(reply) => format!("{} {}", reply.status, reply.body),
            Err(message) => message,
        };
        if Instant::now() + pause > deadline {
            return Err(format!("could not register: {message}"));
        }
        say(&format!("registering failed, trying again: {message}"));
        std::thread::sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn write_key(dir: &Path, shared_secret: &str) -> Result<()> {
    let key = STANDARD
        .decode(shared_secret)
        .map_err(|_| "the cluster's key is not base64")?;
    context(
        "write slurm.key",
        files::write(&dir.join("slurm.key"), &key, files::SECRET),
    )
}

fn slurmd(
    dir: &Path,
    file: &InstanceFile,
    node: &RegisterComputeNodeGroupInstanceResponse,
) -> Result<Command> {
    let controller = node
        .endpoints
        .iter()
        .find(|endpoint| endpoint.r#type == EndpointType::Slurmctld)
        .ok_or("the answer to registering names no controller")?;
    let mut command = Command::new(slurm_program(&file.slurm_prefix, "slurmd"));
    command
        // -b: the node booted just now, whatever the host's boot time says. Without it slurmctld waits for ever.
        .args(["-D", "-b", "-N", &node.node_id])
        .arg("--conf-server")
        .arg(format!(
            "{}:{}",
            controller.private_ip_address, controller.port
        ))
        .arg("-L")
        .arg(dir.join("slurmd.log"))
        .env("SLURM_SACK_KEY", dir.join("slurm.key"))
        // It would win over --conf-server.
        .env_remove("SLURM_CONF");
    Ok(command)
}

/// Tells the server which boot step was reached, in order and in the background: a server that is away must not hold up
/// a boot.
struct Steps {
    instance_id: String,
    sender: Sender<StepReport>,
    reporter: JoinHandle<()>,
}

impl Steps {
    fn start(file: &InstanceFile) -> Self {
        let (sender, receiver) = channel();
        let client = Client::new(&file.endpoint, CALL_TIMEOUT);
        let token = file.bootstrap_id.clone();
        Self {
            instance_id: file.instance_id.clone(),
            sender,
            reporter: std::thread::spawn(move || report(&client, &token, receiver)),
        }
    }

    fn reached(&self, name: &str, detail: Option<String>) {
        say(name);
        let step = StepReport {
            instance_id: self.instance_id.clone(),
            name: name.into(),
            detail,
        };
        if self.sender.send(step).is_err() {
            say("nobody reports steps any more");
        }
    }

    /// Gives the last reports a moment.
    fn flush(self) {
        drop(self.sender);
        let deadline = Instant::now() + FAREWELL;
        while !self.reporter.is_finished() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn report(client: &Client, token: &str, steps: Receiver<StepReport>) {
    for step in steps {
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
