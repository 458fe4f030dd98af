//! GPUs on this host, where there are none: jobs that ask for them are scheduled and told their numbers as on the real
//! machine (C15).

use aws_sdk_pcs::types::*;

use crate::harness::*;

const CLUSTER: &str = "gpus";
/// What a job sees.
const SEEN: &str = "echo devices=$CUDA_VISIBLE_DEVICES";

/// On a node that has some free.
fn seen(plane: &TestPlane, queue: &str, gres: &str) -> String {
    let (queue, gres) = (format!("--partition={queue}"), format!("--gres={gres}"));
    let told = plane.connect(CLUSTER, &["srun", &queue, &gres, "bash", "-c", SEEN]);
    told.trim().to_owned()
}

/// Why Slurm takes no such job.
fn refused(plane: &TestPlane, queue: &str, gres: &str) {
    let (queue, gres) = (format!("--partition={queue}"), format!("--gres={gres}"));
    let submit = ["sbatch", &queue, &gres, "--wrap=true"];
    let output = plane.try_connect(CLUSTER, &submit).unwrap_err();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    let not_available = "Requested node configuration is not available";
    assert!(words.contains(not_available), "{gres}: {words}");
}

#[tokio::test]
async fn jobs_are_given_gpus_by_number() {
    let plane = TestPlane::start(Database::OfRun).await;
    plane.cluster(CLUSTER, 600).await;
    let typed = plane.new_group(CLUSTER, "a10g", 1, 1);
    let typed = typed.set_instance_configs(Some(vec![instance("g5.12xlarge")]));
    typed.send().await.unwrap();
    let own = ComputeNodeGroupSlurmConfigurationRequest::builder()
        .slurm_custom_settings(setting("Gres", "gpu:a100:2"))
        .slurm_custom_settings(setting("Sockets", "1"))
        .build();
    let own = plane
        .new_group(CLUSTER, "own", 1, 1)
        .slurm_configuration(own);
    own.send().await.unwrap();
    for (name, queue) in [("a10g", "demo"), ("own", "named")] {
        let active = ComputeNodeGroupStatus::Active;
        let group = plane.wait_group(CLUSTER, name, active).await;
        plane.queue(CLUSTER, queue, group.id()).await;
    }

    // As the type says: 48 virtual CPUs, two on each core; jobs are given cores.
    let node = plane.connect(CLUSTER, &["scontrol", "show", "node", "a10g-1"]);
    for words in ["CPUTot=24", "ThreadsPerCore=1", "Gres=gpu:4"] {
        assert!(node.contains(words), "{words}: {node}");
    }
    assert_eq!(seen(&plane, "demo", "gpu:1"), "devices=0");
    assert_eq!(seen(&plane, "demo", "gpu:4"), "devices=0,1,2,3");
    refused(&plane, "demo", "gpu:5");

    // At the same time each has its own.
    let until = "until test -e go; do sleep 0.1; done";
    let options = ["--gres=gpu:2", "--output=/dev/null"];
    let holds = plane.sbatch(CLUSTER, &options, until);
    plane.wait_job(CLUSTER, &holds, "RUNNING").await;
    assert_eq!(seen(&plane, "demo", "gpu:1"), "devices=2");
    let details = plane.connect(CLUSTER, &["scontrol", "--details", "show", "job", &holds]);
    assert!(details.contains("IDX:0-1"), "{details}");
    plane.connect(CLUSTER, &["scancel", &holds]);

    // And with the kind that a setting names, on as many sockets.
    let node = plane.connect(CLUSTER, &["scontrol", "show", "node", "own-1"]);
    for words in ["Sockets=1", "CoresPerSocket=2", "Gres=gpu:a100:2"] {
        assert!(node.contains(words), "{words}: {node}");
    }
    assert_eq!(seen(&plane, "named", "gpu:a100:2"), "devices=0,1");
    assert_eq!(seen(&plane, "named", "gpu:1"), "devices=0");
    refused(&plane, "named", "gpu:a100:3");
    refused(&plane, "named", "gpu:h100:1");
    plane.finish().await;
}
