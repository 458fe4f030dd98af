//! Ends a controller's daemons in order, for others to take their place, and has no job begin just then: the launch of one
//! that slurmctld has not sent when it ends is sent by nobody, and the next one believes for minutes that it runs.

use std::time::{Duration, Instant};

use super::ClusterReconciler;
use crate::db::cluster::ClusterRow;
use crate::slurm::client::{Client, SlurmError};

/// How long jobs that are being started may take; those whose nodes boot go on without.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(50);

impl ClusterReconciler {
    pub(super) async fn pause(&mut self, cluster: &ClusterRow) -> anyhow::Result<()> {
        if let Some(client) = self.client(cluster)? {
            self.are_starts_stopped = true;
            if let Err(error) = settle_starts(&client).await {
                let cluster = &cluster.name;
                tracing::info!(cluster, %error, "jobs may begin while the controller ends");
            }
        }
        let (controllers, id) = (self.parts.controllers.clone(), self.cluster_id.clone());
        Ok(tokio::task::spawn_blocking(move || controllers.pause(&id)).await??)
    }

    /// The controller answers: jobs begin again, if we have stopped that. Should this fail they do half a minute later.
    pub(super) async fn let_start(&mut self, cluster: &ClusterRow) -> anyhow::Result<()> {
        if !std::mem::take(&mut self.are_starts_stopped) {
            return Ok(());
        }
        if let Some(client) = self.client(cluster)?
            && let Err(error) = client.let_start().await
        {
            tracing::info!(cluster = cluster.name, %error, "jobs do not begin yet");
        }
        Ok(())
    }
}

/// Has no further job begin, and waits for those that do.
async fn settle_starts(client: &Client) -> Result<(), SlurmError> {
    client.ping().await?;
    client.stop_starts().await?;
    let deadline = Instant::now() + PATIENCE;
    while client.starts_any().await? && Instant::now() < deadline {
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}
