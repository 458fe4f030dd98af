//! Sizes and quotas (C4, C5): the numbers of the service, in one place.

use super::cluster::Size;

/// Clusters per account and region.
pub const CLUSTERS: i64 = 5;
/// Tags per resource (S6).
pub const TAGS: usize = 50;
/// The largest request body, in bytes.
pub const REQUEST_BYTES: usize = 1024 * 1024;
/// The same where a job is submitted: its script, in which JSON writes some characters as two.
pub const SUBMISSION_BYTES: usize = 2 * super::script::LONGEST_SCRIPT + REQUEST_BYTES;

impl Size {
    /// The most instances that all node groups of the cluster may have together.
    pub fn max_instances(self) -> i64 {
        match self {
            Size::Small => 32,
            Size::Medium => 512,
            Size::Large => 2048,
        }
    }

    /// The most jobs, running and queued together, each task of an array counted. The console is exact; the scheduler
    /// counts jobs that ended in the last minutes too and has room for them: see `server/src/slurm/conf`.
    pub fn max_jobs(self) -> i64 {
        match self {
            Size::Small => 256,
            Size::Medium => 8192,
            Size::Large => 16384,
        }
    }
}
