//! Tells in Slurm itself why a job waits and when it is likely to start (X10): in its `AdminComment`, which
//! `scontrol show job` shows.
//!
//! What somebody else wrote there stays. Of thousands that wait those that go first are told of, an array as one, and in a
//! round Slurm's programs are called a few times at most, however much there is to say.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant};

use app::explain::forecast::{MARK, comment};
use app::i18n::Language;
use app::model::job::{Job, JobRecord};

use super::Parts;
use super::beside::beside;
use crate::db::now;
use crate::plan::grounds::Known;
use crate::slurm::client::Client;

/// Jobs that are told of.
const MOST: usize = 100;
/// After a round in which Slurm was asked, and after one that had nothing to say.
const REST: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_secs(3);
/// Different texts in a round, each a call of `scontrol`; what is left over comes in the next one.
const TEXTS: usize = 8;
/// Who waits less long is told nothing, nor is what is told taken back from who has run less long.
const PATIENCE_MS: i64 = 3_000;

/// What is, or is to be, noted with jobs, by their own numbers.
type Texts = HashMap<i64, String>;

/// Of one cluster.
pub struct Comments {
    cluster_id: String,
    /// Those that wait, as far as they are told of.
    waiting: Vec<(i64, Job)>,
    /// Those that do not wait any more, and still say that they do.
    started: Vec<i64>,
    /// None before the first look: another process may have noted something.
    said: Option<Texts>,
    next: Instant,
}

impl Comments {
    pub fn new(cluster_id: &str) -> Comments {
        Comments {
            cluster_id: cluster_id.to_owned(),
            waiting: vec![],
            started: vec![],
            said: None,
            next: Instant::now(),
        }
    }

    pub fn any_waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub fn are_due(&self) -> bool {
        let any = self.any_waits() || !self.started.is_empty();
        any && Instant::now() >= self.next
    }

    /// Slurm has these jobs now.
    pub fn seen(&mut self, records: &[JobRecord], now: i64) {
        let said = self.said.get_or_insert_with(|| {
            let ours = records
                .iter()
                .filter(|one| one.admin_comment.starts_with(MARK));
            ours.map(|one| (one.own_number, one.admin_comment.clone()))
                .collect()
        });
        let alive: HashSet<i64> = (records.iter())
            .filter(|record| !record.job.is_over())
            .map(|record| record.own_number)
            .collect();
        said.retain(|number, _| alive.contains(number));
        self.waiting = first_of(records);
        self.started = (records.iter())
            .filter(|record| has_started(&record.job, now) && still_says(said, record))
            .map(|record| record.own_number)
            .take(MOST)
            .collect();
    }

    /// One round.
    pub async fn tell(&mut self, parts: &Parts, client: &Client) -> anyhow::Result<()> {
        self.next = Instant::now() + LOOK;
        let wanted = self.wanted(parts).await?;
        let said = self.said.get_or_insert_default();
        let is_news = |(number, text): &(i64, String)| said.get(number) != Some(text);
        let news: Texts = wanted.into_iter().filter(is_news).collect();
        if news.is_empty() {
            return Ok(());
        }
        self.next = Instant::now() + REST;
        let numbers: Vec<u32> = (news.keys())
            .filter_map(|number| u32::try_from(*number).ok())
            .collect();
        // What they say at this moment; of those that are gone meanwhile nothing.
        let read = client.jobs_of(&numbers).await.unwrap_or_default();
        let (known, updates) = sort_out(&news, read.into_iter().map(|(_, record)| record));
        said.extend(known);
        for (text, jobs) in updates.into_iter().take(TEXTS) {
            let ids: Vec<String> = jobs.iter().map(|(_, id)| id.clone()).collect();
            match client.comment(&ids, &text).await {
                Ok(()) => said.extend(jobs.into_iter().map(|(number, _)| (number, text.clone()))),
                // The next round asks what they say.
                Err(error) => {
                    tracing::debug!(?ids, %error, "not told why they wait");
                    if error.is_silence() {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    async fn wanted(&self, parts: &Parts) -> sqlx::Result<Vec<(i64, String)>> {
        let seen = parts.observed.latest(&self.cluster_id);
        let jobs = || self.waiting.iter().map(|(_, job)| job);
        let (beside, now) = (beside(parts, &self.cluster_id, &seen, jobs()).await?, now());
        let known = Known::new(seen, beside, jobs(), now);
        let mut wanted: Vec<(i64, String)> = vec![];
        for (number, job) in &self.waiting {
            if now - job.submitted_at < PATIENCE_MS {
                continue;
            }
            let line = known.line(job, Language::English);
            wanted.push((*number, comment(job, line.as_ref(), now)));
        }
        wanted.extend(self.started.iter().map(|number| (*number, String::new())));
        Ok(wanted)
    }
}

/// It waits for its turn or for its nodes.
fn waits(job: &Job) -> bool {
    job.is_pending() || job.state == "CONFIGURING"
}

/// Those that wait and go first.
fn first_of(records: &[JobRecord]) -> Vec<(i64, Job)> {
    let mut all: Vec<&JobRecord> = records.iter().filter(|one| waits(&one.job)).collect();
    all.sort_by_key(|one| (-one.job.priority, one.job.submitted_at, one.own_number));
    let first = all.into_iter().take(MOST);
    first
        .map(|record| (record.own_number, record.listed()))
        .collect()
}

fn has_started(job: &Job, now: i64) -> bool {
    !waits(job) && !job.is_over() && now - job.started_at >= PATIENCE_MS
}

/// A task has what was noted with its array while it waited there.
fn still_says(said: &Texts, record: &JobRecord) -> bool {
    let array = i64::from(record.job.who().number());
    let text = said.get(&record.own_number).or_else(|| said.get(&array));
    text.is_some_and(|text| !text.is_empty())
}

/// What is known already of those jobs, and what is to be noted with which of them.
fn sort_out(
    news: &Texts,
    read: impl Iterator<Item = JobRecord>,
) -> (Texts, BTreeMap<String, Vec<(i64, String)>>) {
    let (mut known, mut updates) = (Texts::new(), BTreeMap::<_, Vec<_>>::new());
    for record in read {
        let Some(text) = news.get(&record.own_number) else {
            continue;
        };
        let (number, before) = (record.own_number, &record.admin_comment);
        let is_ours = before.is_empty() || before.starts_with(MARK);
        if !is_ours || before == text {
            known.insert(number, text.clone());
        } else if !record.job.is_over() && waits(&record.job) != text.is_empty() {
            let jobs = updates.entry(text.clone()).or_default();
            jobs.push((number, record.job.id.clone()));
        }
    }
    (known, updates)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(number: i64, id: &str, state: &str, comment: &str) -> JobRecord {
        let mut record = JobRecord {
            own_number: number,
            admin_comment: comment.into(),
            ..JobRecord::default()
        };
        (record.job.id, record.job.state) = (id.into(), state.into());
        (record.job.started_at, record.job.priority) = (1, 1000 - number);
        record
    }

    #[test]
    fn what_somebody_else_noted_stays() {
        let busy = "OpenPCS: Busy".to_owned();
        let told = [1, 2, 3, 4, 5].map(|number| (number, busy.clone()));
        let cleared = [6, 7].map(|number| (number, String::new()));
        let news: Texts = told.into_iter().chain(cleared).collect();
        let read = [
            record(1, "1", "PENDING", ""),
            record(2, "2_[1-9]", "PENDING", "OpenPCS: Held"),
            record(3, "3", "PENDING", "ask ann"),
            record(4, "4", "PENDING", "OpenPCS: Busy"),
            // It has started meanwhile.
            record(5, "5", "RUNNING", ""),
            record(6, "6", "RUNNING", "OpenPCS: Busy"),
            record(7, "7", "RUNNING", "mine"),
            record(9, "9", "PENDING", ""),
        ];
        let (known, updates) = sort_out(&news, read.into_iter());
        let mut known: Vec<i64> = known.into_keys().collect();
        known.sort_unstable();
        assert_eq!(known, [3, 4, 7]);
        let updates: Vec<(String, Vec<(i64, String)>)> = updates.into_iter().collect();
        assert_eq!(
            updates,
            [
                (String::new(), vec![(6, "6".to_owned())]),
                (busy, vec![(1, "1".to_owned()), (2, "2_[1-9]".to_owned())]),
            ]
        );
    }

    #[test]
    fn of_thousands_the_first_are_told_of_and_none_that_runs() {
        let mut records: Vec<JobRecord> = (1..1000)
            .rev()
            .map(|number| record(number, &number.to_string(), "PENDING", ""))
            .collect();
        records.push(record(0, "2000", "RUNNING", ""));
        let mut comments = Comments::new("c");
        comments.seen(&records, 1_000_000);
        let numbers: Vec<i64> = comments.waiting.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, (1..101).collect::<Vec<i64>>());
        assert!(comments.started.is_empty());
    }

    #[test]
    fn who_runs_does_not_say_that_it_waits() {
        let mut comments = Comments::new("c");
        let records = [
            record(7, "7", "RUNNING", "OpenPCS: Busy"),
            record(12, "12_[2-9]", "PENDING", "OpenPCS: Busy"),
            record(13, "12_1", "RUNNING", "OpenPCS: Busy"),
            record(8, "8", "RUNNING", "mine"),
        ];
        comments.seen(&records, 1_000_000);
        assert_eq!(comments.started, [7, 13]);
        comments.seen(&records, PATIENCE_MS);
        assert_eq!(comments.started, Vec::<i64>::new(), "not at once");
    }
}
