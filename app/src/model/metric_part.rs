//! What metrics are told of one by one: each of several clusters, or each group, queue or instance type (M2).

use serde::{Deserialize, Serialize};

use super::measure::{Metric, Series, values};

/// So many clusters are compared at most.
pub const MOST_COMPARED: usize = 4;

/// Which parts are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum By {
    Cluster,
    ComputeNodeGroup,
    Queue,
    InstanceType,
}

impl By {
    pub const ALL: [By; 4] = [
        By::Cluster,
        By::ComputeNodeGroup,
        By::Queue,
        By::InstanceType,
    ];
    /// Those of one cluster.
    pub const WITHIN: [By; 3] = [By::ComputeNodeGroup, By::Queue, By::InstanceType];

    /// In addresses, on the command line and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            By::Cluster => "cluster",
            By::ComputeNodeGroup => "group",
            By::Queue => "queue",
            By::InstanceType => "instance-type",
        }
    }

    /// None of any other word.
    pub fn named(word: &str) -> Option<By> {
        By::ALL.into_iter().find(|by| by.as_str() == word)
    }

    /// What is measured of such a part: jobs have a queue, and nodes a group and a type.
    pub fn metrics(self) -> &'static [Metric] {
        match self {
            By::Cluster => &Metric::ALL,
            By::ComputeNodeGroup | By::InstanceType => &[
                Metric::IdleCapacity,
                Metric::UtilizedCapacity,
                Metric::ActualCapacity,
                Metric::DesiredCapacity,
                Metric::CapacityUtilization,
                Metric::NodeHours,
                Metric::NodeStarts,
                Metric::FailedNodeStarts,
                Metric::NodeBootTimeP50,
                Metric::NodeBootTimeP95,
            ],
            By::Queue => &[
                Metric::PendingJobs,
                Metric::RunningJobs,
                Metric::JobWaitTimeP50,
                Metric::JobWaitTimeP95,
            ],
        }
    }
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// Of the cluster, group, queue or instance type; [`Part::OTHERS`] of those that are not told apart.
    pub name: String,
    pub series: Vec<Series>,
}

impl Part {
    /// In the place of a name: no group, queue or type has it.
    pub const OTHERS: &str = "*";

    pub fn values(&self, metric: Metric) -> &[Option<f64>] {
        values(&self.series, metric)
    }

    /// Hours that its instances ran, all of them together.
    pub fn node_hours(&self) -> f64 {
        self.values(Metric::NodeHours).iter().flatten().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_is_of_one_kind() {
        for by in By::ALL {
            assert_eq!(By::named(by.as_str()), Some(by));
            assert!(!by.metrics().is_empty());
        }
        assert_eq!(By::named("node"), None);
    }
}
