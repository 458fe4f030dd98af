//! The database of the clusters' accounting: one MariaDB of this server's own for all its clusters, started when the first
//! of them wants it. Nobody else is let in: it listens on a socket in a directory that only controllers with accounting
//! see, and takes nobody but the server's user.
//!
//! On disk, all of it for the owner only:
//!
//! ```text
//! DATA/accounting/   database.json  what the agent keeps running
//!                    data/          MariaDB's own: a database for each cluster, by the cluster's id
//!                    socket/mysql.sock
//!                    agent.log mariadbd.log lock
//! ```

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use openpcs_agent::files;
use openpcs_agent::protocol::Daemon;
use tokio::process::Command;
use tokio::sync::Mutex;

use crate::sandbox::{Role, Sandbox};

/// Where distributions have it; `sbin` is not on everybody's path.
const DIRECTORIES: [&str; 5] = [
    "/usr/sbin",
    "/usr/bin",
    "/usr/libexec",
    "/usr/local/sbin",
    "/usr/local/bin",
];
const SERVER: &str = "mariadbd";
const INSTALL: &str = "mariadb-install-db";
const CLIENT: &str = "mariadb";
/// What ids of clusters begin with, and no database of MariaDB's own.
const CLUSTER_ID_PREFIX: &str = "pcs_";
/// What names of copies begin with, and no cluster's database.
const COPY_PREFIX: &str = "before_";
/// How long it may take to start; slurmdbd waits longer.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);
/// Of slurmdbd, below the directory of a version.
const PLUGIN: &str = "lib/slurm/accounting_storage_mysql.so";

/// This host's. Cheap to clone.
#[derive(Clone, Debug)]
pub struct DatabaseHost {
    data_dir: PathBuf,
    agent: PathBuf,
    user: String,
    /// The clusters' loops want it at once.
    starting: Arc<Mutex<()>>,
}

/// Whether that Slurm can keep accounts here: it was built for it, and there is a MariaDB.
pub fn is_there(slurm_prefix: &Path) -> bool {
    let parts = [PLUGIN, "sbin/slurmdbd"];
    parts.iter().all(|part| slurm_prefix.join(part).is_file())
        && [SERVER, INSTALL, CLIENT]
            .iter()
            .all(|name| program(name).is_ok())
}

fn program(name: &str) -> io::Result<PathBuf> {
    let mut places = DIRECTORIES.iter().map(|dir| Path::new(dir).join(name));
    places.find(|path| path.is_file()).ok_or_else(|| {
        let words = format!("the program {name} is not on this host; install MariaDB's server");
        io::Error::new(io::ErrorKind::NotFound, words)
    })
}

impl DatabaseHost {
    /// `user`: the server's own.
    pub fn new(data_dir: impl Into<PathBuf>, agent: impl Into<PathBuf>, user: String) -> Self {
        DatabaseHost {
            data_dir: data_dir.into(),
            agent: agent.into(),
            user,
            starting: Arc::default(),
        }
    }

    fn sandbox(&self) -> Sandbox {
        Sandbox::new(self.data_dir.join("accounting"))
    }

    /// Holds [`Self::socket`]: what controllers with accounting must see.
    pub fn socket_dir(&self) -> PathBuf {
        self.sandbox().dir().join("socket")
    }

    pub fn socket(&self) -> PathBuf {
        self.socket_dir().join("mysql.sock")
    }

    pub fn runs(&self) -> io::Result<bool> {
        Ok(self.sandbox().holder()?.is_some())
    }

    /// Starts it unless it runs; made anew the first time.
    pub async fn ensure(&self) -> io::Result<()> {
        let _one_at_a_time = self.starting.lock().await;
        let sandbox = self.sandbox();
        if sandbox.holder()?.is_some() {
            return Ok(());
        }
        sandbox.prepare()?;
        files::create_dir(&self.socket_dir())?;
        self.install().await?;
        let file = serde_json::to_vec(&self.daemon()?)?;
        files::write(&sandbox.dir().join("database.json"), &file, files::PLAIN)?;
        sandbox
            .spawn(&self.agent, Role::Database, &self.data_dir)
            .await?;
        self.listens().await;
        Ok(())
    }

    /// Waits for its socket, so that slurmdbd finds it at its first try: the next is five seconds later.
    async fn listens(&self) {
        let socket = self.socket();
        for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
            if tokio::net::UnixStream::connect(&socket).await.is_ok() {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Makes the empty database, under its name only when it is whole.
    async fn install(&self) -> io::Result<()> {
        let dir = self.sandbox().dir().to_owned();
        let (data, unfinished) = (dir.join("data"), dir.join("data.new"));
        if data.exists() {
            return Ok(());
        }
        files::remove_dir(&unfinished)?;
        let mut command = Command::new(program(INSTALL)?);
        command
            .arg("--no-defaults")
            .arg(format!("--datadir={}", unfinished.display()))
            .arg("--auth-root-authentication-method=socket")
            .arg(format!("--auth-root-socket-user={}", self.user))
            .arg(format!("--user={}", self.user))
            .args(["--skip-test-db", "--skip-name-resolve"]);
        succeeds(INSTALL, command).await?;
        std::fs::rename(unfinished, data)
    }

    fn daemon(&self) -> io::Result<Daemon> {
        let dir = self.sandbox().dir().to_owned();
        let arguments = [
            "--no-defaults".to_owned(),
            format!("--datadir={}", dir.join("data").display()),
            format!("--socket={}", self.socket().display()),
            format!("--log-error={}", dir.join("mariadbd.log").display()),
            format!("--user={}", self.user),
            "--pid-file=/run/mariadbd.pid".to_owned(),
            "--skip-networking".to_owned(),
            "--skip-name-resolve".to_owned(),
            // As Slurm's guide of accounting asks: a purge of many records is one transaction, and others wait for it.
            "--innodb-buffer-pool-size=256M".to_owned(),
            "--innodb-lock-wait-timeout=900".to_owned(),
            "--max-allowed-packet=16M".to_owned(),
        ];
        Ok(Daemon {
            name: SERVER.into(),
            program: program(SERVER)?,
            arguments: arguments.into(),
            environment: BTreeMap::new(),
        })
    }

    /// Removes all records of a cluster; that there are none is no error. With the last of them it ends.
    pub async fn remove(&self, cluster_id: &str) -> io::Result<()> {
        if !self.kept()?.iter().any(|kept| kept == cluster_id) {
            return Ok(());
        }
        self.ensure().await?;
        self.drop_database(cluster_id).await?;
        self.forget_copy(cluster_id).await?;
        let _one_at_a_time = self.starting.lock().await;
        if self.kept()?.is_empty() {
            let sandbox = self.sandbox();
            tokio::task::spawn_blocking(move || sandbox.pause()).await??;
        }
        Ok(())
    }

    /// The clusters of which there are records.
    fn kept(&self) -> io::Result<Vec<String>> {
        let mut names = self.all()?;
        names.retain(|name| name.starts_with(CLUSTER_ID_PREFIX));
        Ok(names)
    }

    fn all(&self) -> io::Result<Vec<String>> {
        files::dir_names(&self.sandbox().dir().join("data"))
    }

    /// Copies a cluster's records beside them, for [`Self::put_back`]. Nobody may write any meanwhile.
    pub async fn copy(&self, cluster_id: &str) -> io::Result<()> {
        self.drop_database(&copy_of(cluster_id)).await?;
        if !self.kept()?.iter().any(|kept| kept == cluster_id) {
            return Ok(());
        }
        let copy = copy_of(cluster_id);
        let mut all = format!("create database `{copy}`;");
        for table in self.tables(cluster_id).await? {
            let (from, to) = (named(cluster_id, &table), named(&copy, &table));
            all +=
                &format!("create table {to} like {from}; insert into {to} select * from {from};");
        }
        self.run(&all).await.map(drop)
    }

    /// The records are those of the copy again. Slurm makes its procedures anew at each start.
    pub async fn put_back(&self, cluster_id: &str) -> io::Result<()> {
        let copy = copy_of(cluster_id);
        if !self.all()?.contains(&copy) {
            return Ok(());
        }
        let mut all = format!("create database if not exists `{cluster_id}`;");
        // One by one, so that it can be gone on with: what is not in the copy any more is back.
        for table in self.tables(&copy).await? {
            let (from, to) = (named(&copy, &table), named(cluster_id, &table));
            all += &format!("drop table if exists {to}; rename table {from} to {to};");
        }
        self.run(&all).await?;
        self.drop_database(&copy).await
    }

    /// The copy is of no use any more.
    pub async fn forget_copy(&self, cluster_id: &str) -> io::Result<()> {
        let copy = copy_of(cluster_id);
        match self.all()?.contains(&copy) {
            true => self.drop_database(&copy).await,
            false => Ok(()),
        }
    }

    async fn tables(&self, database: &str) -> io::Result<Vec<String>> {
        let asked =
            "select table_name from information_schema.tables where table_type = 'BASE TABLE'";
        let told = self
            .run(&format!("{asked} and table_schema = '{database}'"))
            .await?;
        Ok(told.lines().map(str::to_owned).collect())
    }

    // An id is letters, digits and an underscore.
    async fn drop_database(&self, name: &str) -> io::Result<()> {
        let statement = format!("drop database if exists `{name}`");
        self.run(&statement).await.map(drop)
    }

    /// What that answers, a line for each row.
    async fn run(&self, statements: &str) -> io::Result<String> {
        let mut command = Command::new(program(CLIENT)?);
        command
            .arg("--no-defaults")
            .args(["--batch", "--skip-column-names"])
            .arg(format!("--socket={}", self.socket().display()))
            .arg(format!("--user={}", self.user))
            .arg(format!("--execute={statements}"));
        succeeds(CLIENT, command).await
    }
}

/// Where the records of a cluster are copied.
fn copy_of(cluster_id: &str) -> String {
    format!("{COPY_PREFIX}{cluster_id}")
}

fn named(database: &str, table: &str) -> String {
    format!("`{database}`.`{table}`")
}

/// The variable by which slurmdbd's client library finds the socket.
pub const SOCKET_VARIABLE: &str = "MYSQL_UNIX_PORT";

/// What it printed.
async fn succeeds(name: &str, mut command: Command) -> io::Result<String> {
    let output = command.kill_on_drop(true).output().await?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let words: Vec<&str> = words.lines().filter(|line| !line.is_empty()).collect();
    let last = words[words.len().saturating_sub(3)..].join(" | ");
    Err(io::Error::other(format!("{name} failed: {last}")))
}
