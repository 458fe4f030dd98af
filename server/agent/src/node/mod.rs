//! The role `node`: a host of its own, as an instance of EC2. Says which instance it is, becomes a node, runs the
//! customer's scripts and slurmd, and ends when slurmd ends: a new instance takes its place. After a reboot it is the same node.

mod claim;
mod hosts;
mod imds;
mod install;
mod logs;
mod memory;
mod notices;
mod options;
mod scheduler;
mod scripts;
mod stop;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use nix::unistd::{geteuid, sethostname};

pub use options::Options;

use super::http::Client;
use super::protocol::{Claimed, NodeFile};
use super::{Result, context, files, read_json, rotate, say};
use crate::actions::message::{Duties, Stage};
use crate::actions::{OwnChildren, Place, Ready, Runner, Server, Store};
use crate::health::Checks;
use crate::health::message::Health;
use crate::slurmd::{self, Failure, Slurmd};
use crate::steps::Steps;
use imds::Imds;
use logs::Logs;
use memory::Memory;
use stop::Stop;

const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// Runs the node to its end. What ends by itself or cannot begin is a failure; being told to end is none.
pub fn run(options: &Options) -> Result<()> {
    let stop = context("wait for signals", Stop::on_sigterm())?;
    let ended = be_node(options, &stop);
    if stop.is_asked() {
        return Ok(());
    }
    if options.power_off {
        power_off();
    }
    ended
}

fn be_node(options: &Options, stop: &Stop) -> Result<()> {
    let file: NodeFile = read_json(&options.file)?;
    context(
        "make the run directory",
        files::create_dir(&options.run_dir),
    )?;
    context(
        "make the log directory",
        files::create_dir(&options.log_dir),
    )?;
    rotate::start(&options.log_dir);
    let imds = Imds::of_environment();
    let node = claim::claim(&file, &imds, &Memory::of(options))?;
    say(&format!("this is node {}", node.node_name));
    let client = || {
        Client::new(
            &file.endpoint,
            &node.instance_id,
            &node.proof_key,
            CALL_TIMEOUT,
        )
    };
    let steps = Steps::start(client(), &node.instance_id, &node.bootstrap_id);
    notices::watch(imds, steps.reporter());
    let logs = Logs::new(client(), &node, &options.log_dir);
    logs.watch();
    set_host_name(&node.node_name);
    hosts::follow(&file.endpoint, &node, &options.hosts_file);
    let log = options.log_dir.join("slurmd.log");
    let failure = match serve(options, &file.endpoint, &node, &steps, stop, &log) {
        Err(failure) => failure,
        Ok(status) => slurmd::ended(&status, &log),
    };
    match stop.is_asked() {
        true => steps.reached("stopping", None),
        false => steps.failed(&failure, &log),
    }
    steps.flush();
    logs.send();
    Err(failure.reason)
}

/// Runs the scripts, and slurmd to its end; how that was.
fn serve(
    options: &Options,
    endpoint: &str,
    node: &Claimed,
    steps: &Steps,
    stop: &Stop,
    log: &Path,
) -> std::result::Result<String, Failure> {
    let ran = scripts::run_all(&options.scripts_dir, &options.log_dir, node)?;
    if !ran.is_empty() {
        // One that fails does not stop the boot, as with cloud-init.
        steps.reached("scripts", Some(ran.join("\n")));
    }
    let prefix = scheduler::find_or_install(endpoint, node, steps)?;
    let server = server(endpoint, node);
    let duties = server.duties()?;
    let clock = duties.health.as_ref().map(Health::clock_off_ms);
    let runner = runner(options, node, &server, &duties, steps)?;
    runner.run(Stage::NodeBootstrapped)?;
    let known = match (&duties.health, clock) {
        (Some(health), Some(off)) => health.begin(off, &steps.reporter())?,
        _ => Checks::default(),
    };
    let key = options.run_dir.join("slurm.key");
    slurmd::write_key(&key, &node.shared_secret)?;
    slurmd::check_port(node.slurmd_port)?;
    let mut command = Slurmd {
        prefix: &prefix,
        node: &node.node_name,
        endpoints: &node.endpoints,
        key: &key,
        log,
    }
    .command()?;
    let mut child = context("start slurmd", command.spawn())?;
    stop.pass_on_to(child.id());
    steps.reached("slurmd-started", None);
    let ready = Ready::begin(runner, server, child.id());
    if let Some(health) = duties.health {
        health.watch(known, node.slurmd_port, steps.reporter());
    }
    let status = context("wait for slurmd", child.wait())?;
    match ready.failure() {
        Some(failure) => Err(failure),
        None => Ok(status.to_string()),
    }
}

fn server(endpoint: &str, node: &Claimed) -> Server {
    Server {
        endpoint: endpoint.into(),
        instance_id: node.instance_id.clone(),
        proof_key: node.proof_key.clone(),
        bootstrap_id: node.bootstrap_id.clone(),
    }
}

/// For the scripts of the group; they are kept beside those of the user data.
fn runner(
    options: &Options,
    node: &Claimed,
    server: &Server,
    duties: &Duties,
    steps: &Steps,
) -> Result<Runner> {
    let dir = options.scripts_dir.with_file_name("lifecycle");
    let place = Place {
        node_name: node.node_name.clone(),
        store: Store::new(dir, Store::boot_of_host()?),
        log_dir: options.log_dir.clone(),
        reporter: steps.reporter(),
        children: Arc::new(OwnChildren),
    };
    Ok(Runner::new(server, duties, place))
}

fn set_host_name(name: &str) {
    if !geteuid().is_root() {
        say("the host keeps its name: only root may change it");
    } else if let Err(error) = sethostname(name) {
        say(&format!("the host keeps its name: {error}"));
    }
}

/// A host that is no node any more costs money and does nothing.
fn power_off() {
    say("powering off");
    match Command::new("systemctl").arg("poweroff").status() {
        Ok(status) if status.success() => {}
        Ok(status) => say(&format!("cannot power off: {status}")),
        Err(error) => say(&format!("cannot power off: {error}")),
    }
}
