//! Jobs.

use crate::model::job::*;
use crate::model::job_count::JobCounts;
use crate::model::page::{PageOf, PageRequest};
use crate::model::past_job::*;
use crate::model::submit::*;

port! {
    /// Jobs of a cluster.
    Jobs {
        /// Of the jobs that Slurm knows of and those that ended lately, in a cluster or in all: what runs, what waits,
        /// what is over, of each the newest first. The columns of [`crate::list::job`]; of an array or a heterogeneous job
        /// `chosen` has all that is not over.
        ListClusters | ListJobs => list_jobs(cluster_identifier: Option<String>, page: PageRequest) -> PageOf<OfCluster<Job>>;
        /// How many wait and run.
        ListJobs => count_jobs(cluster_identifier: String) -> JobCounts;
        GetJob => get_job(cluster_identifier: String, job_id: String) -> JobDetail;
        /// Of the jobs that ended over all time, also of clusters that were deleted lately: the columns of
        /// [`crate::list::past_job`], the last that ended first.
        ListClusters | ListJobs => list_past_jobs(of: PastJobsOf, page: PageRequest) -> PastJobs;
        /// The same as a table, piece by piece.
        ListClusters | ListJobs => export_past_jobs(of: PastJobsOf, page: PageRequest) -> PastCsv;
        /// One of them, by the id that the list has.
        GetJob => get_past_job(cluster_identifier: String, job_id: String) -> PastJobDetail;
        SubmitJob => submit_job(input: SubmitJobRequest) -> SubmitJobResponse;
        CancelJob | RequeueJob | HoldJob | ReleaseJob => act_on_job(input: ActOnJob) -> ();
    }
}
