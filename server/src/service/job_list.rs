//! The list of jobs, page by page, and how many there are.
//!
//! The rows stay where they are: what is asked for is found in the last look at Slurm, and only a page of it is copied.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use app::i18n::Language;
use app::list::job::{JobColumn, JobRow, key};
use app::list::{self, Field, Head};
use app::model::error::Result;
use app::model::job::{Job, JobRecord, OfCluster};
use app::model::job_count::{Count, JobCounts};
use app::model::operation::Operation;
use app::model::page::{PageOf, PageRequest};
use app::port::Ctx;

use super::Service;
use crate::db::job;
use crate::fault::internal;
use crate::plan::grounds::Known;

/// Ended jobs that a list shows beside those that Slurm still knows.
const ENDED: i64 = 500;

impl Service {
    pub(super) async fn job_page(
        &self,
        ctx: &Ctx,
        cluster: Option<String>,
        asked: PageRequest,
    ) -> Result<PageOf<OfCluster<Job>>> {
        let t = ctx.language.text();
        let columns = JobColumn::all(cluster.is_none());
        let heads: Vec<Head> = columns.iter().map(|one| one.field::<Row>(t).head).collect();
        let clusters = self.listed(ctx, Operation::ListJobs, cluster).await?;
        list::check(&heads, &asked)?;
        let mut all = Vec::with_capacity(clusters.len());
        for (id, name) in clusters {
            all.push(self.known_jobs(id, name).await?);
        }
        let fields: Vec<Field<Row>> = columns.iter().map(|one| one.field(t)).collect();
        Ok(answer(&all, &fields, &asked, ctx.language))
    }

    pub(super) async fn job_counts(&self, ctx: &Ctx, cluster: &str) -> Result<JobCounts> {
        let cluster = self
            .observed_cluster(ctx, Operation::ListJobs, cluster)
            .await?;
        let seen = self.parts.observed.latest(&cluster.id);
        let mut queues: BTreeMap<String, Count> = BTreeMap::new();
        for job in seen.jobs.iter().filter(|job| !job.is_over()) {
            let count = queues.entry(job.queue.clone()).or_default();
            *count = [*count, Count::of([job])].into_iter().sum();
        }
        let any = match seen.jobs.is_empty() {
            true => {
                let ended = job::list(self.parts.db.pool(), &cluster.id, 1).await;
                !ended.map_err(internal)?.is_empty()
            }
            false => true,
        };
        Ok(JobCounts { any, queues })
    }

    async fn known_jobs(&self, cluster_id: String, cluster_name: String) -> Result<OfOne> {
        let ended = job::list(self.parts.db.pool(), &cluster_id, ENDED).await;
        let seen = self.parts.observed.latest(&cluster_id);
        let known: HashSet<&str> = seen.jobs.iter().map(|job| job.id.as_str()).collect();
        let ended = ended.map_err(internal)?;
        let ended = ended.iter().map(JobRecord::listed);
        let forgotten: Vec<Job> = ended
            .filter(|job| !known.contains(job.id.as_str()))
            .collect();
        let jobs: Vec<&Job> = seen.jobs.iter().chain(&forgotten).collect();
        let known = self.known(&cluster_id, &jobs).await?;
        Ok(OfOne {
            cluster_id,
            cluster_name,
            jobs: seen.jobs.clone(),
            forgotten,
            known,
        })
    }
}

/// What is known of one cluster's jobs.
struct OfOne {
    cluster_id: String,
    cluster_name: String,
    jobs: Arc<Vec<Job>>,
    /// Those that Slurm has forgotten.
    forgotten: Vec<Job>,
    known: Known,
}

#[derive(Clone, Copy)]
struct Row<'a> {
    of: &'a OfOne,
    job: &'a Job,
    language: Language,
}

impl JobRow for Row<'_> {
    fn job(&self) -> &Job {
        self.job
    }

    fn cluster_name(&self) -> &str {
        &self.of.cluster_name
    }

    fn why(&self) -> String {
        let line = self.of.known.line(self.job, self.language);
        line.map_or_else(String::new, |line| line.why)
    }
}

impl Row<'_> {
    fn copied(&self) -> OfCluster<Job> {
        OfCluster {
            cluster_id: self.of.cluster_id.clone(),
            cluster_name: self.of.cluster_name.clone(),
            item: self.of.known.explained(self.job, self.language),
        }
    }
}

fn answer<'a>(
    all: &'a [OfOne],
    fields: &[Field<Row<'a>>],
    asked: &PageRequest,
    language: Language,
) -> PageOf<OfCluster<Job>> {
    let of_one = |of: &'a OfOne| {
        let jobs = of.jobs.iter().chain(&of.forgotten);
        jobs.map(move |job| Row { of, job, language })
    };
    let mut rows: Vec<Row> = all.iter().flat_map(of_one).collect();
    rows.sort_by_cached_key(|row| row.job.place_in_list());
    let page = list::page(&rows, fields, asked, |row| row.job.count());
    PageOf {
        chosen: chosen(&rows, &asked.chosen),
        ..page.map(Row::copied)
    }
}

/// The array or heterogeneous job that it is a part of.
fn family<'a>(row: &Row<'a>) -> Option<(&'a str, u32)> {
    let who = row.job.who();
    let has_parts = who.is_of_array() || who.is_component();
    has_parts.then(|| (row.of.cluster_id.as_str(), who.number()))
}

/// The rows of these keys, and of their arrays and heterogeneous jobs what is not over: an action may mean all of one.
fn chosen(rows: &[Row], keys: &[String]) -> Vec<OfCluster<Job>> {
    if keys.is_empty() {
        return vec![];
    }
    let keys: HashSet<&str> = keys.iter().map(String::as_str).collect();
    let is_chosen = |row: &Row| keys.contains(key(&row.of.cluster_id, row.job).as_str());
    let (chosen, others): (Vec<Row>, Vec<Row>) = rows.iter().copied().partition(is_chosen);
    let families: BTreeSet<_> = chosen.iter().filter_map(family).collect();
    let kin = others.into_iter().filter(|row| {
        !row.job.is_over() && family(row).is_some_and(|family| families.contains(&family))
    });
    let chosen = chosen.iter().copied();
    chosen.chain(kin).map(|row| row.copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::grounds::Beside;

    fn known(ids: &[(&str, &str)]) -> OfOne {
        let job = |(at, (id, state)): (usize, &(&str, &str))| Job {
            id: (*id).into(),
            state: (*state).into(),
            reason: "JobHeldUser".into(),
            queue: "demo".into(),
            submitted_at: 1000 - i64::try_from(at).unwrap_or_default(),
            ended_at: i64::from(*state == "COMPLETED"),
            ..Job::default()
        };
        let jobs: Vec<Job> = ids.iter().enumerate().map(job).collect();
        let beside = Beside {
            queues: HashSet::from(["demo".to_owned()]),
            ..Beside::default()
        };
        OfOne {
            cluster_id: "pcs_a".into(),
            cluster_name: "demo".into(),
            known: Known::new(Arc::default(), beside, &jobs, 0),
            jobs: Arc::new(jobs),
            forgotten: vec![],
        }
    }

    fn asked(all: &[OfOne], asked: &PageRequest, language: Language) -> PageOf<OfCluster<Job>> {
        let columns = JobColumn::all(true).into_iter();
        let fields: Vec<Field<Row>> = columns.map(|one| one.field(language.text())).collect();
        answer(all, &fields, asked, language)
    }

    fn ids(jobs: &[OfCluster<Job>]) -> Vec<&str> {
        jobs.iter().map(|job| job.item.id.as_str()).collect()
    }

    #[test]
    fn a_page_is_found_in_the_readers_words_and_tells_why() {
        let all = [known(&[
            ("1", "PENDING"),
            ("22_[3-10]", "PENDING"),
            ("3", "COMPLETED"),
        ])];
        for (language, filter, why) in [
            (Language::English, "State = pending", "Held"),
            (Language::SimplifiedChinese, "状态 = 等待中", ""),
        ] {
            let request = PageRequest {
                filter: filter.into(),
                size: 1,
                ..PageRequest::default()
            };
            let page = asked(&all, &request, language);
            assert_eq!(ids(&page.rows), ["1"], "{filter}");
            assert_eq!((page.pages, page.found, page.total), (2, 9, 10), "{filter}");
            assert!(page.rows[0].item.why.contains(why), "{:?}", page.rows[0]);
            assert!(!page.rows[0].item.why.is_empty());
        }
    }

    #[test]
    fn who_is_chosen_is_known_on_any_page_with_what_it_is_part_of() {
        let all = [known(&[
            ("1", "PENDING"),
            ("22_1", "RUNNING"),
            ("22_[3-10]", "PENDING"),
            ("22_0", "COMPLETED"),
            ("13+0", "PENDING"),
            ("13+1", "PENDING"),
            ("23_1", "RUNNING"),
        ])];
        let job = |id: &str| Job {
            id: id.into(),
            ..Job::default()
        };
        let chosen = |ids: &[&str]| {
            let request = PageRequest {
                filter: "nothing has this".into(),
                chosen: ids.iter().map(|id| key("pcs_a", &job(id))).collect(),
                ..PageRequest::default()
            };
            let page = asked(&all, &request, Language::English);
            assert!(page.rows.is_empty());
            assert_eq!(page.chosen_of, request.chosen);
            let mut ids: Vec<String> = page.chosen.into_iter().map(|job| job.item.id).collect();
            ids.sort();
            ids.join(" ")
        };
        assert_eq!(chosen(&[]), "");
        assert_eq!(chosen(&["1", "99"]), "1");
        assert_eq!(chosen(&["22_1"]), "22_1 22_[3-10]");
        // It was chosen before its first task started.
        assert_eq!(chosen(&["22_[2-10]"]), "22_1 22_[3-10]");
        assert_eq!(chosen(&["22_0"]), "22_0 22_1 22_[3-10]");
        assert_eq!(chosen(&["13+1", "1"]), "1 13+0 13+1");
    }
}
