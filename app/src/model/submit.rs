//! A job to submit: what may be asked for, and the `sbatch` that asks for it.
//!
//! The browser checks with [`SubmitJobRequest::problems`] what the service checks again, and shows with
//! [`SubmitJobRequest::options`] the very words that the service runs.

use serde::{Deserialize, Serialize};

use super::job_id::TaskSet;
pub use super::problem::Problem;
use super::{directives, script};

const LONGEST_NAME: usize = 128;
const LONGEST_PATH: usize = 4096;
const LONGEST_ARRAY: usize = 200;
/// No machine has more of anything.
const MOST: i64 = 1_000_000;
const MOST_MEMORY: i64 = 64 * 1024 * 1024;
/// A year.
const LONGEST_MINUTES: i64 = 366 * 24 * 60;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubmitJobRequest {
    pub cluster_identifier: String,
    /// The partition.
    pub queue: String,
    /// Empty: Slurm names it after its script.
    pub name: String,
    pub script: String,
    /// Each number: none leaves it to Slurm.
    pub nodes: Option<i64>,
    pub tasks: Option<i64>,
    pub cpus_per_task: Option<i64>,
    /// Per node, in MiB.
    pub memory: Option<i64>,
    /// Per node.
    pub gpus: Option<i64>,
    pub time_limit_minutes: Option<i64>,
    /// Empty: the user's home.
    pub working_directory: String,
    /// `1-10%2`, or empty for a single job.
    pub array: String,
    /// Waits until it is released.
    pub hold: bool,
    /// The same token is the same job, however often it is sent.
    pub client_token: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubmitJobResponse {
    pub job_id: String,
}

/// A field of the request, by its name on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    Queue,
    Name,
    Script,
    Nodes,
    Tasks,
    CpusPerTask,
    Memory,
    Gpus,
    TimeLimitMinutes,
    WorkingDirectory,
    Array,
}

impl Field {
    pub const ALL: [Field; 11] = [
        Field::Queue,
        Field::Name,
        Field::Script,
        Field::Nodes,
        Field::Tasks,
        Field::CpusPerTask,
        Field::Memory,
        Field::Gpus,
        Field::TimeLimitMinutes,
        Field::WorkingDirectory,
        Field::Array,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Field::Queue => "queue",
            Field::Name => "name",
            Field::Script => "script",
            Field::Nodes => "nodes",
            Field::Tasks => "tasks",
            Field::CpusPerTask => "cpusPerTask",
            Field::Memory => "memory",
            Field::Gpus => "gpus",
            Field::TimeLimitMinutes => "timeLimitMinutes",
            Field::WorkingDirectory => "workingDirectory",
            Field::Array => "array",
        }
    }
}

impl SubmitJobRequest {
    /// Whether something was asked for by that field.
    pub fn has(&self, field: Field) -> bool {
        match field {
            Field::Queue => !self.queue.is_empty(),
            Field::Name => !self.name.is_empty(),
            Field::Script => !self.script.is_empty(),
            Field::Nodes => self.nodes.is_some(),
            Field::Tasks => self.tasks.is_some(),
            Field::CpusPerTask => self.cpus_per_task.is_some(),
            Field::Memory => self.memory.is_some(),
            Field::Gpus => self.gpus.is_some(),
            Field::TimeLimitMinutes => self.time_limit_minutes.is_some(),
            Field::WorkingDirectory => !self.working_directory.is_empty(),
            Field::Array => !self.array.is_empty(),
        }
    }

    /// The first thing wrong with each field.
    pub fn problems(&self) -> Vec<(Field, Problem)> {
        let checks = [
            (Field::Queue, word(&self.queue, LONGEST_NAME)),
            (Field::Name, line(&self.name, LONGEST_NAME)),
            (
                Field::Script,
                script::problem(&script::mended(&self.script)),
            ),
            (Field::Nodes, number(self.nodes, 1, MOST)),
            (Field::Tasks, number(self.tasks, 1, MOST)),
            (Field::CpusPerTask, number(self.cpus_per_task, 1, MOST)),
            (Field::Memory, number(self.memory, 1, MOST_MEMORY)),
            (Field::Gpus, number(self.gpus, 0, MOST)),
            (
                Field::TimeLimitMinutes,
                number(self.time_limit_minutes, 1, LONGEST_MINUTES),
            ),
            (Field::WorkingDirectory, path(&self.working_directory)),
            (Field::Array, array(&self.array)),
        ];
        checks
            .into_iter()
            .filter_map(|(field, problem)| Some((field, problem?)))
            .collect()
    }

    /// The tasks of the array that it becomes; none for a single job.
    pub fn tasks_of_array(&self) -> Option<TaskSet> {
        match self.array.as_str() {
            "" => directives::value(&script::mended(&self.script), directives::ARRAY)?
                .parse()
                .ok(),
            array => array.parse().ok(),
        }
    }

    /// What Slurm calls it; a script comes without a name of its own, and sbatch gives its own.
    pub fn job_name(&self) -> String {
        let given = match self.name.as_str() {
            "" => directives::value(&script::mended(&self.script), directives::JOB_NAME),
            name => Some(name.to_owned()),
        };
        let given = given.unwrap_or_else(|| "sbatch".to_owned());
        let shown = given.chars().filter(|c| !c.is_control());
        shown.take(LONGEST_NAME).collect()
    }

    /// The options of `sbatch`, each an argument of its own; they win over `#SBATCH` lines of the script.
    pub fn options(&self) -> Vec<String> {
        let number = |name: &str, value: Option<i64>, unit: &str| {
            value.map(|value| format!("--{name}={value}{unit}"))
        };
        let text =
            |name: &str, value: &str| (!value.is_empty()).then(|| format!("--{name}={value}"));
        [
            text("partition", &self.queue),
            text("job-name", &self.name),
            number("nodes", self.nodes, ""),
            number("ntasks", self.tasks, ""),
            number("cpus-per-task", self.cpus_per_task, ""),
            number("mem", self.memory, "M"),
            number("gpus-per-node", self.gpus.filter(|gpus| *gpus > 0), ""),
            number("time", self.time_limit_minutes, ""),
            text("chdir", &self.working_directory),
            text("array", &self.array),
            self.hold.then(|| "--hold".to_owned()),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn word(value: &str, longest: usize) -> Option<Problem> {
    if value.is_empty() {
        return Some(Problem::Missing);
    }
    line(value, longest)
}

/// A value that is one line, and no option by itself.
fn line(value: &str, longest: usize) -> Option<Problem> {
    if value.chars().count() > longest {
        return Some(Problem::TooLong(longest));
    }
    if let Some(what) = value.chars().find(|c| c.is_control()) {
        return Some(Problem::ControlCharacter { line: None, what });
    }
    value.starts_with('-').then_some(Problem::StartsWithHyphen)
}

fn number(value: Option<i64>, least: i64, most: i64) -> Option<Problem> {
    let outside = value.is_some_and(|value| value < least || value > most);
    outside.then_some(Problem::OutOfRange(least, most))
}

fn path(value: &str) -> Option<Problem> {
    if value.is_empty() {
        return None;
    }
    if !value.starts_with('/') {
        return Some(Problem::NotAbsolute);
    }
    line(value, LONGEST_PATH)
}

/// `0-7`, `1,3,5`, `1-9:2%4`.
fn array(value: &str) -> Option<Problem> {
    let odd = !value.is_empty() && value.parse::<TaskSet>().is_err();
    let too_long = value.len() > LONGEST_ARRAY;
    (odd || too_long).then_some(Problem::NotAnArray)
}

/// A word as a shell takes it literally.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,%@+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> SubmitJobRequest {
        SubmitJobRequest {
            queue: "demo".into(),
            script: "#!/bin/bash\nhostname\n".into(),
            ..SubmitJobRequest::default()
        }
    }

    #[test]
    fn a_queue_and_a_script_are_enough() {
        assert_eq!(request().problems(), []);
        assert_eq!(request().options(), ["--partition=demo"]);
    }

    #[test]
    fn every_wish_is_one_argument() {
        let wishes = SubmitJobRequest {
            name: "a; rm -rf '$HOME'".into(),
            nodes: Some(2),
            tasks: Some(4),
            cpus_per_task: Some(1),
            memory: Some(512),
            gpus: Some(1),
            time_limit_minutes: Some(90),
            working_directory: "/home/a b".into(),
            array: "1-4%2".into(),
            hold: true,
            ..request()
        };
        assert_eq!(wishes.problems(), []);
        assert_eq!(
            wishes.options(),
            [
                "--partition=demo",
                "--job-name=a; rm -rf '$HOME'",
                "--nodes=2",
                "--ntasks=4",
                "--cpus-per-task=1",
                "--mem=512M",
                "--gpus-per-node=1",
                "--time=90",
                "--chdir=/home/a b",
                "--array=1-4%2",
                "--hold"
            ]
        );
        let quoted: Vec<String> = wishes.options().iter().map(|word| quote(word)).collect();
        assert_eq!(quoted[1], r"'--job-name=a; rm -rf '\''$HOME'\'''");
    }

    #[test]
    fn an_array_is_known_wherever_it_is_asked_for() {
        let tasks = |array: &str, line: &str| {
            let request = SubmitJobRequest {
                array: array.into(),
                script: format!("#!/bin/sh\n{line}\nhostname\n"),
                ..request()
            };
            request.tasks_of_array().map(|tasks| tasks.len())
        };
        assert_eq!(tasks("", "#SBATCH -n 4"), None);
        assert_eq!(tasks("1-4", "#SBATCH --array=1-9"), Some(4));
        for line in [
            "#SBATCH --array=0-299%4",
            "#SBATCH -a 0-299",
            "#SBATCH --array 0-299 # all",
            "#SBATCH -N1 --array=0-299\r",
        ] {
            assert_eq!(tasks("", line), Some(300), "{line}");
        }
        // Below a command it is a comment.
        assert_eq!(tasks("", "echo hi\n#SBATCH --array=0-299"), None);
    }

    #[test]
    fn a_job_is_called_what_slurm_calls_it() {
        let name = |name: &str, line: &str| {
            let request = SubmitJobRequest {
                name: name.into(),
                script: format!("#!/bin/sh\n{line}\nhostname\n"),
                ..request()
            };
            request.job_name()
        };
        assert_eq!(name("", ""), "sbatch");
        assert_eq!(name("", "#SBATCH -N1 -J named"), "named");
        assert_eq!(name("", "#SBATCH --job-name='a b'"), "a b");
        assert_eq!(name("mine", "#SBATCH -J named"), "mine");
    }

    #[test]
    fn each_field_says_what_is_wrong_with_it() {
        let wrong = SubmitJobRequest {
            queue: String::new(),
            name: "a\nb".into(),
            script: "hostname".into(),
            nodes: Some(0),
            memory: Some(-1),
            working_directory: "home".into(),
            array: "1;2".into(),
            ..SubmitJobRequest::default()
        };
        assert_eq!(
            wrong.problems(),
            [
                (Field::Queue, Problem::Missing),
                (
                    Field::Name,
                    Problem::ControlCharacter {
                        line: None,
                        what: '\n'
                    }
                ),
                (Field::Script, Problem::NoInterpreter),
                (Field::Nodes, Problem::OutOfRange(1, MOST)),
                (Field::Memory, Problem::OutOfRange(1, MOST_MEMORY)),
                (Field::WorkingDirectory, Problem::NotAbsolute),
                (Field::Array, Problem::NotAnArray),
            ]
        );
        for script in ["#!/bin/sh\0", "", " \n"] {
            let request = SubmitJobRequest {
                script: script.into(),
                ..request()
            };
            assert_eq!(request.problems().len(), 1, "{script:?}");
        }
    }
}
