//! What a server left behind: processes and directories.

use std::path::{Path, PathBuf};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::TestPlane;

/// The processes whose command line, environment or working directory names that directory: servers, agents,
/// Slurm's daemons and jobs.
pub fn processes(root: &Path) -> Vec<(Pid, String)> {
    let mark = root.to_str().unwrap();
    let mut found = vec![];
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<i32>() else {
            continue;
        };
        let read = |file: &str| {
            let bytes = std::fs::read(entry.path().join(file)).unwrap_or_default();
            String::from_utf8_lossy(&bytes).replace('\0', " ")
        };
        let cwd = std::fs::read_link(entry.path().join("cwd")).unwrap_or_default();
        let line = read("cmdline");
        if line.contains(mark) || read("environ").contains(mark) || cwd.starts_with(root) {
            found.push((Pid::from_raw(pid), line));
        }
    }
    found
}

/// The controllers' own processes.
pub fn slurmctld(plane: &TestPlane) -> Vec<Pid> {
    let is_it = |line: &str| {
        let program = line.split(' ').next().unwrap_or_default();
        program.ends_with("/slurmctld")
    };
    processes(plane.server.root())
        .into_iter()
        .filter(|(_, line)| is_it(line))
        .map(|(pid, _)| pid)
        .collect()
}

/// For a test that failed: ends whatever still runs.
pub fn kill_all(root: &Path) {
    // Ending a process may bring up another that was just being started.
    for _ in 0..20 {
        let left = processes(root);
        if left.is_empty() {
            return;
        }
        for (pid, _) in left {
            let _ = kill(pid, Signal::SIGKILL);
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

/// The directories of clusters and of their nodes.
pub fn cluster_directories(data: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(data.join("clusters"))
        .into_iter()
        .flatten();
    entries.flatten().map(|e| e.path()).collect()
}

/// The logs of the server, its controllers and its nodes.
pub fn logs(root: &Path) -> Vec<PathBuf> {
    let mut found = vec![root.join("log")];
    let mut dirs = vec![root.join("data")];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(&dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                dirs.push(path);
            } else if path.extension().is_some_and(|e| e == "log") {
                found.push(path);
            }
        }
    }
    found
}
