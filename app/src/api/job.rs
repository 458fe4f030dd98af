//! Jobs.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::{call, in_all_clusters, language_of};
use crate::model::error::Result;
use crate::model::job::*;
use crate::model::submit::*;

/// The jobs of a cluster: what runs, what waits, what is over, of each the newest first.
#[server(prefix = "/console", endpoint = "list-jobs", input = Json, output = Json)]
pub async fn list_jobs(cluster_identifier: String, language: String) -> Result<Vec<Job>> {
    let language = language_of(&language);
    call(
        |plane, caller| async move { plane.list_jobs(&caller, cluster_identifier, language).await },
    )
    .await
}

/// The same of all clusters.
#[server(prefix = "/console", endpoint = "list-all-jobs", input = Json, output = Json)]
pub async fn list_all_jobs(language: String) -> Result<Vec<OfCluster<Job>>> {
    let language = language_of(&language);
    call(|plane, caller| async move {
        let list = |id| {
            let (plane, caller) = (plane.clone(), caller.clone());
            async move { plane.list_jobs(&caller, id, language).await }
        };
        let mut all = in_all_clusters(&plane, &caller, list).await?;
        all.sort_by_key(|job| job.item.place_in_list());
        Ok(all)
    })
    .await
}

#[server(prefix = "/console", endpoint = "get-job", input = Json, output = Json)]
pub async fn get_job(
    cluster_identifier: String,
    job_id: String,
    language: String,
) -> Result<JobDetail> {
    let language = language_of(&language);
    call(|plane, caller| async move {
        plane
            .get_job(&caller, cluster_identifier, job_id, language)
            .await
    })
    .await
}

#[server(prefix = "/console", endpoint = "submit-job", input = Json, output = Json)]
pub async fn submit_job(input: SubmitJobRequest) -> Result<SubmitJobResponse> {
    call(|plane, caller| async move { plane.submit_job(&caller, input).await }).await
}

#[server(name = ChangeJob, prefix = "/console", endpoint = "act-on-job", input = Json, output = Json)]
pub async fn act_on_job(input: ActOnJob) -> Result<()> {
    call(|plane, caller| async move { plane.act_on_job(&caller, input).await }).await
}

/// A piece of a job's output; the page then follows the stream.
#[server(name = ReadJobOutput, prefix = "/console", endpoint = "job-output", input = Json, output = Json)]
pub async fn job_output(input: OutputOf) -> Result<JobOutput> {
    call(|plane, caller| async move { plane.job_output(&caller, input).await }).await
}
