//! A job by its id, of whatever time.

use serde::{Deserialize, Serialize};

use super::job::JobDetail;
use super::past_job::PastJobDetail;

/// What is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Told {
    /// Slurm knows it, or it ended lately.
    Job(Box<JobDetail>),
    /// What the history keeps of it.
    Past(Box<PastJobDetail>),
}
