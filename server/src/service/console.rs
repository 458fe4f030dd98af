//! What the console reads beyond the API: identity, what the reader may not do, what cannot be seen, what is set aside.

use app::model::error::{Error, Result};
use app::model::job::JobAction;
use app::model::node::NodeAction;
use app::model::operation::Operation;
use app::model::set_aside::AllSetAside;
use app::model::sight::{Sight, Trouble};
use app::model::user::{Identity, JobOwner, Refusals};
use app::port::{Console, Ctx, Principal};
use async_trait::async_trait;

use super::{Service, set_aside};
use crate::auth::policy::Authorize as _;
use crate::data_dir::DataDir;

#[async_trait]
impl Console for Service {
    async fn identity(&self, ctx: &Ctx) -> Result<Identity> {
        ctx.authorize(Operation::GetIdentity, "*")?;
        let Principal::User { name, arn } = &ctx.who else {
            return Err(Error::not_signed_in());
        };
        Ok(Identity {
            user_name: name.clone(),
            arn: arn.clone(),
            account_id: self.parts.arns.account.clone(),
            region: self.parts.arns.region.clone(),
            provider: self.parts.provider.profile().name.into(),
            jobs: JobOwner {
                user: self.parts.job_user.name.clone(),
                home: self.parts.job_user.home.display().to_string(),
                is_server: !self.parts.job_user.is_other,
            },
        })
    }

    async fn refusals(&self, ctx: &Ctx, cluster: String) -> Result<Refusals> {
        let cluster = self
            .cluster_for(ctx, Operation::GetRefusals, &cluster)
            .await?;
        let of_jobs = self.parts.arns.cluster(&cluster.id);
        let of_nodes = self.parts.arns.compute_node_group(&cluster.id, "*");
        let jobs = JobAction::ALL.map(JobAction::operation).into_iter();
        let jobs = jobs.chain([Operation::SubmitJob]);
        let nodes = NodeAction::ALL.map(NodeAction::operation).into_iter();
        let asked = jobs.map(|one| (one, &of_jobs));
        let asked = asked.chain(nodes.map(|one| (one, &of_nodes)));
        let refused = asked.filter_map(|(operation, arn)| {
            let refusal = ctx.authorize(operation, arn).err()?;
            Some((operation, refusal.message))
        });
        Ok(refused.collect())
    }

    async fn troubles(&self, ctx: &Ctx, cluster: String) -> Result<Vec<Trouble>> {
        let cluster = self
            .observed_cluster(ctx, Operation::GetTroubles, &cluster)
            .await?;
        let seen = self.parts.observed.latest(&cluster.id);
        // What is in the cluster's errorInfo is told there, also why nothing can be seen.
        Ok(match seen.trouble(Sight::Controller) {
            Some(_) => vec![],
            None => {
                let troubles = seen.troubles.iter();
                troubles
                    .filter(|one| one.of != Sight::Accounts)
                    .cloned()
                    .collect()
            }
        })
    }

    async fn set_aside(&self, ctx: &Ctx) -> Result<AllSetAside> {
        let dir = DataDir::at(self.parts.controllers.data_dir());
        Ok(AllSetAside {
            data_dir: dir.path().display().to_string(),
            found: set_aside::list(ctx, &self.parts.db, &dir).await?,
        })
    }
}
