//! The network's topology against real Slurm: jobs that ask for few switches get nodes of one group (C18).

use aws_sdk_pcs::types::*;

use crate::harness::*;

const CLUSTER: &str = "topology";
const WAIT: &str = "until test -e go; do sleep 0.1; done";

fn switched(on: bool) -> UpdateClusterSlurmConfigurationRequest {
    let tree = setting("TopologyPlugin", "topology/tree");
    UpdateClusterSlurmConfigurationRequest::builder()
        .set_slurm_custom_settings(Some(on.then_some(tree).into_iter().collect()))
        .build()
}

struct Site(TestPlane);

impl Site {
    /// A queue over two groups of two nodes each.
    async fn start() -> Self {
        let plane = TestPlane::start(Database::OfRun).await;
        plane.cluster(CLUSTER, 600).await;
        let left = plane.group(CLUSTER, "left", 2, 2).await;
        let right = plane.group(CLUSTER, "right", 2, 2).await;
        plane.queue(CLUSTER, "both", &left.id).await;
        let group = |id: &str| {
            ComputeNodeGroupConfiguration::builder()
                .compute_node_group_id(id)
                .build()
        };
        let update = plane.admin().update_queue().cluster_identifier(CLUSTER);
        let update = update.queue_identifier("both");
        let update = update.compute_node_group_configurations(group(&left.id));
        let update = update.compute_node_group_configurations(group(&right.id));
        update.send().await.unwrap();
        plane.wait_queue(CLUSTER, "both", QueueStatus::Active).await;
        Self(plane)
    }

    async fn switch(&self, on: bool) {
        let update = self.0.admin().update_cluster();
        let update = update.cluster_identifier(CLUSTER);
        let update = update.slurm_configuration(switched(on));
        update.send().await.unwrap();
        let cluster = self.0.wait_cluster(CLUSTER, ClusterStatus::Active).await;
        assert_eq!(cluster.error_info().len(), 0);
    }

    fn ask(&self, words: &[&str]) -> String {
        self.0.connect(CLUSTER, words)
    }

    /// The nodes of a job of two whole nodes with these options.
    fn nodes(&self, options: &[&str]) -> String {
        let job = ["srun", "-pboth", "-N2", "--exclusive"];
        let words = [&job[..], options, &["printenv", "SLURM_JOB_NODELIST"]].concat();
        let told = self.ask(&words);
        told.lines().next().unwrap_or_default().to_owned()
    }
}

#[tokio::test]
async fn a_job_that_asks_for_one_switch_has_nodes_of_one_group() {
    let site = Site::start().await;
    let plane = &site.0;
    let busy = plane.sbatch(CLUSTER, &["-pboth", "-wleft-1", "--exclusive"], WAIT);
    plane.wait_job(CLUSTER, &busy, "RUNNING").await;
    assert_eq!(site.nodes(&[]), "left-2,right-1");

    site.switch(true).await;
    let switches = site.ask(&["scontrol", "show", "topology"]);
    for words in [
        "SwitchName=left ",
        "SwitchName=right ",
        "Nodes=left-[1-2]",
        "Nodes=right-[1-2]",
    ] {
        assert!(switches.contains(words), "{words}: {switches}");
    }
    assert_eq!(site.nodes(&["--switches=1"]), "right-[1-2]");

    // Without a whole group that is free it waits, where a job that does not ask is started across both.
    let also = plane.sbatch(CLUSTER, &["-pboth", "-wright-1", "--exclusive"], WAIT);
    plane.wait_job(CLUSTER, &also, "RUNNING").await;
    assert_eq!(site.nodes(&[]), "left-2,right-2");
    let near = ["-pboth", "-N2", "--exclusive", "--switches=1"];
    let near = plane.sbatch(CLUSTER, &near, "true");
    wait_until("the job waits for one switch", async || {
        match plane.job(CLUSTER, &near)["Reason"].as_str() {
            "Resources" => Ok(()),
            reason => Err(reason.to_owned()),
        }
    })
    .await;
    site.ask(&["scancel", &busy]);
    plane.wait_job(CLUSTER, &near, "COMPLETED").await;
    assert_eq!(plane.job(CLUSTER, &near)["NodeList"], "left-[1-2]");

    // Taken back, the running job goes on and nothing is left of it.
    site.switch(false).await;
    assert_eq!(plane.job(CLUSTER, &also)["JobState"], "RUNNING");
    let config = site.ask(&["scontrol", "show", "config"]);
    assert!(!config.contains("topology/tree"), "{config}");
    assert_eq!(site.nodes(&["--switches=1"]), "left-[1-2]");
    site.0.finish().await;
}

/// The local provider tells nothing of a network, so that what EC2 would tell is written down for it.
#[tokio::test]
async fn nodes_are_below_the_switches_of_their_place() {
    let site = Site::start().await;
    site.switch(true).await;
    let pool = site.0.database().await;
    let place = "update instance set network_place = 'us-east-1a/nn-1/nn-2/nn-3' \
                 where node_name in ('left-1', 'right-1')";
    sqlx::query(place).execute(&pool).await.unwrap();
    pool.close().await;
    let told = wait_until("Slurm has the tree", async || {
        let told = site.ask(&["scontrol", "show", "topology"]);
        match told.contains("SwitchName=net_nn-3 ") {
            true => Ok(told),
            false => Err(told),
        }
    })
    .await;
    for words in [
        "Nodes=left-1,right-1",
        "SwitchName=left ",
        "Switches=net_nn-3",
        "Switches=net_nn-2",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert_eq!(site.nodes(&["--switches=1"]), "left-1,right-1");
    site.0.finish().await;
}

#[tokio::test]
async fn a_queue_of_an_older_slurm_cannot_have_a_topology_of_its_own() {
    let plane = TestPlane::start(Database::OfRun).await;
    plane.cluster(CLUSTER, 600).await;
    let slurm = QueueSlurmConfigurationRequest::builder()
        .slurm_custom_settings(setting("Topology", "tree"))
        .build();
    let create = plane.admin().create_queue().cluster_identifier(CLUSTER);
    let create = create.queue_name("mpi").slurm_configuration(slurm);
    let field = "slurmConfiguration.slurmCustomSettings[0].parameterName";
    let said = create.send().await.refused_field(field);
    assert!(said.contains("needs Slurm 25.05 or later"), "{said}");
    assert!(said.contains("Set TopologyPlugin of the cluster"), "{said}");
    plane.finish().await;
}
