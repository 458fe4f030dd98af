//! What a job or a node is called is bytes: whoever submits it, nobody else's nodes and jobs are touched by it.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::harness::*;

const CLUSTER: &str = "bytes";

/// Each is a way to hand Slurm bytes that are no text, as a shell writes it.
const ODD: [&str; 4] = [
    r"sbatch --parsable -p demo --hold -J $'caf\xe9' --wrap true",
    r"sbatch --parsable -p demo --hold --comment=$'\xff\x01' --wrap true",
    r"mkdir -p $'d\xe9' && sbatch --parsable -p demo --hold -D $'d\xe9' --wrap true",
    r"sbatch --parsable -p demo --hold -o $'\xc3\x28/%j.out' --wrap true",
];

#[tokio::test]
async fn bytes_that_are_no_text_harm_nobody() {
    let plane = TestPlane::start(Database::OfRun).await;
    plane.cluster(CLUSTER, 3).await;
    let group = plane.group(CLUSTER, "compute-1", 0, 2).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    for command in ODD {
        plane.connect(CLUSTER, &["bash", "-c", command]);
    }
    let name = OsStr::from_bytes(b"--job-name=caf\xe9");
    let words = ["sbatch", "-pdemo", "--hold", "--wrap=true"].map(OsStr::new);
    let by_hand = plane
        .server
        .connect(CLUSTER, &[&words[..], &[name]].concat());
    assert!(by_hand.status.success(), "{by_hand:?}");
    plane.administrate(r"scontrol update NodeName=compute-1-2 State=DRAIN Reason=$'disk\xfe\xe9'");
    // While they are there a node starts for a job, and stops when it idles.
    let job = plane.sbatch(CLUSTER, &["--output=/dev/null"], "hostname");
    plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    wait_until("the idle node stops", async || {
        let sinfo = plane.sinfo(CLUSTER);
        match sinfo.iter().any(|line| line.contains("idle~ compute-1-1")) {
            true => Ok(()),
            false => Err(format!("{sinfo:?}")),
        }
    })
    .await;
    let log = plane.server.log();
    assert!(!log.contains("run failed"), "{log}");
    plane.connect(CLUSTER, &["bash", "-c", "scancel $(squeue -h -o %A)"]);
    plane.finish().await;
}
