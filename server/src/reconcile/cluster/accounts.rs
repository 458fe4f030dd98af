//! Whether a cluster's slurmdbd listens, before slurmctld is told of it (C9).

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::db::cluster::{ClusterRow, ClusterSpec, SLURMDBD};
use crate::slurm::controller_host::ControllerHost;

/// How long a connection to it may take.
const KNOCK: Duration = Duration::from_secs(1);
/// How long one that was just started is waited for, and how often it is asked: it makes the tables of a new cluster first.
const PATIENCE: Duration = Duration::from_secs(15);
const PAUSE: Duration = Duration::from_millis(100);

/// It listens once its records are as it needs them.
pub async fn answer(cluster: &ClusterRow) -> bool {
    let port = cluster.ports().get(SLURMDBD).copied();
    let place = cluster.placement.as_ref();
    let Some((place, port)) = place.zip(port) else {
        return false;
    };
    let knock = TcpStream::connect((place.address, port));
    matches!(timeout(KNOCK, knock).await, Ok(Ok(_)))
}

/// Where slurmctld is about to learn that accounts are kept: it makes itself known to slurmdbd then, and where nobody
/// listens it has no place in the records, and no job has. The id that it made up for itself without slurmdbd goes: over
/// another than slurmdbd's it would end.
pub async fn await_first(controllers: &ControllerHost, cluster: &ClusterRow) -> io::Result<()> {
    let in_force = cluster.applied_spec.as_ref();
    let begins =
        cluster.spec.has_accounting() && !in_force.is_some_and(ClusterSpec::has_accounting);
    let listens = async {
        while !answer(cluster).await {
            sleep(PAUSE).await;
        }
    };
    if !begins {
        return Ok(());
    }
    if timeout(PATIENCE, listens).await.is_err() {
        tracing::warn!(cluster = cluster.name, "slurmdbd does not listen yet");
    }
    controllers.forget_slurms_id(&cluster.id)
}
