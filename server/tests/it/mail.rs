//! What jobs ask to be told by mail goes to the program that the site gives.

use std::os::unix::fs::PermissionsExt;

use crate::harness::*;

const CLUSTER: &str = "mails";

#[tokio::test]
async fn jobs_tell_by_mail_and_run_nothing_by_it() {
    let mut server = Server::new(None);
    let (program, sent) = (server.root().join("mailer"), server.root().join("sent"));
    // What stands in an address is not this program's either.
    let script = format!(
        "#!/bin/sh\nprintf '<%s>' \"$@\" >> {0}\necho >> {0}\n",
        sent.display()
    );
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    server.option("--mail-program", program.to_str().unwrap());
    let plane = TestPlane::on(server, None).await;
    plane.cluster(CLUSTER, 600).await;
    let group = plane.group(CLUSTER, "compute-1", 0, 1).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    for hostile in ["-oQ/tmp", "|touch /tmp/pwned", "/etc/passwd", "a b@c"] {
        let address = format!("--mail-user={hostile}");
        let job = plane.sbatch(CLUSTER, &["--mail-type=ALL", &address], "true");
        plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    }
    let options = [
        "--mail-type=BEGIN,END",
        "--mail-user=alice@example.org",
        "--job-name=one",
    ];
    let job = plane.sbatch(CLUSTER, &options, "true");
    plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    let told = |event: &str, lines: &str| {
        let begin = format!("<-s><Slurm Job_id={job} Name=one {event},");
        let mut lines = lines.lines();
        lines.any(|line| line.starts_with(&begin) && line.ends_with("><alice@example.org>"))
    };
    let lines = wait_until("both mails are sent", async || {
        let lines = std::fs::read_to_string(&sent).unwrap_or_default();
        let both = ["Began", "Ended"]
            .into_iter()
            .all(|event| told(event, &lines));
        both.then_some(lines.clone()).ok_or(lines)
    })
    .await;
    assert_eq!(lines.lines().count(), 2, "{lines}");
    plane.finish().await;
}
