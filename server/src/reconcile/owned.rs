//! What groups own at their provider beside their instances, as a launch template made of the customer's: there before the
//! first instance, gone before the group's row is (see [`super::configuration`]).
//!
//! As with instances, what the provider is about to be asked is written down first, and a row goes once the provider has
//! nothing of it any more: after a crash or a lost answer the same is simply asked again. One loop does both, so that
//! nothing is made while it is removed.

use app::model::status::Status;
use openpcs_provider::{Owner, Progress, ProviderError};

use super::Parts;
use crate::db::Write;
use crate::db::cluster::ClusterRow;
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::db::owned_resource::{self, OwnedRow};
use crate::db::resource;
use crate::plan::node::backoff_ms;

/// What the groups of a cluster own or are about to; nothing where the provider has no such thing.
pub async fn of_cluster(parts: &Parts, cluster_id: &str) -> sqlx::Result<Vec<OwnedRow>> {
    match parts.provider.profile().owns_resources {
        true => owned_resource::of_cluster(parts.db.pool(), cluster_id).await,
        false => Ok(vec![]),
    }
}

/// Asks the provider for what these groups are to own.
pub async fn ensure(
    parts: &Parts,
    cluster: &ClusterRow,
    group_ids: &[String],
) -> anyhow::Result<()> {
    let owners = intended(parts, cluster, group_ids).await?;
    let asked = owners.iter().map(|owner| parts.provider.ensure(owner));
    let answers = futures::future::join_all(asked).await;
    if owners.is_empty() {
        return Ok(());
    }
    let mut write = parts.db.write().await?;
    for (owner, answer) in owners.iter().zip(answers) {
        let id = &owner.compute_node_group_id;
        if let Some(made) = noted(&mut write, id, answer).await? {
            owned_resource::set_ready(&mut write, id, owner.generation, &made).await?;
        }
    }
    Ok(write.commit().await?)
}

/// Writes down that the provider is about to be asked, for groups that are still wanted.
async fn intended(
    parts: &Parts,
    cluster: &ClusterRow,
    group_ids: &[String],
) -> anyhow::Result<Vec<Owner>> {
    if group_ids.is_empty() {
        return Ok(vec![]);
    }
    let mut write = parts.db.write().await?;
    let mut owners = vec![];
    for id in group_ids {
        let found: Option<ComputeNodeGroupRow> =
            resource::find(&mut *write.tx, Some(&cluster.id), id).await?;
        if let Some(owner) = found.and_then(|group| owner(parts, cluster, group)) {
            owned_resource::intend(&mut write, &cluster.id, id, owner.generation).await?;
            owners.push(owner);
        }
    }
    write.commit().await?;
    Ok(owners)
}

/// None: it is to go, or has never been in force.
fn owner(parts: &Parts, cluster: &ClusterRow, group: ComputeNodeGroupRow) -> Option<Owner> {
    let spec = group.applied_spec?;
    (group.status != Status::Deleting).then(|| Owner {
        cluster_id: group.cluster_id,
        key: parts.seal.agent_key(&group.id),
        security_group_ids: cluster
            .spec
            .networking
            .security_group_ids
            .clone()
            .unwrap_or_default(),
        compute_node_group_id: group.id,
        generation: spec.launch_generation,
        slurm_version: cluster.slurm_version().to_owned(),
        settings: spec.settings,
    })
}

/// Has the provider remove what these groups owned.
pub async fn release(parts: &Parts, cluster_id: &str, group_ids: &[String]) -> anyhow::Result<()> {
    if group_ids.is_empty() {
        return Ok(());
    }
    let mut write = parts.db.write().await?;
    for id in group_ids {
        owned_resource::intend_release(&mut write, id).await?;
    }
    write.commit().await?;
    let asked = group_ids
        .iter()
        .map(|id| parts.provider.release(cluster_id, id));
    let answers = futures::future::join_all(asked).await;
    let mut write = parts.db.write().await?;
    for (id, answer) in group_ids.iter().zip(answers) {
        if noted(&mut write, id, answer).await?.is_some() {
            owned_resource::delete(&mut write, id).await?;
        }
    }
    write.commit().await?;
    // A group may wait for it.
    parts.wakers.wake_cluster(cluster_id);
    Ok(())
}

/// What is done; else when it is to be asked for again is noted.
async fn noted<T>(
    write: &mut Write,
    group_id: &str,
    answer: Result<Progress<T>, ProviderError>,
) -> sqlx::Result<Option<T>> {
    match answer {
        Ok(Progress::Done(done)) => return Ok(Some(done)),
        Ok(Progress::UnderWay { ask_again_ms }) => {
            owned_resource::set_under_way(write, group_id, ask_again_ms).await?;
        }
        Err(error) => {
            tracing::warn!(group = group_id, code = error.code, %error, "the provider is asked again");
            let known = owned_resource::find(&mut *write.tx, group_id).await?;
            let failures = known.map_or(0, |row| row.failures) + 1;
            let words = format!("{}: {error}", error.code);
            let after = backoff_ms(usize::try_from(failures).unwrap_or(usize::MAX));
            owned_resource::set_failed(write, group_id, after, failures, &words).await?;
        }
    }
    Ok(None)
}

#[cfg(test)]
#[path = "owned_tests.rs"]
mod tests;
