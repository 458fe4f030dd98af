//! What is collected of a cluster. Its Slurm is asked last and not for long: one that hangs keeps nobody waiting.

use std::path::Path;
use std::time::Duration;

use app::model::cluster::GetClusterRequest;
use app::model::compute_node_group::GetComputeNodeGroupRequest;
use app::model::event::EventsOf;
use app::model::page::PageRequest;
use app::model::queue::GetQueueRequest;
use app::port::{Clusters, ComputeNodeGroups, Console, Ctx, Events, Jobs, Nodes, Queues};
use openpcs_agent::protocol::{SLURMCTLD_DAEMON, SLURMDBD_DAEMON, SLURMRESTD_DAEMON};

use super::bundle::Bundle;
use crate::db::cluster::ClusterRow;
use crate::db::compute_node_group::ComputeNodeGroupSpec;
use crate::db::queue::QueueSpec;
use crate::db::{instance, resource};
use crate::service::Service;
use crate::slurm::output::{OutputFile, before};

/// Bytes of the end of a daemon's log on the controller.
const DAEMON_LOG: u64 = 1024 * 1024;
/// The newest instances whose logs are of interest, and the nodes whose launches are.
const INSTANCES: i64 = 20;
const NODES: usize = 50;
/// How long a program of Slurm's may take; after one that took longer no other is asked.
const PATIENCE: Duration = Duration::from_secs(10);

/// Files that Slurm reads and that hold no secret. slurmdbd.conf has a password and is none of them.
const CONFIGURATION: [&str; 8] = [
    "slurm.conf",
    "cgroup.conf",
    "gres.conf",
    "topology.conf",
    "topology.yaml",
    "mpi.conf",
    "plugstack.conf",
    "slurmrestd.conf",
];

/// Whose logs are with the controller.
const DAEMONS: [&str; 4] = [
    SLURMCTLD_DAEMON,
    SLURMDBD_DAEMON,
    SLURMRESTD_DAEMON,
    "agent",
];

/// What Slurm is asked, and the name of the answer's file. Of jobs only what no one wrote: their names, commands and comments
/// may hold anything.
const QUESTIONS: [(&str, &[&str], &str); 9] = [
    ("scontrol", &["ping"], "scontrol-ping"),
    ("sinfo", &["--long", "--Node"], "sinfo"),
    ("sinfo", &["--list-reasons"], "sinfo-reasons"),
    (
        "squeue",
        &[
            "--format=%.14i %.20P %.12u %.12T %.12M %.12l %.6D %.24S %r",
            "--states=all",
        ],
        "squeue",
    ),
    ("scontrol", &["show", "config"], "scontrol-show-config"),
    (
        "scontrol",
        &["show", "partitions"],
        "scontrol-show-partitions",
    ),
    ("scontrol", &["show", "nodes"], "scontrol-show-nodes"),
    (
        "scontrol",
        &["show", "reservations"],
        "scontrol-show-reservations",
    ),
    ("sdiag", &[], "sdiag"),
];

impl Service {
    pub(super) async fn collect_cluster(&self, ctx: &Ctx, row: &ClusterRow, bundle: &mut Bundle) {
        let dir = format!("clusters/{}-{}", row.name, row.id);
        self.collect_state(ctx, row, &dir, bundle).await;
        self.collect_nodes(ctx, row, &dir, bundle).await;
        let controller = Controller {
            files: &self.parts.controllers.dir(&row.id),
            user_id: nix::unistd::geteuid().as_raw(),
        };
        controller.collect(&dir, bundle).await;
        self.collect_node_logs(row, &dir, bundle).await;
        self.collect_slurm(row, &dir, bundle).await;
    }

    async fn collect_state(&self, ctx: &Ctx, row: &ClusterRow, dir: &str, bundle: &mut Bundle) {
        let id = || row.id.clone();
        let asked = GetClusterRequest {
            cluster_identifier: id(),
        };
        let cluster = self.get_cluster(ctx, asked).await;
        bundle.answer(
            &format!("{dir}/cluster.json"),
            "As GetCluster answers",
            cluster,
        );
        let pool = self.parts.db.pool();
        let groups = resource::list::<ComputeNodeGroupSpec>(pool, Some(&row.id)).await;
        for group in groups.unwrap_or_default() {
            let asked = GetComputeNodeGroupRequest {
                cluster_identifier: id(),
                compute_node_group_identifier: group.id,
            };
            let name = format!("{dir}/compute-node-groups/{}.json", group.name);
            let answer = self.get_compute_node_group(ctx, asked).await;
            bundle.answer(&name, "As GetComputeNodeGroup answers", answer);
        }
        let queues = resource::list::<QueueSpec>(pool, Some(&row.id)).await;
        for queue in queues.unwrap_or_default() {
            let asked = GetQueueRequest {
                cluster_identifier: id(),
                queue_identifier: queue.id,
            };
            let name = format!("{dir}/queues/{}.json", queue.name);
            let answer = self.get_queue(ctx, asked).await;
            bundle.answer(&name, "As GetQueue answers", answer);
        }
        let troubles = self.troubles(ctx, id()).await;
        let about = "What the server cannot see of the cluster";
        bundle.answer(&format!("{dir}/troubles.json"), about, troubles);
        let of = EventsOf {
            cluster_identifier: id(),
            ..EventsOf::default()
        };
        let events = self.list_events(ctx, of, PageRequest::longest()).await;
        let about = "The last events";
        bundle.answer(&format!("{dir}/events.json"), about, events);
        let jobs = self.count_jobs(ctx, id()).await;
        bundle.answer(&format!("{dir}/jobs.json"), "How many jobs there are", jobs);
    }

    async fn collect_nodes(&self, ctx: &Ctx, row: &ClusterRow, dir: &str, bundle: &mut Bundle) {
        let name = format!("{dir}/nodes.json");
        let about = "Nodes with their instances";
        let page = self.list_nodes(ctx, Some(row.id.clone()), PageRequest::longest());
        let nodes = match page.await {
            Ok(nodes) => nodes,
            Err(refusal) => return bundle.lacks(&name, about, refusal),
        };
        for node in nodes.rows.iter().take(NODES) {
            let node = node.item.name.clone();
            let name = format!("{dir}/launch-attempts/{node}.json");
            let attempts = self.node_attempts(ctx, row.id.clone(), node).await;
            if !matches!(&attempts, Ok(none) if none.is_empty()) {
                bundle.answer(&name, "Attempts to get instances", attempts);
            }
        }
        bundle.answer(&name, about, Ok::<_, String>(nodes));
    }

    /// Of the newest instances, also of those that have ended or never came up.
    async fn collect_node_logs(&self, row: &ClusterRow, dir: &str, bundle: &mut Bundle) {
        let about = "The ends of an instance's logs";
        let of_all = format!("{dir}/logs/instances");
        let newest = match instance::newest(self.parts.db.pool(), &row.id, INSTANCES).await {
            Ok(newest) => newest,
            Err(error) => return bundle.lacks(&of_all, about, error),
        };
        for id in newest {
            let of_one = format!("{dir}/logs/{id}");
            let asked = tokio::time::timeout(PATIENCE, self.logs_of(&row.id, &id)).await;
            let logs = match asked {
                Ok(Ok(logs)) => logs,
                Ok(Err(error)) => {
                    bundle.lacks(&of_one, about, error.message);
                    continue;
                }
                Err(_) => return bundle.lacks(&of_all, about, "they are not told in time"),
            };
            for log in logs {
                bundle.put(&format!("{of_one}/{}", log.name), about, &log.text);
            }
        }
    }

    async fn collect_slurm(&self, row: &ClusterRow, dir: &str, bundle: &mut Bundle) {
        let about = "What Slurm answers";
        let client = match self.parts.client(&row.id, row.slurm_version()) {
            Ok(Some(client)) => client,
            Ok(None) => {
                return bundle.lacks(
                    &format!("{dir}/slurm"),
                    about,
                    "its controller does not run",
                );
            }
            Err(error) => return bundle.lacks(&format!("{dir}/slurm"), about, error),
        };
        for (program, arguments, name) in QUESTIONS {
            let name = format!("{dir}/slurm/{name}.txt");
            let asked = client.shown(program, arguments);
            match tokio::time::timeout(PATIENCE, asked).await {
                Ok(Ok(answer)) => bundle.put(&name, about, &String::from_utf8_lossy(&answer)),
                Ok(Err(error)) => bundle.lacks(&name, about, error),
                Err(_) => {
                    let why = format!(
                        "no answer within {} s; nothing more was asked",
                        PATIENCE.as_secs()
                    );
                    return bundle.lacks(&name, about, why);
                }
            }
        }
    }
}

/// The files of a cluster's controller.
pub(super) struct Controller<'a> {
    pub files: &'a Path,
    /// Who runs the server.
    pub user_id: u32,
}

impl Controller<'_> {
    pub async fn collect(&self, dir: &str, bundle: &mut Bundle) {
        for file in CONFIGURATION {
            let name = format!("{dir}/configuration/{file}");
            self.put(bundle, &name, "Configuration", file).await;
        }
        for daemon in DAEMONS {
            let (name, file) = (format!("{dir}/logs/{daemon}.log"), format!("{daemon}.log"));
            self.put(bundle, &name, "The end of its log", &file).await;
        }
    }

    /// Of what is there. Nothing but a plain file of the server's own user is read.
    pub async fn put(&self, bundle: &mut Bundle, name: &str, about: &str, file: &str) {
        let path = self.files.join(file);
        if !path.exists() {
            return;
        }
        let file = OutputFile {
            path,
            user_id: self.user_id,
            forbidden: None,
            submitted_at: 0,
        };
        match before(file, None, DAEMON_LOG).await {
            Some(end) => bundle.put(name, about, &String::from_utf8_lossy(&end.bytes)),
            None => bundle.lacks(name, about, "it cannot be read"),
        }
    }
}
