//! Notes jobs that ended: Slurm forgets them after minutes, people ask later.

use std::collections::HashMap;

use app::model::job::JobRecord;

use crate::db::{Db, job};
use crate::slurm::client::Client;

/// Scripts asked for at one look: each is a program's start, and a thousand short jobs may end at once.
const SCRIPTS: usize = 16;

/// The jobs of one cluster that were noted already, with the time of their end.
pub struct History {
    cluster_id: String,
    noted: HashMap<String, i64>,
}

impl History {
    pub fn new(cluster_id: &str) -> Self {
        Self {
            cluster_id: cluster_id.to_owned(),
            noted: HashMap::new(),
        }
    }

    /// Writes down those of the jobs that are over and not noted yet.
    pub async fn keep<'a>(
        &mut self,
        db: &Db,
        client: &Client,
        over: impl Iterator<Item = &'a JobRecord>,
    ) -> sqlx::Result<()> {
        let (known, new): (Vec<&JobRecord>, Vec<&JobRecord>) =
            over.partition(|record| self.noted.get(&record.job.id) == Some(&record.job.ended_at));
        // What Slurm has forgotten need not be remembered here either.
        let remembered = known.iter().map(|r| (r.job.id.clone(), r.job.ended_at));
        self.noted = remembered.collect();
        if new.is_empty() {
            return Ok(());
        }
        let mut new: Vec<JobRecord> = new.into_iter().cloned().collect();
        client.name_files(&mut new).await;
        let mut scripts = Vec::new();
        for record in &new {
            let wanted = record.is_batch && scripts.len() < SCRIPTS;
            scripts.push(match wanted {
                // Tasks that never started have their array's.
                true => client
                    .script(&record.job.who().lasting().to_string())
                    .await
                    .ok(),
                false => None,
            });
        }
        let mut write = db.write().await?;
        for (record, script) in new.iter().zip(&scripts) {
            job::put(&mut write, &self.cluster_id, record, script.as_deref()).await?;
        }
        write.commit().await?;
        let noted = new.iter().map(|r| (r.job.id.clone(), r.job.ended_at));
        self.noted.extend(noted);
        Ok(())
    }
}
