//! What the daemons of a cluster that is deleted said last is brought to where its logs are delivered, before anything of it
//! is removed.

use super::ClusterReconciler;
use crate::db::{delivery, delivery_state, now};
use crate::reconcile::delivery::left;

/// How far that is.
#[derive(Default)]
pub enum LastWords {
    /// The daemons run, as far as is known.
    #[default]
    Unsaid,
    /// They have ended at that time, in milliseconds since 1970.
    OnTheWay(i64),
    /// Nobody waits any more, also while what comes next is tried again.
    Over,
}

/// How long that may take, in milliseconds: a destination that does not answer must not keep the cluster.
const PATIENCE_MS: i64 = 60_000;

impl ClusterReconciler {
    /// Ends the daemons, and whether nobody has to wait any more: all was delivered, or it takes too long, which is told.
    pub(super) async fn deliver_last(&mut self) -> anyhow::Result<bool> {
        let is_over = matches!(self.last_words, LastWords::Over) || self.has_delivered().await?;
        if is_over {
            self.last_words = LastWords::Over;
        }
        Ok(is_over)
    }

    async fn has_delivered(&mut self) -> anyhow::Result<bool> {
        let (parts, id) = (&self.parts, &self.cluster_id);
        let rows = delivery::of_cluster(parts.db.pool(), id).await?;
        if rows.is_empty() {
            return Ok(true);
        }
        let since = match self.last_words {
            LastWords::OnTheWay(since) => since,
            LastWords::Unsaid | LastWords::Over => {
                let (controllers, id) = (parts.controllers.clone(), id.clone());
                tokio::task::spawn_blocking(move || controllers.pause(&id)).await??;
                let ended_at = now();
                self.last_words = LastWords::OnTheWay(ended_at);
                ended_at
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
