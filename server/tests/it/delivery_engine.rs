//! Logs of a real Slurm reach the directory that they are delivered to, each line once: over rotation of the file, an end of
//! the server in mid-batch, a destination that is down and back, a delivery that is removed and made anew, and the end of the
//! cluster.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use openpcs_server::db::now;
use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

use crate::delivery_api::logs;
use crate::harness::*;

const DIRECTORY: &str = "arn:aws:pcs:us-east-1:111122223333:log-directory/kept";

struct Delivered {
    plane: TestPlane,
    cluster_id: String,
    cluster_arn: String,
    /// slurmctld's.
    log: PathBuf,
    written: usize,
}

impl Delivered {
    async fn start() -> Delivered {
        let plane = TestPlane::start(Database::OfRun).await;
        let cluster = plane.cluster("delivered", 600).await;
        let clusters = plane.server.data().join("clusters");
        Delivered {
            log: clusters.join(&cluster.id).join("controller/slurmctld.log"),
            plane,
            cluster_id: cluster.id,
            cluster_arn: cluster.arn,
            written: 0,
        }
    }

    fn aws(&self, command: &str) -> Value {
        logs(&self.plane, command)
    }

    /// The id of a delivery to the directory.
    fn connect(&self) -> String {
        let to = "arn:aws:logs:us-east-1:111122223333:delivery-destination:kept";
        let create =
            format!("create-delivery --delivery-source-name s --delivery-destination-arn {to}");
        let made = self.aws(&create);
        made["delivery"]["id"].as_str().unwrap().to_owned()
    }

    /// So many lines more in slurmctld's log, as slurmctld writes them.
    fn write(&mut self, count: usize) {
        self.write_with(count, "");
    }

    /// The same, with something behind each number.
    fn write_with(&mut self, count: usize, end: &str) {
        let mut text = String::new();
        for number in self.written..self.written + count {
            let at = now();
            let time = &app::model::date::machine(at)[..19];
            text.push_str(&format!(
                "[{time}.{:03}+00:00] error: canary{number:06}{end}\n",
                at % 1000
            ));
        }
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.log)
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
        self.written += count;
    }

    fn root(&self) -> PathBuf {
        self.plane.server.data().join("log-deliveries/kept")
    }

    /// The lines of ours, in the order in which they are there.
    fn arrived(&self) -> Vec<usize> {
        let records = records(&self.root());
        let message = |record: &Value| record["message"].as_str().unwrap().to_owned();
        let messages = records.iter().map(message);
        let number = |text: String| text.split_once("canary")?.1.get(..6)?.parse().ok();
        messages.filter_map(number).collect()
    }

    async fn all_arrive(&self, wanted: Vec<usize>) {
        wait_until(
            &format!("{} lines are delivered", wanted.len()),
            async || {
                let mut there = self.arrived();
                there.sort();
                let last = there.last();
                (there == wanted)
                    .then_some(())
                    .ok_or_else(|| format!("{} to {last:?}", there.len()))
            },
        )
        .await;
    }

    /// Lines, error of the delivery.
    async fn state(&self, id: &str) -> (i64, Option<String>) {
        let pool = self.plane.database().await;
        let row = sqlx::query_as("select delivered_lines, error from delivery where id = $1");
        let row = row.bind(id).fetch_one(&pool).await.unwrap();
        pool.close().await;
        row
    }

    /// The store of the cluster's logs.
    async fn store(&self) -> SqlitePool {
        let file = format!("logs/{}.db", self.cluster_id);
        let file = self.plane.server.data().join(file);
        SqlitePool::connect_with(SqliteConnectOptions::new().filename(file))
            .await
            .unwrap()
    }

    /// The last line of slurmctld that is kept.
    async fn last_kept(&self) -> String {
        let pool = self.store().await;
        let last = "SELECT text FROM line WHERE stream IN (SELECT id FROM stream WHERE daemon = 'slurmctld') \
                    ORDER BY seq DESC LIMIT 1";
        let last = sqlx::query_scalar(last).fetch_one(&pool).await.unwrap();
        pool.close().await;
        last
    }

    /// How many logs that store knows the delivery to be at.
    async fn cursors(&self, id: &str) -> i64 {
        let pool = self.store().await;
        let count =
            sqlx::query_scalar("SELECT count(*) FROM delivery_cursor WHERE delivery_id = ?");
        let count = count.bind(id).fetch_one(&pool).await.unwrap();
        pool.close().await;
        count
    }
}

/// All records below a directory.
pub fn records(dir: &Path) -> Vec<Value> {
    let mut found = vec![];
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(records(&path));
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        // What is being written may end within a line.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        found.extend(
            whole
                .lines()
                .map(|line| serde_json::from_str::<Value>(line).unwrap()),
        );
    }
    found
}

#[tokio::test]
async fn each_line_of_a_real_slurm_is_delivered_once() {
    let mut it = Delivered::start().await;
    it.aws(&format!(
        "put-delivery-destination --name kept --delivery-destination-configuration destinationResourceArn={DIRECTORY}"
    ));
    let arn = &it.cluster_arn;
    it.aws(&format!(
        "put-delivery-source --name s --resource-arn {arn} --log-type PCS_SCHEDULER_LOGS"
    ));
    it.write(5);
    let first = it.connect();

    // From its creation on, over a rotation.
    it.written = 0;
    it.write(50);
    fs::rename(&it.log, it.log.with_extension("log.1")).unwrap();
    it.write(50);
    it.all_arrive((0..100).collect()).await;

    // As the guide prints records and names.
    let of_ours = |record: &&Value| record["message"].as_str().unwrap().contains("canary");
    let record = records(&it.root()).iter().find(of_ours).unwrap().clone();
    assert_eq!(record["resource_id"], it.cluster_id.as_str());
    assert_eq!(record["log_level"], "error");
    assert_eq!(record["log_name"], "slurmctld");
    let patch = record["scheduler_patch_version"].as_str().unwrap();
    assert!(!patch.is_empty(), "{record}");
    let cluster = format!(
        "AWSLogs/111122223333/PCS/us-east-1/{}/slurmctld",
        it.cluster_id
    );
    assert!(it.root().join(cluster).is_dir());

    // The server is killed while batches are under way.
    it.write(60_000);
    wait_until("some of many lines are there", async || {
        let there = it.arrived().len();
        (there > 100)
            .then_some(())
            .ok_or_else(|| format!("{there}"))
    })
    .await;
    it.plane.crash().await;
    it.all_arrive((0..it.written).collect()).await;

    // The destination is down, and back. What it cannot be is told, and once.
    let aside = it.root().with_extension("aside");
    fs::rename(it.root(), &aside).unwrap();
    fs::write(it.root(), "no directory").unwrap();
    it.write(100);
    wait_until("the error is told", async || {
        let (_, error) = it.state(&first).await;
        let is_told = error
            .as_ref()
            .is_some_and(|words| words.contains("cannot be written"));
        is_told.then_some(()).ok_or_else(|| format!("{error:?}"))
    })
    .await;
    fs::remove_file(it.root()).unwrap();
    fs::rename(&aside, it.root()).unwrap();
    it.all_arrive((0..it.written).collect()).await;
    wait_until("the error is over", async || {
        let (_, error) = it.state(&first).await;
        error
            .is_none()
            .then_some(())
            .ok_or_else(|| format!("{error:?}"))
    })
    .await;
    let (lines, _) = it.state(&first).await;
    assert!(lines > 100, "{lines} are noted");
    let told = it.plane.events().await;
    let count = |words: &str| told.iter().filter(|one| one.contains(words)).count();
    assert_eq!(count("do not reach kept"), 1, "{told:?}");
    assert_eq!(count("reach kept again"), 1, "{told:?}");

    // Removed, and made anew: what was between is nobody's.
    it.aws(&format!("delete-delivery --id {first}"));
    wait_until("how far it came is forgotten", async || {
        let cursors = it.cursors(&first).await;
        (cursors == 0)
            .then_some(())
            .ok_or_else(|| format!("{cursors}"))
    })
    .await;
    let before = it.written;
    it.write(100);
    let group = format!("/aws/pcs/clusters/{}", it.cluster_id);
    let last = format!("canary{:06}", it.written - 1);
    wait_until("they are kept", async || {
        let find = format!("filter-log-events --log-group-name {group} --filter-pattern {last}");
        let found = it.aws(&find)["events"].as_array().map_or(0, Vec::len);
        (found == 1).then_some(()).ok_or_else(|| format!("{found}"))
    })
    .await;
    it.connect();
    let after = it.written;
    it.write(100);
    it.all_arrive((0..before).chain(after..it.written).collect())
        .await;
    // Too long, it is rotated by our own agent while slurmctld runs and we write; slurmctld goes on in a new one.
    it.write_with(2_200, &"x".repeat(16_000));
    let of_slurmctld = async || {
        it.plane.administrate("scontrol setdebug verbose");
        fs::read_to_string(&it.log).is_ok_and(|text| text.contains("debug level"))
    };
    wait_until("slurmctld has a new log", async || {
        let is_new = fs::metadata(&it.log).is_ok_and(|about| about.len() < 1 << 20);
        let is_told = is_new && of_slurmctld().await;
        is_told
            .then_some(())
            .ok_or_else(|| format!("new: {is_new}"))
    })
    .await;
    it.write(100);
    it.all_arrive((0..before).chain(after..it.written).collect())
        .await;

    // What the daemons of a deleted cluster say last arrives too.
    it.plane.delete_all_of("delivered").await;
    let last = it.last_kept().await;
    let messages = records(&it.root());
    let is_there = |words: &str| {
        let mut all = messages
            .iter()
            .filter_map(|record| record["message"].as_str());
        all.any(|message| message.trim_end().ends_with(words))
    };
    assert!(is_there("Terminate signal SIGTERM received"));
    assert!(is_there(&last), "{last}");
    it.plane.finish().await;
}
