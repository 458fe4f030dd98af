//! The MariaDB of this server's own for all its clusters, started when the first of them wants it. Nobody else is let in: it
//! listens on a socket in a directory that only controllers with accounting see, and takes nobody but the server's user.
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
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use openpcs_agent::files;
use openpcs_agent::protocol::Daemon;
use tokio::process::Command;
use tokio::sync::Mutex;

use super::address::Storage;
use super::client::{Client, program, succeeds};
use super::records::Records;
use super::{CLUSTER_ID_PREFIX, accounting_dir};
use crate::sandbox::{Role, Sandbox};

const SERVER: &str = "mariadbd";
const INSTALL: &str = "mariadb-install-db";
const LOG: &str = "mariadbd.log";
/// How long it may take to start; slurmdbd waits longer.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

/// This host's. Cheap to clone.
#[derive(Clone, Debug)]
pub struct PrivateDatabase {
    data_dir: PathBuf,
    agent: PathBuf,
    user: String,
    /// The clusters' loops want it at once.
    starting: Arc<Mutex<()>>,
}

/// Whether this host has a MariaDB.
pub fn is_there() -> bool {
    [SERVER, INSTALL].iter().all(|name| program(name).is_ok())
}

/// What controllers with accounting must see.
pub fn socket_dir(data_dir: &Path) -> PathBuf {
    accounting_dir(data_dir).join("socket")
}

pub fn socket(data_dir: &Path) -> PathBuf {
    socket_dir(data_dir).join("mysql.sock")
}

/// The clusters of which there are records.
pub fn kept(data_dir: &Path) -> io::Result<Vec<String>> {
    let mut names = files::dir_names(&accounting_dir(data_dir).join("data"))?;
    names.retain(|name| name.starts_with(CLUSTER_ID_PREFIX));
    Ok(names)
}

/// The records of clusters in it, for that user of this host.
pub fn records(data_dir: &Path, user: &str, as_owner: Option<(u32, u32)>) -> Records {
    Records {
        client: Client {
            login: vec![
                format!("--socket={}", socket(data_dir).display()),
                format!("--user={user}"),
            ],
            password: None,
            as_owner,
        },
    }
}

impl PrivateDatabase {
    /// `user`: the server's own.
    pub fn new(data_dir: impl Into<PathBuf>, agent: impl Into<PathBuf>, user: String) -> Self {
        PrivateDatabase {
            data_dir: data_dir.into(),
            agent: agent.into(),
            user,
            starting: Arc::default(),
        }
    }

    fn sandbox(&self) -> Sandbox {
        Sandbox::new(accounting_dir(&self.data_dir))
    }

    pub fn storage(&self) -> Storage {
        Storage {
            host: "localhost".into(),
            port: None,
            user: self.user.clone(),
            password: None,
            ssl_ca: None,
        }
    }

    pub fn records(&self) -> Records {
        records(&self.data_dir, &self.user, None)
    }

    pub fn log(&self) -> PathBuf {
        accounting_dir(&self.data_dir).join(LOG)
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
        files::create_dir(&socket_dir(&self.data_dir))?;
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
        let socket = socket(&self.data_dir);
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
            .args(["--skip-test-db", "--skip-name-resolve"])
            .stdout(Stdio::piped());
        succeeds(INSTALL, command).await?;
        std::fs::rename(unfinished, data)
    }

    fn daemon(&self) -> io::Result<Daemon> {
        let dir = self.sandbox().dir().to_owned();
        let arguments = [
            "--no-defaults".to_owned(),
            format!("--datadir={}", dir.join("data").display()),
            format!("--socket={}", socket(&self.data_dir).display()),
            format!("--log-error={}", self.log().display()),
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
        let is_it = |kept: &String| kept == cluster_id;
        if !kept(&self.data_dir)?.iter().any(is_it) {
            return Ok(());
        }
        self.ensure().await?;
        self.records().remove(cluster_id).await?;
        let _one_at_a_time = self.starting.lock().await;
        if kept(&self.data_dir)?.is_empty() {
            let sandbox = self.sandbox();
            tokio::task::spawn_blocking(move || sandbox.pause()).await??;
        }
        Ok(())
    }
}
