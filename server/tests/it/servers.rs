//! Two servers on one PostgreSQL: each keeps the clusters of its own host, and answers for all. Of two processes of one
//! server only one keeps them.

use std::os::unix::fs::DirBuilderExt;
use std::time::{Duration, Instant};

use aws_sdk_pcs::types::*;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::delivery_api::logs;
use crate::delivery_engine::records;
use crate::harness::*;
use crate::plan::plan;

/// Another server of the same database: it has the same key, and a data directory of its own.
async fn another(postgres: &Postgres, first: &TestPlane) -> TestPlane {
    let server = Server::new(Some(postgres.url()));
    let data = server.data();
    std::fs::DirBuilder::new()
        .mode(0o700)
        .create(&data)
        .unwrap();
    for name in ["data-key", "credentials"] {
        std::fs::copy(first.server.data().join(name), data.join(name)).unwrap();
    }
    TestPlane::on(server, None).await
}

async fn with_a_queue(plane: &TestPlane, cluster: &str) -> String {
    plane.cluster(cluster, 600).await;
    let group = plane.group(cluster, "compute-1", 0, 2).await;
    plane.queue(cluster, "demo", &group.id).await;
    let command = "until test -e go; do sleep 0.1; done; echo $SLURM_RESTART_COUNT";
    let job = plane.sbatch(cluster, &["--output=job.out"], command);
    plane.wait_job(cluster, &job, "RUNNING").await;
    job
}

async fn names(plane: &TestPlane) -> Vec<String> {
    let list = plane.admin().list_clusters().send().await.unwrap();
    let mut names: Vec<String> = list.clusters.into_iter().map(|c| c.name).collect();
    names.sort();
    names
}

/// How many there are of each: nobody else may have started one too.
fn controllers_and_nodes(plane: &TestPlane) -> (usize, usize) {
    let is_node =
        |line: &str| line.contains("openpcs-agent instance") && !line.starts_with("unshare");
    let all = processes(plane.server.root());
    let nodes = all.into_iter().filter(|(_, line)| is_node(line));
    (slurmctld(plane).len(), nodes.count())
}

async fn ends(plane: &TestPlane, cluster: &str, job: &str) {
    std::fs::write(plane.server.home().join("go"), "").unwrap();
    let done = plane.wait_job(cluster, job, "COMPLETED").await;
    assert_eq!(done["Restarts"], "0", "{cluster}");
}

#[tokio::test]
async fn two_servers_of_one_database_keep_their_own_clusters() {
    let postgres = Postgres::start();
    let mut left = TestPlane::on(Server::new(Some(postgres.url())), None).await;
    let right = another(&postgres, &left).await;
    let left_job = with_a_queue(&left, "left").await;
    let right_job = with_a_queue(&right, "right").await;
    for plane in [&left, &right] {
        assert_eq!(names(plane).await, ["left", "right"]);
        assert_eq!(controllers_and_nodes(plane), (1, 1));
    }

    // What only the host of a cluster knows is refused with where to ask.
    let refused = right.try_connect("left", &["sinfo"]).unwrap_err();
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(words.contains(&left.server.endpoint()), "{words}");
    let queue = serde_json::json!({"clusterIdentifier": "left", "queueIdentifier": "demo"});
    let (told, _) = plan(&right, "delete-queue", &queue);
    let told = told["warnings"].to_string();
    assert!(told.contains(&left.server.endpoint()), "{told}");

    // One is killed: the other goes on, and keeps its hands off.
    left.server.kill();
    let job = right.sbatch("right", &["--output=/dev/null"], "hostname");
    right.wait_job("right", &job, "COMPLETED").await;
    assert_eq!(names(&right).await, ["left", "right"]);
    left.server.start().await;

    // One stands still: what is wanted meanwhile is done when it goes on, once.
    let paused = Pid::from_raw(i32::try_from(left.server.pid()).unwrap());
    kill(paused, Signal::SIGSTOP).unwrap();
    let groups = right.admin().list_compute_node_groups();
    let groups = groups.cluster_identifier("left").send().await.unwrap();
    let group = groups.compute_node_groups()[0].id().to_owned();
    let update = right.admin().update_compute_node_group();
    let update = update.cluster_identifier("left");
    let update = update.compute_node_group_identifier(&group);
    update
        .scaling_configuration(scaling(0, 3))
        .send()
        .await
        .unwrap();
    let job = right.sbatch(
        "right",
        &["--output=/dev/null", "--nodes=2"],
        "srun hostname",
    );
    right.wait_job("right", &job, "COMPLETED").await;
    kill(paused, Signal::SIGCONT).unwrap();
    right
        .wait_group("left", &group, ComputeNodeGroupStatus::Active)
        .await;
    assert_eq!(controllers_and_nodes(&left), (1, 1));
    assert_eq!(controllers_and_nodes(&right), (1, 2));

    ends(&left, "left", &left_job).await;
    ends(&right, "right", &right_job).await;
    // One may delete what the other runs.
    left.delete_all_of("right").await;
    right.delete_all_of("left").await;
    right.finish().await;
    left.finish().await;
}

/// What the reconcilers of a cluster write, but for what is seen only in passing.
async fn rows(database: &sqlx::AnyPool) -> Vec<String> {
    use sqlx::Row;
    let mut rows = vec![];
    for sql in [
        "select cluster_id || ' ' || server || ' ' || process || ' ' || epoch as line from cluster_lease",
        "select id || ' ' || process || ' ' || url as line from server",
        "select owner || ' ' || server || ' ' || ports as line from placement",
        "select id || ' ' || status || ' ' || generation as line from cluster",
        "select id || ' ' || status || ' ' || generation as line from compute_node_group",
        "select id || ' ' || node_name || ' ' || coalesce(ready_at, 0) || ' ' || coalesce(reason, '') as line \
         from instance",
        "select 'events ' || count(*) as line from event",
    ] {
        let found = sqlx::query(sql).fetch_all(database).await.unwrap();
        rows.extend(found.iter().map(|row| row.get::<String, _>("line")));
    }
    rows.sort();
    rows
}

/// Waits until the reconcilers have nothing to write for a while.
async fn settled(database: &sqlx::AnyPool) -> Vec<String> {
    let mut before = vec![];
    wait_until("nothing is written", async || {
        let now = rows(database).await;
        let is_same = before == now;
        before = now;
        if is_same {
            return Ok(before.clone());
        }
        // A reconciler looks twice a second.
        tokio::time::sleep(Duration::from_secs(2)).await;
        Err("something was written".into())
    })
    .await
}

/// From now on its logs are delivered to a directory.
async fn is_delivered(plane: &TestPlane, cluster: &str) {
    let arn = plane.get_cluster(cluster).await.arn;
    let place = "arn:aws:pcs:us-east-1:111122223333:log-directory/kept";
    let made = logs(
        plane,
        &format!(
            "put-delivery-destination --name kept \
             --delivery-destination-configuration destinationResourceArn={place}"
        ),
    );
    let to = made["deliveryDestination"]["arn"].as_str().unwrap();
    let source =
        format!("put-delivery-source --name s --resource-arn {arn} --log-type PCS_SCHEDULER_LOGS");
    logs(plane, &source);
    let delivery =
        format!("create-delivery --delivery-source-name s --delivery-destination-arn {to}");
    logs(plane, &delivery);
}

/// Waits until all that slurmctld logged since then is in the directory; each line is there as often as slurmctld wrote it.
async fn each_line_is_there_once(plane: &TestPlane, cluster: &str) {
    let id = plane.get_cluster(cluster).await.id;
    let data = plane.server.data();
    let log = data.join(format!("clusters/{id}/controller/slurmctld.log"));
    wait_until("each line is delivered once", async || {
        let written = std::fs::read_to_string(&log).unwrap();
        let all = records(&data.join("log-deliveries/kept")).into_iter();
        let of_slurmctld = all.filter(|record| record["log_name"] == "slurmctld");
        let texts = of_slurmctld.map(|record| record["message"].as_str().unwrap().to_owned());
        let mut there: Vec<String> = texts.map(|text| text.trim_end().to_owned()).collect();
        let lines: Vec<&str> = written.lines().collect();
        let mut wanted = lines[lines.len().saturating_sub(there.len())..].to_vec();
        let is_all = lines
            .last()
            .is_some_and(|last| there.iter().any(|line| line == last));
        // The hours' files come in any order.
        there.sort();
        wanted.sort();
        (is_all && there == wanted)
            .then_some(())
            .ok_or_else(|| format!("there {there:?}\nwanted {wanted:?}"))
    })
    .await;
}

#[tokio::test]
async fn a_process_that_stood_still_finds_its_place_taken() {
    let postgres = Postgres::start();
    let first = TestPlane::on(Server::new(Some(postgres.url())), None).await;
    sqlx::any::install_default_drivers();
    let database = sqlx::AnyPool::connect(&postgres.url()).await.unwrap();
    let long_job = with_a_queue(&first, "only").await;
    is_delivered(&first, "only").await;

    // It stops while it launches nodes. Another host that has the same directory would not see its lock.
    first.scale("only", "compute-1", 0, 4).await;
    let wide = ["--output=/dev/null", "--exclusive", "--nodes=2"];
    let wide_job = first.sbatch("only", &wide, "srun hostname");
    wait_until("nodes are being launched", async || {
        let sql = "select id from instance where ready_at is null";
        let found = sqlx::query(sql).fetch_all(&database).await.unwrap();
        (found.len() == 2).then_some(()).ok_or_else(String::new)
    })
    .await;
    let paused = Pid::from_raw(i32::try_from(first.server.pid()).unwrap());
    kill(paused, Signal::SIGSTOP).unwrap();
    let stopped = Instant::now();
    std::fs::remove_file(first.server.data().join("lock")).unwrap();

    // The next one waits until it is taken for dead, and goes on where it stopped.
    let mut second = TestPlane::on(first.server.twin(), None).await;
    println!("taken over after {:.1?}", stopped.elapsed());
    second.wait_job("only", &wide_job, "COMPLETED").await;
    println!("its job ended after {:.1?}", stopped.elapsed());
    assert_eq!(controllers_and_nodes(&first), (1, 3));
    let before = settled(&database).await;
    kill(paused, Signal::SIGCONT).unwrap();

    // The first one goes on and changes nothing: it sends people to the second.
    let asks = || first.try_connect("only", &["sinfo"]);
    let words = wait_until("the first one has noticed", async || match asks() {
        Ok(said) => Err(said),
        Err(refused) => Ok(String::from_utf8_lossy(&refused.stderr).into_owned()),
    })
    .await;
    assert!(words.contains(&second.server.endpoint()), "{words}");
    wait_until("its log says so", async || {
        let log = first.server.log();
        let says = log.contains("another process runs this");
        says.then_some(()).ok_or(log)
    })
    .await;
    assert_eq!(names(&first).await, ["only"]);
    assert_eq!(settled(&database).await, before);
    assert_eq!(controllers_and_nodes(&first), (1, 3));

    // It takes its place back when the second one is gone, for good and all: nodes reach it again.
    second.server.kill();
    let killed = Instant::now();
    wait_until("the first one has it again", async || {
        let answer = first.try_connect("only", &["sinfo"]);
        answer.map_err(|refused| String::from_utf8_lossy(&refused.stderr).into_owned())
    })
    .await;
    println!("taken back after {:.1?}", killed.elapsed());
    second.leave();
    let wider = ["--output=/dev/null", "--exclusive", "--nodes=3"];
    let wider_job = first.sbatch("only", &wider, "srun hostname");
    first.wait_job("only", &wider_job, "COMPLETED").await;
    assert_eq!(controllers_and_nodes(&first), (1, 4));
    ends(&first, "only", &long_job).await;
    each_line_is_there_once(&first, "only").await;
    first.finish().await;
}

#[tokio::test]
async fn a_server_that_never_returns_is_given_up() {
    let postgres = Postgres::start();
    let mut left = TestPlane::on(Server::new(Some(postgres.url())), None).await;
    let right = another(&postgres, &left).await;
    sqlx::any::install_default_drivers();
    let database = sqlx::AnyPool::connect(&postgres.url()).await.unwrap();
    with_a_queue(&left, "left").await;
    let cluster = left.get_cluster("left").await;
    left.server.kill();

    // Who spoke a moment ago lives.
    let list = right.server.command("server", &["list"]).unwrap();
    let line = list.lines().find(|line| line.contains("\tleft")).unwrap();
    let id = line.split('\t').next().unwrap().to_owned();
    assert!(line.contains(&left.server.endpoint()), "{list}");
    let refused = right
        .server
        .command("server", &["forget", &id, "--yes"])
        .unwrap_err();
    assert!(refused.contains("lives"), "{refused}");
    wait_until("it is silent", async || {
        let list = right.server.command("server", &["list"])?;
        list.contains("\tsilent\t").then_some(()).ok_or(list)
    })
    .await;
    let asked = right
        .server
        .command("server", &["forget", &id])
        .unwrap_err();
    assert!(asked.contains("left") && asked.contains("--yes"), "{asked}");
    assert_eq!(
        right.get_cluster("left").await.status,
        ClusterStatus::Active
    );
    let told = right
        .server
        .command("server", &["forget", &id, "--yes"])
        .unwrap();
    assert!(told.contains(&cluster.id), "{told}");
    assert!(
        right
            .server
            .command("server", &["forget", &id, "--yes"])
            .is_err()
    );

    // Its clusters say why, and can only be deleted: from here.
    let given_up = right.get_cluster("left").await;
    assert_eq!(given_up.status, ClusterStatus::Suspended);
    let words = given_up.error_info()[0].message().unwrap();
    assert!(words.contains("given up"), "{words}");
    let new = right.new_group("left", "more", 0, 1).send().await;
    let refused = format!("{:?}", new.unwrap_err());
    assert!(refused.contains("can only be deleted"), "{refused}");
    let refused = right.try_connect("left", &["sinfo"]).unwrap_err();
    assert!(String::from_utf8_lossy(&refused.stderr).contains("given up"));
    for sql in [
        "select id from audit where operation = 'ForgetServer' and outcome = 'done'",
        "select id from event where code = 'server-forgotten'",
    ] {
        let found = sqlx::query(sql).fetch_all(&database).await.unwrap();
        assert_eq!(found.len(), 1, "{sql}");
    }
    right.delete_all_of("left").await;
    assert_eq!(
        controllers_and_nodes(&left),
        (1, 1),
        "nothing there is touched"
    );

    // It does come back: what it ran is set aside and goes on.
    left.server.start().await;
    let set_aside = |arguments: &[&str]| {
        let mut command = left.command(arguments);
        let output = command.args(["--database-url", &postgres.url()]).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    let listed = set_aside(&["set-aside", "list"]);
    assert_eq!(listed.trim(), format!("{}\trunning", cluster.id));
    assert_eq!(names(&left).await, Vec::<String>::new());
    let job = with_a_queue(&left, "again").await;
    ends(&left, "again", &job).await;
    assert_eq!(controllers_and_nodes(&left), (2, 2));
    set_aside(&["set-aside", "remove", &cluster.id]);
    right.finish().await;
    left.finish().await;
}
