//! The role `instance`: a node. Registers, starts slurmd, and ends when slurmd ends: a new instance takes its place.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::http::Client;
use super::init::Init;
use super::protocol::{InstanceFile, PORT_TAKEN, Register, Registered, SLURMCTLD, StepReport};
use super::{Result, context, daemon, read_json, rotate, say};
use crate::files;
use crate::layout;
use crate::tail::last_lines;

/// How long the server may be away while a node boots.
const REGISTER_PATIENCE: Duration = Duration::from_secs(60);
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long a port may be in use that belongs to this node.
const PORT_PATIENCE: Duration = Duration::from_secs(2);
/// The cluster's key, for slurmd.
const KEY: &str = "/run/slurm.key";
const REPORT_TRIES: u32 = 5;
/// How long the last report may hold up the end of the node.
const FAREWELL: Duration = Duration::from_secs(3);
/// What runs on nodes waits for the processors longer than the server and the controllers do: people wait for those, and all
/// share this host. Little enough for a node not to be silent on a host that is busy with something else.
const NICENESS: i32 = 10;
/// So much of slurmd's log goes with the report of its end.
const LOG_LINES: usize = 10;

pub fn run(dir: &Path, data_dir: &Path) -> Result<()> {
    let path = dir.join("instance.json");
    let file: InstanceFile = read_json(&path)?;
    let devices = layout::gpu_dir(data_dir, &file.cluster_id);
    let hosts = layout::hosts_file(data_dir, &file.cluster_id);
    let names = hosts.parent().map(Path::to_owned);
    let others: Vec<_> = [Some(devices), names].into_iter().flatten().collect();
    let init = Init::new(dir, data_dir, &others)?;
    // It is good for one start only, and jobs need not find it.
    context("remove instance.json", files::remove_file(&path))?;
    let polite = rustix::process::nice(NICENESS);
    context("let others go first", polite.map_err(Into::into))?;
    rotate::start(dir);
    let steps = Steps::start(&file);
    let failure = match serve(&init, dir, &hosts, &file, &steps) {
        Err(failure) => failure,
        Ok(status) => {
            let last_words = last_lines(&dir.join("slurmd.log"), 1);
            Failure::from(format!(
                "slurmd ended with {status}; its last words: {last_words}"
            ))
        }
    };
    let log = last_lines(&dir.join("slurmd.log"), LOG_LINES);
    let detail = format!("{}\n{log}", failure.reason);
    steps.reached(failure.step, Some(detail.trim_end().into()));
    steps.flush();
    Err(failure.reason)
}

/// Why the node ends, and the step that tells it.
struct Failure {
    step: &'static str,
    reason: String,
}

impl From<String> for Failure {
    fn from(reason: String) -> Self {
        let step = "slurmd-failed";
        Failure { step, reason }
    }
}

impl From<&str> for Failure {
    fn from(reason: &str) -> Self {
        reason.to_owned().into()
    }
}

/// Runs slurmd to its end and says how that was.
fn serve(
    init: &Init,
    dir: &Path,
    hosts: &Path,
    file: &InstanceFile,
    steps: &Steps,
) -> std::result::Result<String, Failure> {
    let node = register(file)?;
    steps.reached("registered", Some(node.node_id.clone()));
    init.set_host_name(&node.node_id)?;
    init.know_nodes(hosts)?;
    write_key(&node.shared_secret)?;
    check_port(file.slurmd_port)?;
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

fn client(file: &InstanceFile) -> Client {
    Client::new(
        &file.endpoint,
        &file.instance_id,
        &file.proof_key,
        CALL_TIMEOUT,
    )
}

/// Trades the bootstrap id for the node's name, the cluster's key and the controller's address. A server that is away
/// is asked again; one that refuses is not.
fn register(file: &InstanceFile) -> Result<Registered> {
    let client = client(file);
    let input = Register {
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

/// Into the private `/run`: there it is in memory only, and gone with the node.
fn write_key(shared_secret: &str) -> Result<()> {
    let key = STANDARD
        .decode(shared_secret)
        .map_err(|_| "the cluster's key is not base64")?;
    context(
        "write slurm.key",
        files::write(Path::new(KEY), &key, files::SECRET),
    )
}

/// slurmd would only tell its log that somebody else has its port. One that is just being given back is waited for.
fn check_port(port: u16) -> std::result::Result<(), Failure> {
    let deadline = Instant::now() + PORT_PATIENCE;
    while let Err(error) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        if Instant::now() > deadline {
            let reason = format!(
                "slurmd cannot have its port {port}: {error}. `ss -ltnp sport = :{port}` on this host shows which \
                 program has it"
            );
            let step = PORT_TAKEN;
            return Err(Failure { step, reason });
        }
        std::thread::sleep(FIRST_PAUSE);
    }
    Ok(())
}

fn slurmd(dir: &Path, file: &InstanceFile, node: &Registered) -> Result<Command> {
    let controller = node
        .endpoints
        .iter()
        .find(|endpoint| endpoint.r#type == SLURMCTLD)
        .ok_or("the answer to registering names no controller")?;
    let mut command = daemon(&Path::new(&file.slurm_prefix).join("sbin/slurmd"));
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
        .env("SLURM_SACK_KEY", KEY)
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
        let client = client(file);
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
