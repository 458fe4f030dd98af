//! The role `instance`: a node. Registers, starts slurmd, and ends when slurmd ends: a new instance takes its place. Only
//! where Slurm has the node rebooted it is the same one, that starts slurmd anew.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::http::Client;
use super::init::{Init, Wait};
use super::protocol::{InstanceFile, RESTARTED, Register, Registered};
use super::{Result, context, read_json, rotate, say};
use crate::actions::message::{Duties, Stage};
use crate::actions::{Deaths, Place, Ready, Runner, Server, Store};
use crate::files;
use crate::health::Checks;
use crate::health::message::Health;
use crate::layout;
use crate::random::random_hex;
use crate::reboot;
use crate::slurmd::{self, Failure, Slurmd};
use crate::steps::Steps;

/// How long the server may be away while a node boots.
const REGISTER_PATIENCE: Duration = Duration::from_secs(60);
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long process 1 waits for a death before it looks whether the scripts are through.
const LOOK_FOR_DEAD: Duration = Duration::from_millis(100);
const BOOT_BYTES: usize = 8;
/// The cluster's key, for slurmd.
const KEY: &str = "/run/slurm.key";
/// What runs on nodes waits for the processors longer than the server and the controllers do: people wait for those, and all
/// share this host. Little enough for a node not to be silent on a host that is busy with something else.
const NICENESS: i32 = 10;

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
    let steps = Steps::start(client(&file), &file.instance_id, &file.bootstrap_id);
    let log = log_file(dir);
    let failure = match serve(&init, dir, &hosts, &file, &steps) {
        Err(failure) => failure,
        Ok(status) => slurmd::ended(&status, &log),
    };
    steps.failed(&failure, &log);
    steps.flush();
    Err(failure.reason)
}

fn log_file(dir: &Path) -> PathBuf {
    dir.join("slurmd.log")
}

/// Boots the node, as often as Slurm has it rebooted, and says how its slurmd ended.
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
    slurmd::write_key(Path::new(KEY), &node.shared_secret)?;
    reboot::provide()?;
    let server = server(file);
    let duties = server.duties()?;
    let mut boot = Boot {
        init,
        dir,
        file,
        node,
        steps,
        server,
        duties,
        is_watched: false,
    };
    loop {
        let status = boot.run()?;
        if !reboot::is_asked_for() {
            return Ok(status);
        }
        say("rebooting");
        init.end_all();
        steps.reached(RESTARTED, None);
    }
}

/// What each boot of the node has before it.
struct Boot<'a> {
    init: &'a Init,
    dir: &'a Path,
    file: &'a InstanceFile,
    node: Registered,
    steps: &'a Steps,
    server: Server,
    duties: Duties,
    /// Whether the node's health is looked at already, from boot to boot.
    is_watched: bool,
}

impl Boot<'_> {
    /// Runs slurmd to its end and says how that was.
    fn run(&mut self) -> std::result::Result<String, Failure> {
        let deaths = Deaths::default();
        let reporter = self.steps.reporter();
        let clock = self.duties.health.as_ref().map(Health::clock_off_ms);
        let place = Place {
            node_name: self.node.node_id.clone(),
            store: Store::new(self.dir.join("lifecycle"), random_hex(BOOT_BYTES)),
            log_dir: self.dir.into(),
            reporter: reporter.clone(),
            children: Arc::new(deaths.clone()),
        };
        let runner = Runner::new(&self.server, &self.duties, place);
        bootstrap(self.init, &runner, &deaths)?;
        let known = match (&self.duties.health, clock) {
            (Some(health), Some(off)) => health.begin(off, &reporter)?,
            _ => Checks::default(),
        };
        slurmd::check_port(self.file.slurmd_port)?;
        let child = context("start slurmd", self.slurmd()?.spawn())?;
        self.steps.reached("slurmd-started", None);
        let ready = Ready::begin(runner, self.server.clone(), child.id());
        if let Some(health) = self.duties.health.clone().filter(|_| !self.is_watched) {
            self.is_watched = true;
            health.watch(known, self.file.slurmd_port, reporter);
        }
        loop {
            match self.init.next_death() {
                Some((pid, status)) if pid.as_raw() as u32 == child.id() => {
                    return match ready.failure() {
                        Some(failure) => Err(failure),
                        None => Ok(status),
                    };
                }
                Some((pid, status)) => deaths.tell(pid, status),
                None => return Err("slurmd is gone".into()),
            }
        }
    }

    fn slurmd(&self) -> Result<Command> {
        let slurmd = Slurmd {
            prefix: Path::new(&self.file.slurm_prefix),
            node: &self.node.node_id,
            endpoints: &self.node.endpoints,
            key: Path::new(KEY),
            log: &log_file(self.dir),
        };
        slurmd.command()
    }
}

fn server(file: &InstanceFile) -> Server {
    Server {
        endpoint: file.endpoint.clone(),
        instance_id: file.instance_id.clone(),
        proof_key: file.proof_key.clone(),
        bootstrap_id: file.bootstrap_id.clone(),
    }
}

/// Runs the first stage on a thread of its own: process 1 takes the end of every process meanwhile.
fn bootstrap(init: &Init, runner: &Runner, deaths: &Deaths) -> std::result::Result<(), Failure> {
    std::thread::scope(|scope| {
        let stage = scope.spawn(|| runner.run(Stage::NodeBootstrapped));
        while !stage.is_finished() {
            let soon = Instant::now() + LOOK_FOR_DEAD;
            if let Wait::Died(pid, how) = init.next_death_until(Some(soon)) {
                deaths.tell(pid, how);
            }
        }
        let lost = |_| Err("the thread that ran the scripts is gone".into());
        stage.join().unwrap_or_else(lost)
    })
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
