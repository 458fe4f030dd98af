//! The real program `openpcs serve`, with a directory and ports of its own.

use std::ffi::OsStr;
use std::fs::{File, Permissions};
use std::ops::RangeInclusive;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, chown, geteuid};
use openpcs_server::slurm::job_user::DEFAULT as JOB_USER;
use tempfile::TempDir;

use super::ports::Ports;
use super::{aws, leftovers};

/// How long a server may take to say that it is ready.
const START: Duration = Duration::from_secs(60);
/// Lines of each log that a failed test shows.
const LINES: usize = 60;

pub struct Server {
    root: TempDir,
    /// Of the server whose data directory and home it uses, if not its own.
    shared: Option<PathBuf>,
    ports: Ports,
    database_url: Option<String>,
    /// Of `serve`, beside those that every server here has.
    options: Vec<String>,
    /// Added to its environment.
    environment: Vec<(String, String)>,
    /// Open files that it may have, if not as many as the tests.
    open_files: Option<u32>,
    child: Option<Child>,
}

/// An access key of the server's administrator.
pub struct AccessKey {
    pub id: String,
    pub secret: String,
}

impl Server {
    /// Prepares the directories; [`Server::start`] starts it.
    pub fn new(database_url: Option<String>) -> Self {
        let root = tempfile::Builder::new()
            .prefix("openpcs-it-")
            .tempdir()
            .unwrap();
        let home = root.path().join("home");
        std::fs::create_dir(&home).unwrap();
        let_jobs_in(root.path(), &home);
        Self {
            root,
            shared: None,
            ports: Ports::take(),
            database_url,
            options: vec![],
            environment: vec![],
            open_files: None,
            child: None,
        }
    }

    /// Another server on the same data directory.
    pub fn twin(&self) -> Server {
        let mut twin = Server::new(self.database_url.clone());
        twin.shared = Some(self.root().into());
        twin
    }

    /// Starts with this option too.
    pub fn option(&mut self, name: &str, value: &str) {
        self.options.extend([name.to_owned(), value.to_owned()]);
    }

    /// Starts with that in its environment.
    pub fn environment(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    pub fn flag(&mut self, name: &str) {
        self.options.push(name.to_owned());
    }

    /// Starts with that limit of open files, which it cannot raise.
    pub fn limit_open_files(&mut self, limit: u32) {
        self.open_files = Some(limit);
    }

    pub fn root(&self) -> &Path {
        self.root.path()
    }

    pub fn data(&self) -> PathBuf {
        self.shared.as_deref().unwrap_or(self.root()).join("data")
    }

    /// Where people of the test work; every node sees it, as a shared file system.
    pub fn home(&self) -> PathBuf {
        self.shared.as_deref().unwrap_or(self.root()).join("home")
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address())
    }

    /// `ADDR:PORT`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.ports.listen)
    }

    /// The ports of controllers and nodes.
    pub fn daemon_ports(&self) -> RangeInclusive<u16> {
        self.ports.first..=self.ports.last
    }

    pub fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// All that the server has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.root().join("log")).unwrap_or_default()
    }

    pub fn openpcs(&self) -> Command {
        self.program(env!("CARGO_BIN_EXE_openpcs"))
    }

    /// `openpcs COMMAND …` of this server, as a person types it; what it prints, or why it fails.
    pub fn command(&self, command: &str, words: &[&str]) -> Result<String, String> {
        let mut openpcs = self.openpcs();
        openpcs.args([command, "--endpoint", &self.endpoint(), "--data-dir"]);
        let output = openpcs.arg(self.data()).args(words).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match output.status.success() {
            true => Ok(text(&output.stdout)),
            false => Err(text(&output.stderr)),
        }
    }

    /// A program with an environment that has nothing of the machine's own AWS or OpenPCS settings.
    pub fn program(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        for (name, _) in
            std::env::vars().filter(|(n, _)| n.starts_with("AWS_") || n.starts_with("OPENPCS_"))
        {
            if name != "OPENPCS_SCHEDULER_ROOT" {
                command.env_remove(name);
            }
        }
        command
    }

    /// `openpcs serve` as this server is started.
    pub fn serve(&self) -> Command {
        let mut command = self.openpcs();
        command.arg("serve").arg("--data-dir").arg(self.data());
        command.args(["--listen", &format!("127.0.0.1:{}", self.ports.listen)]);
        command.args([
            "--ports",
            &format!("{}-{}", self.ports.first, self.ports.last),
        ]);
        if let Some(url) = &self.database_url {
            command.args(["--database-url", url]);
        }
        command.args(&self.options);
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        let Some(limit) = self.open_files else {
            return command;
        };
        let mut limited = Command::new("prlimit");
        limited.arg(format!("--nofile={limit}:{limit}"));
        limited.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => limited.env(name, value),
                None => limited.env_remove(name),
            };
        }
        limited
    }

    /// Starts it and waits for the line that says it is ready.
    pub async fn start(&mut self) {
        let out = self.root().join("out");
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.root().join("log"))
            .unwrap();
        let mut command = self.serve();
        command
            .stdin(Stdio::null())
            .stdout(File::create(&out).unwrap())
            .stderr(log);
        self.child = Some(command.spawn().unwrap());
        let ready = format!("openpcs ready on {}\n", self.endpoint());
        let started = Instant::now();
        while !std::fs::read_to_string(&out).unwrap().contains(&ready) {
            let ended = self.child.as_mut().unwrap().try_wait().unwrap();
            assert!(
                ended.is_none() && started.elapsed() < START,
                "not ready ({ended:?}):\n{}",
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// `kill -9`: it cannot tidy up.
    pub fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// The host burns down, with all that was in its memory and in the data directory.
    pub fn lose_host(&mut self) {
        if self.child.is_some() {
            self.kill();
        }
        leftovers::kill_all(self.root());
        std::fs::remove_dir_all(self.data()).unwrap();
    }

    /// Asks it to end, and expects that it does.
    pub fn stop(&mut self) {
        kill(Pid::from_raw(self.pid() as i32), Signal::SIGTERM).unwrap();
        let status = self.child.take().unwrap().wait().unwrap();
        assert!(
            status.success(),
            "the server ended with {status}:\n{}",
            self.log()
        );
    }

    pub fn access_key(&self) -> AccessKey {
        let text = std::fs::read_to_string(self.data().join("credentials")).unwrap();
        let value = |name: &str| {
            let line = text
                .lines()
                .find_map(|l| l.strip_prefix(name)?.trim().strip_prefix('='));
            line.unwrap_or_else(|| panic!("no {name} in the credentials"))
                .trim()
                .to_string()
        };
        AccessKey {
            id: value("aws_access_key_id"),
            secret: value("aws_secret_access_key"),
        }
    }

    /// Runs a command of a user on the cluster's login node.
    pub fn connect(&self, cluster: &str, command: &[impl AsRef<OsStr>]) -> Output {
        self.connecting(cluster, command).output().unwrap()
    }

    /// The same, not started yet.
    pub fn connecting(&self, cluster: &str, command: &[impl AsRef<OsStr>]) -> Command {
        let mut connect = self.openpcs();
        connect
            .args([
                "connect",
                cluster,
                "--endpoint",
                &self.endpoint(),
                "--data-dir",
            ])
            .arg(self.data());
        connect
            .arg("--")
            .args(command)
            .current_dir(self.home())
            .stdin(Stdio::null());
        connect
    }

    /// The search path of a shell that has the real AWS CLI.
    pub fn path_with_aws(&self) -> String {
        let path = std::env::var("PATH").unwrap_or_default();
        match std::env::var("OPENPCS_TOOLS") {
            Ok(tools) => format!("{tools}/venv/bin:{path}"),
            Err(_) => path,
        }
    }

    /// Runs the real AWS CLI.
    pub fn aws(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("aws");
        command.env("PATH", self.path_with_aws());
        command
            .args(["--endpoint-url", &self.endpoint()])
            .args(arguments)
            .current_dir(self.home());
        command.env(
            "AWS_SHARED_CREDENTIALS_FILE",
            self.data().join("credentials"),
        );
        command.envs([
            ("AWS_PROFILE", "openpcs"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ]);
        command.envs([
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("AWS_PAGER", ""),
            ("AWS_MAX_ATTEMPTS", "1"),
        ]);
        command
            .env_remove("AWS_ACCESS_KEY_ID")
            .env_remove("AWS_SECRET_ACCESS_KEY")
            .env_remove("AWS_SESSION_TOKEN");
        aws::run(&command)
    }
}

/// Jobs of a server that is root run as another user, who works in that home.
fn let_jobs_in(root: &Path, home: &Path) {
    if !geteuid().is_root() {
        return;
    }
    let user = User::from_name(JOB_USER).unwrap();
    let user = user.unwrap_or_else(|| panic!("no user {JOB_USER}; `make setup` makes it"));
    chown(home, Some(user.uid), Some(user.gid)).unwrap();
    std::fs::set_permissions(root, Permissions::from_mode(0o711)).unwrap();
}

/// A test that failed leaves nothing running, and tells what the server, the controllers and the nodes said last.
impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        leftovers::kill_all(self.root());
        if std::thread::panicking() {
            for log in leftovers::logs(self.root()) {
                let text = std::fs::read_to_string(&log).unwrap_or_default();
                let mut tail: Vec<&str> = text.lines().rev().take(LINES).collect();
                tail.reverse();
                eprintln!("{} ends:\n{}\n", log.display(), tail.join("\n"));
            }
        }
    }
}
