//! A job by its address as one to submit again.

use crate::api::job::tell_job;
use crate::model::again;
use crate::model::error::Result;
use crate::model::submit::SubmitJobRequest;
use crate::model::told_job::Told;

/// As a job to submit; none where there is no such job.
pub async fn once_more(
    cluster: String,
    job: String,
    language: String,
) -> Result<Option<SubmitJobRequest>> {
    if job.is_empty() {
        return Ok(None);
    }
    let known = tell_job(cluster, job, language).await.ok();
    Ok(known.map(|known| match known {
        Told::Job(detail) => again::of_job(&detail),
        Told::Past(past) => again::of_past(&past.row.job),
    }))
}
