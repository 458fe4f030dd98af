//! The database of the clusters' accounting: a MariaDB of this server's own ([`private`]), or one that somebody gave
//! ([`given`]). Who keeps clusters asks [`Database`], and need not know which it is.
//!
//! On disk, for the owner only, beside what is the private one's:
//!
//! ```text
//! DATA/accounting/   restore/CLUSTER_ID.sql   records out of a backup, until the cluster's database takes them
//!                    given/CLUSTER_ID         where a cluster has its records, if not here
//!                    socket/                  empty, unless the private one runs
//! ```

mod address;
mod client;
mod given;
mod kept;
mod private;
mod readable;
mod records;
mod trouble;

use std::io;
use std::path::{Path, PathBuf};

use openpcs_agent::files;

pub use address::Storage;
use client::{CLIENT, program};
pub use given::GivenDatabase;
pub use kept::kept;
pub use private::PrivateDatabase;
use readable::Readable;
pub use records::Records;
pub use trouble::{MISSING_RECORDS, of_slurmdbd as slurmdbd_trouble};

/// Of slurmdbd, below the directory of a version.
const PLUGIN: &str = "lib/slurm/accounting_storage_mysql.so";
/// What ids of clusters begin with, and no database of MariaDB's own.
const CLUSTER_ID_PREFIX: &str = "pcs_";

/// Where the accounts of this host's clusters are kept. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    data_dir: PathBuf,
    kind: Kind,
    readable: Readable,
}

#[derive(Clone, Debug)]
enum Kind {
    Private(PrivateDatabase),
    Given(GivenDatabase),
}

/// Whether that Slurm can keep accounts in some database: it was built for it, and there is a client.
pub fn is_there(slurm_prefix: &Path) -> bool {
    let parts = [PLUGIN, "sbin/slurmdbd"];
    parts.iter().all(|part| slurm_prefix.join(part).is_file()) && program(CLIENT).is_ok()
}

impl Database {
    /// `user`: the server's own.
    pub fn private(data_dir: &Path, agent: &Path, user: String) -> Database {
        Database {
            data_dir: data_dir.into(),
            kind: Kind::Private(PrivateDatabase::new(data_dir, agent, user)),
            readable: Readable::default(),
        }
    }

    pub fn given(data_dir: &Path, storage: Storage) -> Database {
        Database {
            data_dir: data_dir.into(),
            kind: Kind::Given(GivenDatabase::new(&accounting_dir(data_dir), storage)),
            readable: Readable::default(),
        }
    }

    /// Whether that Slurm can keep accounts in it.
    pub fn is_there(&self, slurm_prefix: &Path) -> bool {
        let has_server = match &self.kind {
            Kind::Private(_) => private::is_there(),
            Kind::Given(_) => true,
        };
        has_server && is_there(slurm_prefix)
    }

    /// Holds [`Self::socket`]: what controllers with accounting see, whichever database it is, so that it can become the
    /// other under them.
    pub fn socket_dir(&self) -> PathBuf {
        private::socket_dir(&self.data_dir)
    }

    pub fn socket(&self) -> PathBuf {
        private::socket(&self.data_dir)
    }

    /// What slurmdbd.conf says of it.
    pub fn storage(&self) -> Storage {
        match &self.kind {
            Kind::Private(own) => own.storage(),
            Kind::Given(given) => given.storage().clone(),
        }
    }

    fn records(&self) -> Records {
        match &self.kind {
            Kind::Private(own) => own.records(),
            Kind::Given(given) => given.records(),
        }
    }

    /// Whether a cluster's slurmdbd may start, as far as is known without asking.
    pub fn is_ready(&self, cluster_id: &str) -> io::Result<bool> {
        if Waiting::of(&self.data_dir, cluster_id).is_there() {
            return Ok(false);
        }
        match &self.kind {
            Kind::Private(own) => own.runs(),
            Kind::Given(given) => given.is_noted(cluster_id),
        }
    }

    /// Has it be there for a cluster, with the records of a backup if some wait for it. The error is for people.
    pub async fn prepare(&self, cluster_id: &str) -> io::Result<()> {
        files::create_dir(&self.socket_dir())?;
        match &self.kind {
            Kind::Private(own) => own.ensure().await?,
            Kind::Given(given) => given.make(cluster_id).await.map_err(|e| self.told(&e))?,
        }
        let waiting = Waiting::of(&self.data_dir, cluster_id);
        waiting.load(&self.records(), cluster_id).await?;
        match &self.kind {
            Kind::Private(_) => Ok(()),
            Kind::Given(given) => given.note(cluster_id),
        }
    }

    /// Fails where a cluster's records cannot be read now, with words for people; whether there are any.
    pub async fn answer(&self, cluster_id: &str) -> io::Result<bool> {
        let records = self.records();
        let answer = match self.readable.has(&records, cluster_id).await {
            Ok(true) => Ok(true),
            // What is wrong with this one's.
            Ok(false) => records.answer(cluster_id).await,
            Err(error) => Err(error),
        };
        answer.map_err(|error| self.told(&error))
    }

    fn told(&self, error: &io::Error) -> io::Error {
        let words = match &self.kind {
            Kind::Private(own) => trouble::of_private(&own.log(), &error.to_string()),
            Kind::Given(given) => trouble::of_given(given.storage(), &error.to_string()),
        };
        io::Error::other(words)
    }

    /// Removes all records of a cluster; that there are none is no error.
    pub async fn remove(&self, cluster_id: &str) -> io::Result<()> {
        Waiting::of(&self.data_dir, cluster_id).forget()?;
        match &self.kind {
            Kind::Private(own) => own.remove(cluster_id).await,
            Kind::Given(given) => given.remove(cluster_id).await.map_err(|e| self.told(&e)),
        }
    }

    /// See [`Records::copy`].
    pub async fn copy(&self, cluster_id: &str) -> io::Result<()> {
        self.records().copy(cluster_id).await
    }

    /// See [`Records::put_back`].
    pub async fn put_back(&self, cluster_id: &str) -> io::Result<()> {
        self.records().put_back(cluster_id).await
    }

    /// See [`Records::forget_copy`].
    pub async fn forget_copy(&self, cluster_id: &str) -> io::Result<()> {
        self.records().forget_copy(cluster_id).await
    }
}

fn accounting_dir(data_dir: &Path) -> PathBuf {
    data_dir.join("accounting")
}

/// Where `openpcs restore` puts records.
pub fn restore_dir(data_dir: &Path) -> PathBuf {
    accounting_dir(data_dir).join("restore")
}

/// The name of a cluster's file there, and in a backup.
pub fn records_file(cluster_id: &str) -> String {
    format!("{cluster_id}.sql")
}

/// Records out of a backup, of one cluster.
struct Waiting {
    file: PathBuf,
    /// What it is called while it is being read: then whatever the database has is a part of it.
    begun: PathBuf,
}

impl Waiting {
    fn of(data_dir: &Path, cluster_id: &str) -> Waiting {
        let file = restore_dir(data_dir).join(records_file(cluster_id));
        Waiting {
            begun: file.with_extension("sql.begun"),
            file,
        }
    }

    fn is_there(&self) -> bool {
        self.file.exists() || self.begun.exists()
    }

    /// Where there are records they are the newer ones, and stay.
    async fn load(&self, records: &Records, cluster_id: &str) -> io::Result<()> {
        if self.file.exists() {
            if records.has_any(cluster_id).await? {
                tracing::info!(
                    cluster_id,
                    "has its records: those of the backup are not needed"
                );
                return self.forget();
            }
            std::fs::rename(&self.file, &self.begun)?;
        }
        if self.begun.exists() {
            records.load(cluster_id, &self.begun).await?;
            tracing::info!(cluster_id, "has the records of the backup");
        }
        self.forget()
    }

    fn forget(&self) -> io::Result<()> {
        files::remove_file(&self.file)?;
        files::remove_file(&self.begun)
    }
}
