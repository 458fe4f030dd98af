//! What people asked of jobs through the console, and a controller that was killed had not saved yet: the timeline knows
//! it, Slurm does not. What can be done again without a doubt is done again, in the name of who asked; the rest is told.
//!
//! Only the last word on a job counts, also one that came after the kill. What is done and told here is such a word, so
//! that each is done once, and once more if the next controller is killed as soon.

use app::explain::What;
use app::model::job::{ActOnJob, Job, JobAction, JobRecord};
use app::model::job_id::JobId;
use app::model::live::Kind;
use app::port::{Ctx, Principal, Why};

use super::Parts;
use crate::db::Write;
use crate::db::audit::{self, ASKED, AuditRow, End};
use crate::db::event::{self, Cursor, EventRow, Part};
use crate::db::job;
use crate::slurm::client::Client;

/// What was asked of a job is written down when Slurm has done it, which may be after its controller was killed.
const LATE_MS: i64 = 1_000;
/// Events that are read at once.
const EVENTS: i64 = 500;
/// Jobs that ended last, of which some may be alive again: more than end in the seconds between two saves.
const ENDED: i64 = 2_000;

/// The last word on a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    at: i64,
    pub actor: String,
    id: JobId,
    /// None: it was told what became of it.
    pub action: Option<JobAction>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    Again(Asked, JobAction),
    /// To do it again could be wrong: the job has gone on since.
    Tell(Asked, JobAction),
    /// In the history it was cancelled, but not through the console.
    CameBack(JobId),
}

/// The last words on jobs since then, oldest first.
pub async fn since(parts: &Parts, cluster_id: &str, at: i64) -> sqlx::Result<Vec<Asked>> {
    let (part, mut from) = (Part::Kind(Kind::Job), Cursor::since(at));
    let mut asked = vec![];
    loop {
        let rows = event::newer(parts.db.pool(), cluster_id, part, &from, EVENTS).await?;
        let Some(last) = rows.last() else {
            return Ok(last_words(asked));
        };
        from = Cursor::of(last);
        asked.extend(rows.into_iter().filter_map(word));
    }
}

fn word(row: EventRow) -> Option<Asked> {
    let what = row.what?;
    let (job, action) = match (what.as_done_to_job(), &what) {
        (Some((action, job)), _) => (job, Some(action)),
        (None, What::JobAskForgotten { job, .. } | What::JobCameBack { job }) => {
            (job.as_str(), None)
        }
        _ => return None,
    };
    Some(Asked {
        at: row.at,
        actor: row.actor,
        id: job.parse().ok()?,
        action,
    })
}

/// A word on all of an array is one on each of its tasks.
fn last_words(asked: Vec<Asked>) -> Vec<Asked> {
    let mut last: Vec<Asked> = vec![];
    for word in asked {
        let whole = JobId::Whole(word.id.number());
        last.retain(|before| {
            before.id != word.id && (word.id != whole || before.id.number() != whole.number())
        });
        last.push(word);
    }
    last
}

/// The last word on that job.
pub fn of(asked: &[Asked], job: &JobId) -> Option<Asked> {
    asked.iter().find(|word| word.id == *job).cloned()
}

/// Slurm ended at that time, and has these jobs now; `cancelled` are those that the history has as cancelled since its
/// last save.
fn plan(asked: &[Asked], ended_at: i64, jobs: &[&Job], cancelled: &[JobId]) -> Vec<Step> {
    let mut steps = vec![];
    let before = asked.iter().filter(|word| word.at <= ended_at + LATE_MS);
    for word in before {
        let of_it: Vec<&Job> = jobs
            .iter()
            .copied()
            .filter(|job| !job.is_over() && is_meant(&word.id, job))
            .collect();
        let Some(action) = word.action.filter(|_| !of_it.is_empty()) else {
            continue;
        };
        let any = |is_so: fn(&Job) -> bool| of_it.iter().any(|job| is_so(job));
        let again = || Step::Again(word.clone(), action);
        let tell = || Step::Tell(word.clone(), action);
        steps.extend(match action {
            JobAction::Cancel => (!waits_only(&word.id) || any(Job::is_pending)).then(again),
            JobAction::Hold if any(|job| job.is_pending() && !job.is_held()) => Some(again()),
            JobAction::Hold => (!any(Job::is_held)).then(tell),
            JobAction::Release => any(Job::is_held).then(tell),
            JobAction::Requeue => of_it
                .iter()
                .any(|job| job.state == "RUNNING" && job.started_at < word.at)
                .then(tell),
        });
    }
    let is_alive = |id: &JobId| jobs.iter().any(|job| !job.is_over() && job.who() == *id);
    let has_word = |id: &JobId| {
        let whole = JobId::Whole(id.number());
        asked.iter().any(|word| word.id == *id || word.id == whole)
    };
    let back = cancelled.iter().filter(|id| is_alive(id) && !has_word(id));
    steps.extend(back.cloned().map(Step::CameBack));
    steps
}

/// Tasks that wait together: of those that have started meanwhile nothing was said.
fn waits_only(id: &JobId) -> bool {
    matches!(id, JobId::Tasks { .. })
}

fn is_meant(id: &JobId, job: &Job) -> bool {
    let who = job.who();
    match id {
        JobId::Whole(number) => who.number() == *number,
        JobId::Component { .. } => who == *id,
        JobId::Task { .. } | JobId::Tasks { .. } => {
            let tasks = id.tasks();
            who.number() == id.number() && who.tasks().iter().any(|task| tasks.contains(task))
        }
    }
}

/// The reconciler's view of one cluster whose controller was killed.
pub struct Recall<'a> {
    pub parts: &'a Parts,
    pub client: &'a Client,
    pub cluster_id: &'a str,
}

impl Recall<'_> {
    /// Looks after all words of before that end; `from` is when Slurm may have saved last. What the history has is
    /// compared at the first look only: who comes back does so at once.
    pub async fn go_on(&self, from: i64, ended_at: i64, is_first: bool) -> anyhow::Result<()> {
        let pool = self.parts.db.pool();
        let mut ended = vec![];
        if is_first {
            ended = job::list(pool, self.cluster_id, ENDED).await?;
        }
        let cancelled: Vec<JobId> = ended.iter().filter_map(|r| cancelled(r, from)).collect();
        let none = since(self.parts, self.cluster_id, from).await?.is_empty();
        if none && cancelled.is_empty() {
            return Ok(());
        }
        // In this order: who releases a job meanwhile has the last word.
        let records = self.client.jobs().await?;
        let asked = since(self.parts, self.cluster_id, from).await?;
        let jobs: Vec<&Job> = records.iter().map(|record| &record.job).collect();
        for step in plan(&asked, ended_at, &jobs, &cancelled) {
            match step {
                Step::Again(word, action) => self.again(&word, action).await?,
                Step::Tell(word, action) => {
                    let job = word.id.to_string();
                    let what = What::JobAskForgotten { job, action };
                    self.tell(&word.id, event::RECONCILER, &what).await?;
                }
                Step::CameBack(id) => {
                    let job = id.to_string();
                    let what = What::JobCameBack { job };
                    self.tell(&id, event::RECONCILER, &what).await?;
                }
            }
        }
        Ok(())
    }

    /// In the audit trail before it is done, as what people ask themselves.
    async fn again(&self, word: &Asked, action: JobAction) -> anyhow::Result<()> {
        let job = word.id.to_string();
        let mut write = self.parts.db.write().await?;
        let ctx = Ctx::new(principal(&word.actor), Why::Again, String::new());
        let request = ActOnJob {
            cluster_identifier: self.cluster_id.to_owned(),
            job_id: job.clone(),
            action,
        };
        let row = AuditRow {
            ctx: &ctx,
            operation: action.operation(),
            resource_arn: &self.parts.arns.cluster(self.cluster_id),
            request: serde_json::to_value(&request)?,
            response: serde_json::Value::Null,
            outcome: ASKED,
        };
        let row = audit::insert(&mut write, row).await?;
        write.commit().await?;
        let waiting_only = action == JobAction::Cancel && waits_only(&word.id);
        let done = self.client.act_on_job(&job, action, waiting_only).await;
        let end = match &done {
            Ok(()) => End::Done(serde_json::Value::Null),
            Err(error) => End::Failed("SlurmError", &error.message),
        };
        let mut write = self.parts.db.write().await?;
        audit::close(&mut write, &row, end).await?;
        let what = match (&done, action) {
            (Ok(()), JobAction::Cancel) => Some(What::JobCancelledAgain { job }),
            (Ok(()), JobAction::Hold) => Some(What::JobHeldAgain { job }),
            // It is tried at the next look.
            (Err(error), _) if error.is_silence() => None,
            _ => Some(What::JobAskForgotten { job, action }),
        };
        if let Some(what) = &what {
            self.put(&mut write, &word.id, &word.actor, what).await?;
        }
        write.commit().await?;
        self.parts.wakers.wake_node(self.cluster_id);
        Ok(())
    }

    /// On the job's own page; the actor is who asked for it, if it was done.
    pub async fn tell(&self, id: &JobId, actor: &str, what: &What) -> sqlx::Result<()> {
        let mut write = self.parts.db.write().await?;
        self.put(&mut write, id, actor, what).await?;
        write.commit().await
    }

    async fn put(
        &self,
        write: &mut Write,
        id: &JobId,
        actor: &str,
        what: &What,
    ) -> sqlx::Result<()> {
        let page = id.lasting().to_string();
        event::insert(write, self.cluster_id, Kind::Job, &page, actor, what).await
    }
}

/// Others that ended and begin anew are told where that is seen: their start or their end was forgotten.
fn cancelled(record: &JobRecord, since: i64) -> Option<JobId> {
    let job = &record.job;
    let is_it = job.state == "CANCELLED" && job.ended_at >= since;
    is_it.then(|| job.who())
}

fn principal(actor: &str) -> Principal {
    let name = actor.rsplit('/').next().unwrap_or_default();
    Principal::User {
        name: name.to_owned(),
        arn: actor.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KILLED: i64 = 1_000_000;
    const ADMIN: &str = "arn:aws:iam::111122223333:user/admin";

    fn row(at: i64, what: What) -> EventRow {
        EventRow {
            id: at.to_string(),
            at,
            resource_type: Kind::Job.as_str().into(),
            resource_id: String::new(),
            code: String::new(),
            what: Some(what),
            message: String::new(),
            actor: ADMIN.into(),
        }
    }

    fn asked(id: &str, action: JobAction, at: i64) -> Asked {
        let what = What::done_to_job(action, id.to_owned());
        word(row(at, what)).unwrap()
    }

    fn job(id: &str, state: &str, reason: &str) -> Job {
        let is_over = ["CANCELLED", "COMPLETED"].contains(&state);
        Job {
            id: id.into(),
            state: state.into(),
            reason: reason.into(),
            started_at: if state == "RUNNING" {
                KILLED - 60_000
            } else {
                0
            },
            ended_at: if is_over { KILLED } else { 0 },
            ..Job::default()
        }
    }

    #[test]
    fn what_slurm_forgot_is_done_again_or_told_and_what_it_kept_is_not() {
        use JobAction::{Cancel, Hold, Release, Requeue};
        // What was asked, what Slurm has now, and whether it is done again, told (false), or neither.
        let cases = [
            ("3", Cancel, ("3", "PENDING", "Priority"), Some(true)),
            ("3", Cancel, ("3", "PENDING", "JobHeldUser"), Some(true)),
            ("3", Cancel, ("3", "RUNNING", ""), Some(true)),
            ("3", Cancel, ("3", "CANCELLED", ""), None),
            ("3", Cancel, ("4", "PENDING", ""), None),
            ("3", Cancel, ("3_[1-4]", "PENDING", ""), Some(true)),
            ("3_2", Cancel, ("3_2", "RUNNING", ""), Some(true)),
            ("3_2", Cancel, ("3_[1-4]", "PENDING", ""), Some(true)),
            ("3_2", Cancel, ("3_5", "RUNNING", ""), None),
            ("3_[1-4]", Cancel, ("3_[2-4]", "PENDING", ""), Some(true)),
            ("3_[1-4]", Cancel, ("3_2", "RUNNING", ""), None),
            ("13+1", Cancel, ("13+1", "RUNNING", ""), Some(true)),
            ("13+1", Cancel, ("13+0", "RUNNING", ""), None),
            ("3", Hold, ("3", "PENDING", "Resources"), Some(true)),
            ("3", Hold, ("3", "PENDING", "JobHeldAdmin"), None),
            ("3", Hold, ("3", "RUNNING", ""), Some(false)),
            ("3", Hold, ("3", "COMPLETED", ""), None),
            ("3", Release, ("3", "PENDING", "JobHeldUser"), Some(false)),
            ("3", Release, ("3", "PENDING", "Resources"), None),
            ("3", Release, ("3", "RUNNING", ""), None),
            ("3", Requeue, ("3", "RUNNING", ""), Some(false)),
            ("3", Requeue, ("3", "PENDING", "BeginTime"), None),
        ];
        for (id, action, (has, state, reason), is_again) in cases {
            let word = asked(id, action, KILLED - 3_000);
            let has = job(has, state, reason);
            let steps = plan(std::slice::from_ref(&word), KILLED, &[&has], &[]);
            let expected = is_again.map(|is_again| match is_again {
                true => Step::Again(word, action),
                false => Step::Tell(word, action),
            });
            assert_eq!(steps, Vec::from_iter(expected), "{id} {action:?} {has:?}");
        }
        let mut later = job("3", "RUNNING", "");
        later.started_at = KILLED - 2_000;
        let requeued = [asked("3", Requeue, KILLED - 3_000)];
        assert_eq!(plan(&requeued, KILLED, &[&later], &[]), []);
    }

    #[test]
    fn the_last_word_counts() {
        use JobAction::{Cancel, Hold, Release};
        let waits = job("3", "PENDING", "Resources");
        let steps = |asked: Vec<Asked>| plan(&last_words(asked), KILLED, &[&waits], &[]);
        let held = asked("3", Hold, KILLED - 4_000);
        let cancelled = asked("3", Cancel, KILLED - 3_000);
        assert_eq!(
            steps(vec![held.clone(), cancelled.clone()]),
            [Step::Again(cancelled.clone(), Cancel)]
        );
        let released = asked("3", Release, KILLED + 60_000);
        assert_eq!(
            steps(vec![held.clone(), released]),
            [],
            "after the kill, too"
        );
        let task = asked("3_1", Hold, KILLED - 4_000);
        assert_eq!(last_words(vec![task, cancelled.clone()]), vec![cancelled]);
        let late = asked("3", Cancel, KILLED + LATE_MS + 1);
        assert_eq!(steps(vec![late]), [], "this controller heard it");
    }

    #[test]
    fn each_is_done_once_and_again_after_another_kill() {
        let held = asked("3", JobAction::Hold, KILLED - 3_000);
        let again = What::JobHeldAgain { job: "3".into() };
        let again = word(row(KILLED + 5_000, again)).unwrap();
        // Somebody released it in a shell since.
        let waits = job("3", "PENDING", "Resources");
        let asked = last_words(vec![held, again.clone()]);
        assert_eq!(plan(&asked, KILLED, &[&waits], &[]), []);
        assert_eq!(again.actor, ADMIN);
        assert_eq!(
            plan(&asked, KILLED + 7_000, &[&waits], &[]),
            [Step::Again(again, JobAction::Hold)]
        );
        let told = What::JobAskForgotten {
            job: "3".into(),
            action: JobAction::Hold,
        };
        let told = word(row(KILLED + 500, told)).unwrap();
        assert_eq!(plan(&[told], KILLED, &[&waits], &[]), []);
    }

    #[test]
    fn a_job_that_was_cancelled_in_a_shell_and_came_back_is_told_once() {
        let waits = job("3", "PENDING", "Resources");
        let mut record = JobRecord {
            job: job("3", "CANCELLED", ""),
            ..JobRecord::default()
        };
        let cancelled: Vec<JobId> = cancelled(&record, KILLED).into_iter().collect();
        assert_eq!(
            plan(&[], KILLED, &[&waits], &cancelled),
            [Step::CameBack(JobId::Whole(3))]
        );
        assert_eq!(plan(&[], KILLED, &[], &cancelled), [], "it did not");
        let told = What::JobCameBack { job: "3".into() };
        let told = word(row(KILLED + 500, told)).unwrap();
        assert_eq!(plan(&[told], KILLED, &[&waits], &cancelled), []);
        record.job.ended_at = KILLED - 1;
        assert_eq!(super::cancelled(&record, KILLED), None, "saved long since");
    }
}
