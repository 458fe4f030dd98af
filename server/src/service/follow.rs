//! Follows what jobs write and controllers log, while somebody looks: one task watches a file for all who do, and ends with
//! the last of them. When a job is over everybody sees for himself: several may write to one file.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use app::model::error::Result;
use app::model::job::{Job, JobOutput, OutputOf};
use app::model::job_id::JobId;
use app::model::log::ControllerLogOf;
use app::port::Ctx;
use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::Instant;

use super::Service;
use super::doors::{OpenOutput, Outputs};
use crate::db::now;
use crate::live::observed::{Observed, Snapshot};
use crate::slurm::output::{OutputFile, Part, piece};

/// How often a file is looked at: far below the second in which people expect a line to show.
const LOOK: Duration = Duration::from_millis(250);
/// A job that is over may still have output on its way.
const SETTLE: Duration = Duration::from_secs(1);

/// The files that are watched, each with its size.
type Watchers = Arc<Mutex<HashMap<OutputFile, watch::Sender<u64>>>>;

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

    /// For the audit trail.
    fn heard<T>(&self, ctx: &Ctx, cluster: &str, job: Option<&str>, answer: &Result<T>) {
        let asked = json!({"clusterIdentifier": cluster, "jobId": job});
        self.service.recorder.heard(ctx, asked, answer);
    }

    /// News of the file: of the task that watches it already, or of one that starts now.
    fn watch(&self, file: &OutputFile) -> watch::Receiver<u64> {
        // See `Wakers::of`: the map stays sound whoever panics.
        let mut watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = watchers.get(file) {
            return sender.subscribe();
        }
        let (sender, receiver) = watch::channel(0);
        watchers.insert(file.clone(), sender.clone());
        tokio::spawn(keep_looking(self.watchers.clone(), sender, file.clone()));
        receiver
    }
}

#[async_trait]
impl Outputs for ServerOutputs {
    async fn follow(&self, ctx: &Ctx, of: OutputOf) -> Result<BoxStream<'static, JobOutput>> {
        let chosen = self.service.output_file(ctx, &of).await;
        self.heard(ctx, &of.cluster_identifier, Some(&of.job_id), &chosen);
        let chosen = chosen?;
        let kind = chosen.kind;
        Ok(match chosen.file {
            Ok(file) => {
                let observed = self.service.parts.observed.clone();
                let mut job = Writer::new(observed, chosen.cluster_id, chosen.job);
                let news = self.watch(&file);
                let part = Part::new(of.from, of.before);
                let pieces = pieces(file, part, news, move || job.is_over());
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
        let opened = self.service.open_output(ctx, of).await;
        self.heard(ctx, &of.cluster_identifier, Some(&of.job_id), &opened);
        opened
    }

    async fn follow_log(
        &self,
        ctx: &Ctx,
        of: ControllerLogOf,
    ) -> Result<BoxStream<'static, JobOutput>> {
        let file = self.service.controller_log_file(ctx, &of).await;
        self.heard(ctx, &of.cluster_identifier, None, &file);
        let file = file?;
        let news = self.watch(&file);
        let part = Part::new(of.from, of.before);
        // Until nobody looks.
        Ok(Box::pin(pieces(file, part, news, || false)))
    }

    async fn open_log(&self, ctx: &Ctx, of: &ControllerLogOf) -> Result<OpenOutput> {
        let opened = self.service.open_controller_log(ctx, of).await;
        self.heard(ctx, &of.cluster_identifier, None, &opened);
        opened
    }
}

/// The job whose output somebody looks at.
struct Writer {
    observed: Observed,
    cluster_id: String,
    who: JobId,
    since: i64,
    /// When Slurm was asked for jobs before this was answered last, and the answer: its jobs may be thousands.
    known: (i64, bool),
}

impl Writer {
    fn new(observed: Observed, cluster_id: String, who: JobId) -> Writer {
        Writer {
            observed,
            cluster_id,
            who,
            since: now(),
            known: (0, false),
        }
    }

    fn is_over(&mut self) -> bool {
        let seen = self.observed.latest(&self.cluster_id);
        if seen.jobs_asked_at != self.known.0 {
            self.known = (seen.jobs_asked_at, self.is_over_in(&seen));
        }
        self.known.1
    }

    /// As far as Slurm was asked since somebody looked: a job that it has forgotten is over too.
    fn is_over_in(&self, seen: &Snapshot) -> bool {
        // The components of a heterogeneous job write to one file.
        let is_it = |job: &&Job| match self.who {
            JobId::Whole(number) | JobId::Component { job: number, .. } => {
                job.who().number() == number
            }
            _ => job.includes(&self.who),
        };
        let mut of_it = seen.jobs.iter().filter(is_it).peekable();
        match of_it.peek() {
            Some(_) => of_it.all(Job::is_over),
            None => seen.jobs_asked_at > self.since,
        }
    }
}

/// Until nobody looks.
async fn keep_looking(watchers: Watchers, sender: watch::Sender<u64>, file: OutputFile) {
    loop {
        let found = tokio::fs::metadata(&file.path).await;
        let size = found.map_or(0, |found| found.len());
        sender.send_if_modified(|seen| std::mem::replace(seen, size) != size);
        {
            let mut watchers = watchers.lock().unwrap_or_else(PoisonError::into_inner);
            // Under the lock, so that nobody joins in between.
            if sender.receiver_count() == 0 {
                watchers.remove(&file);
                return;
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The file from that part on, piece by piece as it grows, until its job is over and nothing more comes.
fn pieces(
    file: OutputFile,
    first_part: Part,
    mut news: watch::Receiver<u64>,
    mut is_over: impl FnMut() -> bool + Send,
) -> impl futures::Stream<Item = JobOutput> + Send {
    async_stream::stream! {
        let mut next = first_part;
        let mut absence = None;
        let mut first = true;
        let mut grown_at = Instant::now();
        loop {
            let ends = grown_at.elapsed() > SETTLE && is_over();
            news.mark_unchanged();
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
            if ends {
                return;
            }
            // Until it grows, or the job has ended and nothing came since.
            loop {
                match tokio::time::timeout(LOOK, news.changed()).await {
                    Ok(Ok(())) => grown_at = Instant::now(),
                    Ok(Err(_)) => return,
                    Err(_) if grown_at.elapsed() > SETTLE && is_over() => {}
                    Err(_) => continue,
                }
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    fn file(dir: &std::path::Path) -> OutputFile {
        std::fs::create_dir(dir.join("data")).unwrap();
        OutputFile {
            path: dir.join("out"),
            user_id: nix::unistd::geteuid().as_raw(),
            forbidden: Some(dir.join("data")),
            submitted_at: 0,
        }
    }

    #[tokio::test]
    async fn a_viewer_sees_what_is_written_and_then_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let file = file(dir.path());
        let (sender, news) = watch::channel(0);
        let over = Arc::new(AtomicBool::new(false));
        let is_over = over.clone();
        let is_over = move || is_over.load(Ordering::Acquire);
        let mut pieces = Box::pin(pieces(file.clone(), Part::End, news, is_over));
        assert!(pieces.next().await.unwrap().absence.is_some());
        std::fs::write(&file.path, "one\n").unwrap();
        sender.send_replace(4);
        assert_eq!(pieces.next().await.unwrap().text, "one\n");
        std::fs::write(&file.path, "one\ntwo\n").unwrap();
        over.store(true, Ordering::Release);
        sender.send_replace(8);
        assert_eq!(pieces.next().await.unwrap().text, "two\n");
        assert!(pieces.next().await.is_none());
    }

    #[test]
    fn a_file_is_over_with_all_who_write_to_it() {
        let (changes, _) = tokio::sync::broadcast::channel(8);
        let observed = Observed::new(changes);
        let job = |id: &str, ended_at| Job {
            id: id.into(),
            ended_at,
            ..Job::default()
        };
        let is_over = |who: &str, seen: &[Job]| {
            let who = who.parse().unwrap();
            let mut writer = Writer::new(observed.clone(), "c".into(), who);
            observed.jobs("c", writer.since + 1, seen.to_vec());
            writer.is_over()
        };
        let seen = [
            job("22+0", 0),
            job("22+1", 5),
            job("30_1", 5),
            job("30_[2-9]", 0),
            job("24", 5),
        ];
        for (who, over) in [
            ("22", false),
            ("22+1", false),
            ("30_1", true),
            ("30_7", false),
            ("24", true),
            ("2", true),
        ] {
            assert_eq!(is_over(who, &seen), over, "{who}");
        }
        assert!(is_over("22+0", &[job("22+0", 5), job("22+1", 5)]));
    }

    #[test]
    fn each_look_at_slurm_is_read_once() {
        let (changes, _) = tokio::sync::broadcast::channel(8);
        let observed = Observed::new(changes);
        let mut writer = Writer::new(observed.clone(), "c".into(), JobId::Whole(7));
        assert!(!writer.is_over(), "nobody was asked yet");
        let job = |ended_at| Job {
            id: "7".into(),
            ended_at,
            ..Job::default()
        };
        observed.jobs("c", 10, vec![job(0)]);
        assert!(!writer.is_over());
        writer.known.1 = true;
        assert!(writer.is_over(), "as it was answered before");
        observed.jobs("c", 20, vec![job(0)]);
        assert!(!writer.is_over());
        observed.jobs("c", 30, vec![job(5)]);
        assert!(writer.is_over());
    }

    #[tokio::test]
    async fn who_looks_at_another_job_of_the_same_file_sees_it_to_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let service = crate::service::fixture::service(dir.path()).await;
        let outputs = ServerOutputs::new(service);
        let file = file(dir.path());
        std::fs::write(&file.path, "both\n").unwrap();
        let of = |over: &Arc<AtomicBool>| {
            let over = over.clone();
            let news = outputs.watch(&file);
            let is_over = move || over.load(Ordering::Acquire);
            Box::pin(pieces(file.clone(), Part::From(0), news, is_over))
        };
        let ends = [(), ()].map(|()| Arc::new(AtomicBool::new(false)));
        let mut first = of(&ends[0]);
        let mut second = of(&ends[1]);
        assert_eq!(outputs.watchers.lock().unwrap().len(), 1);
        assert_eq!(first.next().await.unwrap().text, "both\n");
        assert_eq!(second.next().await.unwrap().text, "both\n");
        ends[0].store(true, Ordering::Release);
        assert!(first.next().await.is_none());
        drop(first);
        std::fs::write(&file.path, "both\nsecond\n").unwrap();
        assert_eq!(second.next().await.unwrap().text, "second\n");
        ends[1].store(true, Ordering::Release);
        assert!(second.next().await.is_none());
        drop(second);
        while !outputs.watchers.lock().unwrap().is_empty() {
            tokio::time::sleep(LOOK).await;
        }
    }
}
