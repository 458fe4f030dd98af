//! Asks a cluster's Slurm, and tells it what to do, through Slurm's own programs. No shell is ever involved.

mod accounts;
pub mod calls;
mod counts;
mod job;
mod job_table;
mod parse;
mod past;
mod reservation;
mod starts;
mod state;

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use app::model::job::JobRecord;
use openpcs_provider::lease::{self, Lease};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};

use super::hostlist;
use super::log::{DaemonLog, stamped};
pub use accounts::Associations;
pub use job::{LAUNCH_FAILED, MOST_FILES, has_doubtful_files};
pub use job_table::JobTable;
pub use parse::{NodeInfo, Queued, Returning};
pub use past::Ended;
pub use reservation::Reservation;

/// A controller that does not answer for so long is as good as down; the next look asks again.
const TIMEOUT: Duration = Duration::from_secs(30);
/// What is said then.
const NO_ANSWER: &str = "no answer within";
/// Bytes of an answer that are kept: more than the jobs of a full cluster take. Jobs have texts of their own, and with a
/// hundred kilobytes each, as a dependency may have, they must not fill the server's memory.
const MOST_ANSWER: u64 = 256 * 1024 * 1024;
/// The same of what a program says of its failure.
const MOST_WORDS: u64 = 64 * 1024;
/// What Slurm's programs say when the controller may have heard them and its answer did not come, or came broken
/// (`slurm_strerror`, 24.11). That it could not be reached is none of these: then it heard nothing.
const LOST: [&str; 6] = [
    "Zero Bytes were transmitted or received",
    "Socket timed out on send/recv operation",
    "Message receive failure",
    "Message send failure",
    "Communication shutdown failure",
    "Unexpected message received",
];
/// What is said of an answer that is none.
const UNREADABLE: &str = "its answer could not be read";

/// Why Slurm did not do it, in its own words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{program}: {message}")]
pub struct SlurmError {
    pub program: String,
    pub message: String,
}

impl SlurmError {
    /// Nothing was heard: it may have been done all the same.
    pub fn is_silence(&self) -> bool {
        let is_lost = |words: &&str| self.message.contains(*words);
        self.message.starts_with(NO_ANSWER) || LOST.iter().any(is_lost)
    }

    /// Slurm answered, and it is us who do not understand.
    pub fn is_unreadable(&self) -> bool {
        self.message.starts_with(UNREADABLE)
    }
}

/// What a node is told. Explicit power_up and power_down also work on nodes that Slurm would not suspend by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeUpdate {
    /// Ends its jobs at once; batch jobs are requeued. The only way that does not wait for a dead node's answer.
    Down {
        reason: String,
    },
    /// Clears DOWN and DRAIN; a node that powers down is usable again at once, without SuspendTimeout.
    Resume,
    PowerUp,
    /// Off when its jobs have ended; further jobs may still come before.
    PowerDown,
    /// Drains, then off.
    PowerDownAsap {
        reason: String,
    },
    /// Off now; jobs are requeued. On a dead node say [`NodeUpdate::Down`] first.
    PowerDownForce {
        reason: String,
    },
    Drain {
        reason: String,
    },
    /// Clears DRAIN and nothing else: for a node that is not down.
    Undrain,
    /// For a node that can be used again: forgets why it could not, and has Slurm look for jobs, as it does after each
    /// update of a node.
    Offer,
    /// Where its slurmd is: of a node that is a host of its own and just booted. For one node.
    Address {
        address: IpAddr,
    },
}

/// One cluster's Slurm.
#[derive(Clone, Debug)]
pub struct Client {
    /// The directory `…/slurm-MAJOR`.
    pub prefix: PathBuf,
    /// What leads into the controller's namespaces, as `nsenter -t PID -m --`; empty for none.
    pub enter: Vec<OsString>,
    /// The cluster's slurm.conf.
    pub conf: PathBuf,
    /// Without it nothing is asked or told, where another process may have the cluster.
    pub lease: Option<Lease>,
}

impl Client {
    /// Whether the controller answers.
    pub async fn ping(&self) -> Result<(), SlurmError> {
        self.run("scontrol", ["ping"]).await.map(drop)
    }

    /// All nodes.
    pub async fn nodes(&self) -> Result<Vec<NodeInfo>, SlurmError> {
        let json = self.run("scontrol", ["show", "nodes", "--json"]).await?;
        understand("scontrol", json, parse::nodes).await
    }

    /// All jobs in the controller's memory, ended ones (until MinJobAge) too, newest first. `squeue` would leave
    /// those out.
    pub async fn jobs(&self) -> Result<Vec<JobRecord>, SlurmError> {
        let jobs = self.numbered_jobs().await?;
        Ok(parse::newest_first(jobs.into_iter()))
    }

    async fn numbered_jobs(&self) -> Result<Vec<(u32, JobRecord)>, SlurmError> {
        let json = self.run("scontrol", ["show", "jobs", "--json"]).await?;
        understand("scontrol", json, parse::jobs).await
    }

    /// What a program of Slurm's prints for people, for whoever looks for the cause of a trouble.
    pub async fn shown(&self, program: &str, args: &[&str]) -> Result<Vec<u8>, SlurmError> {
        self.run(program, args).await
    }

    /// Tells nodes. Slurm refuses the update of nodes that it makes no sense for, as Resume of an idle one.
    pub async fn update_nodes(
        &self,
        nodes: &[String],
        update: &NodeUpdate,
    ) -> Result<(), SlurmError> {
        if nodes.is_empty() {
            return Ok(());
        }
        let mut args = vec![
            "update".to_owned(),
            format!("NodeName={}", hostlist::compress(nodes)),
        ];
        if let (NodeUpdate::Address { .. }, [node]) = (update, nodes) {
            args.push(format!("NodeHostName={node}"));
        }
        args.extend(update.words());
        self.run("scontrol", args).await.map(drop)
    }

    /// Makes jobs that wait for their start time eligible now. A requeued job otherwise waits until its credential
    /// has expired.
    pub async fn start_now(&self, jobs: &[String]) -> Result<(), SlurmError> {
        if jobs.is_empty() {
            return Ok(());
        }
        let jobs = format!("JobId={}", jobs.join(","));
        self.run("scontrol", ["update", &jobs, "StartTime=now"])
            .await
            .map(drop)
    }

    /// The ids of the jobs that have any of these nodes, tasks of arrays by their own. A question about few jobs, and
    /// quick however many there are.
    pub async fn jobs_on(&self, nodes: &[String]) -> Result<Vec<String>, SlurmError> {
        if nodes.is_empty() {
            return Ok(vec![]);
        }
        let nodes = format!("--nodelist={}", hostlist::compress(nodes));
        // `%A` and not `%i`, which is `12_3` for a task: what is told of one by that name is told to all of an array.
        let answer = self
            .run("squeue", ["--noheader", "--format=%A", &nodes])
            .await?;
        let answer = String::from_utf8_lossy(&answer);
        Ok(answer.split_whitespace().map(str::to_owned).collect())
    }

    /// Ends the running and cancels the pending jobs of a partition.
    pub async fn cancel_partition(&self, name: &str) -> Result<(), SlurmError> {
        let partition = format!("--partition={name}");
        self.run("scancel", [partition]).await.map(drop)
    }

    /// Ends the jobs that run on any of the nodes.
    pub async fn cancel_jobs_on(&self, nodes: &[String]) -> Result<(), SlurmError> {
        if nodes.is_empty() {
            return Ok(());
        }
        let nodes = format!("--nodelist={}", hostlist::compress(nodes));
        self.run("scancel", [nodes]).await.map(drop)
    }

    /// Has the running controller read its files again. When it refuses, the old configuration stays in force and the
    /// error says why. Only a controller that runs as a daemon can refuse: with `-D` a bad configuration ends it.
    ///
    /// `log` is the controller's log: Slurm itself answers no more than "Unspecified error".
    pub async fn reconfigure(&self, log: &DaemonLog) -> Result<(), SlurmError> {
        let before = log.size().await.unwrap_or_default();
        let Err(error) = self.run("scontrol", ["reconfigure"]).await else {
            return Ok(());
        };
        match refusal(log, before).await {
            Some(message) => Err(SlurmError {
                program: "slurmctld".to_owned(),
                message,
            }),
            None => Err(error),
        }
    }

    async fn run<A: Into<OsString>>(
        &self,
        program: &str,
        args: impl IntoIterator<Item = A>,
    ) -> Result<Vec<u8>, SlurmError> {
        self.check(program)?;
        let mut command = self.command(program);
        command.args(args.into_iter().map(Into::into));
        finish(program, command, None).await
    }

    fn check(&self, program: &str) -> Result<(), SlurmError> {
        lease::check(self.lease.as_ref()).map_err(|lost| SlurmError {
            program: program.to_owned(),
            message: lost.to_string(),
        })
    }

    /// A program of Slurm's inside the controller's namespaces, its own arguments still to come.
    fn command(&self, program: &str) -> tokio::process::Command {
        self.command_after(&[], program)
    }

    /// As [`Self::command`], with these words just before the program.
    fn command_after(&self, before: &[OsString], program: &str) -> tokio::process::Command {
        let mut words = self.enter.clone();
        words.extend_from_slice(before);
        words.push(self.prefix.join("bin").join(program).into());
        let mut command = tokio::process::Command::new(&words[0]);
        command
            .args(&words[1..])
            // The server's own environment must not steer Slurm's programs.
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("SLURM_CONF", &self.conf)
            // Else a long list of an array's tasks ends in dots.
            .env("SLURM_BITSTR_LEN", "0")
            .kill_on_drop(true);
        command
    }
}

/// Runs it to its end, with `input` on its standard input; what it prints, or why it failed in its own words.
async fn finish(
    program: &str,
    command: tokio::process::Command,
    input: Option<&[u8]>,
) -> Result<Vec<u8>, SlurmError> {
    let begun = Instant::now();
    let said = ended(program, command, input).await;
    calls::note(program, said.is_ok(), begun.elapsed());
    said
}

async fn ended(
    program: &str,
    mut command: tokio::process::Command,
    input: Option<&[u8]>,
) -> Result<Vec<u8>, SlurmError> {
    let error = |message: String| SlurmError {
        program: program.to_owned(),
        message,
    };
    let stdin = if input.is_some() {
        Stdio::piped()
    } else {
        Stdio::null()
    };
    command
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let run = async {
        let mut child = command.spawn()?;
        if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
            // A program that refuses its options never reads: what it says of that is worth more than this error.
            let _ = stdin.write_all(input).await;
        }
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let (out, err) = tokio::join!(read(out, MOST_ANSWER), read(err, MOST_WORDS));
        let ((stdout, is_cut), (stderr, _)) = (out?, err?);
        let status = child.wait().await?;
        let output = std::process::Output {
            status,
            stdout,
            stderr,
        };
        Ok::<_, std::io::Error>((output, is_cut))
    };
    let output = match tokio::time::timeout(TIMEOUT, run).await {
        Err(_) => return Err(error(format!("{NO_ANSWER} {} s", TIMEOUT.as_secs()))),
        Ok(Err(e)) => return Err(error(format!("could not be started: {e}"))),
        Ok(Ok((_, true))) => {
            let most = MOST_ANSWER / (1024 * 1024);
            return Err(error(format!("{UNREADABLE}: it has more than {most} MiB")));
        }
        Ok(Ok((output, false))) => output,
    };
    if output.status.success() {
        return Ok(output.stdout);
    }
    // `scontrol ping` answers on the standard output, all else on the standard error.
    let words = match output.stderr.trim_ascii() {
        [] => output.stdout.trim_ascii(),
        words => words,
    };
    match String::from_utf8_lossy(words).into_owned() {
        words if words.is_empty() => Err(error(format!("ended with {}", output.status))),
        words => Err(error(words)),
    }
}

/// So many bytes at most, and whether there were more: those are passed over, so that the program ends.
async fn read(
    stream: Option<impl AsyncRead + Unpin>,
    most: u64,
) -> std::io::Result<(Vec<u8>, bool)> {
    let mut bytes = vec![];
    let Some(mut stream) = stream else {
        return Ok((bytes, false));
    };
    (&mut stream).take(most).read_to_end(&mut bytes).await?;
    let rest = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
    Ok((bytes, rest > 0))
}

impl NodeUpdate {
    /// The arguments of `scontrol update NodeName=…`.
    fn words(&self) -> Vec<String> {
        let (state, reason): (&str, Option<&str>) = match self {
            NodeUpdate::Down { reason } => ("DOWN", Some(reason)),
            NodeUpdate::Resume => ("RESUME", None),
            NodeUpdate::PowerUp => ("POWER_UP", None),
            NodeUpdate::PowerDown => ("POWER_DOWN", None),
            NodeUpdate::PowerDownAsap { reason } => ("POWER_DOWN_ASAP", Some(reason)),
            NodeUpdate::PowerDownForce { reason } => ("POWER_DOWN_FORCE", Some(reason)),
            NodeUpdate::Drain { reason } => ("DRAIN", Some(reason)),
            NodeUpdate::Undrain => ("UNDRAIN", None),
            NodeUpdate::Offer => return vec!["Reason=".to_owned()],
            NodeUpdate::Address { address } => return vec![format!("NodeAddr={address}")],
        };
        let state = format!("State={state}");
        let reason = reason.map(|reason| format!("Reason={}", one_line(reason)));
        [state].into_iter().chain(reason).collect()
    }
}

/// What an answer says. Of thousands of records that takes long: the threads that requests wait for are not held up.
async fn understand<T: Send + 'static>(
    program: &str,
    answer: Vec<u8>,
    parse: impl FnOnce(&[u8]) -> Result<T, serde_json::Error> + Send + 'static,
) -> Result<T, SlurmError> {
    let parsed = tokio::task::spawn_blocking(move || parse(&answer)).await;
    let parsed = parsed.map_err(|ended| unreadable(program, ended))?;
    parsed.map_err(|error| unreadable(program, error))
}

fn unreadable(program: &str, error: impl std::fmt::Display) -> SlurmError {
    SlurmError {
        program: program.to_owned(),
        message: format!("{UNREADABLE}: {error}"),
    }
}

/// Without what would begin another line, or end a word in quotes.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() || c == '"' { ' ' } else { c })
        .collect()
}

/// What the controller logged since `before` of why it refused: the fatal line and the errors just above it.
async fn refusal(log: &DaemonLog, before: u64) -> Option<String> {
    let (_, bytes) = log.since(before).await.ok()?;
    words_of_refusal(&String::from_utf8_lossy(&bytes))
}

/// Whoever submits has words of theirs in the log, also with line breaks: what counts is a line with a time. slurmctld
/// itself has one last word, so that of several one at least is made up, and Slurm's own answer has to do.
fn words_of_refusal(log: &str) -> Option<String> {
    // `[2026-01-02T03:04:05.678] fatal: …`
    let lines: Vec<&str> = log
        .lines()
        .map(|line| stamped(line).map_or("", |(_, words)| words))
        .collect();
    let is_fatal = |line: &&str| line.starts_with("fatal: ");
    let fatal = lines.iter().position(is_fatal)?;
    if lines[fatal + 1..].iter().any(is_fatal) {
        return None;
    }
    // A complaint of every start, no reason for a refusal.
    let is_reason =
        |line: &&&str| line.starts_with("error: ") && !line.ends_with("default partition not set.");
    let mut words: Vec<&str> = lines[..fatal]
        .iter()
        .rev()
        .take(3)
        .take_while(is_reason)
        .copied()
        .collect();
    words.reverse();
    words.push(lines[fatal]);
    Some(words.join("\n"))
}

#[cfg(test)]
mod tests;
