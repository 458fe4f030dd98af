use std::sync::Mutex;

use super::message::{Caching, Stages, When};
use super::*;
use crate::protocol::StepReport;

fn script(name: &str, on_error: OnError, arguments: &[&str]) -> Script {
    Script {
        name: name.into(),
        script_source: Source {
            script_location: format!("s3://bucket/{name}"),
            s3_version_id: None,
            checksum: None,
        },
        arguments: arguments.iter().map(|a| (*a).to_owned()).collect(),
        on_error,
        execution_policy: When::FirstBootOnly,
    }
}

/// Runs them all as one stage; its outcome and what was reported.
fn ran(
    dir: &Path,
    scripts: Vec<Script>,
    content: fn(&Source) -> Result<Vec<u8>>,
) -> (std::result::Result<(), Failure>, Vec<ScriptRun>) {
    let (sender, receiver) = std::sync::mpsc::channel();
    let runner = Runner {
        actions: Actions {
            stages: Stages {
                node_bootstrapped: scripts,
                node_ready: vec![],
            },
            script_caching_policy: Caching::CacheOnce,
        },
        place: Place {
            node_name: "work-1".into(),
            store: Store::new(dir.join("scripts"), "boot".into()),
            log_dir: dir.join("logs"),
            reporter: Reporter::new("i-1", sender),
            children: Arc::new(OwnChildren),
        },
        fetch: Box::new(content),
        limits: [Duration::from_millis(800); 2],
    };
    let outcome = runner.run(Stage::NodeBootstrapped);
    drop(runner);
    let reports: Vec<StepReport> = receiver.into_iter().flatten().collect();
    (
        outcome,
        reports.into_iter().filter_map(|step| step.script).collect(),
    )
}

/// What each of the scripts of these tests does.
fn content(source: &Source) -> Result<Vec<u8>> {
    let name = source
        .script_location
        .rsplit('/')
        .next()
        .unwrap_or_default();
    Ok(match name {
        "tell" => "#!/bin/sh\nprintf '%s|' \"$@\"; echo $OPENPCS_NODE_NAME $OPENPCS_STAGE\n".into(),
        "bare" => "echo $1 without interpreter\n".into(),
        "fail" => "#!/bin/sh\necho before\necho after >&2\nexit 3\n".into(),
        "slow" => "#!/bin/sh\nsleep 60\n".into(),
        "bytes" => "#!/bin/sh\nprintf '\\377\\376'\nhead -c 9000 /dev/zero | tr '\\0' x\n".into(),
        "odd" => "#!/no/such/interpreter\n".into(),
        _ => return Err("no such object".into()),
    })
}

#[test]
fn they_run_in_order_with_their_arguments_and_no_shell() {
    let dir = tempfile::tempdir().unwrap();
    let odd = ["", "a b", "$(touch /tmp/never)", "'\";&|", "中文"];
    let scripts = || {
        vec![
            script("tell", OnError::Terminate, &odd),
            script("bare", OnError::Terminate, &["$HOME"]),
        ]
    };
    let (outcome, runs) = ran(dir.path(), scripts(), content);
    assert!(outcome.is_ok());
    let told: Vec<&str> = runs.iter().map(|run| run.log.as_str()).collect();
    assert_eq!(
        told,
        [
            "|a b|$(touch /tmp/never)|'\";&||中文|work-1 nodeBootstrapped",
            "$HOME without interpreter"
        ]
    );
    assert!(
        runs.iter()
            .all(|run| run.failure.is_none() && run.ended_at >= run.started_at)
    );
    let log = dir.path().join("logs/script-nodeBootstrapped-01-tell.log");
    let mode = std::os::unix::fs::PermissionsExt::mode(&log.metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    // The same boot, and an agent that starts anew.
    let (outcome, runs) = ran(dir.path(), scripts(), content);
    assert!(outcome.is_ok() && runs.is_empty());
}

#[test]
fn what_follows_a_failure_is_as_the_script_says() {
    for (on_error, names) in [
        (OnError::Continue, &["tell", "fail", "bare"][..]),
        (OnError::StopSequence, &["tell", "fail"]),
        (OnError::Terminate, &["tell", "fail"]),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let scripts = vec![
            script("tell", OnError::Terminate, &[]),
            script("fail", on_error, &[]),
            script("bare", OnError::Terminate, &[]),
        ];
        let (outcome, runs) = ran(dir.path(), scripts, content);
        let ran: Vec<&str> = runs.iter().map(|run| run.name.as_str()).collect();
        assert_eq!(ran, names, "{on_error:?}");
        assert_eq!(runs[1].failure.as_deref(), Some("exit status 3"));
        assert_eq!(runs[1].log, "before\nafter");
        match (on_error, outcome) {
            (OnError::Terminate, Err(failure)) => {
                assert_eq!(failure.step, SCRIPT_FAILED);
                let reason = "script fail of nodeBootstrapped: exit status 3";
                assert_eq!(failure.reason, reason);
                assert!(
                    failure
                        .log
                        .unwrap()
                        .ends_with("script-nodeBootstrapped-02-fail.log")
                );
            }
            (_, outcome) => assert!(outcome.is_ok(), "{on_error:?}"),
        }
    }
}

#[test]
fn every_way_to_fail_is_told() {
    for (name, words) in [
        ("slow", "longer than 0 s"),
        ("odd", "could not be run: No such file"),
        ("missing", "could not be fetched: no such object"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let scripts = vec![script(name, OnError::Continue, &[])];
        let (outcome, runs) = ran(dir.path(), scripts, content);
        let told = runs[0].failure.clone().unwrap_or_default();
        assert!(outcome.is_ok() && told.contains(words), "{name}: {told}");
    }
}

#[test]
fn output_is_bytes_and_what_is_told_of_it_is_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let scripts = vec![script("bytes", OnError::Terminate, &[])];
    let (outcome, runs) = ran(dir.path(), scripts, content);
    assert!(outcome.is_ok());
    assert!(runs[0].log.len() <= LOG_BYTES && runs[0].log.ends_with('x'));
}

/// Whoever fetches is asked once only, by [`Store`]; here that the settings reach it.
#[test]
fn a_script_that_is_not_what_its_checksum_says_is_not_run() {
    static RAN: Mutex<u32> = Mutex::new(0);
    fn counted(source: &Source) -> Result<Vec<u8>> {
        *RAN.lock().unwrap() += 1;
        content(source)
    }
    let dir = tempfile::tempdir().unwrap();
    let mut other = script("tell", OnError::Continue, &[]);
    other.script_source.checksum = Some("0".repeat(64));
    let (_, runs) = ran(dir.path(), vec![other], counted);
    let told = runs[0].failure.clone().unwrap_or_default();
    assert!(told.contains("not what its checksum says"), "{told}");
    assert_eq!((runs[0].log.as_str(), *RAN.lock().unwrap()), ("", 1));
}
