//! Whether daemons find a place: they get it when they start, and what can have none is refused before.

use app::model::error::{Error, Result};

use super::Service;
use crate::db::cluster::ClusterRow;
use crate::db::connection::Connection;
use crate::db::placement;
use crate::fault::internal;
use crate::provider::ports;
use crate::quota;

impl Service {
    /// The same for nodes, of which those with addresses of their own take no port here.
    pub(super) async fn check_ports_of_nodes(
        &self,
        db: &mut Connection,
        cluster: &ClusterRow,
        nodes: usize,
    ) -> Result<()> {
        match self.parts.provider.profile().own_addresses {
            true => Ok(()),
            false => self.check_ports_of(db, cluster, nodes).await,
        }
    }

    /// Whether there is room for so many daemons more on this host.
    pub(super) async fn check_ports(&self, db: &mut Connection, daemons: usize) -> Result<()> {
        let taken = placement::taken(db, &self.parts.server.id)
            .await
            .map_err(internal)?;
        ports::check_room(self.parts.ports, &taken, daemons)
            .map_err(|no_room| Error::quota(quota::CLUSTERS, no_room.to_string()))
    }

    /// The same for more daemons of a cluster: what room there is on another host, its server knows.
    async fn check_ports_of(
        &self,
        db: &mut Connection,
        cluster: &ClusterRow,
        daemons: usize,
    ) -> Result<()> {
        let is_here = self.parts.db.has_one_server() || cluster.server() == self.parts.server.id;
        match is_here {
            true => self.check_ports(db, daemons).await,
            false => Ok(()),
        }
    }
}
