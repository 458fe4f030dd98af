//! The Slurm REST API: programs that show a token of the cluster's ask and submit by HTTP, others do not, and it comes and
//! goes under running jobs (C9).

use std::time::Duration;

use aws_sdk_pcs::types::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use openpcs_server::auth::slurm_token::{Claims, sign};
use serde_json::{Value, json};

use crate::harness::*;

const CLUSTER: &str = "rest";
/// More than slurmrestd takes at a time.
const FLOOD: usize = 300;

/// What the agent of Slurm-web asks for its pages, and where in the answer it looks: `{job}` and `{node}` are filled in.
const PAGES: [(&str, &str); 10] = [
    ("slurm/{version}/ping", "meta"),
    ("slurm/{version}/jobs", "jobs"),
    ("slurm/{version}/job/{job}", "jobs"),
    ("slurmdb/{version}/job/{job}", "jobs"),
    ("slurm/{version}/nodes", "nodes"),
    ("slurm/{version}/node/{node}", "nodes"),
    ("slurm/{version}/partitions", "partitions"),
    ("slurmdb/{version}/accounts", "accounts"),
    ("slurm/{version}/reservations", "reservations"),
    ("slurmdb/{version}/qos", "qos"),
];

struct Rest {
    plane: TestPlane,
    client: reqwest::Client,
    /// `http://ADDRESS:PORT`.
    base: String,
    /// `slurm/v0.0.42`.
    api: String,
}

impl Rest {
    async fn start(mode: SlurmRestMode, accounting: AccountingMode) -> Self {
        let plane = TestPlane::start(Database::OfRun).await;
        let accounting = AccountingRequest::builder().mode(accounting).build();
        let slurm = ClusterSlurmConfigurationRequest::builder()
            .scale_down_idle_time_in_seconds(600)
            .slurm_rest(
                SlurmRestRequest::builder()
                    .mode(mode.clone())
                    .build()
                    .unwrap(),
            )
            .accounting(accounting.unwrap())
            .build();
        let cluster = plane.new_cluster(CLUSTER).slurm_configuration(slurm);
        cluster.send().await.unwrap();
        let cluster = plane.wait_cluster(CLUSTER, ClusterStatus::Active).await;
        let group = plane.group(CLUSTER, "compute-1", 0, 2).await;
        plane.queue(CLUSTER, "demo", group.id()).await;
        let mut rest = Rest {
            base: base(&cluster).unwrap_or_default(),
            api: String::new(),
            client: reqwest::Client::new(),
            plane,
        };
        if mode == SlurmRestMode::None {
            let on = rest.switch(SlurmRestMode::Standard).await;
            rest.base = base(&on).unwrap();
            rest.answers_at_all().await;
        }
        rest.api = rest.known_api().await;
        rest
    }

    /// `openpcs token`, as a person types it.
    fn token(&self, options: &[&str]) -> Result<String, String> {
        let words = [&[CLUSTER], options].concat();
        let made = self.plane.server.command("token", &words);
        made.map(|token| token.trim().to_owned())
    }

    async fn ask(&self, path: &str, token: &str) -> Result<(u16, Value), String> {
        let url = format!("{}/{path}", self.base);
        let asked = self.client.get(url).header("X-SLURM-USER-TOKEN", token);
        let answer = asked.timeout(Duration::from_secs(10)).send().await;
        let answer = answer.map_err(|error| error.to_string())?;
        let status = answer.status().as_u16();
        Ok((status, answer.json().await.unwrap_or_default()))
    }

    async fn jobs(&self, token: &str) -> Result<(u16, Value), String> {
        self.ask(&format!("{}/jobs", self.api), token).await
    }

    async fn is_refused(&self, token: &str) {
        let (status, answer) = self.jobs(token).await.unwrap();
        assert_ne!(status, 200, "{answer}");
        assert_eq!(answer["jobs"].as_array().map_or(0, Vec::len), 0);
    }

    /// What its own description says: the version, and that what is asked here is in it.
    async fn known_api(&self) -> String {
        let token = self.token(&[]).unwrap();
        let (status, described) = self.ask("openapi/v3", &token).await.unwrap();
        assert_eq!(status, 200, "{described}");
        let paths = described["paths"].as_object().unwrap();
        let ping = paths.keys().find(|path| path.contains("/ping")).unwrap();
        let api = ping.trim_matches('/').rsplit_once('/').unwrap().0;
        for wanted in ["jobs/", "job/submit", "job/{job_id}"] {
            let wanted = format!("/{api}/{wanted}");
            assert!(
                paths.contains_key(&wanted),
                "{wanted} is not in {:?}",
                paths.keys()
            );
        }
        api.to_owned()
    }

    /// It takes any error for the whole page's.
    async fn shows_slurm_web_its_pages(&self, token: &str, job: &str) {
        let version = self.api.trim_start_matches("slurm/");
        for (path, key) in PAGES {
            let path = path.replace("{version}", version).replace("{job}", job);
            let path = path.replace("{node}", "compute-1-1");
            let (status, answer) = self.ask(&path, token).await.unwrap();
            assert_eq!(status, 200, "{path}: {answer}");
            assert_eq!(answer["errors"], json!([]), "{path}: {answer}");
            let is_there = match key {
                // There are none.
                "reservations" => answer[key].is_array(),
                "meta" => answer[key]["slurm"]["release"].is_string(),
                _ => answer[key].as_array().is_some_and(|all| !all.is_empty()),
            };
            assert!(is_there, "{path}: {answer}");
        }
    }

    /// It may still be starting when the cluster is ACTIVE.
    async fn answers_at_all(&self) {
        wait_until("slurmrestd answers", async || {
            self.ask("openapi/v3", "").await.map(drop)
        })
        .await;
    }

    async fn submit(&self, token: &str, command: &str) -> String {
        let job = json!({
            "script": format!("#!/bin/sh\n{command}\n"),
            "job": {
                "partition": "demo",
                "name": "by-rest",
                "current_working_directory": "/tmp",
                "standard_output": "/dev/null",
                "environment": ["PATH=/usr/bin:/bin"],
            },
        });
        let url = format!("{}/{}/job/submit", self.base, self.api);
        let asked = self.client.post(url).header("X-SLURM-USER-TOKEN", token);
        let answer = asked.json(&job).send().await.unwrap();
        let status = answer.status().as_u16();
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(status, 200, "{answer}");
        answer["job_id"].to_string()
    }

    async fn switch(&self, mode: SlurmRestMode) -> Cluster {
        let asked = UpdateSlurmRestRequest::builder().mode(mode).build();
        let slurm = UpdateClusterSlurmConfigurationRequest::builder().slurm_rest(asked);
        let update = self.plane.admin().update_cluster();
        let update = update.cluster_identifier(CLUSTER);
        update
            .slurm_configuration(slurm.build())
            .send()
            .await
            .unwrap();
        self.plane
            .wait_cluster(CLUSTER, ClusterStatus::Active)
            .await
    }

    async fn answers(&self, token: &str) {
        wait_until("the REST API answers", async || {
            match self.jobs(token).await {
                Ok((200, _)) => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
    }
}

fn base(cluster: &Cluster) -> Option<String> {
    let mut all = cluster.endpoints().iter();
    let found = all.find(|one| *one.r#type() == EndpointType::Slurmrestd)?;
    Some(format!(
        "http://{}:{}",
        found.private_ip_address(),
        found.port()
    ))
}

fn jwt_key(cluster: &Cluster) -> Option<JwtKey> {
    cluster
        .slurm_configuration()?
        .jwt_auth()?
        .jwt_key()
        .cloned()
}

/// As a program of somebody's own signs a token, with what Secrets Manager says.
fn signed(key: &[u8], user: &str) -> String {
    let now = chrono::Utc::now().timestamp();
    let claims = Claims {
        expires_at: now + 600,
        issued_at: now,
        user,
    };
    sign(key, &claims).unwrap()
}

#[tokio::test]
async fn programs_with_a_token_work_by_http() {
    let rest = Rest::start(SlurmRestMode::Standard, AccountingMode::None).await;
    let plane = &rest.plane;
    let token = rest.token(&[]).unwrap();
    let ping = format!("{}/ping", rest.api);
    let (status, answer) = rest.ask(&ping, &token).await.unwrap();
    assert_eq!((status, &answer["pings"][0]["pinged"]), (200, &json!("UP")));

    let job = rest.submit(&token, "true").await;
    plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    let (_, jobs) = rest.jobs(&token).await.unwrap();
    assert_eq!(jobs["jobs"][0]["name"], "by-rest", "{jobs}");
    let user = jobs["jobs"][0]["user_name"].as_str().unwrap();

    // The key is read as the guide has programs read it; with it they sign for themselves.
    let cluster = plane.get_cluster(CLUSTER).await;
    let key = jwt_key(&cluster).unwrap();
    let (secret, version) = (key.secret_arn(), key.secret_version());
    let get = ["secretsmanager", "get-secret-value", "--secret-id", secret];
    let text = [
        "--version-id",
        version,
        "--query",
        "SecretString",
        "--output",
        "text",
    ];
    let read = plane.server.aws(&[&get[..], &text[..]].concat());
    assert!(read.status.success(), "{read:?}");
    let mut key = BASE64.decode(read.stdout.trim_ascii()).unwrap();
    assert_eq!(rest.jobs(&signed(&key, user)).await.unwrap().0, 200);

    key[0] ^= 1;
    rest.is_refused(&signed(&key, user)).await;
    rest.is_refused("no token").await;
    let short = rest.token(&["--lifetime", "1s"]).unwrap();
    wait_until("the token is over", async || {
        match rest.jobs(&short).await? {
            (200, answer) => Err(answer.to_string()),
            _ => Ok(()),
        }
    })
    .await;
    rest.is_refused(&short).await;
    let too_long = rest.token(&["--lifetime", "25h"]).unwrap_err();
    assert!(too_long.contains("one day"), "{too_long}");
    assert!(rest.token(&["--user", "no-such-user"]).is_err());

    // Somebody who opens connections and says nothing keeps out those who ask by HTTP, and nobody else.
    let address = rest.base.trim_start_matches("http://");
    let mut open = vec![];
    for _ in 0..FLOOD {
        open.push(tokio::net::TcpStream::connect(address).await.unwrap());
    }
    plane.connect(CLUSTER, &["squeue"]);
    drop(open);
    rest.answers(&token).await;

    kill(slurmrestd(address), Signal::SIGKILL).unwrap();
    rest.answers(&token).await;
    rest.plane.finish().await;
}

/// The one that listens there.
fn slurmrestd(address: &str) -> Pid {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let is_it = |pid: &i32| {
        let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let words: Vec<&str> = line.split('\0').collect();
        words[0].ends_with("/slurmrestd") && words.contains(&address)
    };
    let mut pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    Pid::from_raw(pids.find(is_it).unwrap())
}

#[tokio::test]
async fn the_rest_api_goes_off_and_on_under_a_job() {
    let rest = Rest::start(SlurmRestMode::Standard, AccountingMode::None).await;
    let plane = &rest.plane;
    let old = rest.token(&[]).unwrap();
    let job = rest.submit(&old, "sleep 600").await;
    plane.wait_job(CLUSTER, &job, "RUNNING").await;

    let off = rest.switch(SlurmRestMode::None).await;
    assert_eq!((base(&off), jwt_key(&off)), (None, None));
    wait_until("slurmrestd has ended", async || {
        match rest.jobs(&old).await {
            Err(_) => Ok(()),
            Ok(answer) => Err(format!("{answer:?}")),
        }
    })
    .await;
    assert!(rest.token(&[]).unwrap_err().contains("no Slurm REST API"));
    plane.wait_job(CLUSTER, &job, "RUNNING").await;

    // With a new key: what was given away before is worth nothing.
    let on = rest.switch(SlurmRestMode::Standard).await;
    assert_eq!(base(&on).as_ref(), Some(&rest.base));
    rest.answers(&rest.token(&[]).unwrap()).await;
    rest.is_refused(&old).await;
    plane.wait_job(CLUSTER, &job, "RUNNING").await;
    plane.connect(CLUSTER, &["scancel", &job]);
    rest.plane.finish().await;
}

/// slurmdbd is asked through the same door. The cluster was made without it.
#[tokio::test]
async fn past_jobs_are_asked_for_where_accounts_are_kept() {
    let rest = Rest::start(SlurmRestMode::None, AccountingMode::Standard).await;
    let plane = &rest.plane;
    let token = rest.token(&[]).unwrap();
    let job = rest.submit(&token, "true").await;
    plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    let path = format!("{}/job/{job}", rest.api.replace("slurm/", "slurmdb/"));
    wait_until("slurmdbd tells of it", async || {
        let (status, answer) = rest.ask(&path, &token).await?;
        let name = &answer["jobs"][0]["name"];
        let is_told = status == 200 && name == "by-rest";
        is_told.then_some(()).ok_or(format!("{status} {answer}"))
    })
    .await;
    rest.shows_slurm_web_its_pages(&token, &job).await;
    rest.plane.finish().await;
}
