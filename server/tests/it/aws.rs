//! The same clusters on EC2: `--provider aws`, real Slurm, an emulated account whose instances are machines of their own.

use aws_sdk_pcs::types::*;

use crate::harness::ec2::Ec2;
use crate::harness::*;

const CLUSTER: &str = "cloud";
const JOB: &str = "#!/bin/sh\nsrun sh -c 'hostname; getent hosts burst-1 burst-2'\n";

/// Saves what it has when it is told to, and ends when it runs the second time.
const PATIENT: &str = "#!/bin/sh\n#SBATCH --signal=B:USR1@60\n\
    [ \"$SLURM_RESTART_COUNT\" = 1 ] && echo again && exit\n\
    trap 'echo saved' USR1\necho runs\nsleep 300 &\nwait\nwait\n";

/// On SQLite: the network of the test has no PostgreSQL.
#[tokio::test]
async fn nodes_start_for_jobs_and_stop_when_idle_on_sqlite() {
    let mut ec2 = match Ec2::start().await {
        Ok(ec2) => ec2,
        Err(why) => return eprintln!("machines need networks of their own: {why}"),
    };
    let server = ec2.server(None);
    ec2.run_machines(&server.home());
    let plane = TestPlane::on(server, None).await;
    create(&plane, &ec2).await;
    assert!(
        ec2.instances("running").is_empty(),
        "nothing runs for nothing"
    );
    let home = plane.server.home();
    std::fs::write(home.join("job.sh"), JOB).unwrap();
    let sbatch = ["sbatch", "-N", "2", "-o", "out.%j", "-p", "demo", "job.sh"];
    plane.connect(CLUSTER, &sbatch);
    wait_until("the job has run on two nodes", async || {
        let text = std::fs::read_to_string(home.join("out.1")).unwrap_or_default();
        let mut lines: Vec<&str> = text.lines().collect();
        lines.sort_unstable();
        let ran = lines.iter().filter(|line| line.starts_with("burst-"));
        match ran.count() == 2 && lines.len() == 6 {
            true => Ok(()),
            false => Err(format!(
                "{text}\n{}",
                plane.connect(CLUSTER, &["sinfo", "-N"])
            )),
        }
    })
    .await;
    assert_eq!(ec2.instances("running").len(), 2);
    a_job_survives_its_spot_instance(&plane, &ec2).await;
    wait_until("idle nodes are terminated", async || {
        match ec2.instances("running").len() {
            0 => Ok(()),
            left => Err(format!("{left} run")),
        }
    })
    .await;
    plane
        .wait_sinfo(CLUSTER, &["demo up infinite 2 idle~ burst-[1-2]"])
        .await;
    plane.delete_all_of(CLUSTER).await;
    ec2.end_machines();
    plane.finish().await;
    let templates = ec2.aws(&["ec2", "describe-launch-templates", "--max-results", "200"]);
    let templates = templates["LaunchTemplates"].as_array().unwrap().len();
    assert_eq!(templates, 1, "the derived template goes with its group");
}

/// The provider takes its instance back: it is told, goes back to the queue and runs on another instance.
async fn a_job_survives_its_spot_instance(plane: &TestPlane, ec2: &Ec2) {
    let home = plane.server.home();
    std::fs::write(home.join("patient.sh"), PATIENT).unwrap();
    let output = ["-o", "patient", "--open-mode=append"];
    let options = [&output[..], &["-w", "burst-1", "-p", "demo", "patient.sh"]].concat();
    plane.connect(CLUSTER, &[&["sbatch"][..], &options].concat());
    let wrote = async |expected: &str| {
        wait_until(&format!("the job wrote {expected:?}"), async || {
            let text = std::fs::read_to_string(home.join("patient")).unwrap_or_default();
            let nodes = || plane.connect(CLUSTER, &["scontrol", "show", "node"]);
            (text == expected)
                .then_some(())
                .ok_or_else(|| format!("{text:?}\n{}", nodes()))
        })
        .await;
    };
    wrote("runs\n").await;
    let nodes = plane.connect(CLUSTER, &["scontrol", "show", "node", "burst-1"]);
    let running = ec2.instances("running");
    let (taken, _) = running
        .iter()
        .find(|(_, address)| nodes.contains(&format!("NodeAddr={address} ")))
        .unwrap_or_else(|| panic!("{nodes}\n{running:?}"));
    let until = chrono::Utc::now() + chrono::Duration::seconds(45);
    let notice = format!(
        r#"{{"action": "terminate", "time": "{}"}}"#,
        until.to_rfc3339()
    );
    let place = home.join("metadata").join(taken).join("spot");
    std::fs::create_dir_all(&place).unwrap();
    std::fs::write(place.join("instance-action"), notice).unwrap();
    wrote("runs\nsaved\n").await;
    let nodes = plane.connect(CLUSTER, &["scontrol", "show", "node", "burst-1"]);
    assert!(
        nodes.contains("DRAIN") && nodes.contains("takes instance"),
        "{nodes}"
    );
    wrote("runs\nsaved\nagain\n").await;
    let running = ec2.instances("running");
    assert!(running.iter().all(|(id, _)| id != taken), "{taken} is gone");
}

async fn create(plane: &TestPlane, ec2: &Ec2) {
    let networking = NetworkingRequest::builder()
        .subnet_ids(&ec2.subnet)
        .security_group_ids(&ec2.security_group)
        .build();
    let slurm = ClusterSlurmConfigurationRequest::builder()
        .scale_down_idle_time_in_seconds(5)
        .build();
    let scheduler = SchedulerRequest::builder()
        .r#type(SchedulerType::Slurm)
        .version(VERSION)
        .build()
        .unwrap();
    let cluster = plane.admin().create_cluster().cluster_name(CLUSTER);
    let cluster = cluster.scheduler(scheduler).size(Size::Small);
    let made = cluster.networking(networking).slurm_configuration(slurm);
    made.send().await.unwrap();
    plane.wait_cluster(CLUSTER, ClusterStatus::Active).await;
    let scaling = ScalingConfigurationRequest::builder()
        .min_instance_count(0)
        .max_instance_count(2)
        .build();
    let template = CustomLaunchTemplate::builder()
        .id(&ec2.launch_template)
        .version("1")
        .build()
        .unwrap();
    let group = plane.admin().create_compute_node_group();
    let group = group
        .cluster_identifier(CLUSTER)
        .compute_node_group_name("burst")
        .scaling_configuration(scaling)
        .instance_configs(
            InstanceConfig::builder()
                .instance_type("c6i.xlarge")
                .build(),
        )
        .subnet_ids(&ec2.subnet)
        .iam_instance_profile_arn(&ec2.instance_profile)
        .ami_id(&ec2.image)
        .custom_launch_template(template);
    group.send().await.unwrap();
    let group = plane
        .wait_group(CLUSTER, "burst", ComputeNodeGroupStatus::Active)
        .await;
    plane.queue(CLUSTER, "demo", &group.id).await;
}
