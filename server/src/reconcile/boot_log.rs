//! What an instance of another host printed that did not come up: EC2 tells it for an hour after its end, and a person looks
//! for it the next morning.

use app::explain::Cause;

use super::Parts;
use crate::db::instance::InstanceRow;
use crate::logs::instances;

/// Of one round: where all fail, they fail for one reason.
const MOST: usize = 8;

/// Keeps it of those that are about to end. Without it they end all the same.
pub async fn keep(parts: &Parts, cluster_id: &str, leaving: &[(&InstanceRow, Cause)]) {
    if parts.provider.profile().shares_files {
        return;
    }
    let failed = leaving
        .iter()
        .filter(|(row, cause)| is_failed_boot(row, cause));
    for (row, _) in failed.take(MOST) {
        if let Err(error) = keep_one(parts, cluster_id, row).await {
            let instance = &row.id;
            tracing::warn!(cluster_id, instance, %error, "what it printed is not kept");
        }
    }
}

fn is_failed_boot(row: &InstanceRow, cause: &Cause) -> bool {
    row.ready_at.is_none() && row.stop_asked_at.is_none() && cause.is_failure()
}

async fn keep_one(parts: &Parts, cluster_id: &str, row: &InstanceRow) -> anyhow::Result<()> {
    let logs = parts.provider.logs(cluster_id, &row.id).await?;
    let of = instances::of(parts.controllers.data_dir(), &row.id);
    tokio::task::spawn_blocking(move || -> anyhow::Result<()> {
        for log in logs {
            instances::keep(&of, &log)?;
        }
        Ok(())
    })
    .await?
}
