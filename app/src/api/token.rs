//! Tokens of the Slurm REST API.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::call;
use crate::model::error::Result;
use crate::model::token::{CreateSlurmTokenRequest, CreateSlurmTokenResponse};

#[server(prefix = "/console", endpoint = "create-slurm-token", input = Json, output = Json)]
pub async fn create_slurm_token(
    input: CreateSlurmTokenRequest,
) -> Result<CreateSlurmTokenResponse> {
    call(|plane, ctx| async move { plane.create_slurm_token(&ctx, input).await }).await
}
