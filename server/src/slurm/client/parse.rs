//! Reads the JSON of Slurm's programs. Leniently: members come and go between versions, numbers may be plain or
//! `{set, infinite, number}`, states may be one word or a list.
//!
//! What people give their jobs is bytes to Slurm, and it repeats them as they are: a name or a directory need not be
//! UTF-8. Such bytes are shown as replacement characters, and a record that cannot be read at all costs that record
//! only: one user's job must not hide everybody's nodes and jobs.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hasher as _};

use app::model::job::{Asks, Job, JobRecord};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::state;
use crate::slurm::hostlist;

/// Slurm's `NO_VAL`, which stands for the number of a task that has none yet.
const NO_TASK: &str = "4294967294";

/// A node as Slurm sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeInfo {
    pub name: String,
    /// Slurm's words: the base state and its flags, `IDLE`, `CLOUD`, `POWERED_DOWN`, …
    pub states: BTreeSet<String>,
    /// As `sinfo` prints it: `idle~`, `mix`, `down*`.
    pub state_text: String,
    pub reason: Option<String>,
    /// The reservation that keeps it now.
    pub reservation: Option<String>,
    /// Seconds since 1970; 0 when it never booted.
    pub boot_time: i64,
    /// Seconds since 1970; 0 when powered down.
    pub last_busy: i64,
    pub partitions: Vec<String>,
    pub cpus: i64,
    pub allocated_cpus: i64,
    pub memory_mib: i64,
    pub gpus: i64,
    /// Its slurmd's, as `24.11.5`; empty before the first.
    pub version: String,
}

/// A job as `squeue` lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// Its own number, also of an array's task.
    pub job: u32,
    /// The array's number; of others their own.
    pub array: u32,
    /// How often it went back to the queue.
    pub restarts: u32,
    pub reason: String,
}

/// A job that goes back to the queue when its nodes are lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returning {
    /// Its own number, also of an array's task.
    pub id: String,
    /// As it is called: `12`, `9_3`.
    pub name: String,
    pub priority: u32,
}

impl NodeInfo {
    /// Whether Slurm says this word of it, as `POWERED_DOWN`.
    pub fn is(&self, state: &str) -> bool {
        self.states.contains(state)
    }

    /// Whether Slurm drained it by itself, for one of these reasons. It adds who and when, as
    /// ` [root@2026-01-02T03:04:05]`.
    pub fn is_drained_for(&self, reasons: &[&str]) -> bool {
        let reason = self.reason.as_deref().unwrap_or_default();
        self.is("DRAIN") && reasons.iter().any(|own| reason.starts_with(own))
    }

    /// Runs a job, or cleans up after one.
    pub fn is_busy(&self) -> bool {
        self.is("ALLOCATED") || self.is("MIXED") || self.is("COMPLETING")
    }

    /// A job can start on it now.
    pub fn is_up(&self) -> bool {
        const NOT_UP: [&str; 7] = [
            "POWERED_DOWN",
            "POWERING_DOWN",
            "POWERING_UP",
            "POWER_UP",
            "DOWN",
            "NOT_RESPONDING",
            "FUTURE",
        ];
        !NOT_UP.iter().any(|flag| self.is(flag))
    }

    /// Slurm is powering it up or down, or about to.
    pub fn changes_power(&self) -> bool {
        ["POWERING_UP", "POWER_UP", "POWERING_DOWN", "POWER_DOWN"]
            .iter()
            .any(|flag| self.is(flag))
    }
}

/// The lists of an answer, each record still as Slurm wrote it.
#[derive(Default, Deserialize)]
struct Answer<'a> {
    #[serde(borrow, default)]
    nodes: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    jobs: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    reservations: Vec<&'a RawValue>,
}

pub fn nodes(json: &[u8]) -> Result<Vec<NodeInfo>, serde_json::Error> {
    let json = readable(json);
    let answer: Answer = serde_json::from_str(&json)?;
    Ok(answer
        .nodes
        .into_iter()
        .filter_map(value)
        .map(node)
        .collect())
}

/// Each with its own number, which a task of an array has too.
pub fn jobs(json: &[u8]) -> Result<Vec<(u32, JobRecord)>, serde_json::Error> {
    let json = readable(json);
    let answer: Answer = serde_json::from_str(&json)?;
    let numbered = |value: Value| {
        let own = number(&value["job_id"]);
        (u32::try_from(own).unwrap_or_default(), record(value))
    };
    Ok(answer
        .jobs
        .into_iter()
        .filter_map(value)
        .map(numbered)
        .collect())
}

/// In the order of a list; of an array what waits, then its tasks, the last first.
pub fn newest_first(jobs: impl Iterator<Item = (u32, JobRecord)>) -> Vec<JobRecord> {
    let mut jobs: Vec<(u32, JobRecord)> = jobs.collect();
    // What waits of an array keeps the array's own number.
    jobs.sort_by_cached_key(|(job, record)| {
        let family = record.job.who().number();
        Reverse((record.job.submitted_at, family, *job == family, *job))
    });
    jobs.into_iter().map(|(_, record)| record).collect()
}

/// Of `squeue`: a digest of what it tells of each job, which begins with the job's number and `mark`. What a job contains
/// may have lines of its own.
pub fn job_lines(text: &[u8], mark: &str) -> HashMap<u32, u64> {
    let mut lines: HashMap<u32, DefaultHasher> = HashMap::new();
    let mut job = 0;
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    for line in text.split(|byte| *byte == b'\n') {
        let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (number, rest) = line.split_at(digits);
        let mut text = line;
        if let Some(told) = rest.strip_prefix(mark.as_bytes()) {
            let number = String::from_utf8_lossy(number).parse();
            (job, text) = (number.unwrap_or_default(), told);
        }
        let hash = lines.entry(job).or_default();
        hash.write(text);
        hash.write_u8(b'\n');
    }
    let digests = lines.into_iter().map(|(job, hash)| (job, hash.finish()));
    digests.filter(|(job, _)| *job != 0).collect()
}

/// As far as they can be read.
pub fn reservations(json: &[u8]) -> Vec<Value> {
    let json = readable(json);
    let answer: Answer = serde_json::from_str(&json).unwrap_or_default();
    answer.reservations.into_iter().filter_map(value).collect()
}

pub(super) fn node_names(value: &Value) -> Vec<String> {
    hostlist::expand(&text(value)).unwrap_or_default()
}

/// The answer as text. Between its words a control character means no more than a space, and inside a string JSON
/// has it escaped: a bare one is somebody's byte that was not.
fn readable(json: &[u8]) -> String {
    String::from_utf8_lossy(json).replace(|c: char| c.is_ascii_control(), " ")
}

/// One record, parsed; none if nothing can be made of it.
fn value(raw: &RawValue) -> Option<Value> {
    serde_json::from_str(raw.get())
        .inspect_err(|error| tracing::warn!(%error, "Slurm tells of something that cannot be read"))
        .ok()
}

fn node(value: Value) -> NodeInfo {
    let value = &value;
    let states: BTreeSet<String> = words(&value["state"]).collect();
    NodeInfo {
        name: text(&value["name"]),
        state_text: state::text(&states),
        states,
        reason: Some(text(&value["reason"])).filter(|reason| !reason.is_empty()),
        reservation: Some(text(&value["reservation"])).filter(|name| !name.is_empty()),
        boot_time: number(&value["boot_time"]),
        last_busy: number(&value["last_busy"]),
        partitions: words(&value["partitions"]).collect(),
        cpus: number(&value["cpus"]),
        allocated_cpus: number(&value["alloc_cpus"]),
        memory_mib: number(&value["real_memory"]),
        gpus: gpus(&text(&value["gres"])),
        version: text(&value["version"]),
    }
}

fn job(value: &Value) -> Job {
    let states: Vec<String> = words(&value["job_state"]).collect();
    let has = |word: &str| states.iter().any(|s| s == word);
    // Slurm gives the expected time of what has not happened yet.
    let waits = has("PENDING");
    let ended = !waits
        && !["RUNNING", "SUSPENDED", "COMPLETING", "CONFIGURING"]
            .into_iter()
            .any(has);
    // A job that was cancelled while it waited gets the time of its end as that of its start, and no nodes.
    let nodes = text(&value["nodes"]);
    let has_started = !waits && (!ended || !nodes.is_empty());
    let when = |known: bool, time: &Value| if known { millis(time) } else { 0 };
    Job {
        id: id(value),
        name: text(&value["name"]),
        user: text(&value["user_name"]),
        queue: text(&value["partition"]),
        // A configuring job is RUNNING with a flag, a completing one COMPLETED with one: the flag says more.
        state: ["CONFIGURING", "COMPLETING"]
            .into_iter()
            .find(|flag| has(flag))
            .map(str::to_owned)
            .or_else(|| states.first().cloned())
            .unwrap_or_default(),
        reason: Some(text(&value["state_reason"]))
            .filter(|reason| reason != "None")
            .unwrap_or_default(),
        why: String::new(),
        priority: number(&value["priority"]),
        nodes,
        node_count: number(&value["node_count"]),
        submitted_at: millis(&value["submit_time"]),
        started_at: when(has_started, &value["start_time"]),
        ended_at: when(ended, &value["end_time"]),
        expected_at: when(waits, &value["start_time"]),
        asks: Asks::default(),
    }
}

fn record(value: Value) -> JobRecord {
    let value = &value;
    let job = job(value);
    let of_array = number(&value["array_job_id"]) > 0;
    let waiting_tasks = of_array && value["array_task_id"]["set"] != true;
    let when = |name: &str| millis(&value[name]);
    let exit = &value["exit_code"];
    let requested = text(&value["tres_req_str"]);
    let cpus = number(&value["cpus"]);
    let memory = match number(&value["memory_per_node"]) {
        0 => number(&value["memory_per_cpu"]).saturating_mul(cpus) / job.node_count.max(1),
        per_node => per_node,
    };
    JobRecord {
        own_number: number(&value["job_id"]),
        user_id: number(&value["user_id"]),
        account: text(&value["account"]),
        quality_of_service: text(&value["qos"]),
        restarts: number(&value["restart_cnt"]),
        exit_code: job.is_over().then(|| number(&exit["return_code"])),
        signal: Some(number(&exit["signal"]["id"])).filter(|signal| *signal > 0),
        eligible_at: when("eligible_time"),
        tasks: number(&value["tasks"]),
        cpus,
        cpus_per_task: number(&value["cpus_per_task"]),
        memory,
        gpus: tres(&requested, "gres/gpu"),
        time_limit_minutes: Some(number(&value["time_limit"])).filter(|minutes| *minutes > 0),
        requested,
        allocated: text(&value["tres_alloc_str"]),
        working_directory: text(&value["current_working_directory"]),
        standard_output: output(&value["standard_output"], waiting_tasks),
        standard_error: output(&value["standard_error"], waiting_tasks),
        // Asked for where they are in doubt.
        output_bytes: String::new(),
        error_bytes: String::new(),
        standard_input: text(&value["standard_input"]),
        command: text(&value["command"]),
        dependency: text(&value["dependency"]),
        features: text(&value["features"]),
        required_nodes: text(&value["required_nodes"]),
        description: text(&value["state_description"]),
        mark: text(&value["extra"]),
        admin_comment: text(&value["admin_comment"]),
        is_batch: value["batch_flag"].as_bool().unwrap_or_default(),
        job,
    }
}

/// A line of `squeue` with these in columns: `JobID,ArrayJobID,RestartCnt,Reason`; the reason has spaces or underscores,
/// by version.
pub fn queued(line: &str) -> Option<Queued> {
    let mut words = line.split_whitespace();
    Some(Queued {
        job: words.next()?.parse().ok()?,
        array: words.next()?.parse().ok()?,
        restarts: words.next()?.parse().ok()?,
        reason: words.collect::<Vec<_>>().join(" ").replace('_', " "),
    })
}

/// A line of `squeue` with `JobID,JobArrayID,PriorityLong,BatchFlag,Requeue` in columns; none unless both of the last are 1.
pub fn returning(line: &str) -> Option<Returning> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [id, name, priority, "1", "1"] = words[..] else {
        return None;
    };
    Some(Returning {
        id: id.to_owned(),
        name: name.to_owned(),
        priority: priority.parse().ok()?,
    })
}

/// The count of one resource in `cpu=4,mem=8G,gres/gpu=2`.
fn tres(text: &str, name: &str) -> i64 {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    pairs
        .filter(|(known, _)| *known == name)
        .find_map(|(_, count)| count.parse().ok())
        .unwrap_or_default()
}

/// The GPUs of a node in `gpu:4` or `gpu:a100:4(S:0-1)`.
fn gpus(gres: &str) -> i64 {
    let count = |one: &str| -> i64 {
        let one = one.split('(').next().unwrap_or(one);
        let number = one.rsplit(':').next().unwrap_or_default();
        number.parse().unwrap_or_default()
    };
    gres.split(',')
        .filter(|one| one.starts_with("gpu:"))
        .map(count)
        .fold(0, i64::saturating_add)
}

/// As Slurm prints it and [`app::model::job_id::JobId`] reads it: `12`, a task of an array as `12_3`, the tasks of an array that still wait as
/// `12_[4-9]`, a component of a heterogeneous job as `13+1`.
fn id(value: &Value) -> String {
    let waiting_tasks = text(&value["array_task_string"]);
    match (number(&value["array_job_id"]), number(&value["het_job_id"])) {
        (0, 0) => number(&value["job_id"]).to_string(),
        (0, whole) => format!("{whole}+{}", number(&value["het_job_offset"])),
        (array, _) if value["array_task_id"]["set"] == true => {
            format!("{array}_{}", number(&value["array_task_id"]))
        }
        (array, _) if !waiting_tasks.is_empty() => format!("{array}_[{waiting_tasks}]"),
        (array, _) => array.to_string(),
    }
}

/// Where tasks that wait, or that were cancelled while they did, would write: Slurm puts its word for "none" in the place of their number.
fn output(value: &Value, waiting_tasks: bool) -> String {
    let path = text(value);
    match waiting_tasks {
        true => path.replace(NO_TASK, "%a"),
        false => path,
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn number(value: &Value) -> i64 {
    match value {
        Value::Object(members) if members.get("set") == Some(&Value::Bool(false)) => 0,
        Value::Object(members) => members.get("number").map_or(0, number),
        value => value.as_i64().unwrap_or(0),
    }
}

/// A time, in milliseconds since 1970; Slurm tells seconds.
pub(super) fn millis(value: &Value) -> i64 {
    number(value).saturating_mul(1000)
}

/// A list of words, or one word.
pub(super) fn words(value: &Value) -> impl Iterator<Item = String> {
    let one = value.as_str().into_iter();
    let many = list(value).filter_map(Value::as_str);
    one.chain(many).map(str::to_owned)
}
