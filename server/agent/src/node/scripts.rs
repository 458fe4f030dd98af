//! The customer's scripts of the user data: in order, once, each with a log. One that fails does not stop the boot, as with
//! cloud-init.

use std::fs::File;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use nix::errno::Errno;

use crate::protocol::Claimed;
use crate::{Result, context, files, say};

/// Some need it, and systemd sets none for a service.
const HOME: &str = "/root";
const SEARCH_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Runs them in the order of their names; a line for each, with how it ended.
pub fn run_all(dir: &Path, log_dir: &Path, node: &Claimed) -> Result<Vec<String>> {
    let mut ran = vec![];
    for script in context("list the scripts", waiting(dir))? {
        let name = script.file_name().unwrap_or_default().to_string_lossy();
        let log = log_dir.join(format!("user-data-{name}.log"));
        say(&format!("running script {name}"));
        let how = match run(&script, &log, node) {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        ran.push(format!("{name}: {how}"));
        // When the agent starts anew on this host, it is not run a second time.
        let done = files::write(&done(&script), how.as_bytes(), files::PLAIN);
        context("note that a script was run", done)?;
    }
    Ok(ran)
}

fn done(script: &Path) -> PathBuf {
    let name = script.file_name().unwrap_or_default().to_string_lossy();
    script.with_file_name(format!(".{name}.done"))
}

/// Those that have not been run, sorted by name.
fn waiting(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
        entries => entries?,
    };
    let mut scripts = vec![];
    for entry in entries {
        let entry = entry?;
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        let path = entry.path();
        if !is_hidden && entry.file_type()?.is_file() && !done(&path).exists() {
            scripts.push(path);
        }
    }
    scripts.sort();
    Ok(scripts)
}

fn run(script: &Path, log: &Path, node: &Claimed) -> io::Result<ExitStatus> {
    let log = File::options()
        .create(true)
        .append(true)
        .mode(files::SECRET)
        .open(log)?;
    let started = |command: &mut Command| -> io::Result<ExitStatus> {
        command
            .env("HOME", HOME)
            .env("PATH", SEARCH_PATH)
            .env("OPENPCS_NODE_NAME", &node.node_name)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log.try_clone()?)
            .status()
    };
    match started(&mut Command::new(script)) {
        // It says not who is to run it.
        Err(error) if error.raw_os_error() == Some(Errno::ENOEXEC as i32) => {
            started(Command::new("/bin/sh").arg(script))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node() -> Claimed {
        Claimed {
            instance_id: "own-1".into(),
            proof_key: String::new(),
            node_name: "group-1".into(),
            bootstrap_id: String::new(),
            shared_secret: String::new(),
            endpoints: vec![],
            slurm_version: "24.11".into(),
            slurmd_port: 0,
            packages: vec![],
        }
    }

    #[test]
    fn scripts_run_in_order_and_once_and_one_that_fails_stops_no_other() {
        let (dir, logs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let script = |name: &str, text: &str, mode| {
            files::write(&dir.path().join(name), text.as_bytes(), mode).unwrap();
        };
        script("010", "#!/bin/sh\necho last >> $0.out\n", 0o700);
        script("002", "#!/bin/sh\necho $OPENPCS_NODE_NAME; exit 3\n", 0o700);
        script("001", "echo no interpreter named\n", 0o700);
        script("003", "not for running", 0o600);
        let run = || run_all(dir.path(), logs.path(), &node()).unwrap();
        let ran = run();
        assert_eq!(ran[0], "001: exit status: 0");
        assert_eq!(ran[1], "002: exit status: 3");
        assert!(ran[2].starts_with("003: "), "{ran:?}");
        assert_eq!(ran[3], "010: exit status: 0");
        let log = |name: &str| std::fs::read_to_string(logs.path().join(name)).unwrap();
        assert_eq!(log("user-data-001.log"), "no interpreter named\n");
        assert_eq!(log("user-data-002.log"), "group-1\n");
        // What a script left there is another one.
        std::fs::remove_file(dir.path().join("010.out")).unwrap();
        assert!(run().is_empty());
        let nowhere = dir.path().join("nowhere");
        assert!(run_all(&nowhere, logs.path(), &node()).unwrap().is_empty());
    }
}
