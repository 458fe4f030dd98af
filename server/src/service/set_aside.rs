//! Clusters and instances on disk that the database does not know, as after restoring a backup: for the console's list and
//! for `openpcs set-aside`.

use std::collections::HashSet;
use std::path::Path;

use app::model::error::{Error, Result};
use app::model::name::Arns;
use app::model::operation::Operation;
use app::model::set_aside::SetAside;
use app::port::Ctx;
use openpcs_agent::files;
use openpcs_agent::layout::{cluster_dir, instances_dir};
use serde_json::json;

use super::write;
use crate::auth::policy::Authorize as _;
use crate::data_dir::DataDir;
use crate::db::cluster::ClusterSpec;
use crate::db::{Db, forgotten, instance, resource, tombstone};
use crate::fault::internal;
use crate::sandbox::Sandbox;

const RESOURCE_TYPE: &str = "SET_ASIDE";

/// All that is set aside, in the order of the clusters on disk.
pub async fn list(ctx: &Ctx, db: &Db, dir: &DataDir) -> Result<Vec<SetAside>> {
    ctx.authorize(Operation::ListSetAside, "*")?;
    all(db, dir).await
}

/// Has the server end one and remove it from disk, within seconds or when it starts next.
pub async fn remove(ctx: &Ctx, db: &Db, arns: &Arns, dir: &DataDir, name: &str) -> Result<()> {
    let cluster_id = name.split('/').next().unwrap_or(name);
    let (operation, arn) = (Operation::RemoveSetAside, arns.cluster(cluster_id));
    ctx.authorize(operation, &arn)?;
    let found = all(db, dir).await?;
    let one = found.into_iter().find(|one| one.name() == name);
    let one = one.ok_or_else(|| missing(name))?;
    let input = json!({ "name": name });
    write::change(db, ctx, operation, &input, None, async |mut change| {
        let own_id = one.instance_id.as_ref().unwrap_or(&one.cluster_id);
        tombstone::put(&mut change.write, &one.cluster_id, own_id)
            .await
            .map_err(internal)?;
        change.commit(&arn, ()).await
    })
    .await
}

fn missing(name: &str) -> Error {
    let message = "nothing of that name is set aside: `openpcs set-aside list` shows what is. What the database knows is \
                   deleted by the API or the console";
    Error::not_found(RESOURCE_TYPE, name, message)
}

async fn all(db: &Db, dir: &DataDir) -> Result<Vec<SetAside>> {
    let found = find(db, dir).await;
    found.map_err(|cause| internal(format!("{cause:#}")))
}

async fn find(db: &Db, dir: &DataDir) -> anyhow::Result<Vec<SetAside>> {
    // Disk first: what is made in between is then in the database.
    let on_disk = dir.clusters()?;
    let rows = resource::list::<ClusterSpec>(db.pool(), None).await?;
    let mut known: HashSet<String> = rows.into_iter().map(|row| row.id).collect();
    // Somebody gave this server up: as good as unknown.
    for id in forgotten::all(db.pool()).await? {
        known.remove(&id);
    }
    let mut found = vec![];
    for cluster_id in on_disk {
        if known.contains(&cluster_id) {
            found.extend(instances(db, dir, &cluster_id).await?);
        } else if !tombstone::has(db.pool(), &cluster_id, &cluster_id).await? {
            let own = cluster_dir(dir.path(), &cluster_id);
            found.push(SetAside {
                runs: runs(&own.join("controller"))?,
                directory: own.display().to_string(),
                instance_id: None,
                cluster_id,
            });
        }
    }
    Ok(found)
}

async fn instances(db: &Db, dir: &DataDir, cluster_id: &str) -> anyhow::Result<Vec<SetAside>> {
    let on_disk = instances_dir(dir.path(), cluster_id);
    let names = files::dir_names(&on_disk)?;
    let live = instance::live(db.pool(), cluster_id).await?;
    let mut found = vec![];
    for id in names {
        if live.iter().any(|row| row.id == id) {
            continue;
        }
        let is_known = instance::find(db.pool(), cluster_id, &id).await?.is_some();
        if !is_known && !tombstone::has(db.pool(), cluster_id, &id).await? {
            let own = on_disk.join(&id);
            found.push(SetAside {
                cluster_id: cluster_id.to_owned(),
                runs: runs(&own)?,
                directory: own.display().to_string(),
                instance_id: Some(id),
            });
        }
    }
    Ok(found)
}

fn runs(sandbox: &Path) -> std::io::Result<bool> {
    Ok(Sandbox::new(sandbox).holder()?.is_some())
}
