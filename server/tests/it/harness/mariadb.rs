//! A MariaDB that somebody gives for the accounting: on loopback, with a password, and with something of somebody else in it.
//! Ended and removed with the test.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, geteuid};
use tempfile::TempDir;

use super::free_port::{at_free_port, comes_up};

/// Where distributions have its programs.
const PATH: &str = "/usr/sbin:/usr/bin:/usr/libexec:/usr/local/sbin:/usr/local/bin";
/// The account that OpenPCS gets, with the rights that the README names.
pub const ACCOUNT: &str = "keeper";

pub struct MariaDb {
    dir: TempDir,
    user: String,
    port: u16,
    has_tls: bool,
    child: Option<Child>,
}

impl MariaDb {
    /// With that password of [`ACCOUNT`].
    pub fn start(password: &str) -> Self {
        Self::begin(password, false)
    }

    /// One that takes nobody without TLS but at its socket, and proves by [`MariaDb::certificate`] that it is 127.0.0.1.
    pub fn start_with_tls(password: &str) -> Self {
        Self::begin(password, true)
    }

    fn begin(password: &str, has_tls: bool) -> Self {
        let mut mariadb = Self {
            dir: tempfile::tempdir().unwrap(),
            user: User::from_uid(geteuid()).unwrap().unwrap().name,
            port: 0,
            has_tls,
            child: None,
        };
        if has_tls {
            certify(&mariadb.certificate(), &mariadb.key());
        }
        let mut install = mariadb.program("mariadb-install-db");
        install.args(["--auth-root-authentication-method=socket", "--skip-test-db"]);
        install.arg(format!("--auth-root-socket-user={}", mariadb.user));
        install.arg(format!("--datadir={}", mariadb.data()));
        install.arg(format!("--user={}", mariadb.user));
        quiet(&mut install);
        at_free_port(|port| {
            mariadb.port = port;
            mariadb.comes_up()
        });
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
        assert!(self.comes_up(), "port {} is taken", self.port);
    }

    fn comes_up(&mut self) -> bool {
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
        if self.has_tls {
            server.arg("--require-secure-transport");
            server.arg(format!("--ssl-cert={}", self.certificate().display()));
            server.arg(format!("--ssl-key={}", self.key().display()));
        }
        server.stdout(Stdio::null()).stderr(Stdio::null());
        let mut ready = self.client();
        ready.arg("--execute=select 1").stdout(Stdio::null());
        let child = self.child.insert(server.spawn().unwrap());
        comes_up(child, || {
            let answer = ready.stderr(Stdio::null()).status();
            answer.unwrap().success()
        })
    }

    /// The database goes away, with every connection to it.
    pub fn halt(&mut self) {
        if let Some(mut child) = self.child.take() {
            kill(Pid::from_raw(child.id() as i32), Signal::SIGTERM).unwrap();
            child.wait().unwrap();
        }
    }

    /// Made by itself, and of its own authority.
    pub fn certificate(&self) -> PathBuf {
        self.dir.path().join("certificate.pem")
    }

    fn key(&self) -> PathBuf {
        self.dir.path().join("key.pem")
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

/// Makes a key and a certificate of 127.0.0.1 that vouches for itself.
pub fn certify(certificate: &Path, key: &Path) {
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt"]);
    openssl.args(["ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]);
    openssl.args(["-subj", "/CN=127.0.0.1"]);
    openssl.args(["-addext", "subjectAltName=IP:127.0.0.1"]);
    // That of an authority is taken for no server's.
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"]);
    quiet(openssl.arg(key).arg("-out").arg(certificate));
}

fn quiet(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}
