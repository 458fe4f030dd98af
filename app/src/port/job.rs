//! Jobs.

use crate::model::job::*;
use crate::model::submit::*;

port! {
    /// Jobs of a cluster.
    Jobs {
        /// The jobs that Slurm knows of and those that ended lately, newest first.
        ListJobs => list_jobs(cluster_identifier: String) -> Vec<Job>;
        GetJob => get_job(cluster_identifier: String, job_id: String) -> JobDetail;
        SubmitJob => submit_job(input: SubmitJobRequest) -> SubmitJobResponse;
        CancelJob | RequeueJob | HoldJob | ReleaseJob => act_on_job(input: ActOnJob) -> ();
    }
}
