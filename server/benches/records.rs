//! How long `sacct` takes for one user's jobs among a million, beside the database's own time for the same rows.

use std::process::Command;
use std::time::{Duration, Instant};

use aws_sdk_pcs::types::*;

use crate::harness::{Database, TestPlane};

const CLUSTER: &str = "records";
const JOBS: u32 = 1_000_000;
const USERS: u32 = 50;
const ROUNDS: u32 = 5;
/// 2026-01-01; a job begins each 20 s, and the last before the end of that year.
const SINCE: u32 = 1_767_225_600;

pub async fn run() {
    let plane = TestPlane::start(Database::Sqlite).await;
    let accounting = AccountingRequest::builder().mode(AccountingMode::Standard);
    let accounting = accounting.build().expect("a mode is all it needs");
    let slurm = ClusterSlurmConfigurationRequest::builder().accounting(accounting);
    let create = plane
        .new_cluster(CLUSTER)
        .slurm_configuration(slurm.build());
    create.send().await.expect("a cluster can be made");
    plane.wait_cluster(CLUSTER, ClusterStatus::Active).await;
    plane.group(CLUSTER, "login", 1, 1).await;
    let records = Records {
        socket: plane.server.data().join("accounting/socket/mysql.sock"),
        database: plane.get_cluster(CLUSTER).await.id().to_owned(),
    };
    // Who asks is the first of them: sacct takes users that the host knows.
    let user = plane.connect(CLUSTER, &["id", "-u"]).trim().to_owned();
    records.fill(&user);
    let of_user = format!("select * from {CLUSTER}_job_table where id_user = {user}");
    let own = mean(|| records.lines(&of_user));
    let all = ["sacct", "-X", "-n", "-P", "-S", "2026-01-01", "-u", &user];
    let all = [&all[..], &["-E", "2026-12-31"]].concat();
    let sacct = mean(|| plane.connect(CLUSTER, &all).lines().count());
    let day = ["sacct", "-X", "-n", "-P", "-S", "2026-06-01", "-E"];
    let day = [&day[..], &["2026-06-02", "-u", &user]].concat();
    let of_day = mean(|| plane.connect(CLUSTER, &day).lines().count());
    println!(
        "sacct, one user of {USERS} among {JOBS} jobs, all: {}",
        text(sacct)
    );
    println!("the same rows asked of the database alone: {}", text(own));
    println!("sacct, the same user, one day: {}", text(of_day));
    let times = sacct.0.as_secs_f64() / own.0.as_secs_f64();
    println!("sacct takes {times:.1} times as long as the database alone");
    plane.finish().await;
}

/// How long it takes, and how many rows it tells.
type Measured = (Duration, usize);

fn mean(mut ask: impl FnMut() -> usize) -> Measured {
    let begun = Instant::now();
    let rows = (0..ROUNDS).map(|_| ask()).last();
    (begun.elapsed() / ROUNDS, rows.unwrap_or_default())
}

fn text((time, rows): Measured) -> String {
    format!("{:.0} ms for {rows} rows", time.as_secs_f64() * 1000.0)
}

struct Records {
    socket: std::path::PathBuf,
    database: String,
}

impl Records {
    /// As slurmdbd would have written them.
    fn fill(&self, first_user: &str) {
        let columns = "account, cpus_req, exit_code, job_name, id_assoc, id_job, id_resv, id_wckey, id_user, id_group, \
                       het_job_id, het_job_offset, nodelist, nodes_alloc, `partition`, priority, state, state_reason_prev, time_submit, \
                       time_eligible, time_start, time_end, tres_alloc, tres_req, work_dir";
        let start = format!("{SINCE} + seq * 20");
        let rows = format!(
            "'root', 1, 0, concat('job-', seq), 1, seq, 0, 0, {first_user} + seq % {USERS}, {first_user}, 0, 0, 'compute-1-1', \
             1, 'demo', 1, 3, 0, {start}, {start}, {start} + 5, {start} + 65, '1=1,2=1000,4=1', '1=1,2=1000,4=1', '/tmp'"
        );
        self.lines(&format!(
            "insert into {CLUSTER}_job_table ({columns}) select {rows} from seq_1_to_{JOBS}"
        ));
        self.lines(&format!("analyze table {CLUSTER}_job_table"));
    }

    /// How many lines that answers.
    fn lines(&self, statement: &str) -> usize {
        let output = Command::new("mariadb")
            .args([
                "--no-defaults",
                "--batch",
                "--skip-column-names",
                "--socket",
            ])
            .arg(&self.socket)
            .args([&self.database, "--execute", statement])
            .output()
            .expect("MariaDB's client starts");
        assert!(output.status.success(), "{output:?}");
        output.stdout.iter().filter(|byte| **byte == b'\n').count()
    }
}
