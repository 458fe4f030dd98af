//! Jobs that ended, as accounting has them: asks `sacct` for those of some time, and reads its answer.
//!
//! Names, comments and paths are whatever somebody made them, with line ends and all. So the fields are told apart by a
//! mark that nobody can know before, and counted; a line's end says nothing.

use app::model::past_job::{PastJob, PastStep};
use tokio::process::Command;

use super::{Client, SlurmError, finish};
use crate::random::random_hex;

/// How they end. A job that is back in the queue is not over.
const OVER: &str = "BF,CA,CD,DL,F,NF,OOM,PR,TO";
/// In the order in which [`job`] and [`step`] read them.
const FIELDS: [&str; 29] = [
    "JobID",
    "JobName",
    "User",
    "UID",
    "Account",
    "Partition",
    "QOS",
    "State",
    "ExitCode",
    "Submit",
    "Start",
    "End",
    "ElapsedRaw",
    "TimelimitRaw",
    "ReqNodes",
    "ReqCPUS",
    "ReqTRES",
    "NNodes",
    "AllocCPUS",
    "TotalCPU",
    "NTasks",
    "MaxRSS",
    "TRESUsageInTot",
    "NodeList",
    "WorkDir",
    "Comment",
    "SubmitLine",
    "Restarts",
    "ReqMem",
];
/// Steps of a job that are kept: of thousands nobody reads more, and a row must stay small.
const MOST_STEPS: usize = 100;
/// Characters of a text that are kept.
const LONGEST: usize = 1000;
const MIB: i64 = 1024 * 1024;

/// One of them, with its steps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ended {
    pub job: PastJob,
    pub steps: Vec<PastStep>,
}

impl Client {
    /// Those that ended between these times, in seconds since 1970; of one that was requeued its last run. Some that
    /// ended minutes before or after may be among them.
    pub async fn ended_between(&self, from: i64, to: i64) -> Result<Vec<Ended>, SlurmError> {
        // Nobody who names a job can know what stands between its fields this time.
        let mark = format!("m{}|", random_hex(16));
        let mut command = self.records(from, to)?;
        command
            .args(["--noconvert", "--parsable"])
            .arg(format!("--delimiter={mark}"))
            .arg(format!("--state={OVER}"))
            .arg(format!("--format={}", FIELDS.join(",")));
        let answer = finish("sacct", command, None).await?;
        let read = tokio::task::spawn_blocking(move || ended(&answer, mark.as_bytes())).await;
        read.map_err(|error| super::unreadable("sacct", error))
    }

    /// Asks for everybody's records between these times, and for times written the same way.
    pub(super) fn records(&self, from: i64, to: i64) -> Result<Command, SlurmError> {
        self.check("sacct")?;
        let mut command = self.command("sacct");
        command
            .env("SLURM_TIME_FORMAT", "%s")
            .args(["--allusers", "--noheader"])
            .arg(format!("--starttime=uts{from}"))
            .arg(format!("--endtime=uts{to}"));
        Ok(command)
    }

    /// How many records the controller still has to tell to accounting.
    pub async fn unrecorded(&self) -> Result<u64, SlurmError> {
        Ok(self.counts().await?.of("DBD Agent queue size"))
    }
}

/// Each job is followed by its steps. What is no record of either is left out.
fn ended(answer: &[u8], mark: &[u8]) -> Vec<Ended> {
    let mut all: Vec<Ended> = vec![];
    let mut row: Vec<String> = Vec::with_capacity(FIELDS.len());
    for field in fields(answer, mark) {
        // The line end of the row before.
        let field = match row.is_empty() {
            true => field.strip_prefix(b"\n").unwrap_or(field),
            false => field,
        };
        row.push(text(field));
        if row.len() < FIELDS.len() {
            continue;
        }
        match row[0].split_once('.') {
            None => all.extend(job(&row)),
            Some((of, id)) => {
                if let Some(last) = all.last_mut().filter(|last| last.job.id == of) {
                    add(last, step(id, &row));
                }
            }
        }
        row.clear();
    }
    all
}

/// What stands before each mark.
fn fields<'a>(answer: &'a [u8], mark: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = answer;
    std::iter::from_fn(move || {
        let at = rest.windows(mark.len()).position(|window| window == mark)?;
        let field = &rest[..at];
        rest = &rest[at + mark.len()..];
        Some(field)
    })
}

fn text(field: &[u8]) -> String {
    let text = String::from_utf8_lossy(field);
    match text.char_indices().nth(LONGEST) {
        None => text.into_owned(),
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}

fn job(row: &[String]) -> Option<Ended> {
    let (exit_code, signal) = exit(&row[8]);
    let job = PastJob {
        id: row[0].clone(),
        name: row[1].clone(),
        // A user whom this host does not know has a number only.
        user: [&row[2], &row[3]]
            .into_iter()
            .find(|word| !word.is_empty())?
            .clone(),
        account: row[4].clone(),
        queue: row[5].clone(),
        quality_of_service: row[6].clone(),
        state: state(&row[7]),
        exit_code,
        signal,
        submitted_at: moment(&row[9]),
        started_at: moment(&row[10]),
        ended_at: moment(&row[11]),
        elapsed_seconds: number(&row[12]),
        time_limit_minutes: row[13].parse().ok(),
        asked_nodes: number(&row[14]),
        asked_cpus: number(&row[15]),
        asked_memory_mib: tres(&row[16], "mem")
            .or_else(|| bytes(&row[28]))
            .map_or(0, mib),
        node_count: number(&row[17]),
        cpus: number(&row[18]),
        used_cpu_ms: span(&row[19]),
        nodes: nodes(&row[23]),
        working_directory: row[24].clone(),
        comment: row[25].clone(),
        command: row[26].clone(),
        restarts: number(&row[27]),
        is_accounted: true,
        ..PastJob::default()
    };
    let is_one = !job.id.is_empty() && job.ended_at > 0;
    is_one.then(|| Ended {
        job: never_started(job),
        steps: vec![],
    })
}

/// Nothing was used by what never ran, and it had no nodes.
fn never_started(mut job: PastJob) -> PastJob {
    if job.started_at == 0 {
        (
            job.node_count,
            job.cpus,
            job.elapsed_seconds,
            job.used_cpu_ms,
        ) = (0, 0, 0, None);
    }
    job
}

fn step(id: &str, row: &[String]) -> PastStep {
    let (exit_code, signal) = exit(&row[8]);
    let largest = bytes(&row[21]).filter(|bytes| *bytes > 0);
    PastStep {
        id: id.to_owned(),
        name: row[1].clone(),
        state: state(&row[7]),
        exit_code,
        signal,
        started_at: moment(&row[10]),
        ended_at: moment(&row[11]),
        elapsed_seconds: number(&row[12]),
        tasks: number(&row[20]),
        cpus: number(&row[18]),
        used_cpu_ms: span(&row[19]),
        used_memory_mib: tres(&row[22], "mem")
            .filter(|bytes| *bytes > 0)
            .or(largest)
            .map(mib),
        largest_task_mib: largest.map(mib),
        nodes: nodes(&row[23]),
    }
}

fn add(ended: &mut Ended, step: PastStep) {
    let job = &mut ended.job;
    job.used_memory_mib = job.used_memory_mib.max(step.used_memory_mib);
    match ended.steps.len() < MOST_STEPS {
        true => ended.steps.push(step),
        false => job.steps_left_out += 1,
    }
}

/// `CANCELLED by 1000`: who did it is not its state.
fn state(text: &str) -> String {
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// `3:0`: exit code and signal.
fn exit(text: &str) -> (Option<i64>, Option<i64>) {
    let (code, signal) = text.split_once(':').unwrap_or((text, ""));
    let signal = signal.parse().ok().filter(|signal| *signal > 0);
    (code.parse().ok(), signal)
}

fn nodes(text: &str) -> String {
    match text {
        "None assigned" | "None" => String::new(),
        nodes => nodes.to_owned(),
    }
}

fn number(text: &str) -> i64 {
    text.parse().unwrap_or_default()
}

/// Seconds since 1970; `None` and `Unknown` are none.
fn moment(text: &str) -> i64 {
    number(text).max(0).saturating_mul(1000)
}

/// `[DAYS-[HOURS:]]MINUTES:SECONDS[.MILLISECONDS]`, in milliseconds.
fn span(text: &str) -> Option<i64> {
    let (days, rest) = match text.split_once('-') {
        Some((days, rest)) => (days.parse().ok()?, rest),
        None => (0_i64, text),
    };
    let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let mut seconds = 0_i64;
    for part in whole.split(':') {
        let part: i64 = part.parse().ok()?;
        seconds = seconds.checked_mul(60)?.checked_add(part)?;
    }
    let thousandths: i64 = match fraction {
        "" => 0,
        digits => format!("{digits:0<3}").get(..3)?.parse().ok()?,
    };
    let seconds = days.checked_mul(86_400)?.checked_add(seconds)?;
    seconds.checked_mul(1000)?.checked_add(thousandths)
}

/// What `cpu=4,mem=8G,node=2` says of one, memory in bytes.
fn tres(text: &str, name: &str) -> Option<i64> {
    let mut pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    pairs
        .find(|(key, _)| *key == name)
        .and_then(|(_, value)| bytes(value))
}

/// `512M`, or bytes without a unit.
fn bytes(text: &str) -> Option<i64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor: f64 = match text[digits.len()..].chars().next() {
        None => 1.0,
        Some('K') => 1024.0,
        Some('M') => 1024.0 * 1024.0,
        Some('G') => 1024.0 * 1024.0 * 1024.0,
        Some('T') => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        Some(_) => return None,
    };
    let value: f64 = digits.parse().ok()?;
    // What is too large for it ends at its largest.
    value.is_finite().then_some((value * factor) as i64)
}

/// Rounded up: what used a little used some.
fn mib(bytes: i64) -> i64 {
    bytes.max(0) / MIB + i64::from(bytes.max(0) % MIB > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers as `sacct` of 24.11.5 gave them, the mark made a short one.
    const ANSWER: &str = concat!(
        "8@@we?ird|na\nme@@ann@@999@@lab@@demo@@normal@@FAILED@@0:9@@1795873779@@1795873781@@1795873782@@1@@UNLIMITED@@1@@1@@",
        "billing=1,cpu=1,mem=8192M,node=1@@1@@1@@00:00.002@@@@@@@@compute-1-2@@/home/ann@@a,\"b@@sbatch x@@0@@8192M@@\n",
        "8.batch@@batch@@@@@@@@@@@@CANCELLED@@0:9@@1795873781@@1795873781@@1795873782@@1@@@@1@@1@@@@1@@1@@00:00.002@@1@@@@energy=0@@",
        "compute-1-2@@@@@@@@@@@@\n",
        "10@@wrap@@@@999@@@@demo@@normal@@COMPLETED@@0:0@@1795873955@@1795873955@@1795873967@@12@@90@@1@@1@@",
        "billing=1,cpu=1,mem=2G,node=1@@1@@1@@00:00.399@@@@@@@@compute-1-1@@/home@@@@sbatch y@@2@@2048M@@\n",
        "10.batch@@batch@@@@@@@@@@@@COMPLETED@@0:0@@1795873955@@1795873955@@1795873967@@12@@@@1@@1@@@@1@@1@@00:00.014@@1@@12910592@@",
        "cpu=00:00:00,energy=0,mem=12910592,vmem=233656320@@compute-1-1@@@@@@@@@@@@\n",
        "10.0@@python3@@@@@@@@@@@@COMPLETED@@0:0@@1795873956@@1795873956@@1795873966@@10@@@@1@@1@@@@1@@1@@00:00.385@@1@@308322304@@",
        "cpu=00:00:00,energy=0,mem=308322304,vmem=314298368@@compute-1-1@@@@@@@@@@@@\n",
        "7_[5-9%1]@@wrap@@ann@@999@@@@demo@@normal@@CANCELLED by 999@@0:0@@1795873779@@None@@1795873798@@0@@UNLIMITED@@1@@1@@",
        "cpu=1,mem=8192M,node=1@@1@@0@@00:00:00@@@@@@@@None assigned@@/home@@@@@@0@@8192M@@\n",
    );

    #[test]
    fn jobs_come_with_their_steps_whatever_their_names_are() {
        let all = ended(ANSWER.as_bytes(), b"@@");
        let ids: Vec<&str> = all.iter().map(|one| one.job.id.as_str()).collect();
        assert_eq!(ids, ["8", "10", "7_[5-9%1]"]);
        let (killed, done, cancelled) = (&all[0], &all[1], &all[2].job);
        assert_eq!(killed.job.name, "we?ird|na\nme");
        assert_eq!(
            (killed.job.exit_code, killed.job.signal),
            (Some(0), Some(9))
        );
        assert_eq!(killed.job.used_memory_mib, None, "it was over at once");
        assert_eq!(killed.job.comment, "a,\"b");
        assert_eq!(done.job.user, "999", "nobody knows the name");
        assert_eq!(done.job.time_limit_minutes, Some(90));
        assert_eq!(
            (done.job.asked_memory_mib, done.job.used_memory_mib),
            (2048, Some(295))
        );
        assert_eq!((done.job.used_cpu_ms, done.job.restarts), (Some(399), 2));
        let steps: Vec<&str> = done.steps.iter().map(|step| step.id.as_str()).collect();
        assert_eq!(steps, ["batch", "0"]);
        assert_eq!(done.steps[1].largest_task_mib, Some(295));
        assert_eq!(cancelled.state, "CANCELLED");
        assert_eq!((cancelled.started_at, cancelled.nodes.as_str()), (0, ""));
        assert_eq!((cancelled.used_cpu_ms, cancelled.node_count), (None, 0));
    }

    #[test]
    fn what_is_cut_or_odd_is_left_out() {
        let cut = &ANSWER.as_bytes()[..ANSWER.len() - 40];
        assert_eq!(ended(cut, b"@@").len(), 2);
        for odd in ["", "\n", "@@", "@@@@@@\n@@", "x.y@@"] {
            assert_eq!(ended(odd.as_bytes(), b"@@"), [], "{odd:?}");
        }
        let bytes = ANSWER.replace("we?ird", "we\u{1}ird").into_bytes();
        let bytes: Vec<u8> = bytes
            .iter()
            .map(|b| if *b == 1 { 0xff } else { *b })
            .collect();
        assert_eq!(ended(&bytes, b"@@")[0].job.name, "we\u{fffd}ird|na\nme");
    }

    #[test]
    fn of_many_steps_the_first_are_kept_and_the_largest_counts() {
        let mut one = Ended::default();
        for at in 0..MOST_STEPS + 3 {
            let used_memory_mib = Some(at as i64);
            add(
                &mut one,
                PastStep {
                    used_memory_mib,
                    ..PastStep::default()
                },
            );
        }
        assert_eq!((one.steps.len(), one.job.steps_left_out), (MOST_STEPS, 3));
        assert_eq!(one.job.used_memory_mib, Some(MOST_STEPS as i64 + 2));
    }

    #[test]
    fn times_and_sizes_are_read_leniently() {
        for (text, ms) in [
            ("00:00.399", Some(399)),
            ("01:02.5", Some(62_500)),
            ("1:00:00", Some(3_600_000)),
            ("2-00:00:01", Some(172_801_000)),
            ("", None),
            ("x:1", None),
            ("99999999999999999999:00", None),
        ] {
            assert_eq!(span(text), ms, "{text}");
        }
        for (text, size) in [
            ("512M", Some(512 * MIB)),
            ("1.5G", Some(1536 * MIB)),
            ("4000Mn", Some(4000 * MIB)),
            ("1048576", Some(MIB)),
            ("", None),
            ("4X", None),
        ] {
            assert_eq!(bytes(text), size, "{text}");
        }
        assert_eq!(mib(MIB + 1), 2);
    }
}
