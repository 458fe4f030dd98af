//! The examples that sites begin with do what they say.

use std::process::Command;

/// What a policy answers.
struct Answered {
    is_refused: bool,
    /// The first words to the user.
    said: String,
    set: Vec<String>,
}

fn asked(policy: &str, event: &str, job: &[(&str, &str)]) -> std::io::Result<Answered> {
    let mut asked = format!("event:{event},uid:1000");
    for (field, value) in job {
        asked += &match value.parse::<i64>() {
            Ok(number) => format!(",job:{field}:n:{number}"),
            Err(_) => format!(",job:{field}:s:{}", hex::encode(value)),
        };
    }
    let app = concat!(env!("CARGO_MANIFEST_DIR"), "/../../app");
    let file = format!("{app}/policies/{policy}.star");
    let mut command = Command::new(env!("CARGO_BIN_EXE_openpcs-policy"));
    let output = command.args(["run", &file, "00", &asked]).output()?;
    let answer = String::from_utf8_lossy(&output.stdout);
    let said = answer.lines().find_map(|line| line.strip_prefix("say "));
    let said = hex::decode(said.unwrap_or_default()).unwrap_or_default();
    let set = answer.lines().filter_map(|line| line.strip_prefix("set "));
    Ok(Answered {
        is_refused: answer.starts_with("refused"),
        said: String::from_utf8_lossy(&said).into_owned(),
        set: set.map(str::to_owned).collect(),
    })
}

#[test]
fn each_example_refuses_what_it_is_against() {
    for (policy, event, job, words) in [
        ("time_limit", "job_submit", &[][..], "Say how long"),
        (
            "time_limit",
            "job_submit",
            &[("time_limit", "99999")],
            "up to 7 days",
        ),
        (
            "time_limit",
            "job_modify",
            &[("time_limit", "99999")],
            "up to 7 days",
        ),
        ("account", "job_submit", &[], "--account=biology"),
        (
            "account",
            "job_submit",
            &[("account", "magic")],
            "--account=biology",
        ),
        (
            "account",
            "job_modify",
            &[("account", "magic")],
            "--account=biology",
        ),
        (
            "gpu_queue",
            "job_submit",
            &[("partition", "gpu")],
            "--gpus=1",
        ),
        (
            "memory",
            "job_submit",
            &[("min_mem_per_node", "999999")],
            "500 GiB",
        ),
        (
            "interactive",
            "job_submit",
            &[("partition", "interactive"), ("min_cpus", "9")],
            "up to 8 CPUs",
        ),
        (
            "interactive",
            "job_submit",
            &[("partition", "interactive"), ("time_limit", "999")],
            "4 hours",
        ),
    ] {
        let told = asked(policy, event, job).expect("the program runs");
        let is_refused = told.is_refused && told.said.contains(words);
        assert!(is_refused, "{policy} {job:?}: {}", told.said);
        assert!(told.set.is_empty(), "{policy} {job:?}: {:?}", told.set);
    }
}

#[test]
fn each_example_lets_the_others_pass_and_says_what_it_does() {
    let gpu = format!("partition s {}", hex::encode("gpu"));
    for (policy, event, job, set) in [
        ("time_limit", "job_submit", &[("time_limit", "60")][..], ""),
        ("time_limit", "job_modify", &[("name", "n")], ""),
        ("account", "job_submit", &[("account", "physics")], ""),
        (
            "account",
            "job_submit",
            &[("default_account", "physics")],
            "",
        ),
        ("account", "job_modify", &[("name", "n")], ""),
        (
            "gpu_queue",
            "job_submit",
            &[("tres_per_node", "gres/gpu:2"), ("partition", "cpu")],
            gpu.as_str(),
        ),
        ("gpu_queue", "job_submit", &[("partition", "cpu")], ""),
        ("memory", "job_submit", &[], "min_mem_per_cpu n 4096"),
        ("memory", "job_submit", &[("min_mem_per_node", "2000")], ""),
        (
            "interactive",
            "job_submit",
            &[("partition", "interactive")],
            "time_limit n 240",
        ),
        (
            "interactive",
            "job_submit",
            &[("partition", "other"), ("min_cpus", "9")],
            "",
        ),
    ] {
        let told = asked(policy, event, job).expect("the program runs");
        assert!(!told.is_refused, "{policy} {job:?}: {}", told.said);
        let expected: Vec<&str> = Some(set)
            .filter(|set| !set.is_empty())
            .into_iter()
            .collect();
        assert_eq!(told.set, expected, "{policy} {job:?}");
    }
}
