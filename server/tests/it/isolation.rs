//! A job reaches nothing of the server's, and nobody stands in for the server.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

use aws_sdk_pcs::types::ComputeNodeGroupStatus;
use openpcs_agent::place::Place;
use openpcs_server::http::agents::socket_file;
use serde_json::{Value, json};

use crate::harness::*;

const CLUSTER: &str = "curious";

/// Says what of this it can do: everything that it must not.
const JOB: &str = r#"#!/bin/bash
#SBATCH --output=found
exec 2>/dev/null
[ "$(id -u)" = 0 ] && echo "runs as root"
grep -q '^CapEff:[[:space:]]*0*$' /proc/self/status || echo "has capabilities"
for file in $SECRETS /run/slurm.key; do
    [ -r "$file" ] && head -c 1 "$file" >/dev/null && echo "reads $file"
done
find $DATA -type f -readable 2>/dev/null | grep -E 'key|credentials|password|\.db|hook|instance\.json' | sed 's/^/finds /'
for pid in 1 $(pgrep -x slurmd); do
    name=$(cat /proc/$pid/comm)
    cat /proc/$pid/environ >/dev/null && echo "reads the environment of $name"
    ls /proc/$pid/root/ >/dev/null && echo "reads the files of $name"
done
for lock in $(find $DATA -name lock); do
    rm -f $lock && echo "removes its sandbox's lock"
    touch other && mv -f other $lock && echo "replaces its sandbox's lock"
    umount $lock && echo "uncovers its sandbox's lock"
done
[ -n "$lock" ] && echo "sees its sandbox's lock"
umount $DATA && echo "uncovers the data directory"
scontrol update NodeName=$SLURMD_NODENAME State=DRAIN Reason=job && echo "drains its node"
scontrol reconfigure && echo "reconfigures"
sbatch --uid=root --wrap=true && echo "submits as root"
env | grep -E '^(OPENPCS_DATA|AWS_)|SECRET=|TOKEN=|PASSWORD=' && echo "has the server's environment"
echo done
"#;

/// What an ordinary user's server cannot keep from jobs of the same user: what belongs to the job's own cluster.
const OWN: [&str; 6] = [
    "sees its sandbox's lock",
    "reads /run/slurm.key",
    "reads the environment of slurmd",
    "reads the files of slurmd",
    "drains its node",
    "reconfigures",
];

#[tokio::test]
async fn a_job_reaches_nothing_of_the_servers() {
    let plane = TestPlane::start(Database::Sqlite).await;
    let other = plane.cluster("other", 600).await.id;
    let own = plane.cluster(CLUSTER, 600).await.id;
    let group = plane.group(CLUSTER, "compute-1", 0, 1).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    let data = plane.server.data().display().to_string();
    let secrets: Vec<String> = [
        "data-key",
        "credentials",
        "admin-password",
        "metrics-token",
        "openpcs.db",
        "openpcs.db-wal",
        &format!("clusters/{other}/controller/slurm.key"),
        &format!("clusters/{other}/controller/hook.json"),
        &format!("clusters/{own}/controller/slurm.key"),
        &format!("clusters/{own}/controller/hook.json"),
    ]
    .map(|name| format!("{data}/{name}"))
    .into();
    for file in secrets.iter().filter(|file| !file.ends_with("-wal")) {
        assert!(std::fs::metadata(file).is_ok(), "{file} is where it was");
    }
    let script = format!("SECRETS='{}' DATA='{data}'\n", secrets.join(" "));
    let script = JOB.replacen("exec", &format!("{script}exec"), 1);
    std::fs::write(plane.server.home().join("curious.sh"), script).unwrap();

    let submit = ["sbatch", "--parsable", "-p", "demo", "curious.sh"];
    let job = plane.connect(CLUSTER, &submit).trim().to_owned();
    plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    let text = std::fs::read_to_string(plane.server.home().join("found")).unwrap();
    let mut found: Vec<&str> = text.lines().collect();
    assert_eq!(found.pop(), Some("done"), "{text}");
    if !nix::unistd::geteuid().is_root() {
        assert!(found.contains(&OWN[0]), "{text}");
        found.retain(|line| !OWN.contains(line));
    }
    assert_eq!(found, Vec::<&str>::new());

    let who = plane.connect(
        CLUSTER,
        &["sh", "-c", "id -u; grep CapEff /proc/self/status"],
    );
    let words: Vec<&str> = who.split_whitespace().collect();
    assert_eq!((words[0] == "0", words[2]), (false, "0000000000000000"));
    if nix::unistd::geteuid().is_root() {
        no_terminal_is_shared(&plane);
    }
    plane.finish().await;
}

/// Who shares root's terminal can type on it for root. `script` gives the two of them one to begin with.
fn no_terminal_is_shared(plane: &TestPlane) {
    let server = &plane.server;
    let connect = format!(
        "{} connect {CLUSTER} --endpoint {} --data-dir {} --",
        server.openpcs().get_program().display(),
        server.endpoint(),
        server.data().display()
    );
    let on_terminal = |line: String| {
        let output = Command::new("script")
            .args(["-qec", &line, "/dev/null"])
            .current_dir(server.home())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        // `script` tells its terminal in this way that nobody types.
        String::from_utf8_lossy(&output.stdout).replace("^@", "")
    };
    let text = on_terminal(format!(
        "tty; {connect} tty; {connect} sh -c 'exit 7'; echo $?"
    ));
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.len() == 3 && lines[2] == "7", "{text}");
    assert!(
        lines[0].starts_with("/dev/pts/") && lines[0] != lines[1],
        "{text}"
    );
    // In a pipe there is none at all, and nothing is added to what goes through it.
    let text = on_terminal(format!(
        "{connect} sh -c 'echo a; : < /dev/tty' 2>&1 | tr '\\r' R"
    ));
    assert!(!text.contains('R') && text.contains("/dev/tty"), "{text}");
}

/// The stand-ins for GPUs are the one thing of the server's directory that slurmd reads.
#[tokio::test]
async fn a_node_sees_its_gpus() {
    let plane = TestPlane::start(Database::Sqlite).await;
    plane.cluster(CLUSTER, 600).await;
    let group = plane
        .new_group(CLUSTER, "gpus", 0, 1)
        .set_instance_configs(Some(vec![instance("g4dn.xlarge")]));
    group.send().await.unwrap();
    let group = plane
        .wait_group(CLUSTER, "gpus", ComputeNodeGroupStatus::Active)
        .await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    let command = [
        "srun",
        "-p",
        "demo",
        "--gpus=1",
        "printenv",
        "CUDA_VISIBLE_DEVICES",
    ];
    assert_eq!(plane.connect(CLUSTER, &command).trim(), "0");
    plane.finish().await;
}

/// Someone else's program at the server's address must not be able to say what `connect` runs.
#[tokio::test]
async fn connect_believes_only_the_server_of_its_key() {
    let server = Server::new(None);
    std::fs::create_dir(server.data()).unwrap();
    let key = "[openpcs]\naws_access_key_id = AK\naws_secret_access_key = secret-of-the-key\n";
    std::fs::write(server.data().join("credentials"), key).unwrap();
    let listener = TcpListener::bind(server.address()).unwrap();
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = vec![0; 8192];
        let length = stream.read(&mut request).unwrap();
        let answer = r#"{"sandboxDir":"/tmp","slurmPrefix":"/tmp/evil"}"#;
        let head = "HTTP/1.1 200 OK\r\nx-openpcs-proof: 00\r\ncontent-type: application/json";
        write!(
            stream,
            "{head}\r\ncontent-length: {}\r\n\r\n{answer}",
            answer.len()
        )
        .unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    let output = server.connect("any", &["true"]);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && words.contains("could not prove"),
        "{words}"
    );
    let request = asked.join().unwrap();
    assert!(request.contains("x-openpcs-nonce") && !request.contains("secret-of-the-key"));
}

/// Its directory is closed, and it lets in what agents do and nothing else.
#[tokio::test]
async fn the_agents_socket_is_for_agents() {
    let mut plane = TestPlane::start(Database::Sqlite).await;
    let path = socket_file(&plane.server.data());
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(path.parent().unwrap()) & 0o777, 0o700);
    // A new server takes the place of one that was killed.
    plane.crash().await;
    let ask = |line: &str, headers: &str, body: &str| {
        let mut stream = UnixStream::connect(Place::of(&path).unwrap().short()).unwrap();
        let length = body.len();
        let request = format!(
            "{line} HTTP/1.1\r\nhost: openpcs\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = vec![];
        // What is refused is not read to its end, so the connection may break after the answer.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    };
    let api = |name: &str, body: &str| {
        let kind = "content-type: application/x-amz-json-1.0";
        let headers = format!("{kind}\r\nx-amz-target: AWSParallelComputingService.{name}\r\n");
        ask("POST /", &headers, body)
    };
    assert!(api("ListClusters", "{}").contains("unknownOperation"));
    let register = r#"{"clusterIdentifier":"any","bootstrapId":"wrong-bootstrap-id"}"#;
    let answer = api("RegisterComputeNodeGroupInstance", register);
    assert!(answer.contains("AccessDenied"), "{answer}");
    assert!(ask("GET /clusters", "", "").starts_with("HTTP/1.1 404"));
    assert!(ask("GET /instance/v1/proof", "", "").starts_with("HTTP/1.1 204"));
    plane.finish().await;
}

/// Calls a function of the console, signed in as the administrator.
async fn console(plane: &TestPlane, function: &str, body: Value) -> (u16, Value) {
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let endpoint = plane.server.endpoint();
    let post = |path: &str, kind: &str, body: String| {
        let request = client.post(format!("{endpoint}{path}")).body(body);
        request
            .header("content-type", kind)
            .header("origin", &endpoint)
    };
    let password = std::fs::read_to_string(plane.server.data().join("admin-password")).unwrap();
    let form = format!("user=admin&password={}", password.trim());
    let kind = "application/x-www-form-urlencoded";
    let answer = post("/console/sign-in", kind, form).send().await.unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let call = post(
        &format!("/console/{function}"),
        "application/json",
        body.to_string(),
    );
    let answer = call.header("cookie", cookie).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}

#[tokio::test]
async fn a_job_of_the_console_is_the_job_users() {
    let plane = TestPlane::start(Database::Sqlite).await;
    plane.cluster(CLUSTER, 600).await;
    let group = plane.group(CLUSTER, "compute-1", 0, 1).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    let home = plane.server.home();
    let submit = |script: &str, directory: &str| {
        json!({"input": {
            "clusterIdentifier": CLUSTER, "queue": "demo", "name": "", "script": script,
            "nodes": null, "tasks": null, "cpusPerTask": null, "memory": null, "gpus": null,
            "timeLimitMinutes": null, "workingDirectory": directory, "array": "", "hold": false,
            "clientToken": null,
        }})
    };
    let place = home.to_str().unwrap();
    let script = "#!/bin/sh\n#SBATCH --output=who\nid -un; srun hostname; echo $HOME; pwd\n";
    let (status, answer) = console(&plane, "submit-job", submit(script, place)).await;
    assert_eq!(status, 200, "{answer}");
    let job = answer["jobId"].as_str().unwrap();
    plane.wait_job(CLUSTER, job, "COMPLETED").await;
    let (_, identity) = console(&plane, "identity", json!({})).await;
    let of = |name: &str| identity["jobs"][name].as_str().unwrap().to_owned();
    let (user, user_home) = (of("user"), of("home"));
    let text = std::fs::read_to_string(home.join("who")).unwrap();
    assert_eq!(text, format!("{user}\ncompute-1-1\n{user_home}\n{place}\n"));
    let of =
        json!({"input": {"clusterIdentifier": CLUSTER, "jobId": job, "kind": "stdout", "from": 0}});
    let (_, output) = console(&plane, "job-output", of).await;
    assert_eq!(output["text"].as_str(), Some(text.as_str()), "{output}");

    // Only root may choose, and only root may enter: neither is the user of jobs.
    for (script, directory, field) in [
        ("#!/bin/sh\n#SBATCH --uid=0\ntrue\n", place, "script"),
        ("#!/bin/sh\ntrue\n", "/root", "workingDirectory"),
    ] {
        let (status, answer) = console(&plane, "submit-job", submit(script, directory)).await;
        assert!(
            status >= 400 && answer.to_string().contains(field),
            "{answer}"
        );
    }
    plane.finish().await;
}
