//! The keys of a cluster, for login nodes of people's own (C10) and programs that sign tokens (C9). Whoever reads one is in
//! the audit trail.

use app::model::echo::clip;
use app::model::error::{Error, Result};
use app::model::operation::Operation;
use app::model::secret::*;
use app::port::{Ctx, Secrets};
use async_trait::async_trait;
use openpcs_provider::key;

use super::Service;
use crate::auth::policy::Authorize as _;
use crate::db::secret::{self, SecretRow};
use crate::fault::internal;

const RESOURCE_TYPE: &str = "SECRET";
/// The stage of the only version that there is: of a key of the REST API, the newest.
const CURRENT: &str = "AWSCURRENT";

#[async_trait]
impl Secrets for Service {
    async fn get_secret_value(
        &self,
        ctx: &Ctx,
        input: GetSecretValueRequest,
    ) -> Result<GetSecretValueResponse> {
        let arn = self.our_arn(&input.secret_id);
        ctx.authorize(Operation::GetSecretValue, &arn)?;
        let found = secret::by_arn(self.parts.db.pool(), &arn)
            .await
            .map_err(internal)?;
        let row = found.ok_or_else(|| not_found(&input.secret_id))?;
        check_version(&row, &input)?;
        let cluster = self.find_cluster(&row.cluster_id).await?;
        let text = self
            .parts
            .seal
            .open(secret::PURPOSE, &row.sealed)
            .map_err(internal)?;
        let text = String::from_utf8(text.to_vec()).map_err(internal)?;
        // Before the key is given away.
        self.note(ctx, Operation::GetSecretValue, &row.arn, &input)
            .await?;
        let name = row.arn.rsplit_once(":secret:");
        Ok(GetSecretValueResponse {
            name: name.map_or(&*row.arn, |(_, name)| name).to_owned(),
            arn: row.arn,
            version_id: row.version,
            secret_string: text,
            version_stages: vec![CURRENT.into()],
            created_date: cluster.created_at as f64 / 1000.0,
        })
    }
}

impl Service {
    /// What the secret of that name or ARN is called in the database. One that is in the account's Secrets Manager too has
    /// another name there.
    fn our_arn(&self, asked: &str) -> String {
        match key::named(asked) {
            Some((kind, id)) => self.own_arn(kind, id),
            None if asked.starts_with("arn:") => asked.to_owned(),
            None => self.parts.arns.secret(asked),
        }
    }
}

fn not_found(identifier: &str) -> Error {
    let message = "Secrets Manager can't find the specified secret. This server has the keys of its clusters only: \
                   `aws pcs get-cluster` shows a cluster's as slurmConfiguration.authKey.secretArn, and as jwtAuth.jwtKey.secretArn with the REST API.";
    Error::not_found(RESOURCE_TYPE, identifier, message)
}

fn check_version(row: &SecretRow, asked: &GetSecretValueRequest) -> Result<()> {
    let other = asked.version_id.as_ref().filter(|id| **id != row.version);
    let other = other.or(asked
        .version_stage
        .as_ref()
        .filter(|stage| *stage != CURRENT));
    let Some(other) = other else {
        return Ok(());
    };
    let message = format!(
        "Secrets Manager can't find the specified secret value for {}. A cluster's key has one version, \
         {CURRENT}: leave it out.",
        clip(other)
    );
    Err(Error::not_found(RESOURCE_TYPE, &asked.secret_id, message))
}
