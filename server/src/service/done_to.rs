//! What people did to a job through the console, by what the timeline has of it: an event stands on the page of an array or
//! of a heterogeneous job, and may mean only some of its parts.

use app::model::error::Result;
use app::model::job::{Job, JobAction};
use app::model::job_id::JobId;
use app::model::live::Kind;

use super::Service;
use crate::db::event::{self, Cursor, EventRow, Part};
use crate::fault::internal;

/// Events of a job that are looked at.
const MOST: i64 = 50;

/// It was done once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DoneTo {
    pub at: i64,
    /// The user's name.
    pub by: String,
    /// To whom, as Slurm was told.
    pub to: JobId,
}

impl Service {
    /// When somebody did that to this job, the last time first.
    pub(super) async fn done_to(
        &self,
        cluster_id: &str,
        job: &Job,
        action: JobAction,
    ) -> Result<Vec<DoneTo>> {
        let who = job.who();
        let mut pages: Vec<String> = vec![who.to_string()];
        // It may have been done to all of its array or of its components.
        if who != JobId::Whole(who.number()) {
            pages.push(who.number().to_string());
        }
        let mut done = vec![];
        for page in pages {
            let (part, newest) = (Part::Of(Kind::Job, &page), Cursor::newest());
            let events = event::older(self.parts.db.pool(), cluster_id, part, &newest, MOST).await;
            let events = events.map_err(internal)?.into_iter();
            done.extend(events.filter_map(|event| read(&event, action)));
        }
        done.retain(|one| means(&one.to, &who));
        done.sort_by_key(|one| std::cmp::Reverse(one.at));
        Ok(done)
    }
}

fn read(event: &EventRow, action: JobAction) -> Option<DoneTo> {
    let (done, job) = event.what.as_ref()?.as_done_to_job()?;
    let to = (done == action).then(|| job.parse().ok()).flatten()?;
    let by = event.actor.rsplit('/').next().unwrap_or_default();
    Some(DoneTo {
        at: event.at,
        by: by.to_owned(),
        to,
    })
}

/// Whether all of `who` was meant by what was told of `to`.
fn means(to: &JobId, who: &JobId) -> bool {
    match (to, who) {
        (JobId::Whole(number), _) => *number == who.number(),
        (JobId::Tasks { array, tasks }, JobId::Task { .. } | JobId::Tasks { .. }) => {
            *array == who.number() && who.tasks().iter().all(|task| tasks.contains(task))
        }
        _ => to == who,
    }
}

#[cfg(test)]
mod tests {
    use app::explain::What;

    use super::*;
    use crate::service::fixture;

    #[test]
    fn an_event_is_of_whom_it_meant() {
        for (to, who, is_meant) in [
            ("4_[3-4]", "4_3", true),
            ("4_[3-4]", "4_0", false),
            ("4_[3-4]", "4_[3-4]", true),
            ("4_[3-4]", "4_[4-5]", false),
            ("4_[3-4]", "4", false),
            ("4_3", "4_3", true),
            ("4_3", "4_4", false),
            ("4", "4_3", true),
            ("4", "4_[3-9]", true),
            ("4", "4", true),
            ("4", "5", false),
            ("13", "13+1", true),
            ("13+0", "13+1", false),
            ("13+0", "13", false),
        ] {
            let is = means(&to.parse().unwrap(), &who.parse().unwrap());
            assert_eq!(is, is_meant, "{to} means {who}");
        }
    }

    #[tokio::test]
    async fn what_was_done_to_others_was_not_done_to_it() {
        let dir = tempfile::tempdir().unwrap();
        let service = fixture::service(dir.path()).await;
        fixture::fill(&service).await;
        let cluster = service.find_cluster("abc").await.unwrap();
        let mut write = service.parts.db.write().await.unwrap();
        let actor = "arn:aws:iam::111122223333:user/ann";
        for (page, what) in [
            (
                "4",
                What::JobCancelled {
                    job: "4_[3-4]".into(),
                },
            ),
            ("4_0", What::JobRequeued { job: "4_0".into() }),
            ("141", What::JobRequeued { job: "141".into() }),
            // Its controller was killed before it had saved the first cancel.
            ("9", What::JobCancelledAgain { job: "9".into() }),
        ] {
            let (id, kind) = (&cluster.id, Kind::Job);
            let told = event::insert(&mut write, id, kind, page, actor, &what);
            told.await.unwrap();
        }
        write.commit().await.unwrap();
        for (id, action, by) in [
            ("4_3", JobAction::Cancel, Some("ann")),
            ("4_0", JobAction::Cancel, None),
            ("4_0", JobAction::Requeue, Some("ann")),
            ("4_3", JobAction::Requeue, None),
            ("141", JobAction::Requeue, Some("ann")),
            ("141+1", JobAction::Requeue, Some("ann")),
            ("141", JobAction::Cancel, None),
            ("9", JobAction::Cancel, Some("ann")),
            ("9_2", JobAction::Cancel, Some("ann")),
        ] {
            let job = Job {
                id: id.into(),
                ..Job::default()
            };
            let done = service.done_to(&cluster.id, &job, action).await.unwrap();
            let found = done.first().map(|one| one.by.as_str());
            assert_eq!(found, by, "{id} {action:?}");
        }
    }
}
