//! Where people of a cluster work: its login node, or its controller when it has none (N18).

use std::collections::HashSet;

use app::model::error::{Error, Result};
use app::model::operation::Operation;
use app::port::Ctx;
use async_trait::async_trait;
use openpcs_agent::layout::CLIENT_CONF;

use super::doors::{LoginTarget, Logins};
use super::{cluster, home};
use crate::auth::policy::Authorize as _;
use crate::db::cluster::ClusterRow;
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::db::queue::QueueRow;
use crate::db::{instance, resource};
use crate::fault::internal;
use crate::reconcile::Parts;

/// The logins of this server.
pub struct ServerLogins {
    pub parts: Parts,
}

#[async_trait]
impl Logins for ServerLogins {
    async fn login_target(&self, ctx: &Ctx, identifier: &str) -> Result<LoginTarget> {
        let pool = self.parts.db.pool();
        let found: Option<ClusterRow> = resource::find(pool, None, identifier)
            .await
            .map_err(internal)?;
        let cluster = found.ok_or_else(|| cluster::not_found(identifier))?;
        let arn = self.parts.arns.cluster(&cluster.id);
        ctx.authorize(Operation::ConnectCluster, &arn)?;
        home::check(&self.parts.db, &self.parts.server.id, &cluster).await?;
        let slurm_prefix = self
            .parts
            .controllers
            .prefix(&cluster.spec.scheduler.version);
        let user = &self.parts.job_user;
        let job_user = user.is_other.then(|| user.name.clone());
        if let Some(instance_id) = self.login_instance(&cluster).await.map_err(internal)? {
            let sandbox_dir = self
                .parts
                .controllers
                .instance_dir(&cluster.id, &instance_id);
            return Ok(LoginTarget {
                sandbox_dir,
                slurm_prefix,
                slurm_conf: None,
                job_user,
            });
        }
        if !self
            .parts
            .controllers
            .running(&cluster.id)
            .map_err(internal)?
        {
            let message = format!(
                "Cluster {} is {}: its controller does not run.",
                cluster.name, cluster.status
            );
            return Err(Error::conflict(
                cluster::RESOURCE_TYPE,
                &cluster.id,
                message,
            ));
        }
        let sandbox_dir = self.parts.controllers.dir(&cluster.id);
        let slurm_conf = Some(CLIENT_CONF.into());
        Ok(LoginTarget {
            sandbox_dir,
            slurm_prefix,
            slurm_conf,
            job_user,
        })
    }
}

impl ServerLogins {
    /// A node that is up, of a static group; best of one that serves no queue: that is a login group.
    async fn login_instance(&self, cluster: &ClusterRow) -> sqlx::Result<Option<String>> {
        let pool = self.parts.db.pool();
        let groups: Vec<ComputeNodeGroupRow> = resource::list(pool, Some(&cluster.id)).await?;
        let queues: Vec<QueueRow> = resource::list(pool, Some(&cluster.id)).await?;
        let instances = instance::live(pool, &cluster.id).await?;
        let fixed: HashSet<&str> = groups
            .iter()
            .filter(|g| g.spec.is_static())
            .map(|g| g.id.as_str())
            .collect();
        let serves = |group: &str| queues.iter().any(|q| q.spec.uses(group));
        let up = instances
            .iter()
            .filter(|i| i.ready_at.is_some() && i.reason.is_none())
            .filter(|i| fixed.contains(i.compute_node_group_id.as_str()));
        Ok(up
            .min_by_key(|i| serves(&i.compute_node_group_id))
            .map(|i| i.id.clone()))
    }
}
