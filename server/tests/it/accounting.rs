//! Accounting: every job is written down, whatever dies meanwhile, and a cluster's records go with it (C9).

use aws_sdk_pcs::types::*;
use nix::sys::signal::{Signal, kill};
use serde_json::json;

use crate::harness::*;
use crate::job_parts::ask;

const CLUSTER: &str = "accounts";
/// Records of jobs of early 2026: slurmdbd purges 50,000 at a time.
const OLD_JOBS: u32 = 150_000;
const OLD_FROM: u32 = 1_000_000;

struct Accounts {
    plane: TestPlane,
}

fn mode_only(mode: AccountingMode) -> UpdateClusterSlurmConfigurationRequest {
    let accounting = UpdateAccountingRequest::builder().mode(mode).build();
    let slurm = UpdateClusterSlurmConfigurationRequest::builder();
    slurm.accounting(accounting).build()
}

impl Accounts {
    async fn start(mode: AccountingMode) -> Self {
        let plane = TestPlane::start(Database::OfRun).await;
        let slurm = ClusterSlurmConfigurationRequest::builder()
            .scale_down_idle_time_in_seconds(600)
            .accounting(accounting(mode, 90))
            .build();
        let cluster = plane.new_cluster(CLUSTER).slurm_configuration(slurm);
        cluster.send().await.unwrap();
        plane.wait_cluster(CLUSTER, ClusterStatus::Active).await;
        let group = plane.group(CLUSTER, "compute-1", 0, 2).await;
        plane.queue(CLUSTER, "demo", group.id()).await;
        Self { plane }
    }

    /// The states of that job's records, as `sacct` tells the user.
    fn told(&self, job: &str) -> String {
        let asked = ["sacct", "-X", "-n", "-P", "-o", "state", "-j", job];
        let output = self.plane.server.connect(CLUSTER, &asked);
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    async fn is_told(&self, job: &str, state: &str) {
        wait_until(&format!("job {job} is told as {state}"), async || {
            let told = self.told(job);
            told.starts_with(state).then_some(()).ok_or(told)
        })
        .await;
    }

    fn kill(&self, program: &str) {
        let is_it = |line: &str| {
            let first = line.split(' ').next().unwrap_or_default();
            first.ends_with(&format!("/{program}"))
        };
        let all = processes(self.plane.server.root()).into_iter();
        let mut found = all.filter(|(_, line)| is_it(line)).peekable();
        assert!(found.peek().is_some(), "no {program} runs");
        found.for_each(|(pid, _)| kill(pid, Signal::SIGKILL).unwrap());
    }

    async fn ask(&self, slurm: UpdateClusterSlurmConfigurationRequest) -> Result<(), String> {
        let update = self.plane.admin().update_cluster();
        let update = update.cluster_identifier(CLUSTER);
        let answer = update.slurm_configuration(slurm).send().await;
        let told = |error| format!("{:?}", aws_sdk_pcs::Error::from(error));
        answer.map(drop).map_err(told)
    }

    async fn update(&self, slurm: UpdateClusterSlurmConfigurationRequest) -> Result<(), String> {
        self.ask(slurm).await?;
        self.plane
            .wait_cluster(CLUSTER, ClusterStatus::Active)
            .await;
        Ok(())
    }

    async fn switch(&self, mode: AccountingMode) {
        self.update(mode_only(mode)).await.unwrap();
    }

    /// What kept all nodes while the controller was exchanged is taken back, before it ends by itself.
    async fn jobs_begin_again(&self) {
        let mut ends = None;
        wait_until("nothing keeps the nodes", async || {
            let asked = ["scontrol", "--oneliner", "show", "reservation"];
            let told = self.plane.try_connect(CLUSTER, &asked);
            let told = told.map_err(|output| format!("{output:?}"))?;
            match fields(&told).remove("EndTime") {
                None => Ok(()),
                Some(end) => {
                    ends = Some(end);
                    Err(told)
                }
            }
        })
        .await;
        let now = self.plane.connect(CLUSTER, &["date", "+%FT%T"]);
        assert!(ends.is_none_or(|end| now.trim() < end.as_str()), "{now}");
    }

    async fn endpoints(&self) -> Vec<EndpointType> {
        let get = self.plane.admin().get_cluster();
        let answer = get.cluster_identifier(CLUSTER).send().await.unwrap();
        let cluster = answer.cluster.unwrap();
        let all = cluster.endpoints().iter();
        all.map(|endpoint| endpoint.r#type().clone()).collect()
    }

    fn databases(&self) -> Vec<String> {
        let data = self.plane.server.data().join("accounting/data");
        let names = std::fs::read_dir(data).unwrap().flatten();
        let names = names.map(|entry| entry.file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("pcs_")).collect()
    }
}

fn accounting(mode: AccountingMode, days: i32) -> AccountingRequest {
    let asked = AccountingRequest::builder().mode(mode);
    let asked = asked.default_purge_time_in_days(days);
    asked.build().unwrap()
}

#[tokio::test]
async fn each_job_is_written_down_whatever_dies() {
    let accounts = Accounts::start(AccountingMode::Standard).await;
    let plane = &accounts.plane;
    let types = [EndpointType::Slurmctld, EndpointType::Slurmdbd];
    assert_eq!(accounts.endpoints().await, types);
    let good = plane.sbatch(CLUSTER, &["--output=/dev/null"], "true");
    let bad = plane.sbatch(CLUSTER, &["--output=/dev/null"], "exit 3");
    accounts.is_told(&good, "COMPLETED").await;
    accounts.is_told(&bad, "FAILED").await;
    let told = plane.connect(CLUSTER, &["seff", &bad]);
    let begin = format!("Job ID: {bad}\nCluster: {CLUSTER}\nUser/Group: ");
    assert!(told.starts_with(&begin), "{told}");
    assert!(told.contains("\nState: FAILED (exit code 3)\n"), "{told}");

    // What happens while nobody can write it down is written down later.
    accounts.kill("mariadbd");
    accounts.kill("slurmdbd");
    let during = plane.sbatch(CLUSTER, &["--output=/dev/null"], "true");
    plane.wait_job(CLUSTER, &during, "COMPLETED").await;
    accounts.is_told(&during, "COMPLETED").await;
    accounts.is_told(&good, "COMPLETED").await;

    what_ends_slurmdbd_is_told_and_taken_back(&accounts).await;

    // The administrator decides who may submit.
    plane.connect_as_admin(CLUSTER, &["sacctmgr", "-i", "add", "account", "lab"]);
    let shown = ["sacctmgr", "-n", "-P", "show", "account", "format=account"];
    let told = plane.connect_as_admin(CLUSTER, &shown);
    assert!(told.contains("lab"), "{told}");
    let only = UpdateClusterSlurmConfigurationRequest::builder()
        .slurm_custom_settings(setting("AccountingStorageEnforce", "associations"));
    accounts.update(only.build()).await.unwrap();
    let refused = ["sbatch", "--partition=demo", "--wrap=true"];
    let refused = plane.try_connect(CLUSTER, &refused).unwrap_err();
    let words = String::from_utf8_lossy(&refused.stderr);
    assert!(words.contains("Invalid account"), "{words}");

    // As long as that is asked for, accounting stays.
    let off = UpdateAccountingRequest::builder().mode(AccountingMode::None);
    let off = UpdateClusterSlurmConfigurationRequest::builder().accounting(off.build());
    let words = accounts.update(off.build()).await.unwrap_err();
    assert!(words.contains("AccountingStorageEnforce"), "{words}");

    plane.delete_all_of(CLUSTER).await;
    assert_eq!(accounts.databases(), Vec::<String>::new());
    accounts.plane.finish().await;
}

fn default_qos(name: &str) -> UpdateClusterSlurmConfigurationRequest {
    let setting = SlurmdbdCustomSetting::builder()
        .parameter_name("DefaultQOS")
        .parameter_value(name);
    UpdateClusterSlurmConfigurationRequest::builder()
        .slurmdbd_custom_settings(setting.build().unwrap())
        .build()
}

/// Only its own database tells: what slurmdbd cannot even read is found in a trial.
async fn what_ends_slurmdbd_is_told_and_taken_back(accounts: &Accounts) {
    let plane = &accounts.plane;
    let records = Records::of(plane, CLUSTER).await;
    records.ask("alter table qos_table add constraint undoomed check (name <> 'doomed')");
    accounts.ask(default_qos("doomed")).await.unwrap();
    let failed = plane.wait_cluster(CLUSTER, ClusterStatus::UpdateFailed);
    let failed = failed.await;
    let words = failed.error_info()[0].message().unwrap();
    for part in [
        "the old one is still in force: slurmdbd: ",
        "problem added qos 'doomed",
    ] {
        assert!(words.contains(part), "{words}");
    }
    let slurm = failed.slurm_configuration().unwrap();
    assert!(slurm.slurmdbd_custom_settings().is_empty(), "{slurm:?}");
    let job = plane.sbatch(CLUSTER, &["--output=/dev/null"], "true");
    accounts.is_told(&job, "COMPLETED").await;

    accounts.update(default_qos("gold")).await.unwrap();
    let shown = ["sacctmgr", "-n", "-P", "show", "qos", "format=name"];
    let told = plane.connect_as_admin(CLUSTER, &shown);
    assert_eq!(told.lines().collect::<Vec<_>>(), ["normal", "gold"]);
}

/// It takes a while, and nobody waits for it.
#[tokio::test]
async fn jobs_go_on_while_a_great_many_records_are_purged() {
    let accounts = Accounts::start(AccountingMode::Standard).await;
    let plane = &accounts.plane;
    let before = plane.sbatch(CLUSTER, &["--output=/dev/null"], "true");
    accounts.is_told(&before, "COMPLETED").await;
    let records = Records::of(plane, CLUSTER).await;
    records.fill(OLD_JOBS, OLD_FROM, 20, "1000");
    let old = format!(
        "select count(*) from {} where id_job > {OLD_FROM}",
        records.jobs()
    );
    assert_eq!(records.ask(&old).trim(), OLD_JOBS.to_string());

    let purge = ["sacctmgr", "-i", "archive", "dump", "PurgeJobAfter=30days"];
    let mut purge = plane.connecting_as_admin(CLUSTER, &purge).spawn().unwrap();
    let mut during = vec![];
    while purge.try_wait().unwrap().is_none() {
        let job = plane.sbatch(CLUSTER, &["--output=/dev/null"], "true");
        plane.wait_job(CLUSTER, &job, "COMPLETED").await;
        during.push(job);
    }
    assert!(purge.wait().unwrap().success());
    assert!(!during.is_empty(), "it was over at once");
    for job in during {
        accounts.is_told(&job, "COMPLETED").await;
    }
    wait_until("the old ones are gone", async || {
        let left = records.ask(&old);
        (left.trim() == "0").then_some(()).ok_or(left)
    })
    .await;
    accounts.is_told(&before, "COMPLETED").await;
    accounts.plane.finish().await;
}

/// Slurm has made up an id for itself by then.
#[tokio::test]
async fn a_cluster_that_kept_none_keeps_records_from_then_on() {
    let accounts = Accounts::start(AccountingMode::None).await;
    let plane = &accounts.plane;
    let job = plane.sbatch(CLUSTER, &["--output=/dev/null"], "sleep 600");
    plane.wait_job(CLUSTER, &job, "RUNNING").await;
    let visitor = Visitor::sign_in(plane).await;
    let asked = mode_only(AccountingMode::Standard);
    accounts.ask(asked).await.unwrap();
    let mut was_starting = false;
    wait_until("there are accounts, and no refusal before", async || {
        let body = json!({"cluster_identifier": CLUSTER});
        let told = ask(&visitor, "list-shares", body).await.unwrap();
        was_starting |= told["isStarting"] == true;
        (told["hasAccounting"] == true)
            .then_some(())
            .ok_or(told.to_string())
    })
    .await;
    assert!(was_starting);
    plane.wait_cluster(CLUSTER, ClusterStatus::Active).await;
    plane.wait_job(CLUSTER, &job, "RUNNING").await;
    let next = plane.sbatch(CLUSTER, &["--output=/dev/null"], "true");
    accounts.is_told(&next, "COMPLETED").await;
    plane.connect(CLUSTER, &["scancel", &job]);
    accounts.is_told(&job, "CANCELLED").await;
    accounts.plane.finish().await;
}

#[tokio::test]
async fn accounting_goes_off_and_on_under_a_job() {
    let accounts = Accounts::start(AccountingMode::Standard).await;
    let plane = &accounts.plane;
    let job = plane.sbatch(CLUSTER, &["--output=/dev/null"], "sleep 600");
    plane.wait_job(CLUSTER, &job, "RUNNING").await;
    accounts.is_told(&job, "RUNNING").await;
    accounts.switch(AccountingMode::None).await;
    assert_eq!(accounts.endpoints().await, [EndpointType::Slurmctld]);
    wait_until("slurmdbd has ended", async || {
        let all = processes(plane.server.root()).into_iter();
        let left: Vec<_> = all.filter(|(_, line)| line.contains("/slurmdbd")).collect();
        left.is_empty().then_some(()).ok_or(format!("{left:?}"))
    })
    .await;
    accounts.jobs_begin_again().await;
    plane.wait_job(CLUSTER, &job, "RUNNING").await;
    accounts.switch(AccountingMode::Standard).await;
    plane.wait_job(CLUSTER, &job, "RUNNING").await;
    plane.connect(CLUSTER, &["scancel", &job]);
    accounts.is_told(&job, "CANCELLED").await;
    accounts.plane.finish().await;
}
