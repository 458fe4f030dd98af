//! Records of jobs in the accounting's own database, put there as slurmdbd would have: more than a test has time to run.

use std::path::PathBuf;
use std::process::Command;

use super::TestPlane;

/// 2026-01-01; a job begins each 20 s.
const SINCE: u32 = 1_767_225_600;

/// Of a cluster with accounting.
pub struct Records {
    socket: PathBuf,
    /// Its id.
    database: String,
    cluster: String,
}

impl Records {
    pub async fn of(plane: &TestPlane, cluster: &str) -> Self {
        Self {
            socket: plane.server.data().join("accounting/socket/mysql.sock"),
            database: plane.get_cluster(cluster).await.id().to_owned(),
            cluster: cluster.into(),
        }
    }

    /// So many jobs, of so many users in turn; their numbers, and the first one's, begin there.
    pub fn fill(&self, jobs: u32, first_job: u32, users: u32, first_user: &str) {
        let table = self.jobs();
        let columns = "account, cpus_req, exit_code, job_name, id_assoc, id_job, id_resv, id_wckey, id_user, id_group, \
                       het_job_id, het_job_offset, nodelist, nodes_alloc, `partition`, priority, state, state_reason_prev, time_submit, \
                       time_eligible, time_start, time_end, tres_alloc, tres_req, work_dir";
        let start = format!("{SINCE} + seq * 20");
        let rows = format!(
            "'root', 1, 0, concat('job-', seq), 1, {first_job} + seq, 0, 0, {first_user} + seq % {users}, {first_user}, 0, 0, \
             'compute-1-1', 1, 'demo', 1, 3, 0, {start}, {start}, {start} + 5, {start} + 65, '1=1,2=1000,4=1', '1=1,2=1000,4=1', '/tmp'"
        );
        self.ask(&format!(
            "insert into {table} ({columns}) select {rows} from seq_1_to_{jobs}"
        ));
        self.ask(&format!("analyze table {table}"));
    }

    /// The table of its jobs.
    pub fn jobs(&self) -> String {
        format!("{}_job_table", self.cluster)
    }

    /// What that answers, a line for each row.
    pub fn ask(&self, statement: &str) -> String {
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
        String::from_utf8(output.stdout).expect("it is text")
    }
}
