//! Jobs.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::call;
use crate::model::error::Result;
use crate::model::job::Job;

/// The jobs that Slurm knows of, newest first.
#[server(prefix = "/console", endpoint = "list-jobs", input = Json, output = Json)]
pub async fn list_jobs(cluster_identifier: String) -> Result<Vec<Job>> {
    call(|plane, caller| async move { plane.list_jobs(&caller, cluster_identifier).await }).await
}
