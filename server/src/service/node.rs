//! Nodes: list, one with its history and logs, drain, resume, replace (X4, X5).

use std::collections::HashMap;
use std::sync::Arc;

use app::explain::{self, RefusalText, What, refusal};
use app::i18n::Language;
use app::model::attempt::LaunchAttempt;
use app::model::echo::clip;
use app::model::error::{Error, Result};
use app::model::job::{Job, OfCluster};
use app::model::lifecycle::InstanceScriptRun;
use app::model::live::Kind;
use app::model::node::*;
use app::model::node_count::GroupNodes;
use app::model::node_name::node_names;
use app::model::operation::Operation;
use app::model::page::{PageOf, PageRequest};
use app::port::{Ctx, Nodes};
use async_trait::async_trait;

use super::attempt;
use super::boot::told_once;
use super::duty;
use super::write::{Change, Intent};
use super::{Service, whole};
use crate::auth::policy::Authorize as _;
use crate::db::cluster::ClusterRow;
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::db::instance::InstanceRow;
use crate::db::{instance, now, resource};
use crate::fault::internal;
use crate::plan::node_phase::phase;
use crate::slurm::client::{NodeInfo, NodeUpdate};
use crate::slurm::hostlist;

const RESOURCE_TYPE: &str = "NODE";
/// Instances of one node that its page shows.
pub(super) const INSTANCES: i64 = 50;

/// A node and what is known of it.
pub(super) struct Found {
    group: Arc<ComputeNodeGroupRow>,
    pub node: Node,
    info: Option<NodeInfo>,
}

#[async_trait]
impl Nodes for Service {
    async fn list_nodes(
        &self,
        ctx: &Ctx,
        cluster: Option<String>,
        page: PageRequest,
    ) -> Result<PageOf<OfCluster<Node>>> {
        self.node_page(ctx, cluster, page).await
    }

    async fn count_nodes(
        &self,
        ctx: &Ctx,
        cluster: Option<String>,
    ) -> Result<Vec<OfCluster<GroupNodes>>> {
        self.node_counts(ctx, cluster).await
    }

    async fn get_node(&self, ctx: &Ctx, cluster: String, name: String) -> Result<NodeDetail> {
        let cluster = self
            .observed_cluster(ctx, Operation::GetNode, &cluster)
            .await?;
        let Found { node, info, .. } = self.find_node(ctx.language, &cluster, &name).await?;
        let rows = instance::of_node(self.parts.db.pool(), &cluster.id, &name, INSTANCES)
            .await
            .map_err(internal)?;
        let ended = rows.iter().filter(|row| row.ended_at.is_some());
        let cause = rows.first().and_then(InstanceRow::cause);
        let facts = explain::node::NodeFacts {
            node: &node,
            cause: cause.as_ref(),
            failures: ended.take_while(|row| row.ready_at.is_none()).count(),
            replacing: rows
                .iter()
                .find(|row| row.ended_at.is_none())
                .and_then(|row| row.replace_reason.as_deref()),
            now: now(),
        };
        let seen = self.parts.observed.latest(&cluster.id);
        Ok(NodeDetail {
            explanation: explain::node::explain(&facts, ctx.language),
            queues: info
                .as_ref()
                .map_or_else(Vec::new, |i| i.partitions.clone()),
            allocated_cpus: info.as_ref().map_or(0, |i| i.allocated_cpus),
            instances: rows
                .iter()
                .map(|row| instance_of(row, ctx.language))
                .collect(),
            jobs: jobs_on(&seen.jobs, &name),
            node,
        })
    }

    async fn node_attempts(
        &self,
        ctx: &Ctx,
        cluster: String,
        name: String,
    ) -> Result<Vec<LaunchAttempt>> {
        let cluster = self
            .observed_cluster(ctx, Operation::GetNode, &cluster)
            .await?;
        self.find_node(ctx.language, &cluster, &name).await?;
        let attempts = attempt::of_node(self.parts.db.pool(), &cluster.id, &name).await;
        attempts.map_err(internal)
    }

    async fn node_scripts(
        &self,
        ctx: &Ctx,
        cluster: String,
        name: String,
    ) -> Result<Vec<InstanceScriptRun>> {
        let cluster = self
            .observed_cluster(ctx, Operation::GetNode, &cluster)
            .await?;
        self.find_node(ctx.language, &cluster, &name).await?;
        let runs = duty::runs_of_node(self.parts.db.pool(), &cluster.id, &name).await;
        runs.map_err(internal)
    }

    async fn act_on_nodes(&self, ctx: &Ctx, input: ActOnNodes) -> Result<()> {
        let (service, ctx) = (self.clone(), ctx.clone());
        whole(async move { service.act_on(&ctx, input).await }).await
    }
}

impl Service {
    async fn act_on(&self, ctx: &Ctx, input: ActOnNodes) -> Result<()> {
        let operation = input.action.operation();
        let arn = |cluster_id: &str| self.parts.arns.compute_node_group(cluster_id, "*");
        let cluster = self
            .cluster_with(ctx, operation, &input.cluster_identifier, arn)
            .await?;
        if input.node_names.is_empty() {
            return Err(Error::field("nodeNames", "Name at least one node."));
        }
        let mut all = self.nodes_of(&cluster.id).await?;
        let mut found = vec![];
        for name in &input.node_names {
            let Some(at) = all.iter().position(|one| one.node.name == *name) else {
                return Err(not_found(ctx.language, &cluster, name));
            };
            let one = all.swap_remove(at);
            let arn = self
                .parts
                .arns
                .compute_node_group(&cluster.id, &one.group.id);
            ctx.authorize(operation, &arn)?;
            if let Some(obstacle) = input.action.obstacle(&one.node) {
                return Err(Error::conflict(
                    RESOURCE_TYPE,
                    name,
                    told(ctx.language, obstacle, name),
                ));
            }
            found.push(one);
        }
        check_reason(&input)?;
        let intent = match input.action {
            NodeAction::Drain | NodeAction::Resume => {
                let effect = self.tell_nodes(ctx.language, &cluster, &input, &found);
                let arn = self.parts.arns.cluster(&cluster.id);
                let done = self.intended(ctx, operation, &input, &arn, effect);
                Some(done.await?.1)
            }
            NodeAction::Replace | NodeAction::ReplaceNow => None,
        };
        self.write_down(ctx, operation, &cluster, &input, intent)
            .await?;
        self.look_again(&cluster.id);
        Ok(())
    }

    /// Slurm keeps who is drained: it is told at once, in as few calls as there are kinds of nodes.
    async fn tell_nodes(
        &self,
        language: Language,
        cluster: &ClusterRow,
        input: &ActOnNodes,
        found: &[Found],
    ) -> Result<()> {
        let client = self.slurm(cluster).await?;
        let is_down = |one: &&Found| one.info.as_ref().is_some_and(|info| info.is("DOWN"));
        let names = |all: Vec<&Found>| -> Vec<String> {
            all.into_iter().map(|one| one.node.name.clone()).collect()
        };
        let (down, up): (Vec<&Found>, Vec<&Found>) = found.iter().partition(is_down);
        let (for_down, for_up) = match input.action {
            NodeAction::Drain => {
                let reason = input.reason.trim().to_owned();
                let drain = NodeUpdate::Drain { reason };
                (drain.clone(), drain)
            }
            _ => (NodeUpdate::Resume, NodeUpdate::Undrain),
        };
        for (nodes, update) in [(down, for_down), (up, for_up)] {
            client
                .update_nodes(&names(nodes), &update)
                .await
                .map_err(|error| {
                    let values = [("words", error.message.clone())];
                    let message = refusal(language, |t| t.slurm, &values);
                    Error::conflict(RESOURCE_TYPE, input.node_names.join(","), message)
                })?;
        }
        Ok(())
    }

    /// Audit, events, and for a replacement what is wanted: the node reconciler does the rest.
    async fn write_down(
        &self,
        ctx: &Ctx,
        operation: Operation,
        cluster: &ClusterRow,
        input: &ActOnNodes,
        intent: Option<Intent>,
    ) -> Result<()> {
        let arn = self.parts.arns.cluster(&cluster.id);
        self.change(ctx, operation, input, None, async |mut change| {
            if let Some(intent) = intent {
                change.fulfil(intent);
            }
            if operation == Operation::ReplaceNode {
                set_replace(&mut change, &cluster.id, input).await?;
            }
            for node in &input.node_names {
                let what = event_of(input, node);
                change
                    .event(&cluster.id, Kind::Node, node_of(&what), &what)
                    .await?;
            }
            change.commit(&arn, ()).await
        })
        .await
    }

    pub(super) async fn find_node(
        &self,
        language: Language,
        cluster: &ClusterRow,
        name: &str,
    ) -> Result<Found> {
        let all = self.nodes_of(&cluster.id).await?;
        all.into_iter()
            .find(|found| found.node.name == name)
            .ok_or_else(|| not_found(language, cluster, name))
    }

    /// All nodes of a cluster in name order, also those that Slurm does not know yet.
    pub(super) async fn nodes_of(&self, cluster_id: &str) -> Result<Vec<Found>> {
        let groups: Vec<ComputeNodeGroupRow> =
            resource::list(self.parts.db.pool(), Some(cluster_id))
                .await
                .map_err(internal)?;
        let instances = instance::live(self.parts.db.pool(), cluster_id)
            .await
            .map_err(internal)?;
        let seen = self.parts.observed.latest(cluster_id);
        // The first of a name counts.
        let by_node = instances.iter().rev().map(|i| (i.node_name.as_str(), i));
        let by_node: HashMap<&str, &InstanceRow> = by_node.collect();
        let infos = seen.nodes.iter().rev().map(|n| (n.name.as_str(), n));
        let infos: HashMap<&str, &NodeInfo> = infos.collect();
        let mut nodes = vec![];
        for group in groups.into_iter().map(Arc::new) {
            let spec = group.applied_spec.as_ref().unwrap_or(&group.spec);
            for name in node_names(&group.name, spec.most()) {
                let instance = by_node.get(name.as_str()).copied();
                let info = infos.get(name.as_str()).copied().cloned();
                let node = node(&group, name, info.as_ref(), instance);
                let group = group.clone();
                nodes.push(Found { group, node, info });
            }
        }
        Ok(nodes)
    }
}

fn not_found(language: Language, cluster: &ClusterRow, name: &str) -> Error {
    let values = [("cluster", cluster.name.clone()), ("node", clip(name))];
    let message = refusal(language, |t| t.no_node, &values);
    Error::not_found(RESOURCE_TYPE, name, message)
}

fn node_of(what: &What) -> &str {
    match what {
        What::NodeDrained { node, .. }
        | What::NodeResumed { node }
        | What::NodeReplaced { node, .. } => node,
        _ => "",
    }
}

/// The nodes' instances are to be replaced: the node reconciler does the rest.
async fn set_replace(change: &mut Change, cluster_id: &str, input: &ActOnNodes) -> Result<()> {
    let reason = input.reason.trim();
    let at_once = input.action == NodeAction::ReplaceNow;
    let live = instance::live(&mut *change.write.tx, cluster_id)
        .await
        .map_err(internal)?;
    let is_meant = |row: &&InstanceRow| input.node_names.contains(&row.node_name);
    for row in live.iter().filter(is_meant) {
        instance::set_replace(&mut change.write, row, reason, at_once)
            .await
            .map_err(internal)?;
    }
    Ok(())
}

fn event_of(input: &ActOnNodes, node: &str) -> What {
    let (node, reason) = (node.to_owned(), input.reason.trim().to_owned());
    match input.action {
        NodeAction::Drain => What::NodeDrained { node, reason },
        NodeAction::Resume => What::NodeResumed { node },
        NodeAction::Replace | NodeAction::ReplaceNow => What::NodeReplaced {
            node,
            reason,
            now: input.action == NodeAction::ReplaceNow,
        },
    }
}

/// Slurm keeps one line; whoever looks at the node later wants one.
fn check_reason(input: &ActOnNodes) -> Result<()> {
    let reason = input.reason.trim();
    if input.action == NodeAction::Resume && reason.is_empty() {
        return Ok(());
    }
    if reason.is_empty() {
        return Err(Error::field(
            "reason",
            "Say why, for those who look at the node later.",
        ));
    }
    if reason.chars().count() > NodeAction::LONGEST_REASON {
        let message = format!(
            "A reason has at most {} characters.",
            NodeAction::LONGEST_REASON
        );
        return Err(Error::field("reason", message));
    }
    if reason.chars().any(|c| c.is_control() || c == '"') {
        return Err(Error::field(
            "reason",
            "Write the reason on one line and without double quotes.",
        ));
    }
    Ok(())
}

fn told(language: Language, obstacle: NodeObstacle, name: &str) -> String {
    let words = |t: &'static RefusalText| match obstacle {
        NodeObstacle::Drained => t.node_drained,
        NodeObstacle::NotDrained => t.node_not_drained,
        NodeObstacle::NoInstance => t.node_no_instance,
        NodeObstacle::BeingReplaced => t.node_being_replaced,
    };
    refusal(language, words, &[("node", name.to_owned())])
}

/// The jobs that are on a node now.
fn jobs_on(jobs: &[Job], node: &str) -> Vec<Job> {
    let on_it = |job: &&Job| {
        let nodes = hostlist::expand(&job.nodes).unwrap_or_default();
        !job.is_over() && nodes.iter().any(|name| name == node)
    };
    jobs.iter().filter(on_it).cloned().collect()
}

fn instance_of(row: &InstanceRow, language: Language) -> Instance {
    Instance {
        id: row.id.clone(),
        provider_id: row.provider_id.clone().filter(|id| *id != row.id),
        address: row.address.clone(),
        instance_type: row.instance_type.clone(),
        launched_at: row.launched_at,
        ready_at: row.ready_at.unwrap_or_default(),
        ended_at: row.ended_at.unwrap_or_default(),
        steps: told_once(&row.steps).cloned().collect(),
        reason: row.cause().map(|cause| cause.text(language)),
        is_to_be_replaced: row.replace_reason.is_some(),
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
        reservation: info.and_then(|i| i.reservation.clone()),
        reason: info.and_then(|i| i.reason.clone()),
        instance: instance.map(|row| instance_of(row, Language::English)),
        cpus: info.map_or(0, |i| i.cpus),
        memory: info.map_or(0, |i| i.memory_mib),
        slurm_version: info.map_or_else(String::new, |i| major(&i.version)),
    }
}

/// `24.11` of `24.11.5`.
pub(super) fn major(version: &str) -> String {
    let parts: Vec<&str> = version.split('.').take(2).collect();
    parts.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(action: NodeAction, reason: &str) -> ActOnNodes {
        ActOnNodes {
            cluster_identifier: "demo".into(),
            node_names: vec!["a-1".into()],
            action,
            reason: reason.into(),
        }
    }

    #[test]
    fn a_reason_is_wanted_and_is_one_line() {
        for bad in ["", "  ", "a\nb", "State=\"IDLE\"", &"x".repeat(201)] {
            let error = check_reason(&input(NodeAction::Drain, bad)).unwrap_err();
            assert!(error.message.contains("reason"), "{bad:?}: {error}");
        }
        assert_eq!(check_reason(&input(NodeAction::Drain, "new disk")), Ok(()));
        assert_eq!(check_reason(&input(NodeAction::Resume, "")), Ok(()));
    }
}
