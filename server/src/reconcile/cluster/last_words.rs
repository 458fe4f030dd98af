//! What the daemons of a cluster that is deleted said last is brought to where its logs are delivered, before anything of it
//! is removed.

use super::ClusterReconciler;
use crate::db::{delivery, delivery_state, now};
use crate::reconcile::delivery::left;

/// How long that may take, in milliseconds: a destination that does not answer must not keep the cluster.
const PATIENCE_MS: i64 = 60_000;

impl ClusterReconciler {
    /// Ends the daemons, and whether nobody has to wait any more: all was delivered, or it takes too long, which is told.
    pub(super) async fn deliver_last(&mut self) -> anyhow::Result<bool> {
        let (parts, id) = (&self.parts, &self.cluster_id);
        let rows = delivery::of_cluster(parts.db.pool(), id).await?;
        if rows.is_empty() {
            return Ok(true);
        }
        let since = match self.ended_at {
            Some(since) => since,
            None => {
                let (controllers, id) = (parts.controllers.clone(), id.clone());
                tokio::task::spawn_blocking(move || controllers.pause(&id)).await??;
                *self.ended_at.insert(now())
            }
        };
        let store = parts.logs.of(id).await?;
        let left = left(&rows, &store).await?;
        if store.read_at() > since && left.is_empty() {
            return Ok(true);
        }
        if now() - since < PATIENCE_MS {
            return Ok(false);
        }
        for (row, lines) in left {
            delivery_state::lost(&parts.db, row, lines).await?;
        }
        Ok(true)
    }
}
