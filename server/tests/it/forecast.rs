//! Every wait is told with a forecast, by the console and by Slurm itself (X10), on a real cluster: of a job behind others
//! Slurm's own, of one whose node boots by how long the boot before took.

use std::collections::BTreeMap;

use app::model::date::exact;
use aws_sdk_pcs::types::*;
use openpcs_server::provider::fault::Faults;

use crate::harness::*;
use crate::job_parts::page;

const CLUSTER: &str = "forecast";
/// Instances have to call within 10 s.
const BOOT_MS: u64 = 8_000;

struct Waits {
    plane: TestPlane,
}

impl Waits {
    async fn start() -> Self {
        let mut server = Server::new(None);
        let file = server.root().join("faults.json");
        server.option("--faults", file.to_str().unwrap());
        let faults = Faults {
            boot_delay_ms: BOOT_MS,
            ..Faults::default()
        };
        faults.write(&file).unwrap();
        let plane = TestPlane::on(server, None).await;
        let slurm = ClusterSlurmConfigurationRequest::builder()
            .scale_down_idle_time_in_seconds(600)
            .slurm_custom_settings(setting("SchedulerParameters", "bf_interval=2"))
            .build();
        let cluster = plane.new_cluster(CLUSTER).slurm_configuration(slurm);
        cluster.send().await.unwrap();
        plane.wait_cluster(CLUSTER, ClusterStatus::Active).await;
        let group = plane.group(CLUSTER, "compute-1", 0, 2).await;
        plane.queue(CLUSTER, "demo", group.id()).await;
        Self { plane }
    }

    /// Takes a node for itself.
    fn submit(&self, options: &[&str]) -> String {
        let always = ["--exclusive", "--output=/dev/null"];
        let options: Vec<&str> = always.iter().chain(options).copied().collect();
        self.plane.sbatch(CLUSTER, &options, "sleep 300")
    }

    /// Waits until Slurm says something like it of the job.
    async fn says(&self, job: &str, words: &[&str]) -> BTreeMap<String, String> {
        wait_until(&format!("Slurm says {words:?} of job {job}"), async || {
            let told = self
                .plane
                .connect(CLUSTER, &["scontrol", "show", "job", job]);
            let comment = comment(&told);
            match words.iter().all(|word| comment.contains(word)) {
                true => Ok(BTreeMap::from([
                    ("comment".to_owned(), comment),
                    ("all".to_owned(), told),
                ])),
                false => Err(told),
            }
        })
        .await
    }
}

/// The rest of the line.
fn comment(told: &str) -> String {
    let mut lines = told.lines().map(str::trim);
    let found = lines.find_map(|line| line.strip_prefix("AdminComment="));
    found.unwrap_or_default().trim().to_owned()
}

#[tokio::test]
async fn every_wait_is_told_with_a_forecast() {
    let waits = Waits::start().await;
    let plane = &waits.plane;
    let first = waits.submit(&["--time=10"]);
    // There was no boot yet that could tell how long one takes.
    let told = waits.says(&first, &["OpenPCS: "]).await;
    assert!(!told["comment"].contains("starts"), "{told:?}");
    plane.wait_job(CLUSTER, &first, "RUNNING").await;

    let second = waits.submit(&["--time=5"]);
    let behind = waits.submit(&["--time=5"]);
    let held = waits.submit(&["--hold"]);
    let others = waits.submit(&["--time=5"]);
    plane.administrate(&format!(
        "scontrol update JobId={others} AdminComment='ask ann'"
    ));
    let told = waits.says(&second, &["OpenPCS: ", "; starts "]).await;
    assert!(told["all"].contains("JobState=CONFIGURING"), "{told:?}");

    let told = waits.says(&behind, &["OpenPCS: ", "; starts about "]).await;
    let visitor = Visitor::sign_in(plane).await;
    let detail = page(&visitor, CLUSTER, &behind).await;
    let expected_at = detail["record"]["job"]["expectedAt"].as_i64().unwrap();
    let clock = &exact(expected_at)[11..16];
    // Slurm may have thought again between the two.
    let mut near = (-2..=2).map(|minutes| exact(expected_at + minutes * 60_000)[11..16].to_owned());
    let comment_of = &told["comment"];
    assert!(
        near.any(|clock| comment_of.contains(&clock)),
        "{comment_of} {clock}"
    );
    let prospect = detail["explanation"]["prospect"].as_str().unwrap();
    assert!(
        prospect.contains(&format!("about {clock} UTC")),
        "{prospect}"
    );
    let told = plane.server.command("why", &[CLUSTER, &behind]).unwrap();
    for words in [
        format!("Job {behind} is PENDING: "),
        format!("about {clock} UTC"),
    ] {
        assert!(told.contains(&words), "{words}: {told}");
    }
    let told = plane.server.command("why", &[CLUSTER, "no"]).unwrap_err();
    assert!(told.contains("no job's id"), "{told}");

    let told = waits.says(&held, &["OpenPCS: "]).await;
    assert!(!told["comment"].contains("starts"), "{told:?}");
    plane.wait_job(CLUSTER, &second, "RUNNING").await;
    // Who runs does not say that it waits.
    wait_until("the second one says nothing any more", async || {
        let told = plane.connect(CLUSTER, &["scontrol", "show", "job", &second]);
        match comment(&told).is_empty() {
            true => Ok(()),
            false => Err(told),
        }
    })
    .await;
    waits.says(&others, &["ask ann"]).await;
    waits.plane.finish().await;
}
