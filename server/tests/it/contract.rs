//! What a cluster does wherever its nodes come from: the tutorial, nodes that come and go, one that is lost under its job,
//! a change of image. The same steps on this host and on an emulated EC2.

use aws_sdk_pcs::types::*;
use serde_json::json;
use sqlx::AnyPool;

use crate::harness::ec2::Ec2;
use crate::harness::*;
use crate::job_parts::ask;

const CLUSTER: &str = "get-started";
const SINGLE: &str = "#!/bin/bash\n#SBATCH -J single\n#SBATCH -o single.%j.out\n\
                      echo \"$SLURM_JOB_NAME on $SLURMD_NODENAME\"\n";
/// Saves what it has when it is told to, and ends when it runs the second time.
const PATIENT: &str = "#!/bin/sh\n#SBATCH --signal=B:USR1@60\n\
    [ \"$SLURM_RESTART_COUNT\" = 1 ] && echo again && exit\n\
    trap 'echo saved' USR1\necho runs\nsleep 300 &\nwait\nwait\n";
const MULTI: &str = "#!/bin/sh\n#SBATCH -o multi.out --exclusive --nodes=4 --ntasks-per-node=1\n\
                     srun sh -c 'getent hosts compute-1-1 compute-1-4 >/dev/null && hostname'\n";

/// What only a provider's own world can do.
trait World {
    /// Has the provider say that it takes the instance back in so many seconds, if it ever does that.
    fn announce_end(&self, plane: &TestPlane, provider_id: &str, seconds: i64) -> bool;
    /// Ends the instance with that id of the provider's, as a failure of its host would.
    fn end(&self, plane: &TestPlane, provider_id: &str);
    /// Has the instance start anew, as by the provider's API.
    fn reboot(&self, plane: &TestPlane, provider_id: &str);
    /// From now on no boot comes to its end, or each one does.
    fn slow_boots(&self, plane: &TestPlane, are_slow: bool);
    /// The ids of the provider's instances that run, where they are hosts of their own: what can happen to such is tried too.
    fn hosts(&self) -> Option<Vec<String>>;
    /// The ids of those that run and were bought as Spot, once they can be; none where they never are.
    fn spot(&self) -> Option<Vec<String>>;
    /// Fails if anything is left that was made for groups.
    fn is_empty(&self);
}

struct ThisHost;

impl World for ThisHost {
    fn announce_end(&self, _: &TestPlane, _: &str, _: i64) -> bool {
        false
    }

    fn end(&self, plane: &TestPlane, provider_id: &str) {
        use nix::sys::signal::{Signal, kill};
        let all = processes(plane.server.root()).into_iter();
        let of_it = all.filter(|(_, line)| line.contains(provider_id));
        for (pid, _) in of_it {
            // Its first process takes the others along.
            let _ = kill(pid, Signal::SIGKILL);
        }
    }

    fn reboot(&self, _: &TestPlane, _: &str) {}

    fn slow_boots(&self, _: &TestPlane, _: bool) {}

    fn hosts(&self) -> Option<Vec<String>> {
        None
    }

    fn spot(&self) -> Option<Vec<String>> {
        None
    }

    fn is_empty(&self) {}
}

impl World for Ec2 {
    fn announce_end(&self, plane: &TestPlane, provider_id: &str, seconds: i64) -> bool {
        let until = chrono::Utc::now() + chrono::Duration::seconds(seconds);
        let notice = json!({ "action": "terminate", "time": until.to_rfc3339() });
        // What its metadata service tells from now on.
        let place = of_machine(plane, provider_id).join("spot");
        std::fs::create_dir_all(&place).unwrap();
        std::fs::write(place.join("instance-action"), notice.to_string()).unwrap();
        true
    }

    fn end(&self, _: &TestPlane, provider_id: &str) {
        self.aws(&["ec2", "terminate-instances", "--instance-ids", provider_id]);
    }

    fn reboot(&self, plane: &TestPlane, provider_id: &str) {
        let place = of_machine(plane, provider_id);
        std::fs::create_dir_all(&place).unwrap();
        std::fs::write(place.join("reboot"), "").unwrap();
    }

    fn slow_boots(&self, plane: &TestPlane, are_slow: bool) {
        let told = plane.server.home().join("metadata");
        std::fs::create_dir_all(&told).unwrap();
        let slow = told.join("slow");
        match are_slow {
            true => std::fs::write(slow, "").unwrap(),
            false => std::fs::remove_file(slow).unwrap(),
        }
    }

    fn hosts(&self) -> Option<Vec<String>> {
        let running = self.instances("running").into_iter();
        Some(running.map(|(id, _)| id).collect())
    }

    fn spot(&self) -> Option<Vec<String>> {
        const ROLE: &str = "AWSServiceRoleForEC2Spot";
        let roles = self.aws(&["iam", "list-roles"]);
        let mut roles = roles["Roles"].as_array().unwrap().iter();
        if !roles.any(|role| role["RoleName"] == ROLE) {
            let place = "/aws-service-role/spot.amazonaws.com/";
            let document = ["--assume-role-policy-document", "{}"];
            let create = ["iam", "create-role", "--role-name", ROLE, "--path", place];
            self.aws(&[create.as_slice(), &document].concat());
        }
        Some(self.bought_as_spot())
    }

    fn is_empty(&self) {
        assert_eq!(self.instances("running"), [], "no instance is left");
        let templates = self.aws(&["ec2", "describe-launch-templates", "--max-results", "200"]);
        let templates = templates["LaunchTemplates"].as_array().unwrap().len();
        assert_eq!(templates, 2, "derived templates go with their groups");
    }
}

/// Where a machine looks for what a test tells it.
fn of_machine(plane: &TestPlane, provider_id: &str) -> std::path::PathBuf {
    plane.server.home().join("metadata").join(provider_id)
}

#[tokio::test]
async fn a_cluster_keeps_its_promises_on_this_host() {
    let mut plane = TestPlane::start(Database::OfRun).await;
    keeps_its_promises(&mut plane, &ThisHost).await;
    plane.finish().await;
}

/// On SQLite: the network of the test has no PostgreSQL.
#[tokio::test]
async fn a_cluster_keeps_its_promises_on_ec2_on_sqlite() {
    let mut ec2 = match Ec2::start().await {
        Ok(ec2) => ec2,
        Err(why) => return eprintln!("machines need networks of their own: {why}"),
    };
    let server = ec2.server(None);
    ec2.run_machines(&server.home());
    let mut plane = TestPlane::of_account(server, None, ec2.catalogue()).await;
    keeps_its_promises(&mut plane, &ec2).await;
    ec2.end_machines();
    plane.finish().await;
}

async fn keeps_its_promises(plane: &mut TestPlane, world: &dyn World) {
    let db = plane.database().await;
    let login = create(plane).await;
    assert_eq!(
        plane.sinfo(CLUSTER),
        ["demo up infinite 4 idle~ compute-1-[1-4]"]
    );
    a_job_runs_on_one_node(plane).await;
    a_job_runs_on_four_nodes(plane).await;
    a_node_is_rebooted(plane, &db).await;
    let all_off = ["demo up infinite 4 idle~ compute-1-[1-4]"];
    plane.wait_sinfo(CLUSTER, &all_off).await;
    what_an_instance_logged_is_told_after_its_end(plane, &db).await;
    if world.hosts().is_some() {
        an_instance_ends_as_it_boots(plane, world, &db).await;
        plane.wait_sinfo(CLUSTER, &all_off).await;
        a_server_dies_as_an_instance_boots(plane, world, &db).await;
        a_host_starts_anew_under_a_job(plane, world, &db).await;
    }
    a_job_outlives_its_node(plane, world, &db).await;
    a_job_is_saved_from_an_instance_that_is_taken_back(plane, world, &db).await;
    another_image_comes_after_the_jobs(plane, &login, &db).await;
    spot_is_bought_where_it_is_sold(plane, world, &db).await;
    if world.hosts().is_some() {
        a_job_is_held_to_its_memory(plane).await;
    }
    db.close().await;
    plane.delete_all_of(CLUSTER).await;
    world.is_empty();
}

/// The id of the group of its login node.
async fn create(plane: &TestPlane) -> String {
    plane.cluster(CLUSTER, 5).await;
    let login = plane.new_group(CLUSTER, "login", 1, 1);
    let login = login.custom_launch_template(plane.ids().template("login-getstarted-lt"));
    login.send().await.unwrap();
    let active = ComputeNodeGroupStatus::Active;
    let login = plane.wait_group(CLUSTER, "login", active).await;
    let compute = plane.group(CLUSTER, "compute-1", 0, 4).await;
    plane.queue(CLUSTER, "demo", &compute.id).await;
    login.id
}

async fn a_job_runs_on_one_node(plane: &TestPlane) {
    let home = plane.server.home();
    std::fs::write(home.join("job.sh"), SINGLE).unwrap();
    let answer = plane.connect(CLUSTER, &["sbatch", "-p", "demo", "job.sh"]);
    assert_eq!(answer.trim(), "Submitted batch job 1");
    plane.wait_job(CLUSTER, "1", "COMPLETED").await;
    let out = std::fs::read_to_string(home.join("single.1.out")).unwrap();
    assert_eq!(out, "single on compute-1-1\n");
    // The console shows it: the directory is one that the nodes have too.
    let visitor = Visitor::sign_in(plane).await;
    let input = json!({ "clusterIdentifier": CLUSTER, "jobId": "1" });
    let shown = ask(&visitor, "job-output", json!({ "input": input })).await;
    assert_eq!(shown.unwrap()["text"], out);
}

async fn a_job_runs_on_four_nodes(plane: &TestPlane) {
    let home = plane.server.home();
    std::fs::write(home.join("hello.sh"), MULTI).unwrap();
    plane.connect(CLUSTER, &["sbatch", "-p", "demo", "hello.sh"]);
    plane.wait_job(CLUSTER, "2", "COMPLETED").await;
    let out = std::fs::read_to_string(home.join("multi.out")).unwrap();
    let mut hosts: Vec<&str> = out.lines().collect();
    hosts.sort_unstable();
    assert_eq!(hosts, [1, 2, 3, 4].map(|n| format!("compute-1-{n}")));
}

/// The same instance is the node afterwards.
async fn a_node_is_rebooted(plane: &TestPlane, db: &AnyPool) {
    let before = serving(db, "login-1").await.unwrap();
    plane.administrate("scontrol reboot ASAP nextstate=RESUME login-1");
    wait_until("the node is back", async || {
        // A shell on it is gone meanwhile.
        let asked = ["scontrol", "show", "node", "login-1"];
        let node = plane.server.connect(CLUSTER, &asked).stdout;
        let node = String::from_utf8_lossy(&node);
        let state = node.split_whitespace().find(|it| it.starts_with("State="));
        let now = serving(db, "login-1").await;
        let steps = now.as_ref().map(|now| now.steps.as_str()).unwrap_or("");
        match (state, steps.contains("restarted")) {
            (Some("State=IDLE+CLOUD"), true) => Ok(()),
            _ => Err(format!("{node}\n{steps}")),
        }
    })
    .await;
    let now = serving(db, "login-1").await.unwrap();
    assert_eq!(now.id, before.id, "its instance is the same one");
    for step in ["restarted", "slurmd-started", "ready"] {
        assert_eq!(now.steps.matches(step).count(), 1, "{}", now.steps);
    }
}

/// Another one takes its place at once.
async fn an_instance_ends_as_it_boots(plane: &TestPlane, world: &dyn World, db: &AnyPool) {
    world.slow_boots(plane, true);
    let job = plane.sbatch(CLUSTER, &[], "true");
    let ended = booting(db).await;
    world.end(plane, &ended);
    world.slow_boots(plane, false);
    plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    let reason = reason(db, &ended).await;
    assert!(reason.contains("ended unexpectedly"), "{reason:?}");
}

/// Those that are nodes stay so, the one that boots becomes one, and none is there twice.
async fn a_server_dies_as_an_instance_boots(
    plane: &mut TestPlane,
    world: &dyn World,
    db: &AnyPool,
) {
    let login = serving(db, "login-1").await.unwrap();
    world.slow_boots(plane, true);
    let job = plane.sbatch(CLUSTER, &[], "until test -e up; do sleep 0.1; done");
    let boots = booting(db).await;
    plane.server.kill();
    plane.server.start().await;
    world.slow_boots(plane, false);
    let running = plane.wait_job(CLUSTER, &job, "RUNNING").await;
    let runs_on = wait_serving(db, &running["NodeList"]).await;
    assert_eq!(runs_on.provider_id, boots);
    assert_eq!(serving(db, "login-1").await.unwrap().id, login.id);
    let mut hosts = world.hosts().unwrap();
    hosts.sort_unstable();
    let mut expected = [login.provider_id, boots];
    expected.sort_unstable();
    assert_eq!(hosts, expected);
    std::fs::write(plane.server.home().join("up"), "").unwrap();
    let done = plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    assert_eq!(done["Restarts"], "0");
}

async fn what_an_instance_logged_is_told_after_its_end(plane: &TestPlane, db: &AnyPool) {
    let ended = "select id, node_name from instance where node_name like 'compute-1-%' and ready_at is not null \
                 and ended_at is not null";
    let (instance, node) = wait_until("an instance has ended", async || {
        let found: Option<(String, String)> =
            sqlx::query_as(ended).fetch_optional(db).await.unwrap();
        found.ok_or("none".to_owned())
    })
    .await;
    let visitor = Visitor::sign_in(plane).await;
    let view = json!({"instance": instance, "daemon": "slurmd.log", "text": "slurmd"});
    let of = json!({"cluster_identifier": CLUSTER, "node_name": node, "view": view});
    let found = ask(&visitor, "search-node-log", of).await.unwrap();
    let lines = found["page"]["lines"].as_array().unwrap();
    assert!(!lines.is_empty(), "{found}");
    assert!(lines.iter().all(|line| line["at"].as_i64() > Some(0)));
}

/// The job is lost with it: it runs again, on another instance.
async fn a_host_starts_anew_under_a_job(plane: &TestPlane, world: &dyn World, db: &AnyPool) {
    let script = "test -e met || { touch met; sleep 600; }";
    let job = plane.sbatch(CLUSTER, &["--output=/dev/null"], script);
    let node = plane.wait_job(CLUSTER, &job, "RUNNING").await["NodeList"].clone();
    wait_until("the job is under way", async || {
        let is_met = plane.server.home().join("met").exists();
        is_met.then_some(()).ok_or("no mark".to_owned())
    })
    .await;
    let before = wait_serving(db, &node).await;
    world.reboot(plane, &before.provider_id);
    let done = plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    assert_eq!(done["Restarts"], "1");
    let reason = reason(db, &before.provider_id).await;
    assert!(reason.contains("started anew"), "{reason:?}");
}

/// The provider's id of the instance of a compute node that is on its way up.
async fn booting(db: &AnyPool) -> String {
    wait_until("an instance boots", async || {
        let found: Option<(String,)> = sqlx::query_as(
            "select provider_id from instance where node_name like 'compute-1-%' and provider_id is not null \
             and ready_at is null and reason is null",
        )
        .fetch_optional(db)
        .await
        .unwrap();
        found.map(|(id,)| id).ok_or("none".to_owned())
    })
    .await
}

async fn a_job_outlives_its_node(plane: &TestPlane, world: &dyn World, db: &AnyPool) {
    // The first run waits to be killed; the second finds its mark.
    let job = plane.sbatch(
        CLUSTER,
        &["--output=out"],
        "test -e ran || { touch ran; sleep 600; }",
    );
    let running = plane.wait_job(CLUSTER, &job, "RUNNING").await;
    wait_until("the first run is under way", async || {
        match plane.server.home().join("ran").exists() {
            true => Ok(()),
            false => Err("no mark".to_owned()),
        }
    })
    .await;
    let node = &running["NodeList"];
    world.end(plane, &wait_serving(db, node).await.provider_id);
    wait_until("the job is back in the queue or runs again", async || {
        let job = plane.job(CLUSTER, &job);
        match job["Restarts"].as_str() {
            "1" => Ok(()),
            _ => Err(format!("{job:?}")),
        }
    })
    .await;
    plane.wait_job(CLUSTER, &job, "COMPLETED").await;
}

/// Its job is told, goes back to the queue and runs on another instance.
async fn a_job_is_saved_from_an_instance_that_is_taken_back(
    plane: &TestPlane,
    world: &dyn World,
    db: &AnyPool,
) {
    let home = plane.server.home();
    std::fs::write(home.join("patient.sh"), PATIENT).unwrap();
    let options = [
        "-o",
        "patient",
        "--open-mode=append",
        "-p",
        "demo",
        "patient.sh",
    ];
    plane.connect(CLUSTER, &[&["sbatch", "--parsable"][..], &options].concat());
    let wrote = async |expected: &str| {
        wait_until(&format!("the job wrote {expected:?}"), async || {
            let text = std::fs::read_to_string(home.join("patient")).unwrap_or_default();
            // Slurm may still say there that its node is lost.
            let own = text.lines().filter(|line| !line.starts_with("slurmstepd"));
            match own.eq(expected.lines()) {
                true => Ok(()),
                false => Err(format!(
                    "{text:?}\n{}",
                    plane.connect(CLUSTER, &["sinfo", "-N"])
                )),
            }
        })
        .await;
    };
    wrote("runs\n").await;
    let node = plane.connect(CLUSTER, &["squeue", "-h", "-t", "R", "-o", "%N"]);
    let node = node.trim();
    let taken = wait_serving(db, node).await;
    if !world.announce_end(plane, &taken.provider_id, 45) {
        plane.connect(CLUSTER, &["scancel", "--me"]);
        return;
    }
    wrote("runs\nsaved\n").await;
    let state = plane.connect(CLUSTER, &["scontrol", "show", "node", node]);
    assert!(
        state.contains("DRAIN") && state.contains("takes instance"),
        "{state}"
    );
    wrote("runs\nsaved\nagain\n").await;
    let now = serving(db, node).await;
    assert!(
        now.is_none_or(|now| now.id != taken.id),
        "its instance is another one"
    );
}

/// The idle login node is replaced at once, one with a job when the job has ended.
async fn another_image_comes_after_the_jobs(plane: &TestPlane, login: &str, db: &AnyPool) {
    let job = plane.sbatch(CLUSTER, &[], "until test -e go; do sleep 0.1; done");
    let node = plane.wait_job(CLUSTER, &job, "RUNNING").await["NodeList"].clone();
    let before = (
        wait_serving(db, "login-1").await,
        wait_serving(db, &node).await,
    );
    let compute = plane.get_group(CLUSTER, "compute-1").await.id;
    let image = plane
        .ids()
        .image("aws-pcs-sample_ami-al2023-x86_64-slurm-24.11");
    for group in [login, &compute] {
        let update = plane.admin().update_compute_node_group();
        let update = update.cluster_identifier(CLUSTER).ami_id(&image);
        let update = update.compute_node_group_identifier(group);
        update.send().await.unwrap();
        let active = ComputeNodeGroupStatus::Active;
        plane.wait_group(CLUSTER, group, active).await;
    }
    let login_before = before.0.id;
    wait_until("the idle node is another one", async || {
        match serving(db, "login-1").await {
            Some(new) if new.id != login_before => Ok(()),
            _ => Err("not yet".to_owned()),
        }
    })
    .await;
    assert_eq!(plane.job(CLUSTER, &job)["JobState"], "RUNNING");
    let busy = before.1.id;
    assert_eq!(serving(db, &node).await.unwrap().id, busy);
    std::fs::write(plane.server.home().join("go"), "").unwrap();
    let done = plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    assert_eq!(done["Restarts"], "0");
    wait_until("the busy one ends after its job", async || {
        match serving(db, &node).await {
            Some(still) if still.id == busy => Err("it serves".to_owned()),
            _ => Ok(()),
        }
    })
    .await;
}

/// On a running cluster: its jobs run in control groups from then on.
async fn a_job_is_held_to_its_memory(plane: &TestPlane) {
    let constrain = |name: &str, value: &str| {
        let setting = CgroupCustomSetting::builder().parameter_name(name);
        setting.parameter_value(value).build().unwrap()
    };
    for (name, value, member) in [
        ("ConstrainMemory", "yes", "parameterName"),
        ("CgroupPlugin", "autodetect", "parameterName"),
        ("ConstrainRAMSpace", "a lot", "parameterValue"),
    ] {
        let slurm = UpdateClusterSlurmConfigurationRequest::builder()
            .cgroup_custom_settings(constrain(name, value));
        let update = plane.admin().update_cluster().cluster_identifier(CLUSTER);
        let asked = update.slurm_configuration(slurm.build()).send().await;
        let field = format!("slurmConfiguration.cgroupCustomSettings[0].{member}");
        let message = asked.refused_field(&field);
        assert!(message.contains(name), "{message}");
    }
    let by_memory = SlurmCustomSetting::builder()
        .parameter_name("SelectTypeParameters")
        .parameter_value("CR_CPU_Memory");
    let slurm = UpdateClusterSlurmConfigurationRequest::builder()
        .cgroup_custom_settings(constrain("ConstrainRAMSpace", "yes"))
        .slurm_custom_settings(by_memory.build().unwrap());
    let update = plane.admin().update_cluster().cluster_identifier(CLUSTER);
    let update = update.slurm_configuration(slurm.build());
    update.send().await.unwrap();
    plane.wait_cluster(CLUSTER, ClusterStatus::Active).await;
    let takes_too_much = "head -c 400m /dev/zero | tail -c 300m | wc -c";
    let job = plane.sbatch(
        CLUSTER,
        &["--mem=100", "--output=/dev/null"],
        takes_too_much,
    );
    plane.wait_job(CLUSTER, &job, "OUT_OF_MEMORY").await;
    let fits = plane.sbatch(
        CLUSTER,
        &["--mem=600", "--output=/dev/null"],
        takes_too_much,
    );
    plane.wait_job(CLUSTER, &fits, "COMPLETED").await;
}

/// It is refused with what lacks, EC2's role for it or the market itself.
async fn spot_is_bought_where_it_is_sold(plane: &TestPlane, world: &dyn World, db: &AnyPool) {
    let buy = || {
        let update = plane.admin().update_compute_node_group();
        let update = update
            .cluster_identifier(CLUSTER)
            .purchase_option(PurchaseOption::Spot);
        update.compute_node_group_identifier("compute-1").send()
    };
    buy().await.refused_field("purchaseOption");
    if world.spot().is_none() {
        return;
    }
    wait_until("the role is found", async || {
        buy()
            .await
            .map(drop)
            .map_err(|refused| format!("{refused:?}"))
    })
    .await;
    let active = ComputeNodeGroupStatus::Active;
    plane.wait_group(CLUSTER, "compute-1", active).await;
    plane
        .wait_sinfo(CLUSTER, &["demo up infinite 4 idle~ compute-1-[1-4]"])
        .await;
    // It runs until it was looked at: its node would go after it.
    let until_seen = "until test -e bought; do sleep 0.1; done";
    let job = plane.sbatch(CLUSTER, &["-w", "compute-1-2"], until_seen);
    plane.wait_job(CLUSTER, &job, "RUNNING").await;
    let node = wait_serving(db, "compute-1-2").await;
    assert!(world.spot().unwrap().contains(&node.provider_id));
    std::fs::write(plane.server.home().join("bought"), "").unwrap();
    plane.wait_job(CLUSTER, &job, "COMPLETED").await;
}

/// Why that instance ended.
async fn reason(db: &AnyPool, provider_id: &str) -> String {
    let found: (Option<String>,) =
        sqlx::query_as("select reason from instance where provider_id = $1")
            .bind(provider_id)
            .fetch_one(db)
            .await
            .unwrap();
    found.0.unwrap_or_default()
}

struct Serving {
    id: String,
    provider_id: String,
    /// Of its boot, as JSON.
    steps: String,
}

/// Slurm gives a node its job before the server has seen that it is ready.
async fn wait_serving(db: &AnyPool, node: &str) -> Serving {
    wait_until("the node is ready", async || {
        serving(db, node).await.ok_or_else(|| node.to_owned())
    })
    .await
}

/// The instance that is the node now, if it is ready.
async fn serving(db: &AnyPool, node: &str) -> Option<Serving> {
    let found: Option<(String, String, String)> = sqlx::query_as(
        "select id, provider_id, steps from instance where node_name = $1 and ready_at is not null and reason is null",
    )
    .bind(node)
    .fetch_optional(db)
    .await
    .unwrap();
    found.map(|(id, provider_id, steps)| Serving {
        id,
        provider_id,
        steps,
    })
}
