//! The bundle where no server answers: of the data directory, and of the database if it opens. What only a running server
//! knows is named as missing.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use app::i18n::Language;
use openpcs_agent::files;
use serde_json::{Value, json};

use super::bundle::Bundle;
use super::cluster::Controller;
use super::filter::Filter;
use super::server::collect_host;
use crate::db::cluster::ClusterRow;
use crate::db::compute_node_group::ComputeNodeGroupSpec;
use crate::db::queue::QueueSpec;
use crate::db::resource::{self, Noun, Row};
use crate::db::{Db, event, server};
use crate::live::host::{disk, name};
use crate::service::doors::OpenOutput;
use crate::service::timestamp;

/// The newest instances whose logs are of interest, and the newest events of a cluster.
const INSTANCES: usize = 20;
const EVENTS: i64 = 500;
/// Lines of the list of files.
const FILES: usize = 2_000;
/// How long the database may take for each answer: it may be the trouble.
const PATIENCE: Duration = Duration::from_secs(10);

/// What only a server tells that runs, and why the bundle lacks it.
const MISSING: [(&str, &str, &str); 5] = [
    (
        "server/log.txt",
        "The last lines of the server's log",
        "the server writes its log to standard error and into no file of its own: add what it was started with has of it, \
         as `journalctl --unit UNIT`",
    ),
    (
        "server/options.txt",
        "What the server was started with",
        "only a running server knows it: add how it is started",
    ),
    (
        "server/system.json",
        "Reconcilers, and what the server sees",
        "no server runs",
    ),
    (
        "server/metrics.txt",
        "What /metrics tells",
        "no server runs",
    ),
    (
        "clusters/*/slurm",
        "What Slurm answers",
        "a server asks it: its daemons' logs are here",
    ),
];

pub struct WithoutServer<'a> {
    pub data_dir: &'a Path,
    /// Why no server made the bundle.
    pub why: String,
    /// The database, or why it cannot be used.
    pub database: Result<Db, String>,
    /// Name or id of the only cluster that is of interest.
    pub cluster: Option<&'a str>,
}

/// A cluster of the database, of the disk, or of both.
struct Known {
    id: String,
    name: String,
    row: Option<ClusterRow>,
}

impl WithoutServer<'_> {
    /// Puts the bundle together in that directory, into which only this user can look.
    pub async fn collect(&self, within: &Path) -> anyhow::Result<OpenOutput> {
        let clusters = self.clusters().await?;
        let mut bundle = Bundle::begin(within, Filter::of(self.data_dir))?;
        bundle.say(&format!(
            "No server made it: {}. It is of the data directory {} on {}.",
            self.why,
            self.data_dir.display(),
            name()
        ));
        let version = format!("openpcs {}\n", env!("CARGO_PKG_VERSION"));
        bundle.put(
            "server/version.txt",
            "Of the program that made this",
            &version,
        );
        for (name, about, why) in MISSING {
            bundle.lacks(name, about, why);
        }
        collect_host(&mut bundle).await;
        self.collect_files(&mut bundle);
        self.collect_database(&mut bundle).await;
        for cluster in &clusters {
            self.collect_cluster(cluster, &mut bundle).await;
        }
        bundle.pack().await
    }

    async fn clusters(&self) -> anyhow::Result<Vec<Known>> {
        let rows: Vec<ClusterRow> = self.rows(None).await.unwrap_or_default();
        let mut all: Vec<Known> = rows
            .into_iter()
            .map(|row| Known {
                id: row.id.clone(),
                name: row.name.clone(),
                row: Some(row),
            })
            .collect();
        for id in files::dir_names(&self.data_dir.join("clusters"))? {
            if all.iter().all(|known| known.id != id) {
                let name = "unknown".to_owned();
                all.push(Known {
                    id,
                    name,
                    row: None,
                });
            }
        }
        let Some(wanted) = self.cluster else {
            return Ok(all);
        };
        let is_wanted = |known: &Known| known.id == wanted || known.name == wanted;
        match (all.iter().any(is_wanted), &self.database) {
            (true, _) => all.retain(is_wanted),
            // Nobody says which one has that name: it is among all of them.
            (false, Err(_)) => {}
            (false, Ok(_)) => anyhow::bail!(
                "neither the database nor {} has a cluster {wanted}; leave it out for all that there are",
                self.data_dir.display()
            ),
        }
        Ok(all)
    }

    async fn rows<S: Noun>(&self, cluster_id: Option<&str>) -> Result<Vec<Row<S>>, String> {
        let db = self.database.as_ref().map_err(String::clone)?;
        in_time(resource::list::<S>(db.pool(), cluster_id)).await
    }

    /// Names, owners, modes and sizes: what a server that does not start often stumbles over.
    fn collect_files(&self, bundle: &mut Bundle) {
        let mut list = match disk(self.data_dir) {
            Some(disk) => format!("{} bytes free of {}\n", disk.free, disk.total),
            None => "its file system does not tell what is free\n".to_owned(),
        };
        let mut left = vec![self.data_dir.to_owned()];
        let mut lines = 0;
        while let Some(next) = left.pop() {
            if lines == FILES {
                list.push_str("there is more\n");
                break;
            }
            lines += 1;
            list_one(&mut list, &next);
            // What jobs, nodes and daemons have of their own is below these.
            let depth = next
                .strip_prefix(self.data_dir)
                .map_or(0, |below| below.iter().count());
            if depth < 4 && next.symlink_metadata().is_ok_and(|about| about.is_dir()) {
                let mut below = entries(&next);
                below.sort_by(|one, other| other.cmp(one));
                left.extend(below);
            }
        }
        bundle.put("server/files.txt", "What is in the data directory", &list);
    }

    async fn collect_database(&self, bundle: &mut Bundle) {
        let about = "To which database the directory belongs";
        let claim = fs::read_to_string(self.data_dir.join(crate::data_dir::CLAIM));
        match claim {
            Ok(text) => bundle.put("server/database-id.txt", about, &text),
            Err(error) => bundle.lacks("server/database-id.txt", about, error),
        }
        let (name, about) = ("server/servers.json", "The servers of the database");
        match &self.database {
            Err(why) => bundle.lacks(name, about, why),
            Ok(db) => {
                let servers = in_time(server::all(db, db.pool())).await;
                let servers = servers.map(|all| all.iter().map(of_server).collect::<Vec<_>>());
                bundle.answer(name, about, servers);
            }
        }
    }

    async fn collect_cluster(&self, known: &Known, bundle: &mut Bundle) {
        let dir = format!("clusters/{}-{}", known.name, known.id);
        let (name, about) = (format!("{dir}/cluster.json"), "As the database has it");
        match (&known.row, &self.database) {
            (Some(row), _) => bundle.answer(&name, about, Ok::<_, String>(self.state(row).await)),
            (None, Ok(_)) => bundle.lacks(&name, about, "the database does not know it"),
            (None, Err(why)) => bundle.lacks(&name, about, why),
        }
        if let (Some(_), Ok(db)) = (&known.row, &self.database) {
            let newest = event::Cursor::newest();
            let events = event::older(db.pool(), &known.id, event::Part::All, &newest, EVENTS);
            let events = in_time(events).await;
            let told = |row: &event::EventRow| {
                let event = row.event(Language::default(), row.at);
                json!({"at": timestamp(row.at), "code": row.code, "of": row.resource_id, "message": event.message})
            };
            let events = events.map(|all| all.iter().map(told).collect::<Vec<_>>());
            bundle.answer(&format!("{dir}/events.json"), "The last events", events);
        }
        self.collect_logs(&known.id, &dir, bundle).await;
    }

    async fn state(&self, row: &ClusterRow) -> Value {
        let groups = self.rows::<ComputeNodeGroupSpec>(Some(&row.id)).await;
        let queues = self.rows::<QueueSpec>(Some(&row.id)).await;
        json!({
            "cluster": of_row(row),
            "slurmVersion": row.slurm_version(),
            "server": row.server(),
            "computeNodeGroups": of_rows(groups),
            "queues": of_rows(queues),
        })
    }

    async fn collect_logs(&self, cluster_id: &str, dir: &str, bundle: &mut Bundle) {
        let of_cluster = self.data_dir.join("clusters").join(cluster_id);
        // The server made it.
        let user_id = fs::metadata(&of_cluster).map_or(u32::MAX, |about| about.uid());
        let files = of_cluster.join("controller");
        let controller = Controller {
            files: &files,
            user_id,
        };
        controller.collect(dir, bundle).await;
        let mut instances = entries(&of_cluster.join("instances"));
        let changed = |path: &PathBuf| fs::metadata(path).and_then(|about| about.modified());
        instances.sort_by_key(|path| std::cmp::Reverse(changed(path).unwrap_or(UNIX_EPOCH)));
        for instance in instances.iter().take(INSTANCES) {
            let of_one = Controller {
                files: instance,
                user_id,
            };
            let id = instance.file_name().unwrap_or_default().to_string_lossy();
            let names = files::names(instance).unwrap_or_default();
            for log in names.iter().filter(|name| name.ends_with(".log")) {
                let name = format!("{dir}/logs/{id}/{log}");
                let about = "The end of an instance's log";
                of_one.put(bundle, &name, about, log).await;
            }
        }
    }
}

async fn in_time<T>(asked: impl Future<Output = sqlx::Result<T>>) -> Result<T, String> {
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_) => Err(format!(
            "the database did not answer within {} s",
            PATIENCE.as_secs()
        )),
    }
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten();
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect()
}

/// As `ls` has it. Writing to a String cannot fail.
fn list_one(list: &mut String, path: &Path) {
    let shown = path.display();
    let _ = match fs::symlink_metadata(path) {
        Ok(about) => writeln!(
            list,
            "{:o} {}:{} {} {shown}",
            about.mode(),
            about.uid(),
            about.gid(),
            about.len()
        ),
        Err(error) => writeln!(list, "{shown}: {error}"),
    };
}

fn of_row<S: Noun>(row: &Row<S>) -> Value {
    json!({
        "id": row.id, "name": row.name, "status": row.status, "generation": row.generation, "errorInfo": row.error_info,
        "createdAt": timestamp(row.created_at), "modifiedAt": timestamp(row.modified_at),
    })
}

/// Or why they cannot be told.
fn of_rows<S: Noun>(rows: Result<Vec<Row<S>>, String>) -> Value {
    match rows {
        Ok(rows) => rows.iter().map(of_row).collect(),
        Err(why) => Value::String(why),
    }
}

fn of_server(seen: &server::Seen) -> Value {
    let server = &seen.server;
    json!({
        "id": server.id, "url": server.url, "host": server.host, "lives": seen.lives, "seenAt": timestamp(seen.seen_at),
    })
}
