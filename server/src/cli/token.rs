//! `openpcs token`: prints a token for a cluster's Slurm REST API, and nothing else, so that a shell can take it as it is.

use app::model::token::{CreateSlurmTokenRequest, CreateSlurmTokenResponse};

use super::client::{Client, cluster_path};
use crate::config::Token;

pub fn run(options: &Token) -> anyhow::Result<()> {
    let client = Client::new(&options.reach)?;
    let asked = CreateSlurmTokenRequest {
        cluster_identifier: options.cluster.clone(),
        user_name: options.user.clone(),
        lifetime_in_seconds: Some(options.lifetime),
    };
    let path = cluster_path(&options.cluster, "token")?;
    let made: CreateSlurmTokenResponse = client.post(&path, &asked)?;
    println!("{}", made.token);
    Ok(())
}
