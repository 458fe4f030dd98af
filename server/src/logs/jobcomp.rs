//! A line of Slurm's `jobcomp/filetxt`, which slurmctld writes for each job that has ended, as the JSON that AWS's job
//! completion logs have of a job, with the instances that its nodes were.
//!
//! People choose the name of a job, its directory and its wckey, and Slurm writes them as they are. All else stands between
//! words whose order is fixed, so that it is read from both ends; what does not fit is kept as a whole, and claims nothing. A
//! name may have several lines: what comes behind a line that ends too early is the rest of it, whatever it says.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use app::model::log::LogLevel;
use serde::Serialize;
use serde_json::{Value, json};

use super::line::{Entry, safe_within, time_of};
use crate::db::instance::Placed;
use crate::slurm::hostlist;

/// Of a line, so many bytes are looked at. Names of nodes and sums of resources are the longest of it.
const LONGEST: usize = 128 * 1024;
/// Of a job's nodes, so many are told one by one.
const MOST_NODES: usize = 4_096;
const WORK_DIR: &str = " WorkDir=";
/// Slurm's word for nothing.
const NONE: [&str; 3] = ["", "(null)", "None assigned"];

#[derive(Serialize)]
struct Job<'a> {
    job_id: u64,
    user: &'a str,
    user_id: u64,
    group: &'a str,
    group_id: u64,
    name: &'a str,
    job_state: &'a str,
    partition: &'a str,
    timelimit: &'a str,
    start_time: &'a str,
    end_time: &'a str,
    node_list: Option<&'a str>,
    node_cnt: u64,
    proc_cnt: u64,
    work_dir: &'a str,
    reservation_name: Option<&'a str>,
    tres: BTreeMap<&'a str, Value>,
    account: Option<&'a str>,
    qos: Option<&'a str>,
    wc_key: Option<&'a str>,
    cluster: Option<&'a str>,
    submit_time: &'a str,
    eligible_time: &'a str,
    /// Of an array or a heterogeneous job.
    #[serde(flatten)]
    part_of: BTreeMap<&'static str, u64>,
    derived_exit_code_status: u64,
    derived_exit_code_signal: u64,
    exit_code_status: u64,
    exit_code_signal: u64,
    node_details: Vec<NodeDetails<'a>>,
}

#[derive(Serialize)]
struct NodeDetails<'a> {
    name: String,
    instance_id: Option<&'a str>,
    instance_type: Option<&'a str>,
}

/// Reads one line after the other.
pub struct Reader {
    instances: Vec<Placed>,
    is_within: AtomicBool,
}

impl Reader {
    /// The instances in the order in which they were launched.
    pub fn new(instances: Vec<Placed>) -> Reader {
        Reader {
            instances,
            is_within: AtomicBool::new(false),
        }
    }

    /// Reads a line, without its end.
    pub fn parse(&self, bytes: &[u8], last: i64) -> Entry {
        let line = safe_within(bytes, LONGEST);
        let job = read(&line);
        // The record ends with its last member, whoever wrote the words before.
        let goes_on = !line.trim_end().rsplit(' ').next().is_some_and(is_end);
        let is_within = self.is_within.swap(goes_on, Ordering::Relaxed);
        entry(&line, job.filter(|_| !is_within), last, &self.instances)
    }
}

/// `ExitCode=0:0`.
fn is_end(word: &str) -> bool {
    let value = word.strip_prefix("ExitCode=");
    value.and_then(code).is_some()
}

fn entry<'a>(line: &str, job: Option<Job<'a>>, last: i64, instances: &'a [Placed]) -> Entry {
    let (at, text) = match job {
        Some(mut job) => {
            // Slurm says the second: all that happened in it has happened at its end.
            let at = time_of(job.end_time).map_or(last, |at| at + 999);
            job.node_details = details(job.node_list, at, instances);
            (at, serde_json::to_string(&job).unwrap_or_default())
        }
        None => (last, json!({ "line": line }).to_string()),
    };
    Entry {
        at,
        level: LogLevel::Info,
        is_audit: false,
        text,
    }
}

fn read(line: &str) -> Option<Job<'_>> {
    let mut rest = line.trim_end().strip_prefix("JobId=")?;
    let mut front = |key: &str| {
        let (value, behind) = rest.split_once(key)?;
        rest = behind;
        Some(value)
    };
    let job_id = front(" UserId=")?.parse().ok()?;
    let (user, user_id) = named(front(" GroupId=")?)?;
    let (group, group_id) = named(front(" Name=")?)?;
    let mut back = |key: &str| {
        let (before, value) = rest.rsplit_once(key)?;
        rest = before;
        Some(value)
    };
    let (exit_code_status, exit_code_signal) = code(back(" ExitCode=")?)?;
    let (derived_exit_code_status, derived_exit_code_signal) = code(back(" DerivedExitCode=")?)?;
    let mut eligible = back(" EligibleTime=")?.split(' ');
    let job = Job {
        job_id,
        user,
        user_id,
        group,
        group_id,
        eligible_time: eligible.next()?,
        part_of: eligible.map(part).collect::<Option<_>>()?,
        submit_time: back(" SubmitTime=")?,
        cluster: some(back(" Cluster=")?),
        wc_key: some(back(" WcKey=")?),
        qos: some(back(" QOS=")?),
        account: some(back(" Account=")?),
        tres: back(" Tres=")?.split(',').filter_map(resource).collect(),
        reservation_name: some(back(" ReservationName=")?),
        work_dir: back(WORK_DIR)?,
        proc_cnt: back(" ProcCnt=")?.parse().ok()?,
        node_cnt: back(" NodeCnt=")?.parse().ok()?,
        node_list: some(back(" NodeList=")?),
        end_time: back(" EndTime=")?,
        start_time: back(" StartTime=")?,
        timelimit: back(" TimeLimit=")?,
        partition: back(" Partition=")?,
        job_state: back(" JobState=")?,
        name: rest,
        derived_exit_code_status,
        derived_exit_code_signal,
        exit_code_status,
        exit_code_signal,
        node_details: vec![],
    };
    // Else what follows the first of them may be a directory that pretends to be the rest of the line.
    (!job.name.contains(WORK_DIR)).then_some(job)
}

fn some(value: &str) -> Option<&str> {
    (!NONE.contains(&value)).then_some(value)
}

/// `alice(1000)`.
fn named(value: &str) -> Option<(&str, u64)> {
    let (name, id) = value.strip_suffix(')')?.rsplit_once('(')?;
    Some((name, id.parse().ok()?))
}

/// `1:0`.
fn code(value: &str) -> Option<(u64, u64)> {
    let (status, signal) = value.split_once(':')?;
    Some((status.parse().ok()?, signal.parse().ok()?))
}

/// `ArrayTaskId=7`.
fn part(word: &str) -> Option<(&'static str, u64)> {
    let (key, value) = word.split_once('=')?;
    let key = match key {
        "ArrayJobId" => "array_job_id",
        "ArrayTaskId" => "array_task_id",
        "HetJobId" => "het_job_id",
        "HetJobOffset" => "het_job_offset",
        _ => return None,
    };
    Some((key, value.parse().ok()?))
}

/// `cpu=2`, `mem=600M`, `gres/gpu=1`.
fn resource(word: &str) -> Option<(&str, Value)> {
    let (key, value) = word.split_once('=')?;
    if key == "mem" {
        let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let amount: f64 = digits.parse().ok()?;
        return Some((
            key,
            json!({ "val": amount, "unit": &value[digits.len()..] }),
        ));
    }
    let number = value.parse::<u64>().map(Value::from);
    Some((key, number.unwrap_or_else(|_| value.into())))
}

/// Of each node the instance that it was then.
fn details<'a>(node_list: Option<&str>, at: i64, instances: &'a [Placed]) -> Vec<NodeDetails<'a>> {
    let names = node_list.and_then(|list| hostlist::expand(list).ok());
    let names = names.unwrap_or_default().into_iter().take(MOST_NODES);
    let mut then: BTreeMap<&str, &Placed> = BTreeMap::new();
    for one in instances.iter().filter(|one| one.launched_at <= at) {
        then.insert(&one.node, one);
    }
    let each = names.map(|name| {
        let instance = then.get(name.as_str()).copied();
        NodeDetails {
            instance_id: instance.map(|one| one.id.as_str()),
            instance_type: instance.map(|one| one.instance_type.as_str()),
            name,
        }
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "JobId=7 UserId=alice(1000) GroupId=users(100) Name=NAME JobState=COMPLETED Partition=demo \
        TimeLimit=UNLIMITED StartTime=2026-01-02T03:04:05 EndTime=2026-01-02T03:04:06 NodeList=compute-1-[1-2] \
        NodeCnt=2 ProcCnt=4 WorkDir=DIR ReservationName= Tres=cpu=4,mem=600M,node=2,gres/gpu=1 \
        Account=root QOS=normal WcKey=KEY Cluster=demo SubmitTime=2026-01-02T03:04:05 \
        EligibleTime=2026-01-02T03:04:05 ArrayJobId=7 ArrayTaskId=3 DerivedExitCode=0:0 ExitCode=1:9 ";

    fn job(line: &str, instances: &[Placed]) -> (i64, Value) {
        let entry = Reader::new(instances.to_vec()).parse(line.as_bytes(), 5);
        (entry.at, serde_json::from_str(&entry.text).unwrap())
    }

    #[test]
    fn a_line_is_read_with_the_instances_of_that_time() {
        let (end, _) = job(LINE, &[]);
        let instance = |node: &str, id: &str, launched_at| Placed {
            node: node.into(),
            id: id.into(),
            instance_type: "c6i.large".into(),
            launched_at,
        };
        let instances = [
            instance("compute-1-1", "i-before", end - 9),
            instance("compute-1-1", "i-then", end - 5),
            instance("compute-1-1", "i-after", end + 1),
        ];
        let (_, job) = job(LINE, &instances);
        assert_eq!(
            job,
            json!({
                "job_id": 7, "user": "alice", "user_id": 1000, "group": "users", "group_id": 100, "name": "NAME",
                "job_state": "COMPLETED", "partition": "demo", "timelimit": "UNLIMITED",
                "start_time": "2026-01-02T03:04:05", "end_time": "2026-01-02T03:04:06",
                "node_list": "compute-1-[1-2]", "node_cnt": 2, "proc_cnt": 4, "work_dir": "DIR",
                "reservation_name": null,
                "tres": {"cpu": 4, "mem": {"val": 600.0, "unit": "M"}, "node": 2, "gres/gpu": 1},
                "account": "root", "qos": "normal", "wc_key": "KEY", "cluster": "demo",
                "submit_time": "2026-01-02T03:04:05", "eligible_time": "2026-01-02T03:04:05",
                "array_job_id": 7, "array_task_id": 3,
                "derived_exit_code_status": 0, "derived_exit_code_signal": 0,
                "exit_code_status": 1, "exit_code_signal": 9,
                "node_details": [
                    {"name": "compute-1-1", "instance_id": "i-then", "instance_type": "c6i.large"},
                    {"name": "compute-1-2", "instance_id": null, "instance_type": null},
                ],
            })
        );
        assert_eq!(end % 1000, 999);
    }

    #[test]
    fn what_people_choose_says_nothing_of_the_rest() {
        for hostile in [
            "a b",
            "x JobState=FAILED Partition=p TimeLimit=1 StartTime=1 EndTime=2 NodeList=n NodeCnt=1 ProcCnt=1 WorkDir=/",
            "x Cluster=y SubmitTime=1 EligibleTime=2 DerivedExitCode=0:0 ExitCode=0:0",
            "x UserId=root(0) GroupId=root(0) Name=y",
            "x\u{1b}[31m\u{fffd}",
        ] {
            for place in ["NAME", "DIR", "KEY"] {
                let (at, job) = job(&LINE.replace(place, hostile), &[]);
                if let Some(line) = job.get("line") {
                    assert!(line.as_str().unwrap().starts_with("JobId=7 "), "{job}");
                    assert_eq!(at, 5);
                    continue;
                }
                let told = [
                    &job["job_id"],
                    &job["user"],
                    &job["job_state"],
                    &job["exit_code_signal"],
                ];
                assert_eq!(
                    told,
                    [&json!(7), &json!("alice"), &json!("COMPLETED"), &json!(9)],
                    "{job}"
                );
            }
        }
    }

    #[test]
    fn the_rest_of_a_name_is_no_record() {
        let reader = Reader::new(vec![]);
        let told = |line: &str| {
            let entry = reader.parse(line.as_bytes(), 5);
            let job: Value = serde_json::from_str(&entry.text).unwrap();
            job.get("job_id").cloned()
        };
        let forged = LINE.replace("JobId=7", "JobId=99");
        assert_eq!(told(LINE), Some(json!(7)));
        assert_eq!(
            told("JobId=8 UserId=alice(1000) GroupId=users(100) Name=a"),
            None
        );
        assert_eq!(told(&forged), None);
        assert_eq!(told(LINE), Some(json!(7)));
    }

    #[test]
    fn what_is_no_such_line_is_kept_whole() {
        for other in [
            "",
            "b",
            "JobId=1",
            &LINE.replace("ProcCnt=4", "ProcCnt=many"),
        ] {
            assert_eq!(job(other, &[]), (5, json!({ "line": other })));
        }
        let long = LINE.replace("NAME", &"x".repeat(2 * LONGEST));
        let long = Reader::new(vec![]).parse(long.as_bytes(), 5);
        assert!(long.text.len() < 2 * LONGEST);
        let many = LINE.replace("compute-1-[1-2]", "compute-1-[1-9000]");
        let (_, job) = job(&many, &[]);
        assert_eq!(job["node_details"].as_array().unwrap().len(), MOST_NODES);
    }
}
