//! Of several servers on one database, one runs a cluster's daemons, on its host. The others know what the database knows,
//! and name that server for all else.

use app::model::error::{Error, Result};

use super::cluster::RESOURCE_TYPE;
use crate::db::cluster::ClusterRow;
use crate::db::{Db, server};
use crate::fault::internal;

/// Refuses what another server must be asked for.
pub async fn check(db: &Db, server_id: &str, cluster: &ClusterRow) -> Result<()> {
    let owner = cluster.server();
    if db.has_one_server() || owner.is_empty() || owner == server_id {
        return Ok(());
    }
    let other = server::find(db.pool(), owner).await.map_err(internal)?;
    let message = match other {
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
