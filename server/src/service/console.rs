//! What the console reads beyond the API: identity, nodes, jobs, events, the provider's catalogue.

use app::model::catalogue::Catalogue;
use app::model::error::{Error, Result};
use app::model::event::Event;
use app::model::job::Job;
use app::model::node::{Instance, Node, NodePhase};
use app::model::operation::Operation;
use app::model::user::Identity;
use app::port::{Caller, Principal};

use super::{Service, internal, provider_error};
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::db::instance::InstanceRow;
use crate::db::{event, instance, resource};
use crate::slurm::client::NodeInfo;

const EVENTS: i64 = 200;

impl Service {
    pub(super) fn identity(&self, caller: &Caller) -> Result<Identity> {
        let Principal::User { name, arn } = &caller.principal else {
            return Err(Error::access_denied(
                "You are not signed in. Sign in to go on.",
            ));
        };
        Ok(Identity {
            user_name: name.clone(),
            arn: arn.clone(),
            account_id: self.arns.account.clone(),
            region: self.arns.region.clone(),
            provider: self.provider.name().into(),
        })
    }

    pub(super) async fn list_nodes(&self, caller: &Caller, cluster: String) -> Result<Vec<Node>> {
        let cluster = self.readable_cluster(caller, &cluster).await?;
        let groups: Vec<ComputeNodeGroupRow> = resource::list(self.db.pool(), Some(&cluster.id))
            .await
            .map_err(internal)?;
        let instances = instance::live(self.db.pool(), &cluster.id)
            .await
            .map_err(internal)?;
        let seen = self.observed.latest(&cluster.id);
        let mut nodes = vec![];
        for group in &groups {
            let spec = group.applied_spec.as_ref().unwrap_or(&group.spec);
            for number in 1..=spec.scaling.max_instance_count {
                let name = format!("{}-{number}", group.name);
                let instance = instances.iter().find(|i| i.node_name == name);
                let info = seen.nodes.iter().find(|n| n.name == name);
                nodes.push(node(group, name, info, instance));
            }
        }
        Ok(nodes)
    }

    pub(super) async fn list_jobs(&self, caller: &Caller, cluster: String) -> Result<Vec<Job>> {
        let cluster = self.readable_cluster(caller, &cluster).await?;
        let mut jobs = self.observed.latest(&cluster.id).jobs.clone();
        jobs.sort_by_key(|job| std::cmp::Reverse(job.submitted_at));
        Ok(jobs)
    }

    pub(super) async fn list_events(&self, caller: &Caller, cluster: String) -> Result<Vec<Event>> {
        let cluster = self.readable_cluster(caller, &cluster).await?;
        event::list(self.db.pool(), &cluster.id, EVENTS)
            .await
            .map_err(internal)
    }

    pub(super) async fn catalogue(&self, caller: &Caller) -> Result<Catalogue> {
        self.authorize(caller, Operation::ListClusters, &self.arns.cluster("*"))?;
        self.provider.catalogue().await.map_err(provider_error)
    }
}

fn node(
    group: &ComputeNodeGroupRow,
    name: String,
    info: Option<&NodeInfo>,
    instance: Option<&InstanceRow>,
) -> Node {
    Node {
        name,
        compute_node_group_id: group.id.clone(),
        compute_node_group_name: group.name.clone(),
        state: info
            .map(|i| i.state_text.clone())
            .unwrap_or_else(|| "unknown".into()),
        phase: info.map_or(NodePhase::PoweredDown, phase),
        reason: info.and_then(|i| i.reason.clone()),
        instance: instance.map(|row| Instance {
            id: row.id.clone(),
            instance_type: row.instance_type.clone(),
            launched_at: row.launched_at,
            steps: row.steps.clone(),
            reason: row.reason.clone(),
        }),
        cpus: info.map_or(0, |i| i.cpus),
        memory: info.map_or(0, |i| i.memory_mib),
    }
}

/// Slurm's flags in one word; the order decides which flag speaks when several are set.
fn phase(info: &NodeInfo) -> NodePhase {
    let order = [
        ("POWERED_DOWN", NodePhase::PoweredDown),
        ("POWERING_DOWN", NodePhase::Stopping),
        ("POWER_DOWN", NodePhase::Stopping),
        ("DOWN", NodePhase::Failed),
        ("FAIL", NodePhase::Failed),
        ("INVALID_REG", NodePhase::Failed),
        ("POWERING_UP", NodePhase::Starting),
        ("POWER_UP", NodePhase::Starting),
        ("DRAIN", NodePhase::Draining),
        ("ALLOCATED", NodePhase::Busy),
        ("MIXED", NodePhase::Busy),
        ("COMPLETING", NodePhase::Busy),
    ];
    order
        .into_iter()
        .find(|(flag, _)| info.is(flag))
        .map_or(NodePhase::Idle, |(_, phase)| phase)
}
