//! `openpcs set-aside`: what is on disk and the database does not know.

use std::collections::HashSet;

use anyhow::bail;

use super::store::open;
use crate::config::{SetAsideCommand, Store};
use crate::data_dir::DataDir;
use crate::db::cluster::ClusterSpec;
use crate::db::{Db, instance, resource, tombstone};
use crate::sandbox::Sandbox;
use openpcs_agent::files;
use openpcs_agent::layout::{cluster_dir, instances_dir};

/// A cluster, or an instance of a cluster that is known.
struct Aside {
    cluster_id: String,
    /// The cluster's own id, or the instance's.
    id: String,
    runs: bool,
}

impl Aside {
    fn name(&self) -> String {
        match self.id == self.cluster_id {
            true => self.id.clone(),
            false => format!("{}/{}", self.cluster_id, self.id),
        }
    }
}

pub async fn run(store: Store, command: SetAsideCommand) -> anyhow::Result<()> {
    let db = open(&store).await?;
    let dir = DataDir::open(&store.data_dir)?;
    let all = find(&db, &dir).await?;
    match command {
        SetAsideCommand::List => {
            for one in all {
                let state = if one.runs { "running" } else { "nothing runs" };
                println!("{}\t{state}", one.name());
            }
        }
        SetAsideCommand::Remove { id } => {
            let Some(one) = all.into_iter().find(|one| one.name() == id) else {
                bail!(
                    "nothing of that name is set aside: `openpcs set-aside list` shows what is. What the database \
                     knows is deleted by the API or the console"
                );
            };
            let mut write = db.write().await?;
            tombstone::put(&mut write, &one.cluster_id, &one.id).await?;
            write.commit().await?;
            println!("The server ends and removes {id} within seconds, or when it starts next.");
        }
    }
    Ok(())
}

async fn find(db: &Db, dir: &DataDir) -> anyhow::Result<Vec<Aside>> {
    let on_disk = dir.clusters()?;
    let rows = resource::list::<ClusterSpec>(db.pool(), None).await?;
    let known: HashSet<String> = rows.into_iter().map(|row| row.id).collect();
    let mut found = vec![];
    for cluster_id in on_disk {
        if known.contains(&cluster_id) {
            found.extend(instances(db, dir, &cluster_id).await?);
        } else if !tombstone::has(db.pool(), &cluster_id, &cluster_id).await? {
            let controller = cluster_dir(dir.path(), &cluster_id).join("controller");
            found.push(Aside {
                runs: Sandbox::new(controller).holder()?.is_some(),
                id: cluster_id.clone(),
                cluster_id,
            });
        }
    }
    Ok(found)
}

async fn instances(db: &Db, dir: &DataDir, cluster_id: &str) -> anyhow::Result<Vec<Aside>> {
    let on_disk = instances_dir(dir.path(), cluster_id);
    let mut found = vec![];
    for id in files::dir_names(&on_disk)? {
        let is_known = instance::find(db.pool(), cluster_id, &id).await?.is_some();
        if !is_known && !tombstone::has(db.pool(), cluster_id, &id).await? {
            found.push(Aside {
                cluster_id: cluster_id.to_owned(),
                runs: Sandbox::new(on_disk.join(&id)).holder()?.is_some(),
                id,
            });
        }
    }
    Ok(found)
}
