//! Tokens of the Slurm REST API.

use crate::model::token::{CreateSlurmTokenRequest, CreateSlurmTokenResponse};

port! {
    /// Who may ask Slurm by HTTP.
    Tokens {
        CreateSlurmToken => create_slurm_token(input: CreateSlurmTokenRequest) -> CreateSlurmTokenResponse;
    }
}
