//! A MySQL or MariaDB that somebody gave for the accounting, perhaps with much else in it. It is neither started nor
//! configured; in it each cluster has a database named by its id, and nothing else is touched.

use std::io;
use std::path::{Path, PathBuf};

use openpcs_agent::files;

use super::address::Storage;
use super::records::Records;

#[derive(Clone, Debug)]
pub struct GivenDatabase {
    storage: Storage,
    notes: PathBuf,
}

impl GivenDatabase {
    /// `dir` is the directory of the accounting.
    pub fn new(dir: &Path, storage: Storage) -> GivenDatabase {
        GivenDatabase {
            storage,
            notes: dir.join("given"),
        }
    }

    pub fn storage(&self) -> &Storage {
        &self.storage
    }

    pub fn records(&self) -> Records {
        Records {
            client: self.storage.client(),
        }
    }

    /// Where a cluster has its records is written down, so that a restart need not ask, and so that a cluster that never
    /// had any is deleted without asking.
    fn file(&self, cluster_id: &str) -> PathBuf {
        self.notes.join(cluster_id)
    }

    pub fn is_noted(&self, cluster_id: &str) -> io::Result<bool> {
        let noted = files::read(&self.file(cluster_id))?;
        Ok(noted.is_some_and(|place| place == self.storage.to_string().as_bytes()))
    }

    pub fn note(&self, cluster_id: &str) -> io::Result<()> {
        files::create_dir(&self.notes)?;
        let place = self.storage.to_string();
        files::write(&self.file(cluster_id), place.as_bytes(), files::PLAIN)
    }

    /// Makes a cluster's database, which takes the rights that it needs later.
    pub async fn make(&self, cluster_id: &str) -> io::Result<()> {
        self.records().make(cluster_id).await
    }

    pub async fn remove(&self, cluster_id: &str) -> io::Result<()> {
        if files::read(&self.file(cluster_id))?.is_none() {
            return Ok(());
        }
        self.records().remove(cluster_id).await?;
        files::remove_file(&self.file(cluster_id))
    }
}
