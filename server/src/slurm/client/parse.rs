//! Reads the JSON of Slurm's programs. Leniently: members come and go between versions, numbers may be plain or
//! `{set, infinite, number}`, states may be one word or a list.

use std::collections::BTreeSet;

use app::model::job::{Job, JobRecord};
use serde_json::Value;

use super::state;

/// A node as Slurm sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeInfo {
    pub name: String,
    /// Slurm's words: the base state and its flags, `IDLE`, `CLOUD`, `POWERED_DOWN`, …
    pub states: BTreeSet<String>,
    /// As `sinfo` prints it: `idle~`, `mix`, `down*`.
    pub state_text: String,
    pub reason: Option<String>,
    /// Seconds since 1970; 0 when it never booted.
    pub boot_time: i64,
    /// Seconds since 1970; 0 when powered down.
    pub last_busy: i64,
    pub partitions: Vec<String>,
    pub cpus: i64,
    pub allocated_cpus: i64,
    pub memory_mib: i64,
    pub gpus: i64,
}

impl NodeInfo {
    /// Whether Slurm says this word of it, as `POWERED_DOWN`.
    pub fn is(&self, state: &str) -> bool {
        self.states.contains(state)
    }

    /// Runs a job, or cleans up after one.
    pub fn is_busy(&self) -> bool {
        self.is("ALLOCATED") || self.is("MIXED") || self.is("COMPLETING")
    }
}

pub fn nodes(json: &[u8]) -> Result<Vec<NodeInfo>, serde_json::Error> {
    let answer: Value = serde_json::from_slice(json)?;
    Ok(list(&answer["nodes"]).map(node).collect())
}

/// Newest first.
pub fn jobs(json: &[u8]) -> Result<Vec<JobRecord>, serde_json::Error> {
    let answer: Value = serde_json::from_slice(json)?;
    let mut jobs: Vec<JobRecord> = list(&answer["jobs"]).map(record).collect();
    jobs.reverse();
    jobs.sort_by_key(|record| std::cmp::Reverse(record.job.submitted_at));
    Ok(jobs)
}

fn node(value: &Value) -> NodeInfo {
    let states: BTreeSet<String> = words(&value["state"]).collect();
    NodeInfo {
        name: text(&value["name"]),
        state_text: state::text(&states),
        states,
        reason: Some(text(&value["reason"])).filter(|reason| !reason.is_empty()),
        boot_time: number(&value["boot_time"]),
        last_busy: number(&value["last_busy"]),
        partitions: words(&value["partitions"]).collect(),
        cpus: number(&value["cpus"]),
        allocated_cpus: number(&value["alloc_cpus"]),
        memory_mib: number(&value["real_memory"]),
        gpus: gpus(&text(&value["gres"])),
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
    let when = |known: bool, time: &Value| if known { number(time) * 1000 } else { 0 };
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
        nodes: text(&value["nodes"]),
        node_count: number(&value["node_count"]),
        submitted_at: number(&value["submit_time"]) * 1000,
        started_at: when(!waits, &value["start_time"]),
        ended_at: when(ended, &value["end_time"]),
    }
}

fn record(value: &Value) -> JobRecord {
    let job = job(value);
    let when = |name: &str| number(&value[name]) * 1000;
    let exit = &value["exit_code"];
    let requested = text(&value["tres_req_str"]);
    let cpus = number(&value["cpus"]);
    let memory = match number(&value["memory_per_node"]) {
        0 => number(&value["memory_per_cpu"]) * cpus / job.node_count.max(1),
        per_node => per_node,
    };
    JobRecord {
        user_id: number(&value["user_id"]),
        account: text(&value["account"]),
        quality_of_service: text(&value["qos"]),
        restarts: number(&value["restart_cnt"]),
        exit_code: job.is_over().then(|| number(&exit["return_code"])),
        signal: Some(number(&exit["signal"]["id"])).filter(|signal| *signal > 0),
        eligible_at: when("eligible_time"),
        expected_at: if job.is_pending() {
            when("start_time")
        } else {
            0
        },
        tasks: number(&value["tasks"]),
        cpus,
        cpus_per_task: number(&value["cpus_per_task"]),
        memory,
        gpus: tres(&requested, "gres/gpu"),
        time_limit_minutes: Some(number(&value["time_limit"])).filter(|minutes| *minutes > 0),
        requested,
        allocated: text(&value["tres_alloc_str"]),
        working_directory: text(&value["current_working_directory"]),
        standard_output: text(&value["standard_output"]),
        standard_error: text(&value["standard_error"]),
        command: text(&value["command"]),
        dependency: text(&value["dependency"]),
        features: text(&value["features"]),
        required_nodes: text(&value["required_nodes"]),
        description: text(&value["state_description"]),
        mark: text(&value["extra"]),
        is_batch: value["batch_flag"].as_bool().unwrap_or_default(),
        job,
    }
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
        .sum()
}

/// `12`, a task of an array as `12_3`, the tasks of an array that still wait as `12_[4-9]`.
fn id(value: &Value) -> String {
    let waiting_tasks = text(&value["array_task_string"]);
    match number(&value["array_job_id"]) {
        0 => number(&value["job_id"]).to_string(),
        array if value["array_task_id"]["set"] == true => {
            format!("{array}_{}", number(&value["array_task_id"]))
        }
        array if !waiting_tasks.is_empty() => format!("{array}_[{waiting_tasks}]"),
        array => array.to_string(),
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn number(value: &Value) -> i64 {
    match value {
        Value::Object(members) if members.get("set") == Some(&Value::Bool(false)) => 0,
        Value::Object(members) => members.get("number").map_or(0, number),
        value => value.as_i64().unwrap_or(0),
    }
}

/// A list of words, or one word.
fn words(value: &Value) -> impl Iterator<Item = String> {
    let one = value.as_str().into_iter();
    let many = list(value).filter_map(Value::as_str);
    one.chain(many).map(str::to_owned)
}
