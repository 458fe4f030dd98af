//! The stores of this host's clusters, each opened once.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::Mutex;

use super::store::LogStore;

/// Below the data directory.
const DIR: &str = "logs";

/// Cheap to clone.
#[derive(Clone)]
pub struct Stores {
    dir: PathBuf,
    open: Arc<Mutex<HashMap<String, LogStore>>>,
}

impl Stores {
    pub fn below(data_dir: &Path) -> Stores {
        Stores {
            dir: data_dir.join(DIR),
            open: Arc::default(),
        }
    }

    /// That of a cluster; made if it is not there.
    pub async fn of(&self, cluster_id: &str) -> anyhow::Result<LogStore> {
        let mut open = self.open.lock().await;
        if let Some(store) = open.get(cluster_id) {
            return Ok(store.clone());
        }
        let store = LogStore::open(&self.dir, cluster_id).await?;
        open.insert(cluster_id.to_owned(), store.clone());
        Ok(store)
    }

    /// The same of one that may be gone: none is made.
    pub async fn kept(&self, cluster_id: &str) -> anyhow::Result<Option<LogStore>> {
        match self.dir.join(format!("{cluster_id}.db")).exists() {
            true => self.of(cluster_id).await.map(Some),
            false => Ok(None),
        }
    }

    /// Removes stores into which nothing was written since then and of which `is_known` knows no cluster.
    pub async fn prune(
        &self,
        before: SystemTime,
        is_known: impl Fn(&str) -> bool,
    ) -> io::Result<()> {
        let mut open = self.open.lock().await;
        let entries = match std::fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let Some((cluster_id, _)) = name.split_once(".db") else {
                continue;
            };
            if !is_known(cluster_id) && entry.metadata()?.modified()? < before {
                open.remove(cluster_id);
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}
