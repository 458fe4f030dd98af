//! Of several servers on one database, one runs a cluster's daemons, on its host. The others know what the database knows,
//! and name that server for all else.

use app::model::error::{Error, Result};

use super::cluster::RESOURCE_TYPE;
use crate::db::Db;
use crate::db::cluster::ClusterRow;
use crate::db::server::{self, ServerRow};
use crate::fault::internal;
use crate::live::homes::Homes;

/// Refuses what another server must be asked for, or another process of this one.
pub async fn check(db: &Db, me: &ServerRow, homes: &Homes, cluster: &ClusterRow) -> Result<()> {
    if cluster.is_given_up() {
        let message = format!(
            "The server that ran cluster {} was given up as lost. The cluster can only be deleted.",
            cluster.name
        );
        return Err(Error::conflict(RESOURCE_TYPE, &cluster.id, message));
    }
    let owner = cluster.server();
    let is_ours = owner.is_empty() || owner == me.id;
    if db.has_one_server() || (is_ours && homes.has(&cluster.id)) {
        return Ok(());
    }
    let other = server::find(db.pool(), owner).await.map_err(internal)?;
    let message = match other {
        Some(other) if other.process == me.process => format!(
            "This server has been out of touch with its database and is about to look after cluster {} again. Try again \
             in a few seconds.",
            cluster.name
        ),
        Some(other) => format!(
            "Cluster {} runs on the host {}, of another server. Ask that one: {}",
            cluster.name, other.host, other.url
        ),
        None => format!(
            "Cluster {} runs on the host of another server. Ask that one.",
            cluster.name
        ),
    };
    Err(Error::conflict(RESOURCE_TYPE, &cluster.id, message))
}
