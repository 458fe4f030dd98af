//! What slurmctld leaves behind when it ends without saving its state, which it does every 5 s: the jobs that it took
//! since then are on disk as scripts only, and it would give their numbers to others.
//!
//! Files in the controller's directory: `slurmctld.running` is there from a start of slurmctld to its orderly end;
//! `unclean.json` tells the server what to look after ([`Unclean`]); `first-job-id` is the number below which none is
//! given any more; `starts` has a line for each start of a job, written by its prolog or, if it has none, by slurmctld.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::files;

const RUNNING: &str = "slurmctld.running";
const UNCLEAN: &str = "unclean.json";
/// What is about the last end, and goes with the state that it left.
pub const MARKS: [&str; 2] = [RUNNING, UNCLEAN];
const FIRST_JOB_ID: &str = "first-job-id";
const STARTS: &str = "starts";
/// The file of starts begins anew when it is so long; the one before is kept. `server/slurmctld/warm.c` does the same.
const MOST_STARTS: u64 = 1024 * 1024;
/// So much of slurmctld's log is searched for the last numbers that it gave.
const LOG_BYTES: u64 = 1024 * 1024;
/// More jobs than slurmctld takes between two saves.
const MOST_UNSAVED: u32 = 10_000;
/// What slurm.conf(5) says of `MaxJobId` where nobody set it; slurmctld does not start with a higher `FirstJobId`.
const MAX_JOB_ID: u32 = 67_043_328;

/// slurmctld ended without saving its state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unclean {
    /// When that was found, in milliseconds since 1970; of several ends, the last.
    pub at: i64,
    /// The batch jobs whose scripts were there, until it was told what became of them.
    pub jobs: BTreeSet<u32>,
    /// The jobs of which it was told that they were started a second time.
    #[serde(default)]
    pub started_twice: BTreeSet<u32>,
    /// The first of the ends since which not all that people had asked of jobs was looked after; none: it was.
    #[serde(default)]
    pub unasked_since: Option<i64>,
}

/// One start of a job, as it was noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    pub job: u32,
    /// How often Slurm knew it to have been started before.
    pub restarts: u32,
    /// Milliseconds since 1970.
    pub at: i64,
}

/// The files of one controller.
pub struct ControllerState {
    dir: PathBuf,
}

impl ControllerState {
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.into() }
    }

    /// To be called before each start of slurmctld: notes what the last one left if it did not end in order.
    pub fn before_start(&self, now: i64) -> io::Result<()> {
        let running = self.dir.join(RUNNING);
        if running.exists() {
            self.note_unclean(now)?;
        }
        let conf = self.dir.join("slurm.conf");
        let text = self.with_first_job_id(&std::fs::read_to_string(&conf)?);
        files::write(&conf, text.as_bytes(), files::PLAIN)?;
        File::create(running).map(drop)
    }

    /// slurmctld ended in order.
    pub fn after_clean_end(&self) -> io::Result<()> {
        files::remove_file(&self.dir.join(RUNNING))
    }

    /// What the server has not looked after yet.
    pub fn unclean(&self) -> io::Result<Option<Unclean>> {
        match files::read(&self.dir.join(UNCLEAN))? {
            Some(text) => Ok(Some(serde_json::from_slice(&text)?)),
            None => Ok(None),
        }
    }

    /// So much of it was looked after; false if there was another end meanwhile.
    pub fn go_on(&self, seen: &Unclean, next: &Unclean) -> io::Result<bool> {
        let is_same = self.unclean()?.as_ref() == Some(seen);
        if is_same && next != seen {
            self.write_unclean(next)?;
        }
        Ok(is_same)
    }

    /// The server has looked after all of it, unless there was another end meanwhile.
    pub fn looked_after(&self, seen: &Unclean) -> io::Result<()> {
        if self.unclean()?.as_ref() != Some(seen) {
            return Ok(());
        }
        files::remove_file(&self.dir.join(UNCLEAN))
    }

    /// slurm.conf as it is to be read: numbers that were given once are not given again.
    pub fn with_first_job_id(&self, conf: &str) -> String {
        match self.first_job_id() {
            Some(first) => with_first_job_id(conf, first),
            None => conf.to_owned(),
        }
    }

    fn first_job_id(&self) -> Option<u32> {
        let given = std::fs::read_to_string(self.dir.join(FIRST_JOB_ID)).ok()?;
        let first = given.trim().parse().ok()?;
        (first < MAX_JOB_ID).then_some(first)
    }

    /// One short line, so that prologs that end at the same moment do not mix theirs.
    pub fn note_start(&self, start: Start) -> io::Result<()> {
        let path = self.starts_file();
        if std::fs::metadata(&path).is_ok_and(|file| file.len() > MOST_STARTS) {
            std::fs::rename(&path, path.with_extension("1"))?;
        }
        let mut options = OpenOptions::new();
        let mut file = options.append(true).create(true).mode(0o600).open(path)?;
        let Start { job, restarts, at } = start;
        file.write_all(format!("{job} {restarts} {at}\n").as_bytes())
    }

    /// Grows with each start of a job.
    pub fn starts_file(&self) -> PathBuf {
        self.dir.join(STARTS)
    }

    /// slurmctld's log.
    fn log(&self) -> PathBuf {
        self.dir.join("slurmctld.log")
    }

    /// All starts that are still known, oldest first.
    pub fn starts(&self) -> Vec<Start> {
        let path = self.starts_file();
        let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_default();
        let text = read(&path.with_extension("1")) + &read(&path);
        text.lines().filter_map(parse_start).collect()
    }

    fn note_unclean(&self, now: i64) -> io::Result<()> {
        let mut unclean = self.unclean()?.unwrap_or_default();
        unclean.at = now;
        unclean.unasked_since.get_or_insert(now);
        unclean.jobs.extend(scripts(&self.dir.join("state"))?);
        let started = self.starts().into_iter().map(|start| start.job).max();
        let known = unclean.jobs.last().copied().max(started);
        let known = known.max(self.first_job_id());
        let highest = known.max(highest_in_log(&self.log(), known.unwrap_or_default()));
        if let Some(highest) = highest {
            let first = highest.saturating_add(1).to_string();
            files::write(&self.dir.join(FIRST_JOB_ID), first.as_bytes(), files::PLAIN)?;
        }
        self.write_unclean(&unclean)
    }

    fn write_unclean(&self, unclean: &Unclean) -> io::Result<()> {
        let text = serde_json::to_vec(unclean)?;
        files::write(&self.dir.join(UNCLEAN), &text, files::PLAIN)
    }
}

/// The batch jobs that have a directory of their own: `STATE/hash.7/job.17`.
fn scripts(state: &Path) -> io::Result<BTreeSet<u32>> {
    let mut found = BTreeSet::new();
    for hash in files::dir_names(state)? {
        if hash.starts_with("hash.") {
            let jobs = files::dir_names(&state.join(hash))?;
            found.extend(
                jobs.iter()
                    .filter_map(|job| job.strip_prefix("job.")?.parse::<u32>().ok()),
            );
        }
    }
    Ok(found)
}

/// The highest number of a job that slurmctld's log tells of: jobs without a script that have not started stand only there.
/// So do numbers that people made up, as in `scancel 99999999`: what is far above those that are `known` was never given.
fn highest_in_log(log: &Path, known: u32) -> Option<u32> {
    let mut file = File::open(log).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOG_BYTES)))
        .ok()?;
    let mut bytes = vec![];
    file.take(LOG_BYTES).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let number = |rest: &str| {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        rest[..digits].parse().ok()
    };
    let numbers = text.split("JobId=").skip(1).filter_map(number);
    let most = known.saturating_add(MOST_UNSAVED);
    numbers.filter(|number| *number <= most).max()
}

/// The parameter once, never below what a person set, and not at all where there are no higher numbers: slurmctld begins
/// anew with the lowest then.
fn with_first_job_id(conf: &str, first: u32) -> String {
    let value = |name: &str, line: &str| -> Option<u32> {
        let value = line.strip_prefix(name)?.strip_prefix('=')?;
        value.trim().parse().ok()
    };
    let is_first = |line: &str| value("FirstJobId", line);
    let most = conf.lines().find_map(|line| value("MaxJobId", line));
    let most = most.unwrap_or(MAX_JOB_ID);
    let possible = |number: &u32| *number < most;
    let wanted = conf.lines().filter_map(is_first).filter(possible).max();
    let first = Some(first).filter(possible).max(wanted);
    let line = first.map(|first| format!("FirstJobId={first}"));
    // The first line, for the last ones name nodes and partitions.
    let others = conf.lines().filter(|line| is_first(line).is_none());
    let lines: Vec<&str> = line.as_deref().into_iter().chain(others).collect();
    lines.join("\n") + "\n"
}

fn parse_start(line: &str) -> Option<Start> {
    let mut words = line.split(' ');
    let start = Start {
        job: words.next()?.parse().ok()?,
        restarts: words.next()?.parse().ok()?,
        at: words.next()?.parse().ok()?,
    };
    words.next().is_none().then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn controller() -> (tempfile::TempDir, ControllerState) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("slurm.conf"), "ClusterName=a\nNodeName=x\n").unwrap();
        let state = ControllerState::new(dir.path());
        (dir, state)
    }

    fn first_job_id(dir: &Path) -> Option<String> {
        let conf = std::fs::read_to_string(dir.join("slurm.conf")).unwrap();
        let mut lines = conf
            .lines()
            .filter_map(|line| line.strip_prefix("FirstJobId="));
        let found = lines.next().map(str::to_owned);
        assert_eq!(lines.next(), None, "{conf}");
        found
    }

    #[test]
    fn an_orderly_end_leaves_nothing_to_look_after() {
        let (dir, state) = controller();
        for _ in 0..2 {
            state.before_start(1).unwrap();
            state.after_clean_end().unwrap();
        }
        assert_eq!(state.unclean().unwrap(), None);
        assert_eq!(first_job_id(dir.path()), None);
    }

    #[test]
    fn after_a_kill_no_number_is_given_again() {
        let (dir, state) = controller();
        state.before_start(1).unwrap();
        for job in ["hash.7/job.17", "hash.9/job.9", "hash.9/job.x"] {
            std::fs::create_dir_all(dir.path().join("state").join(job)).unwrap();
        }
        std::fs::write(
            dir.path().join("slurmctld.log"),
            b"[x] sched: Allocate JobId=21 NodeList=a\n[y] caf\xe9 JobId=20_3(22)\n",
        )
        .unwrap();
        state.before_start(2).unwrap();
        let left = Unclean {
            at: 2,
            jobs: [9, 17].into(),
            unasked_since: Some(2),
            ..Unclean::default()
        };
        assert_eq!(state.unclean().unwrap(), Some(left));
        assert_eq!(first_job_id(dir.path()).unwrap(), "22");
        // A second kill before the server looked after the first.
        std::fs::create_dir_all(dir.path().join("state/hash.0/job.30")).unwrap();
        state.before_start(3).unwrap();
        let both = state.unclean().unwrap().unwrap();
        assert_eq!((both.at, both.jobs.len()), (3, 3));
        assert_eq!(both.unasked_since, Some(2), "the first one is forgotten");
        assert_eq!(first_job_id(dir.path()).unwrap(), "31");
        let told = Unclean {
            jobs: BTreeSet::new(),
            ..both.clone()
        };
        assert!(state.go_on(&both, &told).unwrap());
        assert!(
            !state.go_on(&both, &told).unwrap(),
            "it is not what was seen"
        );
        state.looked_after(&both).unwrap();
        assert!(
            state.unclean().unwrap().is_some(),
            "it is not what was seen"
        );
        state.looked_after(&told).unwrap();
        assert_eq!(state.unclean().unwrap(), None);
    }

    /// `scancel 99999999` and a partition that is called `JobId=4294967290` are in the log too.
    #[test]
    fn numbers_that_slurm_never_gave_are_none() {
        let (dir, state) = controller();
        state.before_start(1).unwrap();
        state
            .note_start(Start {
                job: 40_000,
                restarts: 0,
                at: 1,
            })
            .unwrap();
        let log = "[x] job_str_signal(3): invalid JobId=99999999\n\
            [x] invalid partition specified: JobId=4294967290\n\
            [x] JobId=99999999999999999999\n[x] _slurm_rpc_requeue: Requeue of JobId=60000\n\
            [x] sched: _slurm_rpc_allocate_resources JobId=40123 NodeList=(null)\n";
        std::fs::write(dir.path().join("slurmctld.log"), log).unwrap();
        state.before_start(2).unwrap();
        assert_eq!(first_job_id(dir.path()).unwrap(), "40124");
    }

    /// slurmctld and every client die of a first number above the last.
    #[test]
    fn a_number_above_the_last_is_left_out() {
        for (conf, first, with) in [
            ("A=1\n", 70_000_000, "A=1\n"),
            ("FirstJobId=100000000\nA=1\n", 7, "FirstJobId=7\nA=1\n"),
            ("MaxJobId=1000\n", 1000, "MaxJobId=1000\n"),
            ("MaxJobId=1000\n", 999, "FirstJobId=999\nMaxJobId=1000\n"),
        ] {
            assert_eq!(with_first_job_id(conf, first), with);
        }
        let (dir, state) = controller();
        std::fs::write(dir.path().join(FIRST_JOB_ID), "100000000").unwrap();
        state.before_start(1).unwrap();
        assert_eq!(first_job_id(dir.path()), None);
    }

    #[test]
    fn what_a_person_set_is_not_lowered() {
        assert_eq!(
            with_first_job_id("A=1\nFirstJobId=500\n", 7),
            "FirstJobId=500\nA=1\n"
        );
        assert_eq!(
            with_first_job_id("A=1\nFirstJobId=5\n", 7),
            "FirstJobId=7\nA=1\n"
        );
    }

    #[test]
    fn starts_are_read_back() {
        let (dir, state) = controller();
        let start = |job, restarts, at| Start { job, restarts, at };
        state.note_start(start(7, 0, 100)).unwrap();
        std::fs::write(dir.path().join("starts.1"), "6 0 50\nhalf a li").unwrap();
        assert_eq!(
            state.starts(),
            [start(6, 0, 50)],
            "what is torn is left out"
        );
        std::fs::remove_file(dir.path().join("starts.1")).unwrap();
        assert_eq!(state.starts(), [start(7, 0, 100)]);
    }
}
