//! Whatever a script does, the controller has an answer soon: the program as it is run.

use std::io::Write as _;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// The most that a run may take on a machine that has much else to do; alone it is half a second.
const SOON: Duration = Duration::from_secs(30);

fn run(script: &str, asked: &str) -> std::io::Result<Output> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(script.as_bytes())?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_openpcs-policy"));
    command
        .arg("run")
        .arg(file.path())
        .args([&hex::encode("rules"), asked]);
    command.output()
}

#[test]
fn a_script_that_takes_too_much_refuses_or_dies_alone() {
    let asked = "event:job_submit,uid:1000,job:name:s:61";
    for body in [
        "for a in range(1000000000):\n        for b in range(1000000000): pass",
        "x = 'a' * 1000\n    for i in range(1000000): x += x",
        "x = []\n    for i in range(100000000): x.append(str(i))",
        "x = [0] * 1000000000",
        "x = 'a' * 100000000000",
        "x = sorted(range(100000000))",
        "job['comment'] = 'x' * 50000000",
        "fail('x' * 50000000)",
    ] {
        let script = format!("def job_submit(job, partitions, uid):\n    {body}");
        let begun = Instant::now();
        let output = run(&script, asked).expect("the program runs");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            !output.status.success() || said.starts_with("refused\n"),
            "{body}: {output:?}"
        );
        assert!(begun.elapsed() < SOON, "{body}: {:?}", begun.elapsed());
    }
}

#[test]
fn a_job_is_bytes() {
    let script = "def job_submit(job, partitions, uid):\n    job['comment'] = job['name'] + '!'";
    for name in [
        &b"$(reboot) `id` ' \" \n \\"[..],
        b"\xff\x00\x1b[31m",
        "\u{4f5c}\u{4e1a}".as_bytes(),
    ] {
        let output = run(script, &format!("job:name:s:{}", hex::encode(name)));
        let output = output.expect("the program runs");
        let expected = format!("{}!", String::from_utf8_lossy(name));
        let told = format!("set comment s {}\n", hex::encode(expected));
        assert_eq!(String::from_utf8_lossy(&output.stdout), told);
    }
}
