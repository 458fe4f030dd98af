//! Remembers across restarts which tasks of arrays waited: those that are cancelled meanwhile are known by nobody else.

use app::model::job::Job;
use app::model::job_id::JobId;

use crate::db::waiting_tasks::{self, Waiting};
use crate::db::{Db, job};

/// What waits changes with each task that starts; this much older is near enough, for Slurm remembers those that started.
const NEAR_MS: i64 = 60_000;

/// Of one cluster.
pub struct WaitingTasks {
    cluster_id: String,
    /// What was written last; none until somebody asked.
    noted: Option<Waiting>,
}

impl WaitingTasks {
    pub fn new(cluster_id: &str) -> Self {
        Self {
            cluster_id: cluster_id.to_owned(),
            noted: None,
        }
    }

    /// What waited when another process asked Slurm last, and when that was; nothing where Slurm may have forgotten since
    /// what became of it. With what has ended of the same arrays.
    pub async fn before(
        &mut self,
        db: &Db,
        memory_ms: i64,
        now: i64,
    ) -> sqlx::Result<(i64, Vec<Job>)> {
        let waiting = waiting_tasks::find(db.pool(), &self.cluster_id).await?;
        self.noted = Some(waiting.clone());
        let mut jobs = vec![];
        if now - waiting.seen_at >= memory_ms {
            return Ok((0, jobs));
        }
        for id in waiting.tasks {
            let waits = Job {
                id,
                ..Job::default()
            };
            let ended = job::family(db.pool(), &self.cluster_id, waits.who().number()).await?;
            jobs.extend(ended.into_iter().map(|(record, _)| record.job));
            jobs.push(waits);
        }
        Ok((waiting.seen_at, jobs))
    }

    /// Writes down what waits, where that is not as it was written last or that is long ago.
    pub async fn keep(&mut self, db: &Db, asked_at: i64, jobs: &[Job]) -> sqlx::Result<()> {
        let sets = jobs.iter().filter(|job| !job.is_over());
        let sets = sets.filter(|job| matches!(job.who(), JobId::Tasks { .. }));
        let mut tasks: Vec<String> = sets.map(|job| job.id.clone()).collect();
        tasks.sort();
        let waiting = Waiting {
            seen_at: asked_at,
            tasks,
        };
        if self
            .noted
            .as_ref()
            .is_some_and(|noted| is_near(noted, &waiting))
        {
            return Ok(());
        }
        let mut write = db.write().await?;
        waiting_tasks::put(&mut write, &self.cluster_id, &waiting).await?;
        write.commit().await?;
        self.noted = Some(waiting);
        Ok(())
    }
}

/// Whether the one stands for the other: of the same arrays, and not much older.
fn is_near(noted: &Waiting, waiting: &Waiting) -> bool {
    let arrays = |waiting: &Waiting| -> Vec<u32> {
        let ids = waiting.tasks.iter().filter_map(|id| id.parse().ok());
        ids.map(|id: JobId| id.number()).collect()
    };
    let is_recent = waiting.seen_at - noted.seen_at < NEAR_MS;
    let is_empty = noted.tasks.is_empty() && waiting.tasks.is_empty();
    is_empty || (is_recent && arrays(noted) == arrays(waiting))
}

#[cfg(test)]
mod tests {
    use app::model::job::JobRecord;

    use super::*;

    const MEMORY_MS: i64 = 300_000;

    fn jobs(ids: &[&str]) -> Vec<Job> {
        let job = |id: &&str| Job {
            id: (*id).into(),
            ..Job::default()
        };
        ids.iter().map(job).collect()
    }

    fn ids(jobs: &[Job]) -> Vec<&str> {
        jobs.iter().map(|job| job.id.as_str()).collect()
    }

    #[tokio::test]
    async fn the_next_process_knows_what_waited() {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/test.db?mode=rwc", dir.path().display());
        let db = Db::connect(&url).await.unwrap();
        let mut first = WaitingTasks::new("c");
        let before = async |now| {
            let mut next = WaitingTasks::new("c");
            next.before(&db, MEMORY_MS, now).await.unwrap()
        };
        assert_eq!(before(1_000_000).await, (0, vec![]));
        let seen = jobs(&["7_[3-9%2]", "7_2", "8", "6_[1-2]"]);
        first.keep(&db, 1_000_000, &seen).await.unwrap();
        let (seen_at, waited) = before(1_299_999).await;
        assert_eq!(
            (seen_at, ids(&waited)),
            (1_000_000, vec!["6_[1-2]", "7_[3-9%2]"])
        );
        assert_eq!(
            before(1_300_000).await,
            (0, vec![]),
            "Slurm may have forgotten"
        );
        // That a task started is no news yet, that an array is gone is.
        first
            .keep(&db, 1_001_000, &jobs(&["7_[4-9%2]", "6_[1-2]"]))
            .await
            .unwrap();
        assert_eq!(before(1_002_000).await.0, 1_000_000);
        first
            .keep(&db, 1_002_000, &jobs(&["7_[5-9%2]"]))
            .await
            .unwrap();
        assert_eq!(ids(&before(1_002_000).await.1), ["7_[5-9%2]"]);
        first
            .keep(&db, 1_062_000, &jobs(&["7_[6-9%2]"]))
            .await
            .unwrap();
        assert_eq!(before(1_063_000).await.0, 1_062_000);
        // With what was told of it already.
        let ended = JobRecord {
            job: jobs(&["7_8"]).remove(0),
            ..JobRecord::default()
        };
        let mut write = db.write().await.unwrap();
        job::put(&mut write, "c", &ended, None).await.unwrap();
        write.commit().await.unwrap();
        assert_eq!(ids(&before(1_063_000).await.1), ["7_8", "7_[6-9%2]"]);
        first.keep(&db, 1_064_000, &[]).await.unwrap();
        assert_eq!(before(1_065_000).await, (1_064_000, vec![]));
    }
}
