//! Where the controllers of clusters run: each with its daemons in a [sandbox](crate::sandbox) of this host. Files, start,
//! change of configuration, logs, end.
//!
//! A struct and no trait: wherever nodes come from, controllers run beside the server.
//!
//! On disk, all of it for the owner only:
//!
//! ```text
//! DATA/clusters/CLUSTER_ID/controller/   slurm.conf cgroup.conf gres.conf   what slurmctld reads
//!                                        in-force.json    the last configuration that slurmctld took
//!                                        slurm.key hook.json slurmdbd.conf
//!                                        jwt.key slurmrestd.conf   with the REST API
//!                                        controller.json  the daemons that the agent keeps running
//!                                        names/hosts      `/etc/hosts` of all sandboxes, see `slurm::hosts`
//!                                        bin/             links to the agent: resume suspend prolog
//!                                        gate-closed      there while no job may start, see `live::gate`
//!                                        state/           StateSaveLocation
//!                                        starts unclean.json …   see `openpcs_agent::state`
//!                                        upgrade/         what it was, while another version is tried, see `slurm::upgrade`
//!                                        trial/           a configuration that is being tried, while it is
//!                                        agent.log slurmctld.log slurmdbd.log lock
//! DATA/clusters/CLUSTER_ID/instances/INSTANCE_ID/         see `provider::local`
//! ```

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use nix::sys::signal::Signal;
use openpcs_agent::configuration::{self, CLI_FILTER, Files, JOB_SUBMIT_SCRIPT};
use openpcs_agent::files;
use openpcs_agent::layout::{SLURMDBD_CONF, cluster_dir, gate_file, instances_dir, rest_conf};
use openpcs_agent::mail::{MAIL, MAILER};
use openpcs_agent::protocol::{
    ControllerFile, Daemon, HookFile, SLURMCTLD_DAEMON, SLURMDBD_DAEMON, SLURMRESTD_DAEMON,
    SOCKET_VARIABLE,
};
use openpcs_agent::state::ControllerState;
use openpcs_provider::lease::{self, Lease};

use crate::sandbox::{AGENT_LOG, Role, Sandbox};
use crate::slurm::catalogue;
use crate::slurm::client::{Client, SlurmError};
use crate::slurm::hosts;
use crate::slurm::log::DaemonLog;

/// What a controller needs for its first start.
pub struct ControllerSpec {
    pub cluster_id: String,
    /// What is kept running, in the order of the first start; see [`ControllerHost::slurmctld`].
    pub daemons: Vec<Daemon>,
    /// The key of `auth/slurm`. Never logged.
    pub key: Vec<u8>,
    pub hook: HookFile,
    pub files: Files,
    /// slurmdbd.conf, where slurmdbd is among the daemons.
    pub slurmdbd_conf: Option<String>,
    /// Where slurmrestd is among them.
    pub rest: Option<RestFiles>,
    /// Directories that the daemons see beside their own.
    pub sees: Vec<PathBuf>,
}

/// What the REST API goes by.
#[derive(Clone)]
pub struct RestFiles {
    /// slurmrestd's own slurm.conf.
    pub conf: String,
    /// The key that signs tokens: slurmctld and slurmdbd know them by it. Never logged.
    pub key: Vec<u8>,
}

/// As long as this lives, every job calls its prolog before it starts.
pub struct ClosedGate {
    file: PathBuf,
    lease: Option<Lease>,
}

impl Drop for ClosedGate {
    fn drop(&mut self) {
        // Another process may have closed it meanwhile, or opens it when it begins.
        if lease::check(self.lease.as_ref()).is_err() {
            return;
        }
        if let Err(error) = files::remove_file(&self.file) {
            tracing::warn!(gate = %self.file.display(), %error, "jobs on nodes that are up start slower");
        }
    }
}

/// This host, for all controllers that run here.
#[derive(Clone, Debug)]
pub struct ControllerHost {
    data_dir: PathBuf,
    scheduler_root: PathBuf,
    agent: PathBuf,
    /// The site's.
    mail_program: Option<PathBuf>,
    lease: Option<Lease>,
}

impl ControllerHost {
    pub fn new(
        data_dir: impl Into<PathBuf>,
        scheduler_root: impl Into<PathBuf>,
        agent: impl Into<PathBuf>,
    ) -> Self {
        Self {
            data_dir: data_dir.into(),
            scheduler_root: scheduler_root.into(),
            agent: agent.into(),
            mail_program: None,
            lease: None,
        }
    }

    pub fn with_mail_program(self, mail_program: Option<PathBuf>) -> Self {
        Self {
            mail_program,
            ..self
        }
    }

    /// Whether what jobs ask for by mail is sent.
    pub fn sends_mail(&self) -> bool {
        self.mail_program.is_some()
    }

    /// For the reconcilers of one cluster that another process may take over: nothing is begun once it may have.
    pub fn under(&self, lease: Lease) -> Self {
        Self {
            lease: Some(lease),
            ..self.clone()
        }
    }

    pub(super) fn check(&self) -> io::Result<()> {
        lease::check(self.lease.as_ref()).map_err(io::Error::other)
    }

    /// Where the server keeps all that is its own.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// The directory of a cluster's controller.
    pub fn dir(&self, cluster_id: &str) -> PathBuf {
        cluster_dir(&self.data_dir, cluster_id).join("controller")
    }

    /// The slurmctld of a cluster, of a major version of Slurm as `24.11`.
    pub fn slurmctld(&self, cluster_id: &str, slurm_version: &str) -> Daemon {
        let dir = self.dir(cluster_id);
        let text = |path: &Path| path.display().to_string();
        let conf = text(&dir.join("slurm.conf"));
        let log = text(self.log(cluster_id, SLURMCTLD_DAEMON).path());
        let mut environment = BTreeMap::from([
            ("SLURM_CONF".to_owned(), conf.clone()),
            ("SLURM_SACK_KEY".to_owned(), text(&dir.join("slurm.key"))),
        ]);
        if let Some(library) = catalogue::library(&self.scheduler_root, slurm_version) {
            environment.insert("LD_PRELOAD".to_owned(), text(&library));
            environment.insert("OPENPCS_CONTROLLER".to_owned(), text(&dir));
        }
        Daemon {
            name: SLURMCTLD_DAEMON.into(),
            program: self.prefix(slurm_version).join("sbin/slurmctld"),
            arguments: vec!["-f".into(), conf, "-L".into(), log],
            environment,
        }
    }

    /// The slurmdbd of a cluster, which finds its database at that socket.
    pub fn slurmdbd(&self, cluster_id: &str, slurm_version: &str, socket: &Path) -> Daemon {
        let dir = self.dir(cluster_id);
        let text = |path: &Path| path.display().to_string();
        Daemon {
            name: SLURMDBD_DAEMON.into(),
            program: self.prefix(slurm_version).join("sbin/slurmdbd"),
            arguments: vec![],
            environment: BTreeMap::from([
                // It looks for slurmdbd.conf beside it.
                ("SLURM_CONF".to_owned(), text(&dir.join("slurm.conf"))),
                ("SLURM_SACK_KEY".to_owned(), text(&dir.join("slurm.key"))),
                (SOCKET_VARIABLE.to_owned(), text(socket)),
            ]),
        }
    }

    /// The names of the daemons that its agent was told to keep running; none before the first start.
    pub fn daemons(&self, cluster_id: &str) -> io::Result<Vec<String>> {
        let file = self.dir(cluster_id).join("controller.json");
        let Some(text) = files::read(&file)? else {
            return Ok(vec![]);
        };
        let known: ControllerFile = serde_json::from_slice(&text)?;
        Ok(known.daemons.into_iter().map(|kept| kept.name).collect())
    }

    /// What slurmdbd goes by; none where there is none. It may hold a password.
    pub fn slurmdbd_conf(&self, cluster_id: &str) -> io::Result<Option<String>> {
        let known = files::read(&self.slurmdbd_file(cluster_id))?;
        Ok(known.map(|conf| String::from_utf8_lossy(&conf).into_owned()))
    }

    /// Whether slurmrestd is among those daemons, or is not, as it should be, and goes by that. None is running before the
    /// first start, which is as it should be too.
    pub fn has_rest(&self, cluster_id: &str, wanted: Option<&RestFiles>) -> io::Result<bool> {
        let daemons = self.daemons(cluster_id)?;
        let has_daemon = daemons.iter().any(|name| name == SLURMRESTD_DAEMON);
        let Some(wanted) = wanted.filter(|_| has_daemon) else {
            return Ok(daemons.is_empty() || has_daemon == wanted.is_some());
        };
        let conf = files::read(&rest_conf(&self.dir(cluster_id)))?;
        let key = files::read(&self.jwt_key(cluster_id))?;
        Ok(conf.as_deref() == Some(wanted.conf.as_bytes()) && key.as_ref() == Some(&wanted.key))
    }

    /// The file of the key that signs tokens.
    pub fn jwt_key(&self, cluster_id: &str) -> PathBuf {
        self.dir(cluster_id).join("jwt.key")
    }

    /// Has slurmdbd go on with that: the agent starts it again.
    pub fn restart_slurmdbd(&self, cluster_id: &str, conf: &str) -> io::Result<()> {
        self.check()?;
        files::write(
            &self.slurmdbd_file(cluster_id),
            conf.as_bytes(),
            files::SECRET,
        )?;
        self.sandbox(cluster_id)
            .signal(SLURMDBD_DAEMON, Signal::SIGTERM)
    }

    fn slurmdbd_file(&self, cluster_id: &str) -> PathBuf {
        self.dir(cluster_id).join(SLURMDBD_CONF)
    }

    /// Ends the daemons in order, with all that they have to save, and keeps what the cluster has on disk. Blocks.
    pub fn pause(&self, cluster_id: &str) -> io::Result<()> {
        self.check()?;
        self.sandbox(cluster_id).pause()
    }

    /// Starts the controller unless it runs. What a start wrote once stays: key, configuration and state; its daemons, and
    /// how the hooks reach the server, are brought up to date.
    pub async fn ensure(&self, spec: &ControllerSpec) -> io::Result<()> {
        self.check()?;
        let sandbox = self.sandbox(&spec.cluster_id);
        sandbox.prepare()?;
        self.write_fixed(spec)?;
        if self.conf_in_force(&spec.cluster_id)?.is_none() {
            self.install(&spec.cluster_id, &spec.files)?;
            configuration::accept(sandbox.dir(), &spec.files)?;
        } else {
            self.publish(&spec.cluster_id)?;
        }
        sandbox
            .spawn(&self.agent, Role::Controller, &self.data_dir)
            .await
    }

    /// The day from which on clusters with that version are suspended, as `2027-01-31`.
    pub fn suspension(&self, slurm_version: &str) -> Option<String> {
        catalogue::suspension(&self.scheduler_root, slurm_version)
    }

    pub fn running(&self, cluster_id: &str) -> io::Result<bool> {
        Ok(self.sandbox(cluster_id).holder()?.is_some())
    }

    /// How to ask this cluster's slurmctld, by entering where it runs; none when it does not run.
    pub fn client(&self, cluster_id: &str, slurm_version: &str) -> io::Result<Option<Client>> {
        let sandbox = self.sandbox(cluster_id);
        Ok(sandbox.enter()?.map(|enter| Client {
            prefix: self.prefix(slurm_version),
            enter,
            conf: sandbox.dir().join("slurm.conf"),
            lease: self.lease.clone(),
        }))
    }

    /// What one of a controller's daemons logs, by the daemon's name.
    pub fn log(&self, cluster_id: &str, daemon: &str) -> DaemonLog {
        DaemonLog::at(self.dir(cluster_id).join(format!("{daemon}.log")))
    }

    /// Slurm's own id of a cluster, a number, goes out of the state of its slurmctld, which then takes the one that its
    /// slurmdbd has for it. Its name stays.
    pub fn forget_slurms_id(&self, cluster_id: &str) -> io::Result<()> {
        let file = self.dir(cluster_id).join("state/clustername");
        let Some(text) = files::read(&file)? else {
            return Ok(());
        };
        let name = text.split(|byte| *byte == b'|').next().unwrap_or_default();
        files::write(&file, name, files::PLAIN)
    }

    /// The site's script for the programs that submit jobs, if its administrator has put one beside the versions of Slurm.
    pub fn cli_filter(&self) -> io::Result<Option<String>> {
        let script = files::read(&self.scheduler_root.join(CLI_FILTER))?;
        Ok(script.map(|script| String::from_utf8_lossy(&script).into_owned()))
    }

    /// What runs the scripts that are asked of jobs: it stands beside the agent.
    pub fn policy_program(&self) -> PathBuf {
        self.agent.with_file_name("openpcs-policy")
    }

    pub fn job_submit_script(&self, cluster_id: &str) -> PathBuf {
        self.dir(cluster_id).join(JOB_SUBMIT_SCRIPT)
    }

    /// What those daemons print before they log, and what becomes of them.
    pub fn agent_log(&self, cluster_id: &str) -> DaemonLog {
        DaemonLog::at(self.dir(cluster_id).join(AGENT_LOG))
    }

    /// The configuration that slurmctld took last; none before the first start.
    pub fn conf_in_force(&self, cluster_id: &str) -> io::Result<Option<Files>> {
        configuration::accepted(&self.dir(cluster_id))
    }

    /// Has slurmctld go on with these files. When it refuses, the inner error has its words, and it goes on with those that
    /// it took last; after a crash in between [`Self::conf_in_force`] still says the truth.
    pub async fn apply(
        &self,
        cluster_id: &str,
        new: &Files,
        client: &Client,
    ) -> io::Result<Result<(), String>> {
        self.install(cluster_id, new)?;
        let answer = self.reconfigure(cluster_id, client).await;
        match &answer {
            Ok(()) => configuration::accept(&self.dir(cluster_id), new)?,
            // slurmctld may have taken them or not. What it took before is in force once it has read that again; if it has
            // ended, it starts with that.
            Err(lost) if lost.is_silence() => {
                self.restore(cluster_id)?;
                let again = self.reconfigure(cluster_id, client).await;
                again.or_else(|error| match error.is_silence() {
                    true => Err(io::Error::other(error)),
                    false => Ok(()),
                })?;
            }
            Err(_) => self.restore(cluster_id)?,
        }
        Ok(answer.map_err(|error| error.message))
    }

    /// Has slurmctld read its files again, and nodes register.
    pub async fn reconfigure(&self, cluster_id: &str, client: &Client) -> Result<(), SlurmError> {
        let log = self.log(cluster_id, SLURMCTLD_DAEMON);
        client.reconfigure(&log).await
    }

    /// Has a slurmctld that does not run yet begin with these files.
    pub fn take(&self, cluster_id: &str, new: &Files) -> io::Result<()> {
        self.install(cluster_id, new)?;
        configuration::accept(&self.dir(cluster_id), new)
    }

    /// Puts a configuration where slurmctld reads it at the next reconfigure.
    fn install(&self, cluster_id: &str, new: &Files) -> io::Result<()> {
        self.check()?;
        let mut new = new.clone();
        new.slurm_conf = self.state(cluster_id).with_first_job_id(&new.slurm_conf);
        configuration::write_files(&self.dir(cluster_id), &new)?;
        self.publish(cluster_id)
    }

    /// Takes a configuration back that slurmctld refused.
    pub fn restore(&self, cluster_id: &str) -> io::Result<()> {
        match self.conf_in_force(cluster_id)? {
            Some(files) => self.install(cluster_id, &files),
            None => Ok(()),
        }
    }

    /// What slurmctld left behind when it was killed.
    pub fn state(&self, cluster_id: &str) -> ControllerState {
        ControllerState::new(&self.dir(cluster_id))
    }

    /// Puts the installed `slurm.conf` where the running controller's clients find it, and the names of its nodes where
    /// all sandboxes do. The controller's agent does the first too when it starts.
    fn publish(&self, cluster_id: &str) -> io::Result<()> {
        let sandbox = self.sandbox(cluster_id);
        let conf = std::fs::read_to_string(sandbox.dir().join("slurm.conf"))?;
        hosts::write(sandbox.dir(), &conf)?;
        let Some(pid) = sandbox.holder()? else {
            return Ok(());
        };
        let root = PathBuf::from(format!("/proc/{pid}/root"));
        match configuration::publish(&root, sandbox.dir()) {
            // It has ended meanwhile.
            Err(_) if sandbox.holder()? != Some(pid) => Ok(()),
            published => published,
        }
    }

    /// Ends the controller and every instance that is still there, and removes all that the cluster has on disk.
    /// Blocks; a cluster that is not there is no error.
    pub fn stop(&self, cluster_id: &str) -> io::Result<()> {
        self.check()?;
        Sandbox::new(self.trial_dir(cluster_id)).end(None)?;
        self.sandbox(cluster_id).end(None)?;
        let instances = instances_dir(&self.data_dir, cluster_id);
        for instance_id in files::dir_names(&instances)? {
            Sandbox::new(instances.join(instance_id)).end(None)?;
        }
        files::remove_dir(&cluster_dir(&self.data_dir, cluster_id))
    }

    /// The directory of an instance's sandbox.
    pub fn instance_dir(&self, cluster_id: &str, instance_id: &str) -> PathBuf {
        instances_dir(&self.data_dir, cluster_id).join(instance_id)
    }

    /// The clusters that have anything on disk, also those that the database does not know (orphans).
    pub fn list(&self) -> io::Result<Vec<String>> {
        files::dir_names(&self.data_dir.join("clusters"))
    }

    fn sandbox(&self, cluster_id: &str) -> Sandbox {
        Sandbox::new(self.dir(cluster_id))
    }

    /// The program `openpcs-agent`.
    pub fn agent(&self) -> &Path {
        &self.agent
    }

    /// The directory with the `bin` and `sbin` of a version.
    pub fn prefix(&self, slurm_version: &str) -> PathBuf {
        catalogue::prefix(&self.scheduler_root, slurm_version)
    }

    /// From now on jobs whose nodes are all up call their prolog too.
    pub fn close_gate(&self, cluster_id: &str) -> io::Result<ClosedGate> {
        self.check()?;
        let gate = self.gate(cluster_id);
        std::fs::write(&gate.file, "")?;
        Ok(gate)
    }

    fn gate(&self, cluster_id: &str) -> ClosedGate {
        ClosedGate {
            file: gate_file(&self.dir(cluster_id)),
            lease: self.lease.clone(),
        }
    }

    /// Tells a controller that a server before this one started how to reach this one. That one may have been killed: the
    /// gate opens, too.
    pub fn introduce(&self, cluster_id: &str, hook: &HookFile) -> io::Result<()> {
        self.check()?;
        drop(self.gate(cluster_id));
        self.write_hook(cluster_id, hook)?;
        self.link_mailer(cluster_id)?;
        self.publish(cluster_id)
    }

    /// Says how the hooks reach this server: one before it may have been elsewhere.
    fn write_hook(&self, cluster_id: &str, hook: &HookFile) -> io::Result<()> {
        let path = self.dir(cluster_id).join("hook.json");
        let hook = serde_json::to_vec(hook)?;
        if std::fs::read(&path).is_ok_and(|known| known == hook) {
            return Ok(());
        }
        files::write(&path, &hook, files::SECRET)
    }

    fn write_fixed(&self, spec: &ControllerSpec) -> io::Result<()> {
        let dir = self.dir(&spec.cluster_id);
        files::create_dir(&dir.join("state"))?;
        files::create_dir(&dir.join("bin"))?;
        for program in ["resume", "suspend", "prolog"] {
            files::link(&self.agent, &dir.join("bin").join(program))?;
        }
        self.link_mailer(&spec.cluster_id)?;
        // A server and its controller may have ended while it was closed.
        files::remove_file(&gate_file(&dir))?;
        let key = dir.join("slurm.key");
        if !key.exists() {
            files::write(&key, &spec.key, files::SECRET)?;
        }
        self.write_hook(&spec.cluster_id, &spec.hook)?;
        let accounts = self.slurmdbd_file(&spec.cluster_id);
        match &spec.slurmdbd_conf {
            Some(conf) => files::write(&accounts, conf.as_bytes(), files::SECRET)?,
            None => files::remove_file(&accounts)?,
        }
        self.write_rest(&spec.cluster_id, spec.rest.as_ref())?;
        let controller = serde_json::to_vec(&ControllerFile {
            daemons: spec.daemons.clone(),
            sees: spec.sees.clone(),
        })?;
        files::write(&dir.join("controller.json"), &controller, files::PLAIN)
    }

    /// The agent stands between Slurm and the site's program.
    fn link_mailer(&self, cluster_id: &str) -> io::Result<()> {
        let bin = self.dir(cluster_id).join("bin");
        let (mail, mailer) = (bin.join(MAIL), bin.join(MAILER));
        match &self.mail_program {
            Some(program) => {
                files::link(program, &mailer)?;
                files::link(&self.agent, &mail)
            }
            None => {
                files::remove_file(&mail)?;
                files::remove_file(&mailer)
            }
        }
    }

    fn write_rest(&self, cluster_id: &str, rest: Option<&RestFiles>) -> io::Result<()> {
        let (conf, key) = (rest_conf(&self.dir(cluster_id)), self.jwt_key(cluster_id));
        match rest {
            Some(rest) => {
                files::write(&conf, rest.conf.as_bytes(), files::PLAIN)?;
                files::write(&key, &rest.key, files::SECRET)
            }
            None => {
                files::remove_file(&conf)?;
                files::remove_file(&key)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_installed_and_never_accepted_is_taken_back() {
        let data = tempfile::tempdir().unwrap();
        let controllers = ControllerHost::new(data.path(), "/opt", "/agent");
        let conf_of = |text: &str| Files {
            slurm_conf: text.to_owned(),
            gpu_devices: 1,
            ..Files::default()
        };
        let dir = controllers.dir("pcs_a");
        files::create_dir(&dir).unwrap();
        let conf = || std::fs::read_to_string(dir.join("slurm.conf")).unwrap();
        // Of a cluster that never started nothing is known, and nothing happens.
        configuration::put_back_accepted(&dir).unwrap();
        controllers.install("pcs_a", &conf_of("old")).unwrap();
        configuration::accept(&dir, &conf_of("old")).unwrap();
        controllers.install("pcs_a", &conf_of("new")).unwrap();
        assert_eq!(conf(), "new");
        configuration::put_back_accepted(&dir).unwrap();
        assert_eq!(conf(), "old");
        assert!(dir.join("gpu/gpu0").symlink_metadata().is_ok());
    }
}
