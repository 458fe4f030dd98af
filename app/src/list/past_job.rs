//! The columns of a list of jobs that ended. The service finds them in the database, so the order is one: the last that
//! ended first.

use super::Field;
use super::job::{state_label, state_words};
use crate::i18n::Text;
use crate::model::past_job::PastRow;

/// The states in which jobs end.
const STATES: [&str; 9] = [
    "BOOT_FAIL",
    "CANCELLED",
    "COMPLETED",
    "DEADLINE",
    "FAILED",
    "NODE_FAIL",
    "OUT_OF_MEMORY",
    "PREEMPTED",
    "TIMEOUT",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PastColumn {
    Id,
    Name,
    Cluster,
    State,
    Queue,
    User,
    Account,
    Nodes,
    Ended,
    Ran,
    Cpu,
    Memory,
}

use PastColumn::*;

impl PastColumn {
    /// In the order in which they are shown; that of the cluster where there may be several.
    pub fn all(of_all: bool) -> Vec<PastColumn> {
        let mut all = vec![
            Id, Name, Cluster, State, Queue, User, Account, Nodes, Ended, Ran, Cpu, Memory,
        ];
        all.retain(|column| of_all || *column != Cluster);
        all
    }

    pub fn field(self, t: &'static Text) -> Field<PastRow> {
        let jobs = &t.jobs;
        let mut field = match self {
            Id => Field::new("id", jobs.id).text(|row: &PastRow| row.job.id.clone()),
            Name => Field::new("name", jobs.name).text(|row: &PastRow| row.job.name.clone()),
            Cluster => {
                Field::new("cluster", jobs.cluster).text(|row: &PastRow| row.cluster_name.clone())
            }
            State => Field::new("state", jobs.state)
                .text(move |row: &PastRow| state_words(t, &row.job.state)),
            Queue => Field::new("queue", jobs.queue).text(|row: &PastRow| row.job.queue.clone()),
            User => Field::new("user", jobs.user).text(|row: &PastRow| row.job.user.clone()),
            Account => {
                Field::new("account", t.job.account).text(|row: &PastRow| row.job.account.clone())
            }
            Nodes => Field::new("nodes", jobs.nodes),
            Ended => Field::new("ended", t.past.ended),
            Ran => Field::new("ran", jobs.ran),
            Cpu => Field::new("cpu", t.past.cpu_used),
            Memory => Field::new("memory", t.past.memory_used),
        };
        field.head.is_sortable = false;
        field
    }
}

/// By which a row is known.
pub fn key(row: &PastRow) -> String {
    format!("{} {}", row.cluster_id, row.job.id)
}

/// Slurm's words for the states that are meant, by their labels in the reader's language or by Slurm's own words.
pub fn states(t: &'static Text, means: impl Fn(&str) -> bool) -> Vec<String> {
    let is_meant = |state: &&str| {
        let label = state_label(t, state).unwrap_or(state);
        means(&label.to_lowercase()) || means(&state.to_lowercase())
    };
    STATES
        .into_iter()
        .filter(is_meant)
        .map(str::to_owned)
        .collect()
}

/// The labels of all, each once.
pub fn state_labels(t: &'static Text) -> Vec<String> {
    let labels = STATES.map(|state| state_words(t, state));
    let labels: std::collections::BTreeSet<String> = labels.into_iter().collect();
    labels.into_iter().collect()
}
