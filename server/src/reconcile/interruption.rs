//! Jobs on instances that their provider takes away: they are told to save what they have, and go back to the queue. Each
//! decision is kept in the job's timeline.

use app::explain::{Cause, What};
use app::model::live::Kind;
use app::model::notice::NoticeKind;

use super::Parts;
use super::reason::one_line;
use crate::db::instance::{self, InstanceRow};
use crate::db::{event, interruption};
use crate::slurm::client::{Client, NodeUpdate, Returning, SlurmError};
use crate::slurm::save_signal::{self, SaveSignal};

/// A job that lost its instances so often is held: where that goes on it never ends, and pays for it each time. On spot
/// instances of a common type one interruption a day is much; a job of days still gets through.
const MOST: i64 = 5;

/// The node gets no more jobs, and those that run and asked for a signal before their end get it. Once this is done it is
/// noted; after a crash they are told again.
pub async fn warn(
    parts: &Parts,
    client: &Client,
    row: &InstanceRow,
    cause: &Cause,
) -> anyhow::Result<()> {
    let nodes = std::slice::from_ref(&row.node_name);
    let reason = one_line(&cause.english());
    client
        .update_nodes(nodes, &NodeUpdate::PowerDownAsap { reason })
        .await?;
    let jobs = client.jobs_on(nodes).await?;
    let mut signalled = vec![];
    for job in client.returning(&jobs).await? {
        let signal = signal(client, &job.id).await;
        signalled.extend(signal.map(|signal| (job.name, signal)));
    }
    let mut write = parts.db.write().await?;
    for (job, signal) in signalled {
        let (cluster, name) = (&row.cluster_id, job.clone());
        let what = What::JobSignalled { job, signal };
        event::insert(
            &mut write,
            cluster,
            Kind::Job,
            &name,
            event::RECONCILER,
            &what,
        )
        .await?;
    }
    instance::set_warned(&mut write, &row.id).await?;
    Ok(write.commit().await?)
}

/// The signal that the job got. One that cannot be told goes back to the queue all the same.
async fn signal(client: &Client, id: &str) -> Option<String> {
    let told = async {
        let script = client.script(id).await?;
        let wanted = save_signal::of_script(&script);
        if let Some(wanted) = &wanted {
            client.signal(id, wanted).await?;
        }
        Ok::<_, SlurmError>(wanted)
    };
    match told.await {
        Ok(wanted) => wanted.map(|SaveSignal { signal, .. }| signal),
        Err(error) => {
            tracing::warn!(job = id, %error, "the job is not told of its interruption");
            None
        }
    }
}

/// The provider's doing, and none of the job's.
pub fn is_one(cause: &Cause) -> bool {
    matches!(cause, Cause::Noticed { notice, .. } if notice.kind != NoticeKind::Rebalance)
}

/// Counts the interruption of these jobs, which are on their way back to the queue with the rank that they had, and holds those
/// that had too many.
pub async fn note(
    parts: &Parts,
    client: &Client,
    cluster_id: &str,
    node: &str,
    jobs: &[Returning],
) -> anyhow::Result<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    let mut write = parts.db.write().await?;
    let (mut returning, mut too_often) = (vec![], vec![]);
    for job in jobs {
        let times = interruption::count(&mut write, cluster_id, &job.id).await?;
        let what = decision(&job.name, node, times);
        event::insert(
            &mut write,
            cluster_id,
            Kind::Job,
            &job.name,
            event::RECONCILER,
            &what,
        )
        .await?;
        match what {
            What::JobHeldInterrupted { .. } => too_often.push((job, what.english())),
            _ => returning.push(job),
        }
    }
    write.commit().await?;
    // One that somebody cancelled meanwhile must not keep the others from going on.
    for (job, why) in too_often {
        if let Err(error) = client.hold_for(&job.id, &why).await {
            tracing::warn!(job = job.name, %error, "the job was interrupted too often and is not held");
        }
    }
    for job in returning {
        if let Err(error) = client.keep_rank(job).await {
            tracing::warn!(job = job.name, %error, "the interrupted job does not keep its rank");
        }
    }
    Ok(())
}

fn decision(job: &str, node: &str, times: i64) -> What {
    let job = job.to_owned();
    match times > MOST {
        true => What::JobHeldInterrupted { job, times },
        false => What::JobInterrupted {
            job,
            node: node.into(),
            times,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_is_interrupted_too_often_is_held() {
        let held = |times| matches!(decision("7", "a-1", times), What::JobHeldInterrupted { .. });
        assert!(!held(1) && !held(MOST) && held(MOST + 1));
    }
}
