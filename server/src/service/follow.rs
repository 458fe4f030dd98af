//! Follows what jobs write and controllers log, while somebody looks: one task watches a file for all who do, and ends with the last of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use app::model::error::Result;
use app::model::job::{JobOutput, OutputOf};
use app::model::job_id::JobId;
use app::model::log::ControllerLogOf;
use app::port::Ctx;
use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;
use tokio::sync::watch;
use tokio::time::Instant;

use super::Service;
use super::doors::{OpenOutput, Outputs};
use crate::db::now;
use crate::live::observed::Observed;
use crate::slurm::output::{OutputFile, Part, piece};

/// How often a file is looked at: far below the second in which people expect a line to show.
const LOOK: Duration = Duration::from_millis(250);
/// A job that is over may still have output on its way.
const SETTLE: Duration = Duration::from_secs(1);

/// What a watcher sees of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    size: u64,
    /// Nothing more is to come.
    over: bool,
}

type Watchers = Arc<Mutex<HashMap<OutputFile, watch::Sender<Seen>>>>;

/// The outputs of all jobs that are looked at.
pub struct ServerOutputs {
    service: Service,
    watchers: Watchers,
}

impl ServerOutputs {
    pub fn new(service: Service) -> Self {
        Self {
            service,
            watchers: Arc::default(),
        }
    }

    /// News of the file: of the task that watches it already, or of one that starts now.
    fn watch(&self, file: &OutputFile, job: Option<Job>) -> watch::Receiver<Seen> {
        // See `Wakers::of`: the map stays sound whoever panics.
        let mut watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = watchers.get(file) {
            return sender.subscribe();
        }
        let (sender, receiver) = watch::channel(Seen::default());
        watchers.insert(file.clone(), sender.clone());
        tokio::spawn(keep_looking(
            self.watchers.clone(),
            sender,
            file.clone(),
            job,
        ));
        receiver
    }
}

#[async_trait]
impl Outputs for ServerOutputs {
    async fn follow(&self, ctx: &Ctx, mut of: OutputOf) -> Result<BoxStream<'static, JobOutput>> {
        let chosen = self.service.output_file(ctx, &of).await?;
        // What is observed is known by the cluster's id only.
        of.cluster_identifier = chosen.cluster_id;
        let kind = chosen.kind;
        Ok(match chosen.file {
            Ok(file) => {
                let job = Job {
                    observed: self.service.observed.clone(),
                    cluster_id: of.cluster_identifier,
                    id: of.job_id,
                    since: now(),
                };
                let news = self.watch(&file, Some(job));
                let pieces = pieces(file, Part::new(of.from, of.before), news);
                Box::pin(pieces.map(move |piece| JobOutput { kind, ..piece }))
            }
            Err(absence) => Box::pin(futures::stream::iter([JobOutput {
                kind,
                absence: Some(absence),
                ..JobOutput::default()
            }])),
        })
    }

    async fn open(&self, ctx: &Ctx, of: &OutputOf) -> Result<OpenOutput> {
        self.service.open_output(ctx, of).await
    }

    async fn follow_log(
        &self,
        ctx: &Ctx,
        of: ControllerLogOf,
    ) -> Result<BoxStream<'static, JobOutput>> {
        let cluster = &of.cluster_identifier;
        let file = self.service.controller_log_file(ctx, cluster).await?;
        let news = self.watch(&file, None);
        Ok(Box::pin(pieces(file, Part::new(of.from, of.before), news)))
    }

    async fn open_log(&self, ctx: &Ctx, cluster_identifier: &str) -> Result<OpenOutput> {
        self.service
            .open_controller_log(ctx, cluster_identifier)
            .await
    }
}

/// The job whose output is watched.
struct Job {
    observed: Observed,
    cluster_id: String,
    id: String,
    since: i64,
}

impl Job {
    /// As far as Slurm was asked since somebody looked: a job that it has forgotten is over too.
    fn is_over(&self) -> bool {
        let seen = self.observed.latest(&self.cluster_id);
        let who: Option<JobId> = self.id.parse().ok();
        let is_it = |job: &&app::model::job::Job| who.as_ref().is_some_and(|who| job.includes(who));
        match seen.jobs.iter().find(is_it) {
            Some(job) => job.is_over(),
            None => seen.jobs_asked_at > self.since,
        }
    }
}

/// Until the job is over, or, where it is no job's file, until nobody looks.
async fn keep_looking(
    watchers: Watchers,
    sender: watch::Sender<Seen>,
    file: OutputFile,
    job: Option<Job>,
) {
    let mut changed = Instant::now();
    loop {
        let found = tokio::fs::metadata(&file.path).await;
        let size = found.map_or(0, |found| found.len());
        if size != sender.borrow().size {
            changed = Instant::now();
        }
        let over = job.as_ref().is_some_and(Job::is_over) && changed.elapsed() > SETTLE;
        sender.send_if_modified(|seen| {
            let now = Seen { size, over };
            std::mem::replace(seen, now) != now
        });
        {
            let mut watchers = watchers.lock().unwrap_or_else(PoisonError::into_inner);
            // Under the lock, so that nobody joins in between.
            if over || sender.receiver_count() == 0 {
                watchers.remove(&file);
                return;
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The file from that part on, piece by piece as it grows.
fn pieces(
    file: OutputFile,
    first_part: Part,
    mut news: watch::Receiver<Seen>,
) -> impl futures::Stream<Item = JobOutput> + Send {
    async_stream::stream! {
        let mut next = first_part;
        let mut absence = None;
        let mut first = true;
        loop {
            let over = news.borrow_and_update().over;
            loop {
                let (file, part) = (file.clone(), next);
                let Ok(output) = tokio::task::spawn_blocking(move || piece(&file, part)).await else {
                    return;
                };
                let is_news = first || !output.text.is_empty() || output.absence != absence;
                let more = !output.text.is_empty() && output.to < output.size;
                // A file that is not there yet is read from its beginning when it is.
                next = Part::From(u64::try_from(output.to).unwrap_or_default());
                absence = output.absence;
                first = false;
                if is_news {
                    yield output;
                }
                if !more {
                    break;
                }
            }
            if over || news.changed().await.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_viewer_sees_what_is_written_and_then_the_end() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("data")).unwrap();
        let file = OutputFile {
            path: dir.path().join("out"),
            user_id: nix::unistd::geteuid().as_raw(),
            forbidden: Some(dir.path().join("data")),
            submitted_at: 0,
        };
        let (sender, news) = watch::channel(Seen::default());
        let mut pieces = Box::pin(pieces(file.clone(), Part::End, news));
        assert!(pieces.next().await.unwrap().absence.is_some());
        std::fs::write(&file.path, "one\n").unwrap();
        sender.send_replace(Seen {
            size: 4,
            over: false,
        });
        assert_eq!(pieces.next().await.unwrap().text, "one\n");
        std::fs::write(&file.path, "one\ntwo\n").unwrap();
        sender.send_replace(Seen {
            size: 8,
            over: true,
        });
        assert_eq!(pieces.next().await.unwrap().text, "two\n");
        assert!(pieces.next().await.is_none());
    }
}
