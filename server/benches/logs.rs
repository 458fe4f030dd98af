//! Lines from a daemon's file to a directory that they are delivered to, beside `cat` of the same file to another:
//! `-- logs --lines=300000`. All of it runs on one core: the first of this machine.

use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use app::model::log::{Log, LogDaemon};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::resource::{UsageWho, getrusage};
use nix::unistd::Pid;
use openpcs_server::db::now;
use openpcs_server::logs::follow::{Parse, follow};
use openpcs_server::logs::line::parse;
use openpcs_server::logs::store::{LogStore, Stream};
use openpcs_server::reconcile::delivery::Kept;
use openpcs_server::sink::courier::{Courier, Memory, Report};
use openpcs_server::sink::directory::Directory;
use openpcs_server::sink::journal::Journal;
use openpcs_server::sink::lane::{Delivered, Lane};
use openpcs_server::sink::names::Origin;
use openpcs_server::sink::{Failure, Sink};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::logs_search::line;

const LINES: usize = 300_000;
const LOG: Log = Log::Daemon(LogDaemon::Slurmctld);
/// Of the steady part.
const A_SECOND: usize = 1_000;
const SECONDS: usize = 20;

/// Counts what has arrived.
struct Counted(UnboundedSender<usize>);

impl Report for Counted {
    async fn delivered(&mut self, delivered: Delivered) {
        let _ = self.0.send(delivered.lines);
    }

    async fn failed(&mut self, failure: &Failure) {
        println!("the directory does not take lines: {failure}");
    }

    async fn recovered(&mut self) {}
}

pub async fn run(asked: &[String]) {
    let lines = asked.iter().find_map(|word| word.strip_prefix("--lines="));
    let lines = lines.and_then(|number| number.parse().ok());
    let lines = lines.unwrap_or(LINES);
    let all = sched_getaffinity(Pid::from_raw(0)).expect("Linux says where this runs");
    let mut first = CpuSet::new();
    let core = (0..CpuSet::count()).find(|core| all.is_set(*core) == Ok(true));
    first
        .set(core.unwrap_or_default())
        .expect("there is a core");
    let work = std::thread::spawn(move || {
        // Threads that begin here stay there too: those of SQLite and of files.
        sched_setaffinity(Pid::from_raw(0), &first).expect("a thread may move");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime can be made");
        runtime.block_on(measured(lines));
    });
    let done = tokio::task::spawn_blocking(move || work.join()).await;
    done.expect("it can be waited for")
        .expect("it comes to its end");
}

async fn measured(lines: usize) {
    let dir = tempfile::tempdir().expect("a directory can be made");
    let file = dir.path().join("slurmctld.log");
    write(&file, lines);
    let catted = cat(&file, &dir.path().join("copy"));

    let (store, stream) = store(dir.path()).await;
    let mut heard = deliver(&store, dir.path()).await;
    let (begun, cpu) = (Instant::now(), cpu_seconds());
    let read: Parse = Arc::new(parse);
    loop {
        let followed = follow(&store, &stream, &file, UNIX_EPOCH, &read).await;
        if !followed.expect("it can be read").has_more {
            break;
        }
        tokio::task::yield_now().await;
    }
    until(&mut heard, lines).await;
    let took = begun.elapsed();
    println!(
        "{lines} lines from file to directory on one core: {:.0} lines/s, {:.0} for each second of the core; cat {:.0} \
         lines/s, {:.0} times as fast; {:.0} MB at most",
        rate(lines, took),
        lines as f64 / (cpu_seconds() - cpu),
        rate(lines, catted),
        took.as_secs_f64() / catted.as_secs_f64(),
        peak_mb()
    );

    let (begun, cpu) = (Instant::now(), cpu_seconds());
    for second in 1..=SECONDS {
        let more = (0..A_SECOND).map(|number| line(lines + number) + "\n");
        append(&file, &more.collect::<String>());
        let followed = follow(&store, &stream, &file, UNIX_EPOCH, &read).await;
        followed.expect("it can be read");
        let next = Duration::from_secs(second as u64);
        tokio::time::sleep(next.saturating_sub(begun.elapsed())).await;
    }
    until(&mut heard, A_SECOND * SECONDS).await;
    let share = (cpu_seconds() - cpu) / begun.elapsed().as_secs_f64();
    println!(
        "{A_SECOND} lines/s from file to directory: {:.1} % of a core",
        share * 100.0
    );
}

async fn store(dir: &Path) -> (LogStore, Stream) {
    let store = LogStore::open(&dir.join("logs"), "pcs_c").await;
    let stream = Stream {
        log: LOG,
        version: "24.11".into(),
    };
    (store.expect("a store can be made"), stream)
}

async fn deliver(store: &LogStore, dir: &Path) -> UnboundedReceiver<usize> {
    let journal = Journal::open(store.pool().clone(), "d", LOG.as_str()).await;
    let origin = Origin {
        account_id: "111122223333".into(),
        region: "us-east-1".into(),
        cluster_id: "pcs_c".into(),
        version: "24.11.5".into(),
    };
    let journal = journal.expect("there is a journal");
    let (sender, heard) = unbounded_channel();
    let courier = Courier {
        sink: Sink::Directory(Directory::new(dir.join("delivered"), "d", None)),
        lanes: vec![Lane::new(Kept(store.clone()), journal, origin, LOG, 0)],
        memory: Memory::default(),
        report: Counted(sender),
        clock: now,
    };
    tokio::spawn(courier.run());
    heard
}

async fn until(heard: &mut UnboundedReceiver<usize>, lines: usize) {
    let mut there = 0;
    while there < lines {
        there += heard.recv().await.expect("the courier never ends");
    }
}

/// Piece by piece: what it took would count as most.
fn write(file: &Path, lines: usize) {
    let mut file = BufWriter::new(std::fs::File::create(file).expect("a file can be made"));
    for number in 0..lines {
        writeln!(file, "{}", line(number)).expect("it can be written");
    }
    file.flush().expect("it can be written");
}

/// As it is written to the disk.
fn cat(file: &Path, to: &Path) -> Duration {
    let begun = Instant::now();
    let to = std::fs::File::create(to).expect("a file can be made");
    let done = Command::new("cat")
        .arg(file)
        .stdout(to.try_clone().expect("it has a twin"))
        .status();
    assert!(done.expect("there is a cat").success());
    to.sync_data().expect("it can be written");
    begun.elapsed()
}

fn append(file: &Path, text: &str) {
    let opened = std::fs::OpenOptions::new().append(true).open(file);
    let mut opened = opened.expect("it is there");
    opened
        .write_all(text.as_bytes())
        .expect("it can be written");
}

fn rate(lines: usize, took: Duration) -> f64 {
    lines as f64 / took.as_secs_f64()
}

/// Of all threads of this program.
fn cpu_seconds() -> f64 {
    let used = getrusage(UsageWho::RUSAGE_SELF).expect("Linux counts");
    let seconds =
        |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1_000_000.0;
    seconds(used.user_time()) + seconds(used.system_time())
}

fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux counts");
    let mut lines = status.lines();
    let peak = lines.find_map(|line| line.strip_prefix("VmHWM:"));
    let kb = peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse().ok());
    kb.map_or(f64::NAN, |kb: f64| kb / 1024.0)
}
