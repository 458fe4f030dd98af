//! The guide's tutorial from its first step to its last, on real Slurm.

use aws_sdk_pcs::types::*;

use crate::harness::*;

const CLUSTER: &str = "get-started";
const JOB: &str = r#"#!/bin/bash
#SBATCH -J single
#SBATCH -o single.%j.out
#SBATCH -e single.%j.err

echo "This is job ${SLURM_JOB_NAME} [${SLURM_JOB_ID}] running on ${SLURMD_NODENAME}, submitted from ${SLURM_SUBMIT_HOST}" && sleep 1 && echo "Job complete"
"#;
const MULTI: &str = r#"#!/bin/sh
#SBATCH -J multi
#SBATCH -o multi.out
#SBATCH -e multi.err
#SBATCH --exclusive
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1

srun hostname
"#;

#[tokio::test]
async fn the_tutorial_works_to_the_letter() {
    let plane = TestPlane::start(Database::OfRun).await;
    create(&plane).await;
    assert_eq!(
        plane.sinfo(CLUSTER),
        ["demo up infinite 4 idle~ compute-1-[1-4]"]
    );
    assert_eq!(plane.connect(CLUSTER, &["squeue", "--noheader"]), "");
    run_a_single_node_job(&plane).await;
    run_a_job_on_four_nodes(&plane).await;
    // Idle nodes go down by themselves; the login node stays.
    plane
        .wait_sinfo(CLUSTER, &["demo up infinite 4 idle~ compute-1-[1-4]"])
        .await;
    assert_eq!(plane.connect(CLUSTER, &["hostname"]).trim(), "login-1");
    delete(&plane).await;
    plane.finish().await;
}

async fn create(plane: &TestPlane) {
    plane.cluster(CLUSTER, 5).await;
    let login = plane
        .new_group(CLUSTER, "login", 1, 1)
        .custom_launch_template(plane.ids().template("login-getstarted-lt"));
    login.send().await.unwrap();
    plane
        .new_group(CLUSTER, "compute-1", 0, 4)
        .send()
        .await
        .unwrap();
    plane
        .wait_group(CLUSTER, "login", ComputeNodeGroupStatus::Active)
        .await;
    let compute = plane
        .wait_group(CLUSTER, "compute-1", ComputeNodeGroupStatus::Active)
        .await;
    plane.queue(CLUSTER, "demo", &compute.id).await;
    wait_until("people work on the login node", async || {
        match plane.try_connect(CLUSTER, &["hostname"]) {
            Ok(name) if name.trim() == "login-1" => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
}

async fn run_a_single_node_job(plane: &TestPlane) {
    let home = plane.server.home();
    std::fs::write(home.join("job.sh"), JOB).unwrap();
    let answer = plane.connect(CLUSTER, &["sbatch", "-p", "demo", "job.sh"]);
    assert_eq!(answer.trim(), "Submitted batch job 1");
    wait_until(
        "squeue prints nothing more of the job",
        async || match plane
            .connect(
                CLUSTER,
                &[
                    "squeue",
                    "--noheader",
                    "--states=all",
                    "--job",
                    "1",
                    "--format=%T",
                ],
            )
            .trim()
        {
            "" | "COMPLETED" => Ok(()),
            other => Err(other.to_string()),
        },
    )
    .await;
    let out = std::fs::read_to_string(home.join("single.1.out")).unwrap();
    assert_eq!(
        out,
        "This is job single [1] running on compute-1-1, submitted from login-1\nJob complete\n"
    );
    assert_eq!(
        std::fs::read_to_string(home.join("single.1.err")).unwrap(),
        ""
    );
}

async fn run_a_job_on_four_nodes(plane: &TestPlane) {
    let home = plane.server.home();
    std::fs::write(home.join("hello.sh"), MULTI).unwrap();
    plane.connect(CLUSTER, &["sbatch", "-p", "demo", "hello.sh"]);
    plane.wait_job(CLUSTER, "2", "COMPLETED").await;
    let out = std::fs::read_to_string(home.join("multi.out")).unwrap();
    let mut hosts: Vec<&str> = out.lines().collect();
    hosts.sort();
    assert_eq!(
        hosts,
        ["compute-1-1", "compute-1-2", "compute-1-3", "compute-1-4"]
    );
    assert_eq!(std::fs::read_to_string(home.join("multi.err")).unwrap(), "");
}

async fn delete(plane: &TestPlane) {
    plane.delete_queue(CLUSTER, "demo").await;
    plane.delete_group(CLUSTER, "compute-1").await;
    plane.delete_group(CLUSTER, "login").await;
    plane.delete_cluster(CLUSTER).await;
    plane.nothing_is_left().await;
}
