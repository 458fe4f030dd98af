//! A MariaDB that somebody gives for the accounting: on loopback, with a password, and with something of somebody else in it.
//! Ended and removed with the test.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, geteuid};
use tempfile::TempDir;

/// Where distributions have its programs.
const PATH: &str = "/usr/sbin:/usr/bin:/usr/libexec:/usr/local/sbin:/usr/local/bin";
/// The account that OpenPCS gets, with the rights that the README names.
pub const ACCOUNT: &str = "keeper";

pub struct MariaDb {
    dir: TempDir,
    user: String,
    port: u16,
    child: Option<Child>,
}

impl MariaDb {
    /// With that password of [`ACCOUNT`].
    pub fn start(password: &str) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut mariadb = Self {
            dir: tempfile::tempdir().unwrap(),
            user: User::from_uid(geteuid()).unwrap().unwrap().name,
            port: free.local_addr().unwrap().port(),
            child: None,
        };
        drop(free);
        let mut install = mariadb.program("mariadb-install-db");
        install.args(["--auth-root-authentication-method=socket", "--skip-test-db"]);
        install.arg(format!("--auth-root-socket-user={}", mariadb.user));
        install.arg(format!("--datadir={}", mariadb.data()));
        install.arg(format!("--user={}", mariadb.user));
        quiet(&mut install);
        mariadb.resume();
        mariadb.run(&format!(
            "create database pcs_somebodys; create table pcs_somebodys.dear (id int); \
             create user {ACCOUNT}@'127.0.0.1'; \
             grant all on `pcs\\_%`.* to {ACCOUNT}@'127.0.0.1'; \
             grant all on `before\\_pcs\\_%`.* to {ACCOUNT}@'127.0.0.1'"
        ));
        mariadb.set_password(password);
        mariadb
    }

    /// As it is given to the server.
    pub fn url(&self, password: &str) -> String {
        format!("mysql://{ACCOUNT}:{password}@127.0.0.1:{}/", self.port)
    }

    /// Connections that are open stay.
    pub fn set_password(&self, password: &str) {
        self.run(&format!(
            "set password for {ACCOUNT}@'127.0.0.1' = password('{password}')"
        ));
    }

    /// The databases of clusters, and what else begins like them.
    pub fn databases(&self) -> Vec<String> {
        let told = self.run("show databases like '%pcs%'");
        told.lines().map(str::to_owned).collect()
    }

    /// What its administrator is answered.
    pub fn run(&self, statements: &str) -> String {
        quiet(self.client().arg(format!("--execute={statements}")))
    }

    /// Has a database take what is in that file.
    pub fn load(&self, database: &str, file: &Path) {
        let file = std::fs::File::open(file).unwrap();
        quiet(self.client().arg(database).stdin(file));
    }

    fn client(&self) -> Command {
        let mut client = self.program("mariadb");
        client.args(["--batch", "--skip-column-names"]);
        client.arg(format!("--socket={}", self.socket()));
        client.arg(format!("--user={}", self.user));
        client
    }

    /// Starts it again after [`MariaDb::halt`].
    pub fn resume(&mut self) {
        let mut server = self.program("mariadbd");
        server.arg(format!("--datadir={}", self.data()));
        server.arg(format!("--socket={}", self.socket()));
        server.arg(format!("--port={}", self.port));
        server.arg(format!("--user={}", self.user));
        server.args(["--bind-address=127.0.0.1", "--skip-name-resolve"]);
        server.args([
            "--innodb-buffer-pool-size=64M",
            "--innodb-flush-log-at-trx-commit=0",
        ]);
        server.stdout(Stdio::null()).stderr(Stdio::null());
        self.child = Some(server.spawn().unwrap());
        let started = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let waited = started.elapsed();
            assert!(waited < Duration::from_secs(60), "MariaDB does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The database goes away, with every connection to it.
    pub fn halt(&mut self) {
        if let Some(mut child) = self.child.take() {
            kill(Pid::from_raw(child.id() as i32), Signal::SIGTERM).unwrap();
            child.wait().unwrap();
        }
    }

    fn data(&self) -> String {
        self.dir.path().join("data").display().to_string()
    }

    fn socket(&self) -> String {
        self.dir.path().join("socket").display().to_string()
    }

    fn program(&self, name: &str) -> Command {
        let mut places = PATH.split(':').map(|dir| format!("{dir}/{name}"));
        let path = places.find(|path| std::fs::exists(path).unwrap());
        let mut command = Command::new(path.unwrap_or_else(|| panic!("no {name}")));
        command.arg("--no-defaults").current_dir(self.dir.path());
        command
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        self.halt();
    }
}

fn quiet(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}
