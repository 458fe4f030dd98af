//! Nodes and jobs that a bad Prolog or Epilog has taken out of work go back to it when the scripts have changed.

use app::explain::What;
use app::model::job::{Job, JobAction, JobRecord};
use app::model::live::Kind;

use super::Parts;
use crate::db;
use crate::reconcile::requeue::start_again;
use crate::slurm::client::{Client, LAUNCH_FAILED, NodeInfo, NodeUpdate};

/// Slurm's own reasons for draining a node after its job scripts (`node_mgr.c`, `job_mgr.c`).
const REASONS: [&str; 2] = ["Prolog error", "Epilog error"];

/// To be called when new scripts are in force. Nodes first: a released job would else wait for them.
pub async fn after_job_scripts(
    parts: &Parts,
    client: &Client,
    cluster_id: &str,
) -> anyhow::Result<()> {
    let (nodes, jobs) = tokio::try_join!(client.nodes(), client.jobs())?;
    let drained: Vec<&NodeInfo> = nodes
        .iter()
        .filter(|node| node.is_drained_for(&REASONS))
        .collect();
    let held: Vec<&Job> = jobs.iter().filter(|r| is_held(r)).map(|r| &r.job).collect();
    if drained.is_empty() && held.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = drained.iter().map(|node| node.name.clone()).collect();
    client.update_nodes(&names, &NodeUpdate::Undrain).await?;
    let mut released = vec![];
    for job in held {
        // One that somebody has cancelled meanwhile is none of ours.
        match client.act_on_job(&job.id, JobAction::Release, false).await {
            Ok(()) => released.push(job.id.clone()),
            Err(error) => tracing::warn!(job = job.id, %error, "not released"),
        }
    }
    // Nothing of them has run on the node that failed: no need to wait until their credentials have expired.
    start_again(client, released.clone()).await;
    let mut write = parts.db.write().await?;
    for node in drained {
        let what = What::NodeHealed {
            node: node.name.clone(),
            reason: node.reason.clone().unwrap_or_default(),
        };
        note(&mut write, cluster_id, Kind::Node, &node.name, &what).await?;
    }
    for job in released {
        let what = What::JobReleased { job: job.clone() };
        note(&mut write, cluster_id, Kind::Job, &job, &what).await?;
    }
    Ok(write.commit().await?)
}

fn is_held(record: &JobRecord) -> bool {
    record.job.is_pending() && record.description.contains(LAUNCH_FAILED)
}

async fn note(
    write: &mut db::Write,
    cluster_id: &str,
    kind: Kind,
    id: &str,
    what: &What,
) -> sqlx::Result<()> {
    db::event::insert(write, cluster_id, kind, id, db::event::RECONCILER, what).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_slurm_itself_drained_for_a_script_comes_back() {
        let node = |state: &str, reason: &str| NodeInfo {
            states: ["IDLE".to_owned(), state.to_owned()].into(),
            reason: Some(reason.to_owned()),
            ..NodeInfo::default()
        };
        let is_drained = |state, reason| node(state, reason).is_drained_for(&REASONS);
        assert!(is_drained("DRAIN", "Prolog error"));
        assert!(is_drained(
            "DRAIN",
            "Epilog error [root@2026-01-02T03:04:05]"
        ));
        assert!(!is_drained("DRAIN", "disk full"));
        assert!(!is_drained("CLOUD", "Prolog error"));
    }
}
