//! Where people of a cluster work: its login node, or its controller when it has none (N18).

use std::collections::HashSet;

use app::model::error::Result;
use app::model::operation::Operation;
use app::port::Ctx;
use async_trait::async_trait;
use openpcs_agent::layout::CLIENT_CONF;
use serde_json::json;

use super::Service;
use super::doors::{LoginTarget, Logins, Person};
use super::resource::refused;
use crate::db::cluster::ClusterRow;
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::db::queue::QueueRow;
use crate::db::{instance, resource};
use crate::fault::internal;

#[async_trait]
impl Logins for Service {
    async fn login_target(
        &self,
        ctx: &Ctx,
        identifier: &str,
        person: Person,
    ) -> Result<LoginTarget> {
        let operation = Operation::ConnectCluster;
        let cluster = self.observed_cluster(ctx, operation, identifier).await?;
        self.after_restart(&cluster).await?;
        let target = match person {
            Person::User => self.login_of(&cluster).await?,
            Person::Administrator => self.controller_of(&cluster)?,
        };
        let is_admin = person == Person::Administrator;
        let asked = json!({"clusterIdentifier": identifier, "administrator": is_admin});
        let arn = self.parts.arns.cluster(&cluster.id);
        self.note(ctx, operation, &arn, &asked).await?;
        Ok(target)
    }
}

impl Service {
    async fn login_of(&self, cluster: &ClusterRow) -> Result<LoginTarget> {
        let version = cluster.slurm_version();
        let slurm_prefix = self.parts.controllers.prefix(version);
        let user = &self.parts.job_user;
        let job_user = user.is_other.then(|| user.name.clone());
        if let Some(instance_id) = self.login_instance(cluster).await.map_err(internal)? {
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
        Ok(LoginTarget {
            job_user,
            ..self.controller_of(cluster)?
        })
    }

    /// The controller, for the server's own user.
    fn controller_of(&self, cluster: &ClusterRow) -> Result<LoginTarget> {
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
            return Err(refused(cluster, message));
        }
        let sandbox_dir = self.parts.controllers.dir(&cluster.id);
        let slurm_conf = Some(CLIENT_CONF.into());
        Ok(LoginTarget {
            sandbox_dir,
            slurm_prefix: self.parts.controllers.prefix(cluster.slurm_version()),
            slurm_conf,
            job_user: None,
        })
    }

    /// A node that is up, of a static group; best of one that serves no queue: that is a login group. None where nodes are
    /// other hosts: people reach those by themselves.
    async fn login_instance(&self, cluster: &ClusterRow) -> sqlx::Result<Option<String>> {
        if self.parts.provider.profile().own_addresses {
            return Ok(None);
        }
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
