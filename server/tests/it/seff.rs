//! The numbers that `seff` makes of what `sacct` tells: here a file that is printed. That Slurm's own prints such lines, the
//! tests of accounting see.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// `seff` beside a `sacct` that prints this.
fn told(records: &str, words: &[&str]) -> Output {
    let dir = TempDir::new().unwrap();
    let seff = dir.path().join("seff");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("contribs/seff");
    fs::copy(source, &seff).unwrap();
    fs::write(dir.path().join("records"), records).unwrap();
    let print = format!("#!/bin/sh\ncat '{}/records'\n", dir.path().display());
    program(dir.path().join("sacct"), &print);
    Command::new(seff).args(words).output().unwrap()
}

fn program(file: PathBuf, text: &str) {
    fs::write(&file, text).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
}

fn text(records: &str) -> String {
    let output = told(records, &["1"]);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn an_ended_job_is_told_with_its_greatest_step() {
    let records = "\
        7|7|lab|ada|users|COMPLETED|0:0|8|2|1-02:00:00|18000|cpu=8,mem=64G,node=2|cpu=8,mem=64G||\n\
        7.batch|7.batch|lab|||COMPLETED|0:0|4|1|00:01.500|18000|cpu=4,mem=32G||cpu=00:00:01,mem=2048K,vmem=9G\n\
        7.0|7.0|lab|||COMPLETED|0:0|8|2|1-01:58:58|18000|cpu=8,mem=64G||cpu=1-01:58:58,mem=3221225472\n";
    let expected = "\
        Job ID: 7\nCluster: lab\nUser/Group: ada/users\nState: COMPLETED (exit code 0)\nNodes: 2\nCores per node: 4\n\
        CPU Utilized: 1-02:00:00\nCPU Efficiency: 65.00% of 1-16:00:00 core-walltime\nJob Wall-clock time: 05:00:00\n\
        Memory Utilized: 3.00 GB\nMemory Efficiency: 4.69% of 64.00 GB (32.00 GB/node)\n";
    assert_eq!(text(records), expected);
}

#[test]
fn what_is_not_known_is_nothing() {
    // One that was cancelled before it had a node, and an array's task whose memory was asked for and not given out.
    let records = "\
        8|8|lab|ada|users|CANCELLED by 1000|0:0|0|0|00:00:00|0||cpu=1,mem=1G|\n\
        10|9_3|lab|ada|users|OUT_OF_MEMORY|0:125|1|1|00:06.373|8|cpu=1,node=1|cpu=1,mem=500M|\n\
        10.batch|9_3.batch|lab|||OUT_OF_MEMORY|0:125|1|1|00:06.373|8|cpu=1,mem=0||energy=0,mem=256000K\n";
    let expected = "\
        Job ID: 8\nCluster: lab\nUser/Group: ada/users\nState: CANCELLED (exit code 0)\nCores: 1\n\
        CPU Utilized: 00:00:00\nCPU Efficiency: 0.00% of 00:00:00 core-walltime\nJob Wall-clock time: 00:00:00\n\
        Memory Utilized: 0.00 MB\nMemory Efficiency: 0.00% of 1.00 GB (1.00 GB/node)\n\n\
        Job ID: 10\nArray Job ID: 9_3\nCluster: lab\nUser/Group: ada/users\nState: OUT_OF_MEMORY (exit code 0)\nCores: 1\n\
        CPU Utilized: 00:00:06\nCPU Efficiency: 79.66% of 00:00:08 core-walltime\nJob Wall-clock time: 00:00:08\n\
        Memory Utilized: 250.00 MB\nMemory Efficiency: 50.00% of 500.00 MB (500.00 MB/node)\n";
    assert_eq!(text(records), expected);
    let waiting = text("11|11|lab|ada|users|PENDING|0:0|1|1|00:00:00|0||cpu=1,mem=1G|\n");
    assert!(waiting.ends_with(
        "State: PENDING\nCores: 1\nEfficiency not available for jobs in the PENDING state.\n"
    ));
    let running = text("11|11|lab|ada|users|RUNNING|0:0|1|1|00:00:00|9|cpu=1,mem=1G|cpu=1|\n");
    assert!(running.contains("State: RUNNING\n") && running.contains("WARNING"));
}

#[test]
fn what_names_no_job_is_refused() {
    for (words, status) in [
        (&["1"][..], 2),
        (&[], 1),
        (&["1", "2"], 1),
        (&[""], 1),
        (&["--help"], 1),
        (&["1;id"], 1),
        (&["é"], 1),
    ] {
        let output = told("", words);
        assert_eq!(output.status.code(), Some(status), "{words:?}: {output:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
}
