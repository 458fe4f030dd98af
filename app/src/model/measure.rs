//! What is measured of a cluster, or of a part of it, and its values over time. The names are those of the namespace AWS/PCS
//! in CloudWatch; what it does not have is named in the same manner.

use serde::{Deserialize, Serialize};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Metric {
    /// Instances that run and have no job.
    IdleCapacity,
    /// Instances that run and have jobs.
    UtilizedCapacity,
    /// Both together.
    ActualCapacity,
    /// With those that are starting.
    DesiredCapacity,
    /// The utilized part of the actual capacity, from 0 to 1; nothing while no instance runs.
    CapacityUtilization,
    /// Hours that instances ran in the time: also of a type of which none runs at others.
    NodeHours,
    /// Jobs that wait, each task of an array for itself.
    PendingJobs,
    /// Jobs that have their nodes.
    RunningJobs,
    /// Instances that were asked for.
    NodeStarts,
    /// Instances that ended before Slurm took their node as up, for a reason that nobody wanted.
    FailedNodeStarts,
    /// Seconds from asking for an instance to when Slurm took its node as up: half of them took no longer.
    NodeBootTimeP50,
    /// Nineteen in twenty took no longer.
    NodeBootTimeP95,
    /// Seconds from submitting a job to its start, of the jobs that started: half of them waited no longer.
    JobWaitTimeP50,
    /// Nineteen in twenty waited no longer.
    JobWaitTimeP95,
}

impl Metric {
    pub const ALL: [Metric; 14] = [
        Metric::IdleCapacity,
        Metric::UtilizedCapacity,
        Metric::ActualCapacity,
        Metric::DesiredCapacity,
        Metric::CapacityUtilization,
        Metric::NodeHours,
        Metric::PendingJobs,
        Metric::RunningJobs,
        Metric::NodeStarts,
        Metric::FailedNodeStarts,
        Metric::NodeBootTimeP50,
        Metric::NodeBootTimeP95,
        Metric::JobWaitTimeP50,
        Metric::JobWaitTimeP95,
    ];

    /// Those that AWS has, which Amazon CloudWatch answers.
    pub const PUBLISHED: [Metric; 5] = [
        Metric::IdleCapacity,
        Metric::UtilizedCapacity,
        Metric::ActualCapacity,
        Metric::DesiredCapacity,
        Metric::CapacityUtilization,
    ];

    /// Its name, as it is asked for and written down.
    pub fn as_str(self) -> &'static str {
        match self {
            Metric::IdleCapacity => "IdleCapacity",
            Metric::UtilizedCapacity => "UtilizedCapacity",
            Metric::ActualCapacity => "ActualCapacity",
            Metric::DesiredCapacity => "DesiredCapacity",
            Metric::CapacityUtilization => "CapacityUtilization",
            Metric::NodeHours => "NodeHours",
            Metric::PendingJobs => "PendingJobs",
            Metric::RunningJobs => "RunningJobs",
            Metric::NodeStarts => "NodeStarts",
            Metric::FailedNodeStarts => "FailedNodeStarts",
            Metric::NodeBootTimeP50 => "NodeBootTimeP50",
            Metric::NodeBootTimeP95 => "NodeBootTimeP95",
            Metric::JobWaitTimeP50 => "JobWaitTimeP50",
            Metric::JobWaitTimeP95 => "JobWaitTimeP95",
        }
    }

    /// Counts what happened: over a longer time it is the sum, where others are an average.
    pub fn is_count(self) -> bool {
        matches!(
            self,
            Metric::NodeHours | Metric::NodeStarts | Metric::FailedNodeStarts
        )
    }
}

/// A metric over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Series {
    pub metric: Metric,
    /// One for each period: the average of it, or the sum of what is counted; none where nothing is known.
    pub values: Vec<Option<f64>>,
    /// The least and the most of any minute; none of several clusters, or of what has only percentiles.
    pub minimum: Option<f64>,
    pub maximum: Option<f64>,
}

pub(super) fn values(all: &[Series], metric: Metric) -> &[Option<f64>] {
    let found = all.iter().find(|series| series.metric == metric);
    found.map_or(&[], |series| &series.values)
}
