//! Jobs.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;

#[cfg(feature = "ssr")]
use super::call;
use crate::model::error::Result;
use crate::model::job::Job;

/// The jobs that Slurm knows of, newest first.
#[server(prefix = "/console", endpoint = "list-jobs", input = Json)]
pub async fn list_jobs(cluster_identifier: String) -> Result<Vec<Job>> {
    call(|plane, caller| async move { plane.list_jobs(&caller, cluster_identifier).await }).await
}
