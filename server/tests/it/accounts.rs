//! Accounts, users, QOS and reservations: what the console makes is Slurm's own, and the other way round (C9, C18).

use aws_sdk_pcs::types::*;
use serde_json::{Value, json};

use crate::harness::*;
use crate::job_parts::ask;

const CLUSTER: &str = "shared";
/// One that every host has, and whose jobs are none of the tests'.
const OTHER: &str = "nobody";

struct Site {
    plane: TestPlane,
    visitor: Visitor,
}

impl Site {
    async fn start() -> Self {
        let plane = TestPlane::start(Database::OfRun).await;
        let slurm = ClusterSlurmConfigurationRequest::builder()
            .scale_down_idle_time_in_seconds(600)
            .accounting(accounting_on())
            .slurm_custom_settings(setting("Licenses", "solver:3"))
            .build();
        let cluster = plane.new_cluster(CLUSTER).slurm_configuration(slurm);
        cluster.send().await.unwrap();
        plane.wait_cluster(CLUSTER, ClusterStatus::Active).await;
        let group = plane.group(CLUSTER, "compute-1", 0, 2).await;
        plane.queue(CLUSTER, "demo", group.id()).await;
        let visitor = Visitor::sign_in(&plane).await;
        Self { plane, visitor }
    }

    async fn try_change(&self, change: Value) -> Result<(), String> {
        let input = json!({"clusterIdentifier": CLUSTER, "change": change});
        let body = json!({"input": input, "language": "en"});
        let answer = ask(&self.visitor, "change-shares", body).await;
        answer.map(drop).map_err(|refusal| refusal.to_string())
    }

    async fn change(&self, change: Value) {
        let done = self.try_change(change.clone()).await;
        done.unwrap_or_else(|refusal| panic!("{change}: {refusal}"));
    }

    async fn told(&self, function: &str) -> Value {
        let body = json!({"cluster_identifier": CLUSTER, "days": 1});
        ask(&self.visitor, function, body).await.unwrap()
    }

    /// The row of an account, or of a user in it.
    async fn share(&self, account: &str, user: &str) -> Value {
        let all = self.told("list-shares").await;
        let is_it = |row: &&Value| row["account"] == account && row["user"] == user;
        let found = all["shares"].as_array().unwrap().iter().find(is_it);
        found
            .unwrap_or_else(|| panic!("{account}/{user}: {all}"))
            .clone()
    }

    /// What Slurm's own program prints for the administrator.
    fn as_admin(&self, command: &[&str]) -> String {
        self.plane.connect_as_admin(CLUSTER, command)
    }

    /// Waits until the job waits for one of these reasons, and ends it: Slurm may look again only a minute later.
    async fn is_held_back(&self, job: &str, reasons: &[&str]) {
        wait_until(&format!("job {job} waits for {reasons:?}"), async || {
            let told = self.plane.job(CLUSTER, job);
            match reasons.iter().any(|it| told["Reason"].contains(it)) {
                true => Ok(()),
                false => Err(format!("{told:?}")),
            }
        })
        .await;
        self.plane.connect(CLUSTER, &["scancel", job]);
    }

    /// Though it was asked first, and with no settings but those that come with accounts.
    async fn who_had_much_waits_behind_who_had_little(&self) {
        let plane = &self.plane;
        let all = ["--output=/dev/null", "--nodes=2", "--exclusive"];
        let runs = plane.sbatch(CLUSTER, &all, "sleep 600");
        plane.wait_job(CLUSTER, &runs, "RUNNING").await;
        let much = plane.sbatch(CLUSTER, &all, "sleep 600");
        let other = format!("--uid={OTHER}");
        let asked = ["sbatch", "--parsable", "--partition=demo", &other];
        let asked = [&asked[..], &["--chdir=/"], &all, &["--wrap=sleep 600"]].concat();
        let little = self.as_admin(&asked);
        let little = little.trim();
        plane.connect(CLUSTER, &["scancel", &runs]);
        plane.wait_job(CLUSTER, little, "RUNNING").await;
        let waits = plane.job(CLUSTER, &much);
        assert_eq!(waits["JobState"], "PENDING", "{waits:?}");
        self.as_admin(&["scancel", little, &much]);
    }

    async fn enforce(&self) {
        let only = setting("AccountingStorageEnforce", "associations,limits,qos");
        let slurm = UpdateClusterSlurmConfigurationRequest::builder()
            .slurm_custom_settings(only)
            .slurm_custom_settings(setting("Licenses", "solver:3"));
        let update = self.plane.admin().update_cluster();
        let update = update.cluster_identifier(CLUSTER);
        update
            .slurm_configuration(slurm.build())
            .send()
            .await
            .unwrap();
        self.plane
            .wait_cluster(CLUSTER, ClusterStatus::Active)
            .await;
    }

    async fn name_qos(&self, names: &str) -> Result<(), String> {
        let slurm = UpdateQueueSlurmConfigurationRequest::builder()
            .slurm_custom_settings(setting("AllowQos", names));
        let update = self.plane.admin().update_queue();
        let update = update.cluster_identifier(CLUSTER).queue_identifier("demo");
        let answer = update.slurm_configuration(slurm.build()).send().await;
        answer.map_err(|error| format!("{:?}", aws_sdk_pcs::Error::from(error)))?;
        let queue = self.plane.wait_queue(CLUSTER, "demo", QueueStatus::Active);
        queue.await;
        Ok(())
    }
}

fn share(more: Value) -> Value {
    let mut put = json!({"isNew": true, "fairShare": "1"});
    let members = put.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    json!({"putShare": put})
}

/// Signed like the API: what the console shows and changes.
async fn programs_do_the_same(plane: &TestPlane) {
    let http = plane.http();
    let path = |what: &str| format!("clusters/{CLUSTER}/{what}");
    let put = share(json!({"account": "biology", "parent": "root"}));
    let made = http.document(&path("shares"), Some(&put)).await;
    assert_eq!(made.json(), json!({}));
    let told = http.document(&path("shares"), None).await.json();
    let accounts = told["shares"].as_array().unwrap();
    assert!(accounts.iter().any(|one| one["account"] == "biology"));
    let gone = json!({"deleteShare": {"account": "biology", "user": ""}});
    let deleted = http.document(&path("shares"), Some(&gone)).await;
    assert_eq!(deleted.json(), json!({}));
    let again = http.document(&path("shares"), Some(&gone)).await;
    assert!(again.text.contains("biology"), "{}", again.text);
    let licences = http.document(&path("reservations"), None).await.json();
    assert_eq!(licences["licenses"][0]["name"], "solver");
    let usage = http.document(&path("usage?days=1"), None).await.json();
    assert_eq!(usage["period"], 3_600_000, "{usage}");
}

#[tokio::test]
async fn who_shares_a_cluster_is_said_here_or_by_slurms_own_programs() {
    let site = Site::start().await;
    let plane = &site.plane;
    let me = plane.connect(CLUSTER, &["id", "-un"]);
    let me = me.trim();

    // Made here, seen there.
    let lab = json!({"account": "lab", "parent": "root", "limits": {"grpTres": "cpu=64,node=8"}});
    site.change(share(lab)).await;
    site.change(share(json!({"account": "optics", "parent": "lab"})))
        .await;
    let user = |name: &str| share(json!({"account": "optics", "user": name, "isDefault": true}));
    site.change(user("idler")).await;
    site.change(user(me)).await;
    site.change(user(OTHER)).await;
    let columns = "format=Account,User,ParentName,GrpTRES";
    let seen = site.as_admin(&[
        "sacctmgr",
        "-n",
        "-P",
        "show",
        "assoc",
        "WOPLimits",
        columns,
    ]);
    for row in ["lab||root|cpu=64,node=8", "optics||lab|", "optics|idler||"] {
        assert!(seen.lines().any(|line| line == row), "{row}: {seen}");
    }
    // What is to be used up in all, by one job, and who looks after it.
    let lab = json!({
        "account": "lab", "parent": "root", "isNew": false, "coordinators": [me],
        "limits": {"grpTres": "cpu=64,node=8", "grpTresMins": "cpu=100000", "maxTresMins": "cpu=5000"}
    });
    site.change(share(lab)).await;
    let columns = "format=GrpTRESMins,MaxTRESMins";
    let asked = ["sacctmgr", "-n", "-P", "show", "assoc", "account=lab"];
    let seen = site.as_admin(&[&asked[..], &["WOPLimits", columns]].concat());
    assert_eq!(seen.trim(), "cpu=100000|cpu=5000");
    assert_eq!(site.share("lab", "").await["coordinators"], json!([me]));
    let lab = json!({"account": "lab", "parent": "root", "isNew": false, "limits": {"grpTres": "cpu=64"}});
    site.change(share(lab)).await;
    let lab = site.share("lab", "").await;
    assert_eq!(lab["limits"], json!({"grpTres": "cpu=64"}), "{lab}");
    assert_eq!(lab["coordinators"], json!([]), "{lab}");
    // Made there, seen here.
    site.as_admin(&[
        "sacctmgr",
        "-i",
        "add",
        "account",
        "name=chem",
        "fairshare=7",
    ]);
    assert_eq!(site.share("chem", "").await["fairShare"], "7");
    assert_eq!(site.share("optics", me).await["isDefault"], true);
    programs_do_the_same(plane).await;

    // What Slurm would do in silence, or never end, is refused.
    for (change, word) in [
        (
            json!({"deleteShare": {"account": "lab", "user": ""}}),
            "below it",
        ),
        (
            share(json!({"account": "lab", "parent": "optics", "isNew": false})),
            "below itself",
        ),
        (
            share(json!({"account": "new", "parent": "nothing"})),
            "no account nothing",
        ),
        (
            share(json!({"account": "new", "parent": "root", "coordinators": ["stranger"]})),
            "stranger",
        ),
        (
            share(json!({"account": "a,b", "parent": "root"})),
            "letters",
        ),
        (share(json!({"account": "optics", "user": me})), "already"),
        (
            share(json!({"account": "x", "limits": {"grpTres": "magic=1"}})),
            "magic",
        ),
    ] {
        let refusal = site.try_change(change.clone()).await.unwrap_err();
        assert!(refusal.contains(word), "{change}: {refusal}");
    }

    // Whoever had more has less of a turn.
    // Slurm counts a job as it ends only where limits are enforced, and what follows from it as it starts, or each five
    // minutes.
    site.enforce().await;
    let first = plane.sbatch(CLUSTER, &["--output=/dev/null"], "sleep 2");
    plane.wait_job(CLUSTER, &first, "COMPLETED").await;
    site.name_qos("normal").await.unwrap();
    wait_until("fair share orders the two", async || {
        let mine = site.share("optics", me).await["factor"].as_f64();
        let idle = site.share("optics", "idler").await["factor"].as_f64();
        match mine.zip(idle) {
            Some((mine, idle)) if mine < idle => Ok(()),
            told => Err(format!("{told:?}")),
        }
    })
    .await;
    let told = site.told("usage").await;
    let usage = &told["usage"][0];
    assert_eq!(usage["account"], "optics", "{told}");
    assert_eq!(usage["queue"], "demo", "{told}");
    let periods = usage["overTime"].as_array().unwrap();
    let sum: u64 = periods.iter().filter_map(Value::as_u64).sum();
    // Of a job over two periods a second may be cut off.
    let took = usage["cpuSeconds"].as_u64().unwrap();
    assert!(sum > 0 && sum <= took && sum + 10 > took, "{told}");
    // Nobody else may submit for another.
    if nix::unistd::geteuid().is_root() {
        site.who_had_much_waits_behind_who_had_little().await;
    }

    // A limit holds a job back.
    let limited = json!({"account": "optics", "user": me, "isNew": false, "isDefault": true, "limits": {"maxJobs": "1"}});
    site.change(share(limited)).await;
    let runs = plane.sbatch(CLUSTER, &["--output=/dev/null"], "sleep 600");
    plane.wait_job(CLUSTER, &runs, "RUNNING").await;
    let waits = plane.sbatch(CLUSTER, &["--output=/dev/null"], "true");
    site.is_held_back(&waits, &["AssocMaxJobsLimit"]).await;
    plane.connect(CLUSTER, &["scancel", &runs]);
    let unlimited = json!({"account": "optics", "user": me, "isNew": false, "isDefault": true});
    site.change(share(unlimited)).await;
    assert_eq!(site.share("optics", me).await["limits"], json!({}));

    // A reservation keeps a node for others.
    let kept = json!({"name": "demo-day", "isNew": true, "minutes": "60", "nodes": "compute-1-2", "accounts": ["chem"]});
    site.as_admin(&[
        "sacctmgr",
        "-i",
        "add",
        "user",
        "name=idler",
        "account=chem",
    ]);
    site.change(json!({"putReservation": kept})).await;
    let told = site.as_admin(&["scontrol", "--oneliner", "show", "reservation"]);
    assert!(told.contains("ReservationName=demo-day"), "{told}");
    let told = site.told("list-reservations").await;
    assert_eq!(told["reservations"][0]["nodes"], "compute-1-2", "{told}");
    assert_eq!(
        told["licenses"][0],
        json!({"name": "solver", "total": 3, "used": 0})
    );
    let kept_out = plane.sbatch(
        CLUSTER,
        &["--output=/dev/null", "-w", "compute-1-2"],
        "true",
    );
    site.is_held_back(&kept_out, &["Reserv", "reserv"]).await;
    site.change(json!({"deleteReservation": {"name": "demo-day"}}))
        .await;
    let told = site.told("list-reservations").await;
    assert_eq!(told["reservations"], json!([]));
    // Of so many nodes, whichever those are, and of licences.
    for (what, of, is) in [
        (
            json!({"nodes": "1", "queue": "demo"}),
            "nodes",
            json!("compute-1-1"),
        ),
        (
            json!({"licenses": "solver:2"}),
            "licenses",
            json!(["solver:2"]),
        ),
        (
            json!({"nodes": "compute-1-2", "licenses": "solver:1"}),
            "nodes",
            json!("compute-1-2"),
        ),
    ] {
        let mut put = json!({"name": "some", "isNew": true, "minutes": "60", "accounts": ["chem"]});
        put.as_object_mut()
            .unwrap()
            .extend(what.as_object().unwrap().clone());
        site.change(json!({"putReservation": put.clone()})).await;
        let told = site.told("list-reservations").await;
        assert_eq!(told["reservations"][0][of], is, "{told}");
        put["isNew"] = json!(false);
        put["minutes"] = json!("90");
        site.change(json!({"putReservation": put})).await;
        site.change(json!({"deleteReservation": {"name": "some"}}))
            .await;
    }

    // A QOS that a queue names is there, and stays.
    let refusal = site.name_qos("normal,gold").await.unwrap_err();
    assert!(refusal.contains("no QOS gold"), "{refusal}");
    let gold =
        json!({"name": "gold", "isNew": true, "priority": "10", "limits": {"maxJobsPerUser": "2"}});
    site.change(json!({"putQos": gold})).await;
    site.name_qos("normal,gold").await.unwrap();
    let delete = json!({"deleteQos": {"name": "gold"}});
    let refusal = site.try_change(delete.clone()).await.unwrap_err();
    assert!(refusal.contains("Queue demo names QOS gold"), "{refusal}");
    site.name_qos("ALL").await.unwrap();
    site.change(delete).await;
    let seen = site.as_admin(&["sacctmgr", "-n", "-P", "show", "qos", "format=name"]);
    assert_eq!(seen.trim(), "normal");

    site.plane.finish().await;
}
