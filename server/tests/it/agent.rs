//! The agent as a node and as Slurm's programs, against a server of a few lines.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use openpcs_agent::actions::message::{Duties, purpose};
use openpcs_agent::{answer, sealed};
use openpcs_provider::{Batch, Inventory, NodeLaunch, Provider, State};
use openpcs_server::provider::local::Local;
use serde_json::json;

use crate::sandbox::{Host, agent, eventually};

const REGISTERED: &str = r#"{"nodeID":"compute-1","sharedSecret":"a2V5",
    "endpoints":[{"type":"SLURMCTLD","privateIpAddress":"127.0.0.1","port":"6817"}]}"#;

const PROOF_KEY: &str = "shared by server and agent";

/// Answers every request the same and keeps what was asked.
struct Server {
    endpoint: String,
    bodies: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(status: u16, answer: &'static str) -> Self {
        Self::with_key(PROOF_KEY, status, answer)
    }

    /// One that may be another than the agent's.
    fn with_key(key: &'static str, status: u16, answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let kept = bodies.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let body = serve(stream.unwrap(), key, status, answer);
                kept.lock().unwrap().push(body);
            }
        });
        Self { endpoint, bodies }
    }

    fn heard(&self, word: &str) -> bool {
        self.bodies
            .lock()
            .unwrap()
            .iter()
            .any(|body| body.contains(word))
    }
}

fn serve(mut stream: TcpStream, key: &str, status: u16, answer: &str) -> String {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut length, mut nonce) = (0, String::new());
    let mut line = String::new();
    let mut asks_duties = false;
    while reader.read_line(&mut line).unwrap() > 2 {
        asks_duties |= line.starts_with("POST /instance/v1/duties ");
        let lower = line.to_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if let Some(value) = lower.strip_prefix(&format!("{}:", answer::NONCE)) {
            nonce = value.trim().to_owned();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let (status, answer) = match asks_duties {
        true => (200, no_duties()),
        false => (status, answer.to_owned()),
    };
    let proof = answer::proof(key, &nonce, status, answer.as_bytes());
    let head = format!(
        "HTTP/1.1 {status} X\r\nconnection: close\r\n{}: {proof}\r\ncontent-length: {}\r\n\r\n",
        answer::PROOF,
        answer.len()
    );
    stream.write_all((head + &answer).as_bytes()).unwrap();
    String::from_utf8(body).unwrap()
}

/// The node has nothing to run but slurmd.
fn no_duties() -> String {
    let sealed = sealed::seal(PROOF_KEY, &purpose("i-1", None), &Duties::default());
    json!({"sealed": sealed.unwrap()}).to_string()
}

fn local(host: &Host, endpoint: &str) -> Local {
    Local::new(host.data(), host.scheduler(), agent(), endpoint, Vec::new()).unwrap()
}

fn batch(slurmd_port: u16) -> Batch {
    Batch {
        owned: None,
        resting: vec![],
        lease: None,
        token: "token".into(),
        cluster_id: "pcs_test".into(),
        compute_node_group_id: "pcs_group".into(),
        instance_type: "c6i.xlarge".into(),
        settings: Default::default(),
        slurm_version: "24.11".into(),
        nodes: vec![NodeLaunch {
            instance_id: "i-1".into(),
            node_name: "compute-1".into(),
            bootstrap_id: "bootstrap-secret".into(),
            proof_key: PROOF_KEY.into(),
            slurmd_port,
        }],
    }
}

async fn launch(local: &Local, slurmd_port: u16) {
    let launched = local.launch(&batch(slurmd_port)).await;
    assert_eq!(launched.launched[0].result, Ok("i-1".to_owned()));
}

async fn terminate(local: &Local) {
    let ended = local.terminate("pcs_test", &["i-1".into()]).await;
    assert_eq!(ended, [Ok(())]);
}

async fn inventory(local: &Local) -> Inventory {
    local.inventory("pcs_test").await.unwrap()
}

async fn running(local: &Local) -> bool {
    inventory(local).await.instances[0].state == State::Running
}

#[tokio::test]
async fn a_node_registers_and_lives_as_long_as_its_slurmd() {
    let slurmd = "#!/bin/sh\necho \"$(hostname) $(cat $SLURM_SACK_KEY) $*\"\nsleep 1\necho no memory > $9\nexit 3\n";
    let host = Host::new(&[("slurmd", slurmd)]);
    let server = Server::start(200, REGISTERED);
    let local = local(&host, &server.endpoint);
    launch(&local, 0).await;
    launch(&local, 0).await;
    assert!(running(&local).await);
    eventually("slurmd runs", || server.heard("slurmd-started")).await;
    eventually("its end is reported", || server.heard("slurmd-failed")).await;
    assert!(server.heard("\"detail\":\"compute-1\"") && server.heard("exit status 3"));

    eventually("all is over", || host.processes().is_empty()).await;
    let found = inventory(&local).await;
    let reason = found.instances[0].end().unwrap();
    assert!(
        reason.starts_with("slurmd ended with exit status 3"),
        "{reason}"
    );

    terminate(&local).await;
    terminate(&local).await;
    assert_eq!(inventory(&local).await.instances, []);
    let log = std::fs::read_to_string(local.kept_logs("i-1").join("agent.log")).unwrap();
    let started = "compute-1 key -D -b -N compute-1 --conf-server 127.0.0.1:6817";
    assert!(log.contains(started), "{log}");
    assert!(!log.contains("bootstrap-secret"), "{log}");
}

#[tokio::test]
async fn a_node_that_is_refused_gives_up_at_once() {
    let host = Host::new(&[]);
    let server = Server::start(
        400,
        r#"{"__type":"AccessDeniedException","message":"Unknown bootstrap id."}"#,
    );
    let local = local(&host, &server.endpoint);
    // It may be over before the start has seen it run.
    local.launch(&batch(0)).await;
    eventually("all is over", || host.processes().is_empty()).await;
    let found = inventory(&local).await;
    let why = found.instances[0].end().unwrap();
    assert!(why.contains("Unknown bootstrap id."), "{why}");
}

/// Calls the agent as Slurm does and returns its exit status.
fn call(endpoint: &str, program: &str) -> Option<i32> {
    let dir = tempfile::tempdir().unwrap();
    let hook = format!(
        r#"{{"endpoint":"{endpoint}","proofKey":"{PROOF_KEY}","clusterId":"pcs_test","token":"secret-token"}}"#
    );
    std::fs::write(dir.path().join("hook.json"), hook).unwrap();
    std::fs::create_dir(dir.path().join("bin")).unwrap();
    let link = dir.path().join("bin").join(program);
    symlink(agent(), &link).unwrap();
    let mut command = Command::new(link);
    command.arg("compute-[1-4]").env("SLURM_JOB_ID", "42");
    command.status().unwrap().code()
}

#[test]
fn slurms_programs_say_what_slurm_wants_and_do_what_the_server_says() {
    for (program, answer, status) in [
        ("prolog", r#"{"goOn":true}"#, 0),
        ("prolog", r#"{"goOn":false}"#, 1),
        ("resume", r#"{"goOn":true}"#, 0),
    ] {
        let server = Server::start(200, answer);
        assert_eq!(
            call(&server.endpoint, program),
            Some(status),
            "{program} {answer}"
        );
        assert!(
            server.heard("compute-[1-4]")
                && server.heard("\"jobId\":\"42\"")
                && server.heard(program)
        );
    }
}

#[test]
fn without_a_server_a_job_goes_on_and_soon() {
    let started = Instant::now();
    assert_eq!(call("http://127.0.0.1:1", "prolog"), Some(0));
    assert_eq!(call(&Server::start(500, "{}").endpoint, "prolog"), Some(0));
    assert!(started.elapsed() < Duration::from_secs(8));
}

/// Somebody else who holds the server's address gets no secret and is not obeyed.
#[tokio::test]
async fn who_cannot_prove_to_be_the_server_is_told_nothing_and_not_believed() {
    let rogue = Server::with_key("guessed", 200, r#"{"goOn":false}"#);
    assert_eq!(
        call(&rogue.endpoint, "prolog"),
        Some(0),
        "the prolog fails open"
    );
    let host = Host::new(&[("slurmd", "#!/bin/sh\nsleep 1000\n")]);
    let rogue_for_nodes = Server::with_key("guessed", 200, REGISTERED);
    let local = local(&host, &rogue_for_nodes.endpoint);
    launch(&local, 0).await;
    eventually("the node has asked twice", || {
        rogue_for_nodes.bodies.lock().unwrap().len() >= 2
    })
    .await;
    let slurmds = |line: &str| line.contains("slurmd -D") || line.contains("/slurmd");
    assert!(host.processes().iter().all(|(_, line)| !slurmds(line)));
    for server in [&rogue, &rogue_for_nodes] {
        assert!(
            !server.heard("secret"),
            "{:?}",
            server.bodies.lock().unwrap()
        );
    }
    terminate(&local).await;
}

#[tokio::test]
async fn a_node_whose_port_is_taken_says_so() {
    let host = Host::new(&[("slurmd", "#!/bin/sh\nsleep 1000\n")]);
    let server = Server::start(200, REGISTERED);
    let local = local(&host, &server.endpoint);
    let squatter = TcpListener::bind("127.0.0.1:0").unwrap();
    let slurmd_port = squatter.local_addr().unwrap().port();
    launch(&local, slurmd_port).await;
    eventually("the step is reported", || server.heard("port-taken-failed")).await;
    assert!(server.heard(&slurmd_port.to_string()));
    eventually("all is over", || host.processes().is_empty()).await;
    terminate(&local).await;
}
