//! Jobs.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::{call, call_in};
use crate::model::error::Result;
use crate::model::job::*;
use crate::model::job_count::JobCounts;
use crate::model::page::{PageOf, PageRequest};
use crate::model::past_job::*;
use crate::model::submit::*;
use crate::model::told_job::Told;

/// A page of the jobs of a cluster, or of all clusters.
#[server(prefix = "/console", endpoint = "list-jobs", input = Json, output = Json)]
pub async fn list_jobs(
    cluster_identifier: Option<String>,
    page: PageRequest,
    language: String,
) -> Result<PageOf<OfCluster<Job>>> {
    call_in(&language, |plane, ctx| async move {
        plane.list_jobs(&ctx, cluster_identifier, page).await
    })
    .await
}

#[server(prefix = "/console", endpoint = "count-jobs", input = Json, output = Json)]
pub async fn count_jobs(cluster_identifier: String) -> Result<JobCounts> {
    call(|plane, ctx| async move { plane.count_jobs(&ctx, cluster_identifier).await }).await
}

#[server(prefix = "/console", endpoint = "get-job", input = Json, output = Json)]
pub async fn get_job(
    cluster_identifier: String,
    job_id: String,
    language: String,
) -> Result<JobDetail> {
    call_in(&language, |plane, ctx| async move {
        plane.get_job(&ctx, cluster_identifier, job_id).await
    })
    .await
}

/// A page of the jobs that ended over all time.
#[server(prefix = "/console", endpoint = "list-past-jobs", input = Json, output = Json)]
pub async fn list_past_jobs(
    of: PastJobsOf,
    page: PageRequest,
    language: String,
) -> Result<PastJobs> {
    call_in(&language, |plane, ctx| async move {
        plane.list_past_jobs(&ctx, of, page).await
    })
    .await
}

#[server(prefix = "/console", endpoint = "get-past-job", input = Json, output = Json)]
pub async fn get_past_job(
    cluster_identifier: String,
    job_id: String,
    language: String,
) -> Result<PastJobDetail> {
    call_in(&language, |plane, ctx| async move {
        plane.get_past_job(&ctx, cluster_identifier, job_id).await
    })
    .await
}

/// The job that Slurm knows or that ended lately, else what the history keeps of it: one question, so that none fails where
/// there is an answer. Where neither knows it, what was said of the first.
#[server(prefix = "/console", endpoint = "tell-job", input = Json, output = Json)]
pub async fn tell_job(
    cluster_identifier: String,
    job_id: String,
    language: String,
) -> Result<Told> {
    call_in(&language, |plane, ctx| async move {
        let (cluster, id) = (cluster_identifier, job_id);
        match plane.get_job(&ctx, cluster.clone(), id.clone()).await {
            Err(error) if error.is_not_found() => {
                let past = plane.get_past_job(&ctx, cluster, id).await;
                past.map(|past| Told::Past(Box::new(past)))
                    .map_err(|_| error)
            }
            known => known.map(|detail| Told::Job(Box::new(detail))),
        }
    })
    .await
}

#[server(prefix = "/console", endpoint = "submit-job", input = Json, output = Json)]
pub async fn submit_job(input: SubmitJobRequest) -> Result<SubmitJobResponse> {
    call(|plane, ctx| async move { plane.submit_job(&ctx, input).await }).await
}

#[server(name = ChangeJob, prefix = "/console", endpoint = "act-on-job", input = Json, output = Json)]
pub async fn act_on_job(input: ActOnJob) -> Result<()> {
    call(|plane, ctx| async move { plane.act_on_job(&ctx, input).await }).await
}

/// A piece of a job's output; the page then follows the stream.
#[server(name = ReadJobOutput, prefix = "/console", endpoint = "job-output", input = Json, output = Json)]
pub async fn job_output(input: OutputOf) -> Result<JobOutput> {
    call(|plane, ctx| async move { plane.job_output(&ctx, input).await }).await
}
