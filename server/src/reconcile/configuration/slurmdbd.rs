//! What slurmdbd has of a configuration: a file of its own, which is in force when a slurmdbd has come up with it.

use std::io;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use anyhow::Context;
use openpcs_agent::protocol::SLURMDBD_DAEMON;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::Parts;
use crate::db::cluster::{ClusterRow, ClusterSpec, SLURMDBD, keeps_rest};
use crate::live::host;
use crate::plan::configuration::rows::Specs;
use crate::plan::start::Log;
use crate::slurm::conf::slurmdbd::{self, SlurmdbdInput};
use crate::slurm::database::Storage;

/// How long a connection to it may take.
const KNOCK: Duration = Duration::from_secs(1);
/// How long one that was just started is waited for, and how often it is asked: it makes the tables of a new cluster first.
const PATIENCE: Duration = Duration::from_secs(15);
const PAUSE: Duration = Duration::from_millis(100);
/// Settings that are left out of a trial: what slurmdbd says is what it is for.
const NOT_TRIED: [&str; 2] = ["DebugLevel", "LogTimeFormat"];

/// slurmdbd.conf of a cluster with accounting.
pub fn render(
    parts: &Parts,
    (row, spec): (&ClusterRow, &ClusterSpec),
    is_audited: bool,
) -> anyhow::Result<String> {
    Ok(slurmdbd::render(&input(parts, row, spec, is_audited)?))
}

/// The same for a trial, which has no database: the records are nobody's to try with. None where no accounts are kept.
pub fn render_trial(parts: &Parts, specs: &Specs<'_>) -> anyhow::Result<Option<String>> {
    let (row, spec) = specs.cluster;
    if !spec.has_accounting() {
        return Ok(None);
    }
    let mut input = input(parts, row, spec, false)?;
    let dir = parts.controllers.trial_dir(&row.id);
    input.address = Ipv4Addr::LOCALHOST.into();
    input.log_file = dir.join("slurmdbd.log");
    input.storage = Storage {
        host: "localhost".to_owned(),
        port: None,
        user: input.user.clone(),
        password: None,
        ssl_ca: None,
    };
    // The key is not there.
    input.jwt_key = None;
    input.settings.retain(|given| {
        let is = |name: &&str| name.eq_ignore_ascii_case(&given.parameter_name);
        !NOT_TRIED.iter().any(is)
    });
    Ok(Some(slurmdbd::render(&input)))
}

fn input(
    parts: &Parts,
    row: &ClusterRow,
    spec: &ClusterSpec,
    is_audited: bool,
) -> anyhow::Result<SlurmdbdInput> {
    let place = row.placement.as_ref();
    let place = place.context("the controller has no place yet")?;
    let port = place.ports.get(SLURMDBD).copied();
    let controllers = &parts.controllers;
    let accounting = spec.slurm.accounting.as_ref();
    let settings = spec.slurm.slurmdbd_custom_settings.clone();
    Ok(SlurmdbdInput {
        host: host::short_name(),
        address: place.address,
        port: port.context("slurmdbd has no port yet")?,
        user: host::own_user()?,
        log_file: controllers.log(&row.id, SLURMDBD_DAEMON).path().into(),
        storage: parts.database.storage(),
        database: row.id.clone(),
        jwt_key: keeps_rest(row).then(|| controllers.jwt_key(&row.id)),
        purge_days: accounting.and_then(|asked| asked.default_purge_time_in_days),
        settings: settings.unwrap_or_default(),
        audited: is_audited.then(|| spec.scheduler.version.clone()),
    })
}

/// It listens once its records are as it needs them.
pub async fn answers(cluster: &ClusterRow) -> bool {
    let port = cluster.ports().get(SLURMDBD).copied();
    let place = cluster.placement.as_ref();
    let Some((place, port)) = place.zip(port) else {
        return false;
    };
    let knock = TcpStream::connect((place.address, port));
    matches!(timeout(KNOCK, knock).await, Ok(Ok(_)))
}

/// Waits for it for a while; whether it answers.
pub async fn comes_up(cluster: &ClusterRow) -> bool {
    let listens = async {
        while !answers(cluster).await {
            sleep(PAUSE).await;
        }
    };
    timeout(PATIENCE, listens).await.is_ok()
}

/// Has slurmdbd go on with that file. The inner error has its words when it does not come up with it: then it goes on with
/// the one that it had. slurmctld keeps what it has to say meanwhile.
pub async fn put(
    parts: &Parts,
    cluster: &ClusterRow,
    conf: &str,
) -> anyhow::Result<Result<(), String>> {
    let (controllers, id) = (&parts.controllers, &cluster.id);
    let before = controllers.slurmdbd_conf(id)?;
    let did_answer = answers(cluster).await;
    let start = Start::next(parts, id).await;
    controllers.restart_slurmdbd(id, conf)?;
    // Of one that was in trouble anyway nobody knows whether the file is to blame.
    if !did_answer {
        return Ok(Ok(()));
    }
    let refusal = start.refusal(cluster).await;
    if let (Some(_), Some(before)) = (&refusal, before) {
        put_back(parts, cluster, &before).await?;
    }
    Ok(refusal.map_or(Ok(()), Err))
}

/// Has slurmdbd go on with a file that it came up with before.
pub async fn put_back(parts: &Parts, cluster: &ClusterRow, conf: &str) -> io::Result<()> {
    parts.controllers.restart_slurmdbd(&cluster.id, conf)?;
    if !comes_up(cluster).await {
        tracing::warn!(cluster = cluster.name, "slurmdbd does not listen yet");
    }
    Ok(())
}

/// A start of slurmdbd, and all that is logged from then on.
struct Start<'a> {
    parts: &'a Parts,
    /// Bytes of the agent's log and its own before.
    logged: (u64, u64),
}

impl<'a> Start<'a> {
    async fn next(parts: &'a Parts, cluster_id: &str) -> Start<'a> {
        let controllers = &parts.controllers;
        let agent = controllers.agent_log(cluster_id).size().await;
        let own = controllers.log(cluster_id, SLURMDBD_DAEMON).size().await;
        Start {
            parts,
            logged: (agent.unwrap_or(0), own.unwrap_or(0)),
        }
    }

    /// Its last words, if it ends again and again; none when it comes up, and when it takes longer than anybody waits.
    async fn refusal(&self, cluster: &ClusterRow) -> Option<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let log = self.log(&cluster.id).await;
            if !log.gives_hope() {
                return Some(format!("slurmdbd: {}", log.words));
            }
            // The one before answers until it has ended.
            let is_another = log.ends > 0;
            if Instant::now() > deadline || (is_another && answers(cluster).await) {
                return None;
            }
            sleep(PAUSE).await;
        }
    }

    async fn log(&self, cluster_id: &str) -> Log {
        let controllers = &self.parts.controllers;
        let agent = controllers.agent_log(cluster_id);
        let own = controllers.log(cluster_id, SLURMDBD_DAEMON);
        let (agent, own) = (
            agent.text_since(self.logged.0).await,
            own.text_since(self.logged.1).await,
        );
        Log::read(SLURMDBD_DAEMON, &agent, &own)
    }
}
