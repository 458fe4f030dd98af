//! A look that reads what changed finds what one that reads everything does.

use std::path::{Path, PathBuf};

use openpcs_server::slurm::client::{Client, JobTable};
use openpcs_server::slurm::controller_host::ControllerHost;

use crate::harness::*;

const CLUSTER: &str = "table";

async fn client(plane: &TestPlane) -> Client {
    let agent = Path::new(env!("CARGO_BIN_EXE_openpcs")).with_file_name("openpcs-agent");
    let root = std::env::var_os("OPENPCS_SCHEDULER_ROOT");
    let root = PathBuf::from(root.unwrap_or("/opt/openpcs/scheduler".into()));
    let host = ControllerHost::new(plane.server.data(), &root, agent);
    let cluster = plane.get_cluster(CLUSTER).await;
    host.client(&cluster.id, "24.11").unwrap().unwrap()
}

#[tokio::test]
async fn a_look_at_what_changed_finds_what_a_look_at_all_does() {
    let plane = TestPlane::start(Database::OfRun).await;
    plane.cluster(CLUSTER, 600).await;
    let group = plane.group(CLUSTER, "compute-1", 0, 2).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    let client = client(&plane).await;
    let mut table = JobTable::default();
    let mut jobs = vec![];
    for name in ["first", "second", "a\nb", "third"] {
        let name = format!("--job-name={name}");
        jobs.push(plane.sbatch(CLUSTER, &["--hold", &name], "sleep 600"));
    }
    jobs.push(plane.sbatch(CLUSTER, &["--hold", "--array=1-9%1"], "true"));
    same(&mut table, &client).await;

    let [first, second, odd, third, array] = jobs.as_slice() else {
        unreachable!()
    };
    let steps = [
        format!("scontrol release {first}"),
        format!("scontrol update job={second} timelimit=5 comment=x"),
        format!("scancel {odd}"),
        format!("scontrol release {array}"),
        format!("scontrol update job={third} dependency=afterok:{second} partition=demo"),
        format!("scancel {array}_[8-9]"),
        format!("scontrol hold {second}"),
        format!("scontrol update job={second} jobname=another"),
        format!("scancel {second} {third} {first}"),
    ];
    for step in steps {
        plane.administrate(&step);
        same(&mut table, &client).await;
    }
    plane.sbatch(CLUSTER, &[], "true");
    same(&mut table, &client).await;
    plane.finish().await;
}

/// Jobs go on meanwhile: the two are equal once nothing happened between them.
async fn same(table: &mut JobTable, client: &Client) {
    wait_until("both looks find the same", async || {
        let some = table.look(client).await.unwrap();
        let all = client.jobs().await.unwrap();
        match some == all {
            true => Ok(()),
            false => Err(format!("{some:#?}\n{all:#?}")),
        }
    })
    .await;
}
