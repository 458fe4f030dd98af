//! Removes the rows of what is gone: the last that happens to a queue, a group or a cluster.

use app::explain::What;
use app::model::live::Kind;

use super::Parts;
use crate::db::cluster::{ClusterRow, ClusterSpec};
use crate::db::resource::{self, Noun, Row};
use crate::db::{
    Write, delivery, event, interruption, job, job_life, lease, past_cluster, secret, submission,
    tag, waiting_tasks,
};

/// A group or a queue of that ARN.
pub async fn child<S: Noun>(write: &mut Write, row: &Row<S>, arn: &str) -> sqlx::Result<()> {
    tag::clear(write, arn).await?;
    resource::delete(write, row).await?;
    let what = What::Deleted {
        noun: S::KIND,
        name: row.name.clone(),
    };
    let (cluster, id) = (&row.cluster_id, &row.id);
    event::insert(write, cluster, S::KIND, id, event::RECONCILER, &what).await
}

/// A cluster that is empty. What is known of its past jobs stays for a while.
pub async fn cluster(parts: &Parts, write: &mut Write, cluster: &ClusterRow) -> sqlx::Result<()> {
    secret::delete(write, &cluster.id).await?;
    job::clear(write, &cluster.id).await?;
    job_life::clear(write, &cluster.id).await?;
    past_cluster::close(write, &cluster.id, &cluster.name).await?;
    interruption::clear(write, &cluster.id).await?;
    waiting_tasks::clear(write, &cluster.id).await?;
    submission::clear(write, &cluster.id).await?;
    let (sources, deliveries) = delivery::clear(write, &cluster.id).await?;
    for name in sources {
        tag::clear(write, &parts.arns.delivery_source(&name)).await?;
    }
    for id in deliveries {
        tag::clear(write, &parts.arns.delivery(&id)).await?;
    }
    tag::clear(write, &parts.arns.cluster(&cluster.id)).await?;
    resource::delete::<ClusterSpec>(write, cluster).await?;
    // Nobody reads a timeline of it any more, but the audit trail.
    let what = What::Deleted {
        noun: Kind::Cluster,
        name: cluster.name.clone(),
    };
    event::done(write, &cluster.id, Kind::Cluster, &cluster.id, &what).await?;
    lease::delete(write, &cluster.id).await
}
