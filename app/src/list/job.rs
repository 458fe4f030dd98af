//! The columns of a list of jobs.

use super::Field;
use crate::i18n::Text;
use crate::model::job::{Job, OfCluster};
use crate::model::job_id::JobId;

/// A row, whether it was sent or is where the service has it.
pub trait JobRow {
    fn job(&self) -> &Job;
    fn cluster_name(&self) -> &str;
    /// Why it waits or failed, in the reader's language.
    fn why(&self) -> String;
}

impl JobRow for OfCluster<Job> {
    fn job(&self) -> &Job {
        &self.item
    }

    fn cluster_name(&self) -> &str {
        &self.cluster_name
    }

    fn why(&self) -> String {
        self.item.why.clone()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobColumn {
    Id,
    Name,
    Cluster,
    State,
    /// Of its own for the filter; the state's cell shows it.
    Reason,
    Queue,
    Nodes,
    User,
    Submitted,
    Waited,
    Ran,
}

use JobColumn::*;

impl JobColumn {
    /// In the order in which they are shown; that of the cluster where there may be several.
    pub fn all(of_all: bool) -> Vec<JobColumn> {
        let mut all = vec![
            Id, Name, Cluster, State, Reason, Queue, Nodes, User, Submitted, Waited, Ran,
        ];
        all.retain(|column| of_all || *column != Cluster);
        all
    }

    pub fn field<R: JobRow>(self, t: &'static Text) -> Field<R> {
        let jobs = &t.jobs;
        match self {
            Id => Field::new("id", jobs.id)
                .text(|row: &R| row.job().id.clone())
                .sort(|row| i64::from(row.job().who().number())),
            Name => Field::new("name", jobs.name).text(|row: &R| row.job().name.clone()),
            Cluster => {
                Field::new("cluster", jobs.cluster).text(|row: &R| row.cluster_name().to_owned())
            }
            State => Field::new("state", jobs.state)
                .text(move |row: &R| state_words(t, &row.job().state)),
            Reason => Field::new("reason", jobs.reason).text(|row: &R| row.why()),
            Queue => Field::new("queue", jobs.queue).text(|row: &R| row.job().queue.clone()),
            Nodes => Field::new("nodes", jobs.nodes)
                .text(|row: &R| row.job().nodes.clone())
                .sort(|row| row.job().node_count),
            User => Field::new("user", jobs.user).text(|row: &R| row.job().user.clone()),
            Submitted => {
                Field::new("submitted", jobs.submitted).sort(|row: &R| row.job().submitted_at)
            }
            Waited => Field::new("waited", jobs.waited),
            Ran => Field::new("ran", jobs.ran),
        }
    }
}

/// By which a row is chosen: the same for as long as it is the same row. Tasks that wait together become fewer with each
/// that starts; of an array one row waits.
pub fn key(cluster_id: &str, job: &Job) -> String {
    match job.who() {
        JobId::Tasks { array, .. } if !job.is_over() => format!("{cluster_id} {array} waiting"),
        _ => format!("{cluster_id} {}", job.id),
    }
}

/// The state in the reader's language; none where we know none.
pub fn state_label(t: &'static Text, state: &str) -> Option<&'static str> {
    let t = &t.jobs;
    Some(match state {
        "PENDING" => t.pending,
        "CONFIGURING" => t.configuring,
        "RUNNING" => t.running,
        "COMPLETING" => t.completing,
        "COMPLETED" => t.completed,
        "CANCELLED" => t.cancelled,
        "FAILED" | "BOOT_FAIL" => t.failed,
        "TIMEOUT" | "DEADLINE" => t.timeout,
        "NODE_FAIL" => t.node_fail,
        "PREEMPTED" => t.preempted,
        "SUSPENDED" | "STOPPED" => t.suspended,
        "OUT_OF_MEMORY" => t.out_of_memory,
        "REQUEUED" | "REQUEUE_HOLD" => t.requeued,
        _ => return None,
    })
}

/// The state in words of the reader's language, or Slurm's.
pub fn state_words(t: &'static Text, state: &str) -> String {
    state_label(t, state).unwrap_or(state).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_known_again_while_its_tasks_start() {
        let key = |id: &str| {
            let id = id.into();
            key(
                "c",
                &Job {
                    id,
                    ..Job::default()
                },
            )
        };
        assert_eq!(key("143_[25-40%1]"), key("143_[26-40%1]"));
        let others = ["143_[25-40%1]", "143", "143_25", "144_[25-40%1]", "143+1"];
        let keys: std::collections::BTreeSet<String> = others.into_iter().map(key).collect();
        assert_eq!(keys.len(), others.len());
    }
}
