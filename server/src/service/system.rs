//! How the server itself is, for the page *System*. Memory and the host know it; the database is only asked whether it
//! answers.

use std::path::{Path, PathBuf};

use app::model::error::Result;
use app::model::operation::Operation;
use app::model::server::Server;
use app::model::system::*;
use app::port::{Ctx, Systems};
use async_trait::async_trait;
use tokio::sync::Mutex;

use super::Service;
use crate::auth::policy::Authorize as _;
use crate::db::open::Address;
use crate::fault::internal;
use crate::live::host;
use crate::live::meter::Meter;
use crate::live::pulse::Pulse;
use crate::live::reach::Reach;
use crate::slurm::catalogue;

/// What the server knows of itself.
pub struct Itself {
    /// In milliseconds since 1970.
    pub started_at: i64,
    pub database: Address,
    /// What it was started with, without secrets.
    pub options: Vec<(&'static str, String)>,
    pub scheduler_root: PathBuf,
    pub meter: Meter,
    pub pulse: Pulse,
    pub reach: Reach,
    /// Asked once, and again when another Slurm is installed: what those were, and what they said.
    pub versions: Mutex<Option<(Vec<String>, Versions)>>,
    /// What nodes of other hosts find here.
    pub for_nodes: Option<super::for_nodes::ForNodes>,
    pub account: super::for_nodes::LastSaid,
}

#[async_trait]
impl Systems for Service {
    async fn system(&self, ctx: &Ctx) -> Result<System> {
        ctx.authorize(Operation::GetSystem, "*")?;
        let mut reconcilers = self.parts.statuses.all();
        // Those of the server come last; else they stay as they are: by cluster.
        reconcilers.sort_by_key(|one| {
            let name = one.cluster_name.clone();
            (!one.is_failing(), name.is_empty(), name)
        });
        Ok(System {
            reconcilers,
            database: self.database().await,
            host: self.host().await?,
            versions: self.versions().await,
            others: self.others().await,
            away: self.parts.homes.away(),
            for_nodes: self.for_nodes().await?,
        })
    }
}

impl Service {
    pub(super) async fn database(&self) -> Database {
        let answered = self.itself.reach.answer().await;
        let address = &self.itself.database;
        let pool = self.parts.db.pool();
        let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
        Database {
            kind: match address.file {
                Some(_) => DatabaseKind::Sqlite,
                None => DatabaseKind::Postgresql,
            },
            address: address.to_string(),
            answered_in: answered.and_then(|took| i64::try_from(took.as_micros()).ok()),
            takes_writes: self.itself.pulse.is_fresh(),
            size: match &address.file {
                Some(file) => size(file).await,
                None => None,
            },
            connections: Connections {
                busy: pool.size().saturating_sub(idle),
                idle,
                most: pool.most(),
            },
        }
    }

    /// None while the database does not answer: the page says that elsewhere.
    async fn others(&self) -> Vec<Server> {
        let mut all = self.servers().await.unwrap_or_default();
        all.retain(|one| one.id != self.parts.server.id);
        all
    }

    async fn host(&self) -> Result<Host> {
        let data_dir = self.parts.controllers.data_dir().to_owned();
        let started_at = self.itself.started_at;
        // A file system may keep whoever asks waiting.
        let asked = tokio::task::spawn_blocking(move || Host {
            name: host::name(),
            started_at,
            cpus: host::cpus(),
            load: host::load(),
            memory: host::memory(),
            disk: host::disk(&data_dir),
            resident: host::usage().ok().map(|usage| usage.resident),
            data_dir: data_dir.display().to_string(),
        });
        asked.await.map_err(internal)
    }

    async fn versions(&self) -> Versions {
        let root = &self.itself.scheduler_root;
        let agent = self.parts.controllers.agent();
        let installed = catalogue::versions(root)
            .into_iter()
            .filter(|v| v.installed);
        let installed: Vec<String> = installed.map(|version| version.id).collect();
        let mut known = self.itself.versions.lock().await;
        if let Some((of, versions)) = known.as_ref()
            && *of == installed
        {
            return versions.clone();
        }
        let versions = ask(root, agent, &installed).await;
        *known = Some((installed, versions.clone()));
        versions
    }
}

/// With the journal beside it.
async fn size(file: &Path) -> Option<u64> {
    let main = tokio::fs::metadata(file).await.ok()?.len();
    let mut journal = file.as_os_str().to_owned();
    journal.push("-wal");
    let journal = tokio::fs::metadata(journal).await;
    Some(main + journal.map_or(0, |journal| journal.len()))
}

async fn ask(scheduler_root: &Path, agent: &Path, installed: &[String]) -> Versions {
    let mut slurm = vec![];
    for version in installed {
        let prefix = catalogue::prefix(scheduler_root, version);
        let said = catalogue::said_version(&prefix.join("sbin/slurmctld"), "-V").await;
        slurm.push(said.unwrap_or_else(|| version.clone()));
    }
    Versions {
        openpcs: env!("CARGO_PKG_VERSION").into(),
        agent: catalogue::said_version(agent, "--version")
            .await
            .unwrap_or_default(),
        slurm,
    }
}
