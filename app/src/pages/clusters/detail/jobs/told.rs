//! A job by its address: the one that Slurm knows or that ended lately, or what the history keeps of it.

use serde::{Deserialize, Serialize};

use crate::api::job::{get_job, get_past_job};
use crate::model::again;
use crate::model::error::Result;
use crate::model::job::JobDetail;
use crate::model::past_job::PastJobDetail;
use crate::model::submit::SubmitJobRequest;

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub enum Told {
    Job(Box<JobDetail>),
    Past(Box<PastJobDetail>),
}

/// Where neither knows it, what was said of the first: that there is no such job.
pub async fn told(cluster: String, job: String, language: String) -> Result<Told> {
    match get_job(cluster.clone(), job.clone(), language.clone()).await {
        Ok(detail) => Ok(Told::Job(Box::new(detail))),
        Err(error) if error.is_not_found() => {
            let past = get_past_job(cluster, job, language).await;
            past.map(|past| Told::Past(Box::new(past)))
                .map_err(|_| error)
        }
        Err(error) => Err(error),
    }
}

/// As a job to submit; none where there is no such job.
pub async fn once_more(
    cluster: String,
    job: String,
    language: String,
) -> Result<Option<SubmitJobRequest>> {
    if job.is_empty() {
        return Ok(None);
    }
    let known = told(cluster, job, language).await.ok();
    Ok(known.map(|known| match known {
        Told::Job(detail) => again::of_job(&detail),
        Told::Past(past) => again::of_past(&past.row.job),
    }))
}
