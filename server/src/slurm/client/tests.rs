use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::*;
use crate::slurm::job_user::JobUser;

/// Answers of Slurm 24.11.5, shortened to the members that are read.
const NODES: &[u8] = include_bytes!("nodes.json");
const JOBS: &[u8] = include_bytes!("jobs.json");

fn jobs(json: &[u8]) -> Vec<JobRecord> {
    parse::newest_first(parse::jobs(json).unwrap().into_iter())
}

#[tokio::test]
async fn of_a_long_answer_no_more_is_kept_than_there_is_room_for() {
    for (said, kept, is_cut) in [
        ("", "", false),
        ("0123", "0123", false),
        ("01234", "0123", true),
    ] {
        let found = read(Some(said.as_bytes()), 4).await.unwrap();
        assert_eq!(found, (kept.as_bytes().to_vec(), is_cut), "{said}");
    }
}

/// Of Slurm 24.11. What was heard by nobody, or refused, is no silence.
#[test]
fn batch_jobs_that_may_be_requeued_return_to_the_queue() {
    let line = "12          9_3                                     4294901759      1   1   ";
    let job = Returning {
        id: "12".into(),
        name: "9_3".into(),
        priority: 4_294_901_759,
    };
    assert_eq!(parse::returning(line), Some(job));
    for other in ["12 12 5 1 0", "12 12 5 0 1", "12 12 1 1", "12 12 x 1 1", ""] {
        assert_eq!(parse::returning(other), None, "{other}");
    }
}

#[test]
fn an_answer_that_was_lost_is_no_refusal() {
    for (message, is_silence) in [
        ("no answer within 30 s", true),
        (
            "slurm_reconfigure error: Zero Bytes were transmitted or received",
            true,
        ),
        (
            "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation",
            true,
        ),
        ("slurm_update error: Message receive failure", true),
        (
            "Unable to contact slurm controller (connect failure)",
            false,
        ),
        ("slurm_reconfigure error: Unspecified error", false),
        ("Invalid job id specified", false),
    ] {
        let error = SlurmError {
            program: "scontrol".to_owned(),
            message: message.to_owned(),
        };
        assert_eq!(error.is_silence(), is_silence, "{message}");
    }
}

#[test]
fn nodes_are_read_as_slurm_tells_them() {
    let nodes = parse::nodes(NODES).unwrap();
    let seen: Vec<_> = nodes
        .iter()
        .map(|n| {
            (
                n.name.as_str(),
                n.state_text.as_str(),
                n.cpus,
                n.allocated_cpus,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("compute-1-1", "alloc", 2, 2),
            ("compute-1-2", "idle~", 2, 0),
            ("compute-1-3", "idle~", 2, 0)
        ]
    );
    assert!(nodes[0].is_busy() && nodes[1].is("POWERED_DOWN"));
    assert_eq!(nodes[0].partitions, ["demo"]);
    assert_eq!(nodes[0].memory_mib, 4096);
}

#[test]
fn jobs_are_read_newest_first_without_times_that_are_yet_to_come() {
    let jobs = jobs(JOBS);
    let seen: Vec<_> = jobs
        .iter()
        .map(|record| &record.job)
        .map(|j| {
            (
                j.id.as_str(),
                j.state.as_str(),
                j.nodes.as_str(),
                j.started_at > 0,
                j.ended_at > 0,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("18_1", "RUNNING", "compute-1-1", true, false),
            ("18_0", "RUNNING", "compute-1-1", true, false),
            // Cancelled while it waited: Slurm gives it a start all the same.
            ("17", "CANCELLED", "", false, true)
        ]
    );
}

#[test]
fn answers_of_other_shapes_do_not_fail() {
    assert_eq!(parse::nodes(b"{}").unwrap(), []);
    let odd = br#"{"nodes":[{"name":"a-1","state":"IDLE","cpus":{"set":false,"number":9}}]}"#;
    assert_eq!(parse::nodes(odd).unwrap()[0].cpus, 0);
    assert!(parse::nodes(b"slurm_load_node error").is_err());
}

#[test]
fn states_read_as_sinfo_prints_them() {
    for (words, text) in [
        ("IDLE CLOUD POWERED_DOWN", "idle~"),
        ("IDLE CLOUD NOT_RESPONDING POWERING_UP", "idle#"),
        ("MIXED CLOUD NOT_RESPONDING POWERING_UP", "mix#"),
        ("IDLE CLOUD POWERING_DOWN", "idle%"),
        ("DOWN CLOUD POWER_DOWN", "down!"),
        ("DOWN CLOUD NOT_RESPONDING", "down*"),
        ("IDLE CLOUD DRAIN POWER_DOWN", "drain!"),
        ("ALLOCATED CLOUD DRAIN", "drng"),
        ("IDLE CLOUD COMPLETING", "comp"),
        ("IDLE CLOUD DRAIN INVALID_REG", "inval"),
        ("MIXED CLOUD", "mix"),
        ("IDLE PLANNED", "plnd"),
        ("IDLE MAINTENANCE", "maint"),
        ("", "unk"),
    ] {
        let states = words.split_whitespace().map(str::to_owned).collect();
        assert_eq!(state::text(&states), text, "{words}");
    }
}

#[test]
fn a_refusal_is_told_in_the_controllers_words() {
    let log = "\
[2026-01-02T20:24:02.478] error: read_slurm_conf: default partition not set.
[2026-01-02T20:24:02.486] error: _find_node_record: lookup failure for node \"nix-1\"
[2026-01-02T20:24:02.486] fatal: Invalid node names in partition x
[2026-01-02T20:24:02.490] Resuming operation, reconfigure failed.
";
    assert_eq!(
        words_of_refusal(log).unwrap(),
        "error: _find_node_record: lookup failure for node \"nix-1\"\nfatal: Invalid node names in partition x"
    );
    assert_eq!(words_of_refusal("[x] all is well\n"), None);
    // As `sbatch -p WORDS` has them logged.
    for forged in [
        "fatal: pay me",
        "[x] error: invalid partition specified: fatal: pay me",
        "[x] error: invalid partition specified: nl\nfatal: pay me",
    ] {
        assert_eq!(words_of_refusal(forged), None, "{forged}");
        let both = format!("{forged}\n[x] all is well\n{log}");
        assert!(words_of_refusal(&both).unwrap().contains("nix-1"));
    }
    let two = format!("[x] fatal: pay me\n{log}");
    assert_eq!(words_of_refusal(&two), None, "Slurm's own answer has to do");
}

/// A client whose every program is this script.
fn client(directory: &Path, script: &str) -> Client {
    let bin = directory.join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    for program in ["scontrol", "scancel", "squeue", "sbatch"] {
        let path = bin.join(program);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    Client {
        lease: None,
        prefix: directory.to_owned(),
        enter: vec!["env".into(), "--".into()],
        conf: directory.join("slurm.conf"),
    }
}

#[tokio::test]
async fn nodes_are_told_in_one_call_and_on_one_line() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let client = client(
        directory.path(),
        &format!("for a in \"$@\"; do echo \"$a\"; done > {}", log.display()),
    );
    let nodes = ["a-1".to_owned(), "a-2".to_owned()];
    let reason = "gone\nState=IDLE".to_owned();
    client
        .update_nodes(&nodes, &NodeUpdate::Down { reason })
        .await
        .unwrap();
    assert_eq!(
        std::fs::read_to_string(log).unwrap(),
        "update\nNodeName=a-[1-2]\nState=DOWN\nReason=gone State=IDLE\n"
    );
}

#[tokio::test]
async fn an_error_is_in_slurms_own_words() {
    let directory = tempfile::tempdir().unwrap();
    let client = client(
        directory.path(),
        "echo 'slurm_update error: Invalid node state specified' >&2; exit 1",
    );
    assert_eq!(
        client.ping().await.unwrap_err().to_string(),
        "scontrol: slurm_update error: Invalid node state specified"
    );
}

#[tokio::test]
async fn a_refused_reconfiguration_is_explained_from_what_was_logged_since() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("slurmctld.log");
    std::fs::write(&log, "[x] fatal: an older one\n").unwrap();
    let client = client(
        directory.path(),
        &format!("echo '[y] fatal: Bad thing' >> {}; exit 1", log.display()),
    );
    let error = client.reconfigure(&DaemonLog::at(log)).await.unwrap_err();
    assert_eq!(error.to_string(), "slurmctld: fatal: Bad thing");
}

#[tokio::test]
async fn a_script_reaches_sbatch_as_it_is_and_every_option_by_itself() {
    let directory = tempfile::tempdir().unwrap();
    let (words, script) = (
        directory.path().join("words"),
        directory.path().join("script"),
    );
    let client = client(
        directory.path(),
        &format!(
            "for a in \"$@\"; do echo \"$a\"; done > {}; cat > {}; echo '17;demo'",
            words.display(),
            script.display()
        ),
    );
    let options = ["--job-name=a b; $(id)".to_owned()];
    let text = "#!/bin/bash\necho '$HOME' \"`id`\"\n";
    let user = JobUser::own().unwrap();
    assert_eq!(client.submit(&user, &options, text).await.unwrap(), "17");
    assert_eq!(
        std::fs::read_to_string(words).unwrap(),
        "--parsable\n--job-name=a b; $(id)\n"
    );
    assert_eq!(std::fs::read_to_string(script).unwrap(), text);
}

#[tokio::test]
async fn a_refused_submission_is_told_in_sbatchs_words() {
    let directory = tempfile::tempdir().unwrap();
    let client = client(directory.path(), "echo 'sbatch: error: no' >&2; exit 1");
    // Larger than a pipe: the refusal must not wait for somebody to read it.
    let script = format!("#!/bin/sh\n{}", "#".repeat(200_000));
    let user = JobUser::own().unwrap();
    let error = client.submit(&user, &[], &script).await.unwrap_err();
    assert_eq!(error.message, "sbatch: error: no");
}

#[test]
fn an_id_says_of_what_it_is_a_part() {
    let set = |number: i64| serde_json::json!({ "set": true, "infinite": false, "number": number });
    let unset = serde_json::json!({ "set": false, "infinite": false, "number": 0 });
    let job = |array: i64, task: &serde_json::Value, waiting: &str, het: i64, offset: i64| {
        serde_json::json!({
            "job_id": 40, "array_job_id": set(array), "array_task_id": task, "array_task_string": waiting,
            "het_job_id": set(het), "het_job_offset": set(offset),
            "standard_output": "/w/slurm-22_4294967294.out",
        })
    };
    for (value, id, output) in [
        (job(0, &unset, "", 0, 0), "40", "/w/slurm-22_4294967294.out"),
        (
            job(22, &set(7), "", 0, 0),
            "22_7",
            "/w/slurm-22_4294967294.out",
        ),
        (
            job(22, &unset, "3-10%2", 0, 0),
            "22_[3-10%2]",
            "/w/slurm-22_%a.out",
        ),
        (
            job(0, &unset, "", 13, 1),
            "13+1",
            "/w/slurm-22_4294967294.out",
        ),
    ] {
        let answer = serde_json::json!({ "jobs": [value] }).to_string();
        let jobs = jobs(answer.as_bytes());
        assert_eq!(
            (jobs[0].job.id.as_str(), jobs[0].standard_output.as_str()),
            (id, output)
        );
    }
}

#[test]
fn a_record_has_what_a_jobs_page_shows() {
    let json = br#"{"jobs":[{"job_id":3,"job_state":["FAILED"],"state_reason":"NonZeroExitCode","end_time":{"set":true,"number":1700000000},"node_count":{"set":true,"number":2},
        "cpus":{"set":true,"number":4},"memory_per_node":{"set":true,"number":512},"tres_req_str":"cpu=4,mem=1G,node=2,gres/gpu=2",
        "exit_code":{"return_code":{"set":true,"number":7},"signal":{"id":{"set":false,"number":0}}},
        "time_limit":{"set":false,"infinite":true,"number":0},"user_id":1000,"restart_cnt":1,"batch_flag":true}]}"#;
    let record = jobs(json).remove(0);
    assert_eq!(
        (record.exit_code, record.signal, record.gpus),
        (Some(7), None, 2)
    );
    assert_eq!((record.memory, record.time_limit_minutes), (512, None));
    assert_eq!(
        (record.restarts, record.user_id, record.is_batch),
        (1, 1000, true)
    );
}

/// A string as Slurm's JSON writer leaves it: quotes and backslashes escaped, all other bytes as they came.
fn as_json_c(bytes: &[u8]) -> Vec<u8> {
    let mut text = vec![b'"'];
    for byte in bytes {
        if matches!(byte, b'"' | b'\\') {
            text.push(b'\\');
        }
        text.push(*byte);
    }
    text.push(b'"');
    text
}

/// The answer with one record between two good ones, in which every text is these bytes.
fn answer_with(list: &str, texts: &[&str], lists: &[&str], bytes: &[u8]) -> Vec<u8> {
    let text = as_json_c(bytes);
    let mut members: Vec<Vec<u8>> = vec![];
    for name in texts {
        members.push([format!("\"{name}\":").as_bytes(), &text].concat());
    }
    for name in lists {
        members.push([format!("\"{name}\":[").as_bytes(), &text, b"]"].concat());
    }
    members.push(b"\"job_id\":2".to_vec());
    let odd = members.join(&b',');
    let good = |name: &str, job: u32| format!("{{\"name\":\"{name}\",\"job_id\":{job}}}");
    let (head, tail) = (
        format!("{{\"{list}\":[{},{{", good("one", 1)),
        good("two", 3),
    );
    [head.as_bytes(), &odd, b"},", tail.as_bytes(), b"]}"].concat()
}

proptest::proptest! {
    /// Whatever anybody puts into a job or a node, all records are read, and the others say what they said.
    #[test]
    fn any_bytes_in_any_field_cost_no_record(bytes: Vec<u8>) {
        let texts = [
            "name", "user_name", "partition", "account", "comment", "current_working_directory", "standard_output",
            "standard_error", "command", "dependency", "features", "state_description", "tres_req_str", "nodes",
            "array_task_string", "reason", "gres",
        ];
        let json = answer_with("jobs", &texts, &["job_state"], &bytes);
        let jobs = jobs(&json);
        let names: Vec<&str> = jobs.iter().map(|record| record.job.name.as_str()).collect();
        assert_eq!((names.len(), names[0], names[2]), (3, "two", "one"));
        let json = answer_with("nodes", &texts, &["state", "partitions"], &bytes);
        let nodes = parse::nodes(&json).unwrap();
        assert_eq!((nodes.len(), nodes[0].name.as_str(), nodes[2].name.as_str()), (3, "one", "two"));
    }

    #[test]
    fn any_number_is_taken(number: i64) {
        let json = format!(
            r#"{{"jobs":[{{"job_id":{number},"submit_time":{number},"end_time":{number},"cpus":{number},
            "memory_per_cpu":{number},"node_count":{number},"tres_req_str":"gres/gpu={number}"}}],
            "nodes":[{{"gres":"gpu:{number},gpu:{number}","boot_time":{number}}}]}}"#
        );
        assert_eq!(jobs(json.as_bytes()).len(), 1);
        assert_eq!(parse::nodes(json.as_bytes()).unwrap().len(), 1);
    }
}

#[test]
fn a_record_that_cannot_be_read_costs_that_record() {
    // Deeper than any reader goes.
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    let json = format!(r#"{{"jobs":[{{"job_id":1}},{{"job_id":2,"x":{deep}}},{{"job_id":3}}]}}"#);
    let jobs = jobs(json.as_bytes());
    let ids: Vec<&str> = jobs.iter().map(|record| record.job.id.as_str()).collect();
    assert_eq!(ids, ["3", "1"]);
}

#[tokio::test]
async fn the_jobs_of_nodes_are_asked_for_by_their_own_ids() {
    let directory = tempfile::tempdir().unwrap();
    let client = client(
        directory.path(),
        "echo \"12\n13\"; test \"$*\" = '--noheader --format=%A --nodelist=a-[1-2]'",
    );
    let nodes = ["a-1".to_owned(), "a-2".to_owned()];
    assert_eq!(client.jobs_on(&nodes).await.unwrap(), ["12", "13"]);
    assert_eq!(client.jobs_on(&[]).await.unwrap(), Vec::<String>::new());
}
