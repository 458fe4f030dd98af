//! Another process takes the cluster while the first one stands still in the middle of a batch, and goes on later: each line
//! is there once all the same.

use openpcs_provider::lease::{Beat, Lease};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::super::leased::Leased;
use super::*;

/// Where a step stands still: it has read the lines and decided nothing, or it has decided and sent nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Read,
    Decided,
}

/// The lines, of a process that stops there once: it says so, and waits until it is told to go on.
struct Stalling {
    lines: Lines,
    at: At,
    reached: UnboundedSender<()>,
    go: Mutex<Option<UnboundedReceiver<()>>>,
}

impl Stalling {
    async fn stands(&self, at: At) {
        let go = self.go.lock().unwrap().take_if(|_| at == self.at);
        if let Some(mut go) = go {
            self.reached.send(()).unwrap();
            go.recv().await.unwrap();
        }
    }
}

impl Source for Stalling {
    fn newest(&self, log: Log) -> i64 {
        self.lines.newest(log)
    }

    async fn after(&self, log: Log, seq: i64, limits: &Limits) -> Result<Vec<Line>, Failure> {
        let lines = self.lines.after(log, seq, limits).await;
        self.stands(At::Read).await;
        lines
    }

    async fn lost(&self, log: Log, seq: i64) -> Result<u64, Failure> {
        self.stands(At::Decided).await;
        self.lines.lost(log, seq).await
    }
}

fn lease() -> Lease {
    let beat = Beat::default();
    beat.written(Beat::begin());
    Lease {
        cluster_id: "pcs_abc".into(),
        epoch: 1,
        chain: beat.chain().unwrap(),
        beat,
    }
}

/// The destinations of a process with that lease.
fn sinks_under(lease: &Lease, root: &std::path::Path, cloud: &Arc<Cloud>) -> [Sink; 4] {
    let leased = Leased {
        inner: cloud.clone(),
        lease: Some(lease.clone()),
    };
    let [logs, s3, firehose] = sinks_by(Arc::new(leased));
    let directory = Directory::new(root.into(), "d1", Some(lease.clone()));
    [logs, s3, firehose, Sink::Directory(directory)]
}

async fn is_taken_over(which: usize, at: At) {
    let dir = tempfile::tempdir().unwrap();
    let (root, cloud) = (dir.path().join("out"), Arc::new(Cloud::default()));
    let (first_lease, second_lease) = (lease(), lease());
    let [first_sink, second_sink] =
        [&first_lease, &second_lease].map(|lease| sinks_under(lease, &root, &cloud));
    let (first_sink, second_sink) = (&first_sink[which], &second_sink[which]);
    // Each process opens the file for itself.
    let (first_pool, second_pool) = (pool(dir.path()).await, pool(dir.path()).await);
    let lines = Lines::default();
    lines
        .0
        .lock()
        .unwrap()
        .extend((1..=10).map(|seq| line(seq, seq)));

    let (reached, mut is_there) = unbounded_channel();
    let (go, waits) = unbounded_channel();
    let journal = Journal::open(first_pool, "d1", LOG.as_str()).await;
    let source = Stalling {
        lines: lines.clone(),
        at,
        reached,
        go: Mutex::new(Some(waits)),
    };
    let mut first = Lane::new(source, journal.unwrap(), origin(), LOG, 0);
    let second = async {
        is_there.recv().await.unwrap();
        first_lease.beat.is_over();
        let done = deliver(&second_pool, &lines, second_sink, false).await;
        assert_eq!(done.lines, 10);
        // It is further than the first one knows.
        lines
            .0
            .lock()
            .unwrap()
            .extend((11..=20).map(|seq| line(seq, seq)));
        let done = deliver(&second_pool, &lines, second_sink, false).await;
        assert_eq!(done.lines, 10);
        go.send(()).unwrap();
    };
    let (stepped, ()) = tokio::join!(first.step(first_sink, i64::MAX / 2), second);
    let what = format!("{which} {at:?}");
    let code = stepped.unwrap_err().code;
    let right = match at {
        At::Read => "SinkJournal",
        At::Decided => "SinkLeaseLost",
    };
    assert_eq!(code, right, "{what}");

    lines.0.lock().unwrap().push(line(21, 21));
    assert_eq!(
        deliver(&second_pool, &lines, second_sink, false)
            .await
            .lines,
        1
    );
    let files = if root.exists() { files(&root) } else { vec![] };
    let texts = files
        .iter()
        .map(|file| std::fs::read_to_string(file).unwrap());
    let mut there = arrived(&cloud);
    there.extend(texts.collect::<String>().lines().map(number));
    there.sort();
    assert_eq!(there, (1..=21).collect::<Vec<_>>(), "{what}");
}

#[tokio::test]
async fn a_cluster_that_is_taken_over_in_mid_batch_has_each_line_once() {
    for which in 0..4 {
        for at in [At::Read, At::Decided] {
            is_taken_over(which, at).await;
        }
    }
}

#[tokio::test]
async fn who_writes_into_a_file_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let (pool, lines) = (pool(dir.path()).await, lines());
    let root = dir.path().join("out");
    let sink = Sink::Directory(Directory::new(root.clone(), "d1", None));
    let mut lane = lane(&pool, &lines, "24.11.5").await;
    lane.step(&sink, 0).await.unwrap();
    let file = std::fs::File::open(&files(&root)[0]).unwrap();
    file.lock().unwrap();
    // A line of the same hour.
    let late = line(2_000, 2_000);
    lines.0.lock().unwrap().retain(|line| line.seq < 900);
    lines.0.lock().unwrap().push(late);
    let release = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(
            file.metadata().unwrap().len(),
            std::fs::metadata(&files(&root)[0]).unwrap().len()
        );
        file.unlock().unwrap();
    };
    let (stepped, ()) = tokio::join!(lane.step(&sink, 0), release);
    assert!(matches!(stepped.unwrap(), Step::Delivered(one) if one.lines == 1));
    assert_eq!(files(&root).len(), 1);
}
