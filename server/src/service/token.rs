//! Tokens of the Slurm REST API (C9): made with the cluster's key, kept nowhere, and each one in the audit trail.
//!
//! Who may work on a cluster gets one for the user that jobs run as. One for somebody else is for those who may read the
//! key: whoever has that signs for whom they like.

use app::model::error::{Error, Result};
use app::model::operation::Operation;
use app::model::token::*;
use app::port::{Ctx, Tokens};
use app::rules::token::lifetime_problem;
use async_trait::async_trait;
use nix::unistd::User;
use openpcs_provider::KeyKind;

use super::resource::refused;
use super::{Service, timestamp};
use crate::auth::policy::Authorize as _;
use crate::auth::slurm_token::{Claims, sign};
use crate::db::cluster::{ClusterRow, rest_address};
use crate::db::now;
use crate::fault::internal;
use crate::slurm::rest;

#[async_trait]
impl Tokens for Service {
    async fn create_slurm_token(
        &self,
        ctx: &Ctx,
        input: CreateSlurmTokenRequest,
    ) -> Result<CreateSlurmTokenResponse> {
        let operation = Operation::CreateSlurmToken;
        let cluster = self
            .observed_cluster(ctx, operation, &input.cluster_identifier)
            .await?;
        let user_name = self.user_of_token(ctx, &cluster, input.user_name.as_deref())?;
        let lifetime = input.lifetime_in_seconds.unwrap_or(LIFETIME);
        if let Some(why) = lifetime_problem(ctx.language.text(), lifetime) {
            return Err(Error::field("lifetimeInSeconds", why));
        }
        let url = self.rest_url(&cluster)?;
        let issued_at = now() / 1000;
        let claims = Claims {
            expires_at: issued_at + lifetime,
            issued_at,
            user: &user_name,
        };
        let key = self.jwt_key(&cluster).await?;
        let token = sign(&key, &claims).map_err(internal)?;
        // Before the token is given away.
        let arn = self.parts.arns.cluster(&cluster.id);
        self.note(ctx, operation, &arn, &input).await?;
        Ok(CreateSlurmTokenResponse {
            token,
            expires_at: timestamp(claims.expires_at * 1000),
            user_name,
            url,
        })
    }
}

impl Service {
    /// Whom the token is for, if such a one can work on the cluster and whoever asks may speak for them.
    fn user_of_token(
        &self,
        ctx: &Ctx,
        cluster: &ClusterRow,
        asked: Option<&str>,
    ) -> Result<String> {
        let ours = &self.parts.job_user;
        let Some(asked) = asked.filter(|asked| *asked != ours.name) else {
            return Ok(ours.name.clone());
        };
        let secret = self.own_arn(KeyKind::Jwt, &cluster.id);
        ctx.authorize(Operation::GetSecretValue, &secret)?;
        if !ours.is_other {
            let why = format!(
                "This server is no root: all jobs are {}'s. Leave the user out.",
                ours.name
            );
            return Err(Error::field("userName", why));
        }
        match User::from_name(asked) {
            Ok(Some(_)) => Ok(asked.to_owned()),
            _ => {
                let why = "There is no such user on the server's host, and slurmctld knows those only. Make one with useradd, \
                           or name another.";
                Err(Error::field("userName", why))
            }
        }
    }

    /// Where the REST API is that is in force.
    fn rest_url(&self, cluster: &ClusterRow) -> Result<String> {
        let in_force = cluster.applied_spec.as_ref();
        if !in_force.is_some_and(|spec| spec.has_rest()) || !cluster.spec.has_rest() {
            let message = format!(
                "Cluster {} has no Slurm REST API now. Switch it on with UpdateCluster \
                 (slurmConfiguration.slurmRest.mode STANDARD), and wait until the cluster is ACTIVE.",
                cluster.name
            );
            return Err(refused(cluster, message));
        }
        let address = rest_address(cluster).ok_or_else(Error::internal)?;
        let prefix = self.parts.controllers.prefix(cluster.slurm_version());
        let api = rest::api(&prefix).unwrap_or_default();
        Ok(format!("http://{address}/slurm/{api}"))
    }
}
