//! Starting slurmd on a node, on the server's host or another, and what is said of its end.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::protocol::{Endpoint, PORT_TAKEN, SLURMCTLD};
use super::{Result, context, daemon, files};
use crate::tail::last_lines;

/// How long a port may be in use that belongs to this node.
const PORT_PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(100);

/// Why the node ends, and the step that tells it.
pub struct Failure {
    pub step: &'static str,
    pub reason: String,
    /// Whose end tells more; none: slurmd's.
    pub log: Option<PathBuf>,
}

impl From<String> for Failure {
    fn from(reason: String) -> Self {
        let step = "slurmd-failed";
        let log = None;
        Failure { step, reason, log }
    }
}

impl From<&str> for Failure {
    fn from(reason: &str) -> Self {
        reason.to_owned().into()
    }
}

/// slurmd has ended, as `exit status 1`.
pub fn ended(status: &str, log: &Path) -> Failure {
    let last_words = last_lines(log, 1);
    Failure::from(format!(
        "slurmd ended with {status}; its last words: {last_words}"
    ))
}

/// Where it is in memory only, and gone with the node.
pub fn write_key(path: &Path, shared_secret: &str) -> Result<()> {
    let key = STANDARD
        .decode(shared_secret)
        .map_err(|_| "the cluster's key is not base64")?;
    context("write slurm.key", files::write(path, &key, files::SECRET))
}

/// slurmd would only tell its log that somebody else has its port. One that is just being given back is waited for.
pub fn check_port(port: u16) -> std::result::Result<(), Failure> {
    let deadline = Instant::now() + PORT_PATIENCE;
    while let Err(error) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        if Instant::now() > deadline {
            let reason = format!(
                "slurmd cannot have its port {port}: {error}. `ss -ltnp sport = :{port}` on this host shows which \
                 program has it"
            );
            let (step, log) = (PORT_TAKEN, None);
            return Err(Failure { step, reason, log });
        }
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

/// A slurmd that takes its configuration from the controller.
pub struct Slurmd<'a> {
    /// The directory `…/slurm-MAJOR`.
    pub prefix: &'a Path,
    pub node: &'a str,
    /// Of the cluster's daemons.
    pub endpoints: &'a [Endpoint],
    /// The file with the cluster's key.
    pub key: &'a Path,
    pub log: &'a Path,
}

impl Slurmd<'_> {
    pub fn command(&self) -> Result<Command> {
        let controller = self
            .endpoints
            .iter()
            .find(|endpoint| endpoint.r#type == SLURMCTLD)
            .ok_or("the answer to registering names no controller")?;
        let mut command = daemon(&self.prefix.join("sbin/slurmd"));
        command
            // -b: the node booted just now, whatever the host's boot time says. Without it slurmctld waits for ever.
            .args(["-D", "-b", "-N", self.node])
            .arg("--conf-server")
            .arg(format!(
                "{}:{}",
                controller.private_ip_address, controller.port
            ))
            .arg("-L")
            .arg(self.log)
            .env("SLURM_SACK_KEY", self.key)
            // It would win over --conf-server.
            .env_remove("SLURM_CONF");
        Ok(command)
    }
}
