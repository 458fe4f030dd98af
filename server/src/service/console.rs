//! What the console reads beyond the API: identity, what the reader may not do, what cannot be seen, the provider's
//! catalogue.

use app::model::catalogue::Catalogue;
use app::model::error::{Error, Result};
use app::model::operation::Operation;
use app::model::sight::Trouble;
use app::model::user::{Identity, JobOwner, Refusals};
use app::port::{Ctx, Principal};

use super::{Service, provider_error};

impl Service {
    pub(super) fn identity(&self, ctx: &Ctx) -> Result<Identity> {
        let Principal::User { name, arn } = &ctx.who else {
            return Err(Error::not_signed_in());
        };
        Ok(Identity {
            user_name: name.clone(),
            arn: arn.clone(),
            account_id: self.arns.account.clone(),
            region: self.arns.region.clone(),
            provider: self.provider.profile().name.into(),
            jobs: JobOwner {
                user: self.job_user.name.clone(),
                home: self.job_user.home.display().to_string(),
                is_server: !self.job_user.is_other,
            },
        })
    }

    pub(super) async fn refusals(&self, ctx: &Ctx, cluster: String) -> Result<Refusals> {
        let cluster = self.readable_cluster(ctx, &cluster).await?;
        let arn = self.arns.cluster(&cluster.id);
        let groups = self.arns.compute_node_group(&cluster.id, "*");
        let refusal = |operation, arn: &str| {
            let refused = self.authorize(ctx, operation, arn).err();
            refused.map(|error| error.message)
        };
        Ok(Refusals {
            submit_job: refusal(Operation::SubmitJob, &arn),
            cancel_job: refusal(Operation::CancelJob, &arn),
            requeue_job: refusal(Operation::RequeueJob, &arn),
            hold_job: refusal(Operation::HoldJob, &arn),
            release_job: refusal(Operation::ReleaseJob, &arn),
            change_nodes: refusal(Operation::DrainNode, &groups),
        })
    }

    pub(super) async fn troubles(&self, ctx: &Ctx, cluster: String) -> Result<Vec<Trouble>> {
        let cluster = self.observed_cluster(ctx, &cluster).await?;
        Ok(self.observed.latest(&cluster.id).troubles.clone())
    }

    pub(super) async fn catalogue(&self, ctx: &Ctx) -> Result<Catalogue> {
        self.authorize(ctx, Operation::ListClusters, &self.arns.cluster("*"))?;
        self.provider.catalogue().await.map_err(provider_error)
    }
}
