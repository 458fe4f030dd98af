//! Sandboxes on this host: they need the right to make namespaces, as the server does.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use openpcs_agent::configuration::Files;
use openpcs_agent::protocol::{Daemon, HookFile, TrialFile};
use openpcs_server::live::host::{own_user, short_name};
use openpcs_server::sandbox::Sandbox;
use openpcs_server::slurm::controller_host::{ControllerHost, ControllerSpec};

const CLUSTER: &str = "pcs_test";
/// Stands in for slurmctld: leaves a daemon behind in a session of its own, as a badly behaved job would.
const SLURMCTLD: &str = "#!/bin/sh\nsetsid sh -c 'sleep 1000; :' \"$2\" &\nsleep 1000\n";

const DAEMON: &str = "#!/bin/sh\nsleep 1000\n:\n";

/// It stands beside the server's program.
pub fn agent() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_openpcs")).with_file_name("openpcs-agent")
}

/// A data directory with a scheduler of shell scripts.
pub struct Host {
    pub root: tempfile::TempDir,
}

impl Host {
    pub fn new(programs: &[(&str, &str)]) -> Self {
        openpcs_server::sandbox::probe(&agent()).unwrap();
        let root = tempfile::tempdir().unwrap();
        let sbin = root.path().join("scheduler/slurm-24.11/sbin");
        std::fs::create_dir_all(&sbin).unwrap();
        for (name, script) in programs {
            let path = sbin.join(name);
            std::fs::write(&path, script).unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        }
        std::os::unix::fs::symlink("sbin", sbin.with_file_name("bin")).unwrap();
        Self { root }
    }

    pub fn data(&self) -> PathBuf {
        self.root.path().join("data")
    }

    pub fn scheduler(&self) -> PathBuf {
        self.root.path().join("scheduler")
    }

    fn controllers(&self) -> ControllerHost {
        ControllerHost::new(self.data(), self.scheduler(), agent())
    }

    /// Nothing runs any more; the `unshare` that started an agent sees the end of it a moment later.
    pub async fn is_empty(&self) {
        eventually("no process is left", || self.processes().is_empty()).await;
    }

    /// The processes of this host whose command line names its directory.
    pub fn processes(&self) -> Vec<(Pid, String)> {
        let mark = self.root.path().to_str().unwrap();
        let mut found = Vec::new();
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let pid = entry.file_name().into_string().unwrap().parse();
            let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            if let (Ok(pid), true) = (pid, line.contains(mark)) {
                found.push((Pid::from_raw(pid), line));
            }
        }
        found
    }

    fn count(&self, word: &str) -> usize {
        self.processes()
            .iter()
            .filter(|(_, line)| line.contains(word))
            .count()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        for (pid, _) in self.processes() {
            let _ = kill(pid, Signal::SIGKILL);
        }
    }
}

/// Waits until it holds; a test that waits in vain says for what.
pub async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "in vain: {what}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn files() -> Files {
    Files {
        slurm_conf: "ClusterName=test\n".into(),
        ..Files::default()
    }
}

/// A controller with slurmctld alone.
fn spec(controllers: &ControllerHost) -> ControllerSpec {
    ControllerSpec {
        sees: vec![],
        slurmdbd_conf: None,
        rest: None,
        cluster_id: CLUSTER.into(),
        daemons: vec![controllers.slurmctld(CLUSTER, "24.11")],
        key: vec![7; 32],
        hook: HookFile {
            endpoint: "http://127.0.0.1:1".into(),
            proof_key: "key".into(),
            cluster_id: CLUSTER.into(),
            token: "secret".into(),
        },
        files: files(),
    }
}

#[tokio::test]
async fn the_end_of_a_sandbox_is_the_end_of_all_it_ever_started() {
    let host = Host::new(&[("slurmctld", SLURMCTLD)]);
    let controllers = host.controllers();
    controllers.ensure(&spec(&controllers)).await.unwrap();
    eventually("slurmctld and its daemon run", || {
        host.count("slurm.conf") == 2
    })
    .await;
    assert!(controllers.running(CLUSTER).unwrap());
    assert_eq!(controllers.list().unwrap(), [CLUSTER]);

    controllers.stop(CLUSTER).unwrap();
    host.is_empty().await;
    assert!(!host.data().join("clusters").join(CLUSTER).exists());
    controllers.stop(CLUSTER).unwrap();
}

#[tokio::test]
async fn two_starts_make_one_sandbox() {
    let host = Host::new(&[("slurmctld", SLURMCTLD)]);
    let (one, two) = (host.controllers(), host.controllers());
    let spec = spec(&one);
    let (first, second) = tokio::join!(one.ensure(&spec), two.ensure(&spec));
    first.unwrap();
    second.unwrap();
    // Each agent is seen with the unshare that waits for it.
    eventually("only one agent is left", || {
        host.count("openpcs-agent controller") == 2
    })
    .await;
    one.stop(CLUSTER).unwrap();
    host.is_empty().await;
}

#[tokio::test]
async fn whoever_is_killed_the_sandbox_is_over_and_can_start_again() {
    let host = Host::new(&[("slurmctld", SLURMCTLD)]);
    let controllers = host.controllers();
    let sandbox = Sandbox::new(controllers.dir(CLUSTER));
    for victim in ["unshare", "agent"] {
        controllers.ensure(&spec(&controllers)).await.unwrap();
        let holder = sandbox.holder().unwrap().unwrap();
        let pid = match victim {
            "agent" => holder,
            _ => parent(holder),
        };
        kill(pid, Signal::SIGKILL).unwrap();
        eventually(victim, || {
            sandbox.holder().unwrap().is_none() && host.processes().is_empty()
        })
        .await;
    }
    controllers.stop(CLUSTER).unwrap();
}

#[tokio::test]
async fn a_sandbox_that_is_ended_while_it_starts_leaves_nothing() {
    let host = Host::new(&[("slurmctld", SLURMCTLD)]);
    let controllers = host.controllers();
    for delay in 0..15 {
        let starting = host.controllers();
        let start = tokio::spawn(async move { starting.ensure(&spec(&starting)).await });
        tokio::time::sleep(Duration::from_millis(3 * delay)).await;
        let sandbox = Sandbox::new(controllers.dir(CLUSTER));
        tokio::task::spawn_blocking(move || sandbox.end(None))
            .await
            .unwrap()
            .unwrap();
        // Whether the start came through depends on the moment; that nothing stays must not.
        let _ = start.await.unwrap();
        controllers.stop(CLUSTER).unwrap();
        eventually("no process", || host.processes().is_empty()).await;
    }
}

#[tokio::test]
async fn a_killed_slurmctld_is_started_again() {
    let host = Host::new(&[("slurmctld", SLURMCTLD)]);
    let controllers = host.controllers();
    controllers.ensure(&spec(&controllers)).await.unwrap();
    let slurmctld = || {
        let processes = host.processes();
        processes
            .into_iter()
            .find(|(_, line)| line.contains("sbin/slurmctld"))
            .map(|(pid, _)| pid)
    };
    eventually("slurmctld runs", || slurmctld().is_some()).await;
    let first = slurmctld().unwrap();
    kill(first, Signal::SIGKILL).unwrap();
    eventually("another slurmctld runs", || {
        slurmctld().is_some_and(|pid| pid != first)
    })
    .await;
    controllers.stop(CLUSTER).unwrap();
}

#[tokio::test]
async fn each_daemon_of_a_controller_is_kept_by_itself() {
    let host = Host::new(&[("one", DAEMON), ("two", DAEMON)]);
    let controllers = host.controllers();
    let daemon = |name: &str| Daemon {
        name: name.into(),
        program: host.scheduler().join("slurm-24.11/sbin").join(name),
        arguments: vec!["--word".into()],
        environment: BTreeMap::new(),
    };
    let spec = ControllerSpec {
        daemons: vec![daemon("one"), daemon("two")],
        ..spec(&controllers)
    };
    controllers.ensure(&spec).await.unwrap();
    let pid = |name: &str| {
        let word = format!("sbin/{name} --word");
        let mut processes = host.processes().into_iter();
        let found = processes.find(|(_, line)| line.contains(&word));
        found.map(|(pid, _)| pid)
    };
    eventually("both run", || pid("one").is_some() && pid("two").is_some()).await;
    let (one, two) = (pid("one").unwrap(), pid("two").unwrap());
    kill(two, Signal::SIGKILL).unwrap();
    eventually("another runs", || pid("two").is_some_and(|pid| pid != two)).await;
    assert_eq!(pid("one"), Some(one));
    // And in order, all of them.
    let sandbox = Sandbox::new(controllers.dir(CLUSTER));
    kill(sandbox.holder().unwrap().unwrap(), Signal::SIGTERM).unwrap();
    host.is_empty().await;
}

#[tokio::test]
async fn a_refused_configuration_is_taken_back() {
    let no = "#!/bin/sh\necho no >&2\nexit 1\n";
    let host = Host::new(&[("slurmctld", SLURMCTLD), ("scontrol", no)]);
    let controllers = host.controllers();
    controllers.ensure(&spec(&controllers)).await.unwrap();
    let new = Files {
        slurm_conf: "ClusterName=nonsense\n".into(),
        ..Files::default()
    };
    let client = controllers.client(CLUSTER, "24.11").unwrap().unwrap();
    let answer = controllers.apply(CLUSTER, &new, &client).await.unwrap();
    assert_eq!(answer, Err("no".to_owned()));
    let in_force = controllers.conf_in_force(CLUSTER).unwrap();
    assert_eq!(in_force, Some(files()));
    let path = controllers.dir(CLUSTER).join("slurm.conf");
    assert_eq!(std::fs::read_to_string(path).unwrap(), files().slurm_conf);
    controllers.stop(CLUSTER).unwrap();
}

fn parent(pid: Pid) -> Pid {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields = stat.rsplit_once(')').unwrap().1;
    Pid::from_raw(fields.split_whitespace().nth(1).unwrap().parse().unwrap())
}

/// What slurmdbd makes of a file without the records of anybody, in its words.
#[tokio::test]
async fn what_slurmdbd_cannot_read_is_found_in_a_trial() {
    let host = Host::new(&[]);
    let root = std::env::var("OPENPCS_SCHEDULER_ROOT");
    let root = PathBuf::from(root.unwrap_or_else(|_| "/opt/openpcs/scheduler".into()));
    let controllers = ControllerHost::new(host.data(), &root, agent());
    let file = TrialFile {
        slurm_prefix: controllers.prefix("24.11"),
        controller_port: 1,
        nodes: vec![],
        queue: None,
        interactive: false,
    };
    for (line, words) in [
        ("NoSuchSetting=1", "unrecognized key: NoSuchSetting"),
        ("PurgeJobAfter=soon", "Bad value \"soon\" for PurgeJobAfter"),
        // It is read to its end, and then slurmctld's turn has come.
        ("PurgeJobAfter=3days", "slurmctld: "),
    ] {
        let conf = format!(
            "AuthType=auth/slurm\nDbdHost={}\nSlurmUser={}\nLogFile={}\nStorageType=accounting_storage/mysql\n\
             StorageHost=localhost\n{line}\n",
            short_name(),
            own_user().unwrap(),
            host.root.path().join("slurmdbd.log").display(),
        );
        let files = files();
        let tried = controllers.try_out(CLUSTER, &files, Some(&conf), &file);
        let refusal = tried.await.unwrap().refusal.unwrap();
        assert!(refusal.contains(words), "{line}: {refusal}");
    }
    host.is_empty().await;
}
