//! Follows what jobs write, while somebody looks: one task watches a file for all who do, and ends with the last of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use app::model::error::Result;
use app::model::job::{JobOutput, OutputOf};
use app::model::job_id::JobId;
use app::port::Caller;
use async_trait::async_trait;
use futures::stream::BoxStream;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::db::now;
use crate::http::port::Outputs;
use crate::reconcile::observed::Observed;
use crate::service::Service;
use crate::service::output::{OutputFile, piece};

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
    fn watch(&self, file: &OutputFile, of: &OutputOf) -> watch::Receiver<Seen> {
        // See `Wakers::of`: the map stays sound whoever panics.
        let mut watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = watchers.get(file) {
            return sender.subscribe();
        }
        let (sender, receiver) = watch::channel(Seen::default());
        watchers.insert(file.clone(), sender.clone());
        let job = Job {
            observed: self.service.observed.clone(),
            cluster_id: of.cluster_identifier.clone(),
            id: of.job_id.clone(),
            since: now(),
        };
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
    async fn follow(
        &self,
        caller: &Caller,
        mut of: OutputOf,
    ) -> Result<BoxStream<'static, JobOutput>> {
        let (cluster_id, file) = self.service.output_file(caller, &of).await?;
        // What is observed is known by the cluster's id only.
        of.cluster_identifier = cluster_id;
        Ok(match file {
            Ok(file) => {
                let news = self.watch(&file, &of);
                let from = of.from.and_then(|from| u64::try_from(from).ok());
                Box::pin(pieces(file, from, news))
            }
            Err(absence) => Box::pin(futures::stream::iter([JobOutput {
                absence: Some(absence),
                ..JobOutput::default()
            }])),
        })
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

async fn keep_looking(watchers: Watchers, sender: watch::Sender<Seen>, file: OutputFile, job: Job) {
    let mut changed = Instant::now();
    loop {
        let found = tokio::fs::metadata(&file.path).await;
        let size = found.map_or(0, |found| found.len());
        if size != sender.borrow().size {
            changed = Instant::now();
        }
        let over = job.is_over() && changed.elapsed() > SETTLE;
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

/// The file from `from`, or from near its end, piece by piece as it grows.
fn pieces(
    file: OutputFile,
    from: Option<u64>,
    mut news: watch::Receiver<Seen>,
) -> impl futures::Stream<Item = JobOutput> + Send {
    async_stream::stream! {
        let mut next = from;
        let mut absence = None;
        let mut first = true;
        loop {
            let over = news.borrow_and_update().over;
            loop {
                let (file, from) = (file.clone(), next);
                let Ok(output) = tokio::task::spawn_blocking(move || piece(&file, from)).await else {
                    return;
                };
                let is_news = first || !output.text.is_empty() || output.absence != absence;
                let more = !output.text.is_empty() && output.to < output.size;
                // A file that is not there yet is read from its beginning when it is.
                next = Some(u64::try_from(output.to).unwrap_or_default());
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
#[allow(clippy::unwrap_used)]
mod tests {
    use futures::StreamExt;

    use super::*;

    #[tokio::test]
    async fn a_viewer_sees_what_is_written_and_then_the_end() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("data")).unwrap();
        let file = OutputFile {
            path: dir.path().join("out"),
            user_id: nix::unistd::geteuid().as_raw(),
            forbidden: dir.path().join("data"),
            submitted_at: 0,
        };
        let (sender, news) = watch::channel(Seen::default());
        let mut pieces = Box::pin(pieces(file.clone(), None, news));
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
