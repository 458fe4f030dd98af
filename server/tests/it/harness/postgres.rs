//! A throw-away PostgreSQL cluster, ended and removed with the test.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::fcntl::{Flock, FlockArg};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, chown, geteuid};
use tempfile::TempDir;

use super::free_port::{at_free_port, comes_up};

/// Does not run as root: then it is the user `postgres`.
const USER: &str = "postgres";

pub struct Postgres {
    dir: TempDir,
    port: u16,
    child: Option<Child>,
}

impl Postgres {
    pub fn start() -> Self {
        let dir = dir_of_postgres();
        let copied = Command::new("cp")
            .arg("-a")
            .args([template(), dir.path().join("data")])
            .status();
        assert!(copied.unwrap().success());
        let mut postgres = Self {
            dir,
            port: 0,
            child: None,
        };
        at_free_port(|port| {
            postgres.port = port;
            postgres.comes_up()
        });
        postgres
    }

    pub fn url(&self) -> String {
        self.url_at(self.port)
    }

    /// Through something that listens at that port.
    pub fn url_at(&self, port: u16) -> String {
        format!("postgres://openpcs@127.0.0.1:{port}/postgres")
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Starts it again after [`Postgres::halt`].
    pub fn resume(&mut self) {
        assert!(self.comes_up(), "port {} is taken", self.port);
    }

    fn comes_up(&mut self) -> bool {
        let dir = self.dir.path().to_path_buf();
        let mut command = program("postgres", &dir);
        command.arg("-D").arg(dir.join("data"));
        for setting in [
            "fsync=off".into(),
            "listen_addresses=127.0.0.1".into(),
            format!("port={}", self.port),
            format!("unix_socket_directories={}", dir.display()),
        ] {
            command.arg("-c").arg(setting);
        }
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let child = self.child.insert(command.spawn().unwrap());
        let mut ready = program("pg_isready", &dir);
        ready.args(["--quiet", "--username=openpcs"]);
        ready.arg(format!("--port={}", self.port));
        ready.arg("--host").arg(&dir);
        comes_up(child, || ready.status().unwrap().success())
    }

    /// The database goes away, with every connection to it.
    pub fn halt(&mut self) {
        if let Some(mut child) = self.child.take() {
            kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.halt();
    }
}

fn dir_of_postgres() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    if geteuid().is_root() {
        let user = User::from_name(USER).unwrap().expect("the user postgres");
        chown(dir.path(), Some(user.uid), Some(user.gid)).unwrap();
    }
    dir
}

/// What `initdb` makes, once for all tests: it takes a second of a core, and each of them has a PostgreSQL of its own.
fn template() -> PathBuf {
    let tests = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let version = newest();
    let name = format!("postgres-{}", version.file_name().unwrap().display());
    let made = tests.join(&name);
    let lock = File::create(tests.join(format!("{name}.lock"))).unwrap();
    let _lock = Flock::lock(lock, FlockArg::LockExclusive).unwrap();
    if !made.exists() {
        let dir = dir_of_postgres();
        let data = dir.path().join("data");
        let mut initdb = program("initdb", dir.path());
        initdb.args([
            "--username=openpcs",
            "--auth=trust",
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C",
        ]);
        quiet(initdb.arg("--pgdata").arg(&data));
        // Whole, or not there.
        let half = tests.join(format!("{name}.half"));
        let _ = std::fs::remove_dir_all(&half);
        let moved = Command::new("cp").arg("-a").args([&data, &half]).status();
        assert!(moved.unwrap().success());
        std::fs::rename(half, &made).unwrap();
    }
    made
}

/// The newest PostgreSQL that is installed.
fn newest() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL");
    let versions = versions.flatten().map(|version| version.path());
    versions.max().expect("a version of PostgreSQL")
}

/// A program of it, as a user that it accepts.
fn program(name: &str, dir: &Path) -> Command {
    let path = newest().join("bin").join(name);
    let mut command = Command::new(&path);
    if geteuid().is_root() {
        command = Command::new("setpriv");
        command
            .args(["--reuid", USER, "--regid", USER, "--clear-groups"])
            .arg(path);
    }
    command.current_dir(dir);
    command
}

fn quiet(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
