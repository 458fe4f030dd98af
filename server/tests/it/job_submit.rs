//! The site's scripts: the controller's, asked of each job that is submitted or changed (C14), and the programs'.

use aws_sdk_pcs::types::ClusterStatus;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::harness::scheduler::Scheduler;
use crate::harness::*;

const CLUSTER: &str = "rules";

const RULES: &str = r#"
def job_submit(job, partitions, uid):
    if job.get("name") == "loop":
        for a in range(1000000000):
            for b in range(1000000000): pass
    if job.get("name") == "wrong":
        return job["nowhere"]
    if job.get("name") == "unknown":
        job["colour"] = "blue"
    if job.get("time_limit") == None:
        fail("Say how long: --time=5")
    if "demo" not in partitions:
        fail("no queue demo")
    job["comment"] = "%d of %s" % (uid, job.get("name", "nobody"))
    print("It has %d minutes." % job["time_limit"])

def job_modify(job, record, partitions, uid):
    if job.get("time_limit", 0) > record["time_limit"]:
        fail("Not more than %d minutes" % record["time_limit"])
"#;

/// For salloc, sbatch and srun.
const FILTER: &str = r#"
function slurm_cli_setup_defaults(options, early)
    return slurm.SUCCESS
end

function slurm_cli_pre_submit(options, component)
    if options["comment"] == nil then
        slurm.log_error("Say what for: --comment=paper")
        return slurm.ERROR
    end
    return slurm.SUCCESS
end

function slurm_cli_post_submit(component, job, step)
    return slurm.SUCCESS
end

return slurm.SUCCESS
"#;

struct Site {
    plane: TestPlane,
    bucket: Bucket,
    scheduler: Scheduler,
}

impl Site {
    async fn start() -> Self {
        let bucket = Bucket::start();
        let mut server = Server::new(None);
        bucket.is_known_to(&mut server);
        let scheduler = Scheduler::of(&mut server);
        let plane = TestPlane::on(server, None).await;
        plane.cluster(CLUSTER, 600).await;
        let group = plane.group(CLUSTER, "compute-1", 0, 1).await;
        plane.queue(CLUSTER, "demo", group.id()).await;
        Self {
            plane,
            bucket,
            scheduler,
        }
    }

    async fn update(&self, plugins: Value) -> Answer {
        self.ask(json!({"jobSubmitPlugins": plugins})).await
    }

    async fn ask(&self, slurm: Value) -> Answer {
        let request = json!({"clusterIdentifier": CLUSTER, "slurmConfiguration": slurm});
        let http = self.plane.http();
        http.call("UpdateCluster", request.to_string()).await
    }

    async fn is_updated(&self, plugins: Value) {
        let answer = self.update(plugins.clone()).await.json();
        let told = &answer["cluster"]["slurmConfiguration"]["jobSubmitPlugins"];
        assert_eq!(told, &plugins, "{answer}");
        let active = self.plane.wait_cluster(CLUSTER, ClusterStatus::Active);
        active.await;
    }

    /// What `sbatch` or `scontrol` says to whom it refuses.
    fn refused(&self, command: &[&str]) -> String {
        let told = self.plane.try_connect(CLUSTER, command);
        let output = told.expect_err("it was not refused");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    fn submit(&self, options: &[&str]) -> String {
        let command = [
            "sbatch",
            "--partition=demo",
            "--output=/dev/null",
            "--wrap=sleep 600",
        ];
        self.refused(&[&command[..], options].concat())
    }
}

fn plugin(key: &str, more: Value) -> Value {
    let mut source = json!({"scriptLocation": format!("s3://scripts/{key}")});
    for (name, value) in more.as_object().unwrap() {
        source[name] = value.clone();
    }
    json!([{"name": "limits", "type": "STARLARK", "scriptSource": source}])
}

#[tokio::test]
async fn a_script_is_asked_of_each_job() {
    let site = Site::start().await;
    let plane = &site.plane;
    let before = plane.sbatch(CLUSTER, &["--output=/dev/null"], "sleep 600");
    plane.wait_job(CLUSTER, &before, "RUNNING").await;
    what_cannot_be_asked_is_refused(&site).await;

    site.bucket.put("rules", RULES);
    let checksum = hex::encode(Sha256::digest(RULES));
    site.is_updated(plugin("rules", json!({"checksum": checksum})))
        .await;
    plane.wait_job(CLUSTER, &before, "RUNNING").await;

    let said = site.submit(&[]);
    assert!(said.contains("Say how long: --time=5"), "{said}");
    let name = "--job-name=a'b $(id) \"c\" \u{4f5c}";
    let options = ["--output=/dev/null", "--time=5", name];
    let job = plane.sbatch(CLUSTER, &options, "sleep 600");
    let comment = plane.connect(CLUSTER, &["squeue", "-h", "-j", &job, "-o", "%k"]);
    let expected = format!(" of {}", &name["--job-name=".len()..]);
    assert!(comment.trim_end().ends_with(&expected), "{comment}");

    let change = |limit| format!("scontrol update JobId={job} TimeLimit={limit}");
    let said = site.refused(&change(6).split(' ').collect::<Vec<_>>());
    assert!(said.contains("Not more than 5 minutes"), "{said}");
    plane.connect(CLUSTER, &change(4).split(' ').collect::<Vec<_>>());
    assert_eq!(plane.job(CLUSTER, &job)["TimeLimit"], "00:04:00");

    // Whatever becomes of the script, nothing passes that it has not let pass.
    for (name, words) in [
        ("loop", "limits failed"),
        ("wrong", "nowhere"),
        ("unknown", "no field that can be set"),
    ] {
        let said = site.submit(&["--time=5", &format!("--job-name={name}")]);
        assert!(said.contains(words), "{name}: {said}");
    }
    let long = "x".repeat(100_000);
    let said = site.submit(&["--time=5", &format!("--comment={long}")]);
    assert!(said.contains("too long to be looked at"), "{said}");

    // Another script in its place, of a bucket that is a directory of the host; then none.
    let own = plane.server.data().join("buckets/own");
    std::fs::create_dir_all(&own).unwrap();
    let closed = "def job_submit(job, partitions, uid): fail('Closed')";
    std::fs::write(own.join("others.star"), closed).unwrap();
    let source = json!({"scriptLocation": "s3://own/others.star"});
    let others = json!([{"name": "others", "type": "STARLARK", "scriptSource": source}]);
    site.is_updated(others).await;
    let said = site.submit(&["--time=5"]);
    assert!(said.contains("Closed"), "{said}");
    site.is_updated(json!([])).await;
    plane.sbatch(CLUSTER, &["--output=/dev/null"], "true");
    plane.wait_job(CLUSTER, &before, "RUNNING").await;
    plane.connect(CLUSTER, &["scancel", "--partition=demo"]);
    a_filter_runs_wherever_jobs_are_submitted(&site).await;
    site.plane.finish().await;
}

async fn what_cannot_be_asked_is_refused(site: &Site) {
    site.bucket.put("syntax", "def job_submit(");
    site.bucket.put("empty", "x = 1");
    site.bucket.put("bytes", b"\xff\xfe".to_vec());
    site.bucket.put("long", "#".repeat(70_000));
    let other = "0".repeat(64);
    for (key, more, words) in [
        ("syntax", json!({}), "Parse error"),
        ("empty", json!({}), "neither job_submit nor job_modify"),
        ("bytes", json!({}), "UTF-8"),
        ("long", json!({}), "64 KiB"),
        ("missing", json!({}), "It is not there"),
        ("empty", json!({"checksum": other}), "SHA-256"),
    ] {
        let answer = site.update(plugin(key, more)).await;
        answer.refused_field("slurmConfiguration.jobSubmitPlugins[0].scriptSource.scriptLocation");
        assert!(answer.text.contains(words), "{key}: {}", answer.text);
    }
}

/// On the login node and, handed over by slurmctld, on the others.
async fn a_filter_runs_wherever_jobs_are_submitted(site: &Site) {
    let plane = &site.plane;
    let lua = json!([{"parameterName": "CliFilterPlugins", "parameterValue": "cli_filter/lua"}]);
    let lua = json!({"slurmCustomSettings": lua});
    let answer = site.ask(lua.clone()).await;
    answer.refused_field("slurmConfiguration.slurmCustomSettings[0].parameterValue");
    assert!(answer.text.contains("cli_filter.lua"), "{}", answer.text);
    site.scheduler
        .put("cli_filter.lua", "function slurm_cli_pre_submit(");
    site.ask(lua.clone()).await.json();
    let failed = plane.wait_cluster(CLUSTER, ClusterStatus::UpdateFailed);
    let failed = failed.await;
    let words = failed.error_info()[0].message().unwrap();
    assert!(words.contains("cli_filter"), "{words}");
    plane.sbatch(CLUSTER, &["--output=/dev/null"], "true");

    site.scheduler.put("cli_filter.lua", FILTER);
    site.ask(lua).await.json();
    plane.wait_cluster(CLUSTER, ClusterStatus::Active).await;
    let words = "Say what for: --comment=paper";
    let said = site.submit(&[]);
    assert!(said.contains(words), "{said}");
    let options = ["--output=said", "--comment=paper"];
    let job = plane.sbatch(CLUSTER, &options, "sbatch --partition=demo --wrap=true");
    plane.wait_job(CLUSTER, &job, "FAILED").await;
    let said = std::fs::read_to_string(plane.server.home().join("said")).unwrap();
    assert!(said.contains(words), "{said}");
}
