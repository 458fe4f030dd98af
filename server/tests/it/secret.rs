//! Secrets stay where they belong (C10, C13, S8).

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::harness::*;

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => files(&entry.path(), found),
            Ok(kind) if kind.is_file() => found.push(entry.path()),
            _ => {}
        }
    }
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn holds(path: &Path, secret: &[u8]) -> bool {
    std::fs::read(path)
        .unwrap_or_default()
        .windows(secret.len())
        .any(|part| part == secret)
}

/// What the guide has a login node of one's own do: the address of the secret from GetCluster, the key from Secrets
/// Manager, both from this server. Other secrets it does not have, nor other operations.
fn as_a_login_node_reads_it(plane: &TestPlane, cluster: &str) -> Vec<u8> {
    let aws = |arguments: &[&str]| {
        let output = plane
            .server
            .aws(&[arguments, &["--output", "text"]].concat());
        match output.status.success() {
            true => Ok(String::from_utf8(output.stdout).unwrap().trim().to_owned()),
            false => Err(String::from_utf8(output.stderr).unwrap()),
        }
    };
    let of_key = "cluster.slurmConfiguration.authKey.secretArn";
    let get = [
        "pcs",
        "get-cluster",
        "--cluster-identifier",
        cluster,
        "--query",
        of_key,
    ];
    let arn = aws(&get).unwrap();
    let read = |secret: &str| {
        let get = ["secretsmanager", "get-secret-value", "--secret-id", secret];
        aws(&[&get[..], &["--query", "SecretString"]].concat())
    };
    let text = read(&arn).unwrap();
    let name = arn.split_once(":secret:").unwrap().1;
    assert_eq!(read(name).unwrap(), text);
    let refusal = read("another").unwrap_err();
    assert!(refusal.contains("ResourceNotFoundException"), "{refusal}");
    let refusal = aws(&["secretsmanager", "list-secrets"]).unwrap_err();
    assert!(refusal.contains("only get-secret-value"), "{refusal}");
    BASE64.decode(text).unwrap()
}

/// What the console's Connect page shows, pasted into a shell that knows nothing but who its user is.
fn as_the_console_says(plane: &TestPlane, cluster: &aws_sdk_pcs::types::Cluster) -> Vec<u8> {
    use app::command::{Here, get_cluster, read_secret};
    use app::model::cluster::SlurmAuthKey;

    let here = Here {
        region: "us-east-1".into(),
        endpoint: plane.server.endpoint(),
    };
    let key = cluster.slurm_configuration().unwrap().auth_key().unwrap();
    let key = SlurmAuthKey {
        secret_arn: key.secret_arn.clone(),
        secret_version: key.secret_version.clone(),
    };
    let user = plane.server.access_key();
    let paste = |command: &str| {
        let mut shell = plane.server.program("sh");
        shell.args(["-c", command]).env("AWS_PAGER", "");
        shell.env("PATH", plane.server.path_with_aws());
        shell.env("AWS_ACCESS_KEY_ID", &user.id);
        shell.env("AWS_SECRET_ACCESS_KEY", &user.secret);
        shell.env("AWS_CONFIG_FILE", "/dev/null");
        let output = shell.output().unwrap();
        assert!(output.status.success(), "{command}\n{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let found = paste(&get_cluster(&cluster.id, &here));
    assert!(found.contains(&cluster.arn), "{found}");
    BASE64
        .decode(paste(&read_secret(Some(&key), &here)).trim())
        .unwrap()
}

#[tokio::test]
async fn secrets_are_in_their_own_files_and_nowhere_else() {
    let plane = TestPlane::start(Database::Sqlite).await;
    let cluster = plane.cluster("secretive", 600).await;
    let group = plane.group("secretive", "compute-1", 0, 1).await;
    plane.queue("secretive", "demo", &group.id).await;
    plane.connect("secretive", &["srun", "--partition=demo", "hostname"]);

    let data = plane.server.data();
    assert_eq!(mode(&data), 0o700);
    let read = as_a_login_node_reads_it(&plane, "secretive");
    assert!(as_the_console_says(&plane, &cluster) == read);
    let mut all = vec![];
    files(&data, &mut all);
    let named = |name: &str| {
        all.iter()
            .filter(|p| p.file_name().is_some_and(|n| n == name))
            .collect::<Vec<_>>()
    };
    for name in [
        "credentials",
        "admin-password",
        "metrics-token",
        "openpcs.db",
        "slurm.key",
        "hook.json",
    ] {
        assert!(!named(name).is_empty(), "no {name} among {all:?}");
        for path in named(name) {
            assert_eq!(mode(path), 0o600, "{}", path.display());
        }
    }

    let key = std::fs::read(named("slurm.key")[0]).unwrap();
    // A node removes it as soon as it has read it.
    assert!(named("instance.json").is_empty());
    let hook: serde_json::Value =
        serde_json::from_slice(&std::fs::read(named("hook.json")[0]).unwrap()).unwrap();
    let proof_key = hook["proofKey"].as_str().unwrap();
    assert!(key.len() >= 32 && proof_key.len() >= 32);
    assert!(read == key, "get-secret-value answers another key");
    let encoded = BASE64.encode(&key);
    let admin = plane.server.access_key().secret;
    all.push(plane.server.root().join("log"));
    let secrets: [(&str, &[u8], &[&str]); 5] = [
        ("the Slurm key", &key, &["slurm.key"]),
        ("the encoded Slurm key", encoded.as_bytes(), &[]),
        ("the hooks' proof key", proof_key.as_bytes(), &["hook.json"]),
        (
            "the hook token",
            hook["token"].as_str().unwrap().as_bytes(),
            &["hook.json"],
        ),
        (
            "the administrator's secret",
            admin.as_bytes(),
            &["credentials"],
        ),
    ];
    for (what, secret, belongs) in secrets {
        for path in &all {
            let here = belongs
                .iter()
                .any(|name| path.file_name().is_some_and(|n| n == *name));
            assert!(
                here || !holds(path, secret),
                "{what} is in {}",
                path.display()
            );
        }
        let text = String::from_utf8_lossy(secret).into_owned();
        let shown = processes(plane.server.root())
            .into_iter()
            .find(|(_, line)| line.contains(&text));
        assert_eq!(shown, None, "{what} is on a command line");
    }
    let answer = plane
        .http()
        .call("GetCluster", r#"{"clusterIdentifier":"secretive"}"#)
        .await;
    assert!(
        answer.text.contains("pcs!slurm-secret-") && !answer.text.contains(&encoded),
        "{}",
        answer.text
    );
    plane.finish().await;
}
