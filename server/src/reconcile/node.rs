//! Keeps the instances of a cluster: launches what Slurm wants, ends what it lets go, replaces what died.

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use app::explain::{Cause, What};
use app::model::live::Kind;
use app::model::node::BootStep;
use app::model::sight::Sight;
use futures::StreamExt;

use super::driver::{Next, Reconciler};
use super::node_plan::{Group, Seen, Step, plan};
use super::observed::Snapshot;
use super::requeue::start_again;
use super::sight::Looks;
use super::signs::Signs;
use super::wake::Waker;
use super::{Parts, aside};
use crate::agent::protocol::PORT_TAKEN;
use crate::auth::answer;
use crate::db::cluster::ClusterRow;
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::db::instance::InstanceRow;
use crate::db::{self, instance, now, resource};
use crate::provider::{LaunchRequest, ObservedInstance};
use crate::service::ports::{self, Taken};
use crate::service::{id, instance::bootstrap_hash};
use crate::slurm::client::{Client, NodeInfo, NodeUpdate};

/// How often processes are looked after. Cheap: a few system calls per instance.
const TICK: Duration = Duration::from_millis(500);
/// The pause while nodes are about to come up, so that a job starts as soon as its last node is there.
const EXPECTING: Duration = Duration::from_millis(50);
/// The pause while something is under way that nobody waits for.
const UNDER_WAY: Duration = Duration::from_millis(250);
/// Slurm is asked at least this often even when nothing seems to happen.
const LONGEST_SILENCE_MS: i64 = 60_000;
/// The database is read at least this often even when nothing seems to happen.
const LONGEST_REST: Duration = Duration::from_secs(15);
/// Processes that are started or ended at the same time.
const PARALLEL: usize = 8;
/// Ended instances that are looked at for back-off.
const HISTORY: i64 = 200;
/// The bytes of a bootstrap id: 256 bits (A8 asks for at least 128).
const BOOTSTRAP_BYTES: usize = 32;
/// Slurm's reason texts are one line; a longer one is cut.
const LONGEST_REASON: usize = 200;

/// The loop of one cluster.
pub struct NodeReconciler {
    parts: Parts,
    cluster_id: String,
    waker: Waker,
    looked: Signs,
    looks: Looks,
    rest: Option<Rest>,
    /// Instances that were reported as set aside.
    aside: HashSet<String>,
}

/// After a run that found no instance and nothing to do: as long as nobody wakes the loop and Slurm logs nothing,
/// another run would find the same.
struct Rest {
    signs: Signs,
    until: Instant,
}

impl NodeReconciler {
    pub fn new(parts: Parts, cluster_id: String) -> Self {
        Self {
            waker: parts.wakers.of(&cluster_id).node,
            parts,
            cluster_id,
            looked: Signs::default(),
            looks: Looks::new(Sight::Nodes),
            rest: None,
            aside: HashSet::new(),
        }
    }
}

impl Reconciler for NodeReconciler {
    fn name(&self) -> String {
        format!("node {}", self.cluster_id)
    }

    async fn run(&mut self) -> anyhow::Result<Next> {
        let signs = Signs::now(&self.parts, &self.cluster_id, &self.waker).await;
        if self.is_at_rest(signs) {
            return Ok(Next::After(TICK));
        }
        self.rest = None;
        let db = self.parts.db.clone();
        let pool = db.pool();
        let Some(cluster): Option<ClusterRow> =
            resource::find(pool, None, &self.cluster_id).await?
        else {
            return Ok(Next::Never);
        };
        if cluster.applied_spec.is_none() || !cluster.status.can_be_used() {
            return Ok(Next::After(TICK));
        }
        let Some(client) = self
            .parts
            .client(&cluster.id, &cluster.spec.scheduler.version)?
        else {
            return Ok(Next::After(TICK));
        };
        let instances = instance::live(pool, &cluster.id).await?;
        let observed = aside::observe(&self.parts, &cluster.id, &instances).await?;
        self.report(&observed.aside).await?;
        let set_aside = observed.any_aside_runs();
        let provider = observed.known;
        let snapshot = self.look(&client, signs, &instances, &provider).await?;
        let groups: Vec<ComputeNodeGroupRow> = resource::list(pool, Some(&cluster.id)).await?;
        let ended = instance::ended(pool, &cluster.id, HISTORY).await?;
        let seen = Seen {
            instances,
            ended,
            provider,
            set_aside,
            nodes: snapshot.nodes.to_vec(),
            now: now(),
        };
        let steps = plan(&in_force(&groups), &seen);
        let acted = !steps.is_empty();
        if acted {
            let act = Act {
                parts: &self.parts,
                cluster: &cluster,
                client: &client,
                groups: &groups,
                seen: &seen,
            };
            act.all(steps).await?;
            self.looked = Signs::default();
        }
        let is_quiet = seen.instances.is_empty() && seen.provider.is_empty();
        if is_quiet && !acted && !seen.nodes.iter().any(in_transition) {
            self.rest = Some(Rest {
                signs,
                until: Instant::now() + LONGEST_REST,
            });
        }
        Ok(Next::After(self.pause(&seen, acted)))
    }
}

impl NodeReconciler {
    fn is_at_rest(&self, signs: Signs) -> bool {
        let rest = self.rest.as_ref();
        rest.is_some_and(|rest| rest.signs == signs && Instant::now() < rest.until)
            && self.parts.observed.waiting(&self.cluster_id) == 0
    }

    /// Once for each, also in the timeline.
    async fn report(&mut self, aside: &[ObservedInstance]) -> anyhow::Result<()> {
        for one in aside {
            let (cluster, instance) = (&self.cluster_id, one.instance_id.clone());
            if self.aside.contains(&instance) {
                continue;
            }
            tracing::warn!(
                cluster,
                instance,
                "the database does not know this instance: it is set aside and its jobs go on; \
                 `openpcs set-aside remove` ends and removes it"
            );
            let what = What::InstanceSetAside {
                instance: instance.clone(),
            };
            let mut write = self.parts.db.write().await?;
            db::event::insert(
                &mut write,
                cluster,
                Kind::Cluster,
                cluster,
                "reconciler",
                &what,
            )
            .await?;
            write.commit().await?;
            self.aside.insert(instance);
        }
        Ok(())
    }

    /// What Slurm says now, or what it said last when nothing can have changed since.
    async fn look(
        &mut self,
        client: &Client,
        signs: Signs,
        instances: &[InstanceRow],
        provider: &[ObservedInstance],
    ) -> anyhow::Result<std::sync::Arc<Snapshot>> {
        let latest = self.parts.observed.latest(&self.cluster_id);
        let unsettled = instances
            .iter()
            .any(|i| i.ready_at.is_none() || i.reason.is_some())
            || provider.iter().filter(|i| i.running).count() != instances.len()
            || latest.nodes.iter().any(in_transition);
        let waited_for = self.parts.observed.waiting(&self.cluster_id) > 0;
        let old = now() - latest.asked_at > LONGEST_SILENCE_MS;
        if !(unsettled || waited_for || old || signs != self.looked) {
            return Ok(latest);
        }
        let asked_at = now();
        let found = client.nodes().await;
        let nodes = self
            .looks
            .note(&self.parts, &self.cluster_id, found)
            .await?;
        self.looked = signs;
        let free = now_free(&latest.nodes, &nodes);
        self.parts.observed.nodes(&self.cluster_id, asked_at, nodes);
        // Slurm itself would look after up to a minute.
        client.update_nodes(&free, &NodeUpdate::Offer).await?;
        Ok(self.parts.observed.latest(&self.cluster_id))
    }

    fn pause(&self, seen: &Seen, acted: bool) -> Duration {
        let expecting = seen
            .instances
            .iter()
            .any(|i| i.registered_at.is_some() && i.ready_at.is_none());
        if expecting {
            EXPECTING
        } else if acted || seen.nodes.iter().any(in_transition) {
            UNDER_WAY
        } else {
            TICK
        }
    }
}

fn is_port_taken(cause: &Cause) -> bool {
    matches!(cause, Cause::StepFailed { step, .. } if step == PORT_TAKEN)
}

/// Nodes that were on their way down and can be powered up again: jobs that came meanwhile passed them over.
fn now_free(before: &[NodeInfo], now: &[NodeInfo]) -> Vec<String> {
    let going: HashSet<&str> = before
        .iter()
        .filter(|node| in_transition(node) || node.is("DOWN"))
        .map(|node| node.name.as_str())
        .collect();
    let free = |node: &&NodeInfo| {
        let off = node.is("IDLE") && node.is("POWERED_DOWN");
        off && !node.is("DRAIN") && !in_transition(node)
    };
    let names = now.iter().filter(free).map(|node| node.name.clone());
    names.filter(|name| going.contains(name.as_str())).collect()
}

/// Slurm is about to change the node by itself.
fn in_transition(node: &NodeInfo) -> bool {
    ["POWERING_UP", "POWER_UP", "POWERING_DOWN", "POWER_DOWN"]
        .iter()
        .any(|flag| node.is(flag))
}

/// The groups as their last accepted configuration has them. A group that is being deleted wants no nodes.
pub(crate) fn in_force(groups: &[ComputeNodeGroupRow]) -> Vec<Group> {
    groups
        .iter()
        .filter(|row| row.status != app::model::status::Status::Deleting)
        .filter_map(|row| row.applied_spec.as_ref().map(|spec| (row, spec)))
        .map(|(row, spec)| Group {
            id: row.id.clone(),
            name: row.name.clone(),
            max: spec.scaling.max_instance_count,
            is_static: spec.is_static(),
            launch_generation: spec.launch_generation,
            idle_seconds: spec
                .slurm
                .as_ref()
                .and_then(|s| s.scale_down_idle_time_in_seconds),
        })
        .collect()
}

/// Carries out one plan.
struct Act<'a> {
    parts: &'a Parts,
    cluster: &'a ClusterRow,
    client: &'a Client,
    groups: &'a [ComputeNodeGroupRow],
    seen: &'a Seen,
}

impl Act<'_> {
    async fn all(&self, steps: Vec<Step>) -> anyhow::Result<()> {
        tracing::info!(cluster = self.cluster.name, ?steps, "acting");
        let mut launches = vec![];
        let mut ends = vec![];
        let mut failures: BTreeMap<Cause, Vec<String>> = BTreeMap::new();
        let mut updates: Vec<(NodeUpdate, String)> = vec![];
        for step in steps {
            match step {
                Step::Launch { node, group_id } => launches.push((node, group_id)),
                Step::MarkReady { instance } => self.mark_ready(&instance).await?,
                Step::End { instance, cause } => ends.push((instance, cause)),
                Step::Fail {
                    node,
                    instance,
                    cause,
                } => {
                    ends.extend(instance.map(|i| (i, cause.clone())));
                    failures.entry(cause).or_default().push(node);
                }
                Step::Recover { node } => {
                    let reason = Cause::Freed.english();
                    updates.push((NodeUpdate::PowerDownForce { reason }, node));
                }
                Step::PowerUp { node } => updates.push((NodeUpdate::PowerUp, node)),
                Step::Replace { node, cause } => {
                    let reason = one_line(&cause.english());
                    updates.push((NodeUpdate::PowerDownAsap { reason }, node));
                }
                Step::PowerDown { node } => updates.push((NodeUpdate::PowerDown, node)),
                Step::EndOrphan { instance } => {
                    self.parts
                        .provider
                        .terminate(&self.cluster.id, &instance)
                        .await?
                }
            }
        }
        self.launch(launches).await?;
        let failed: Vec<String> = failures.values().flatten().cloned().collect();
        let requeued = self.client.jobs_on(&failed).await?;
        self.stand_in(&failed).await;
        let taken = failures.iter().filter(|(cause, _)| is_port_taken(cause));
        let without_port: Vec<String> = taken.flat_map(|(_, nodes)| nodes.clone()).collect();
        self.fail(failures).await?;
        self.move_ports(&without_port).await?;
        self.parts.observed.failed(&self.cluster.id, failed.iter());
        self.end(ends).await?;
        start_again(self.client, requeued).await;
        self.update(updates).await
    }

    fn row(&self, instance_id: &str) -> Option<&InstanceRow> {
        self.seen.instances.iter().find(|i| i.id == instance_id)
    }

    /// Rows first, in one transaction, then processes: a crash in between leaves rows whose instance never shows, and
    /// those fail by themselves.
    async fn launch(&self, wanted: Vec<(String, String)>) -> anyhow::Result<()> {
        if wanted.is_empty() {
            return Ok(());
        }
        let mut write = self.parts.db.write().await?;
        let mut requests = vec![];
        for (node_name, group_id) in wanted {
            let Some(group) = self.groups.iter().find(|g| g.id == group_id) else {
                continue;
            };
            let (row, request) = self.attempt(node_name, group);
            instance::insert(&mut write, &row).await?;
            let what = What::NodeStarts {
                node: row.node_name.clone(),
                instance: row.id.clone(),
            };
            self.event(&mut write, &row.node_name, &what).await?;
            requests.push(request);
        }
        write.commit().await?;
        let provider = &self.parts.provider;
        let results: Vec<_> = futures::stream::iter(requests)
            .map(|request| async move {
                let result = provider.launch(&request).await;
                (request, result)
            })
            .buffer_unordered(PARALLEL)
            .collect()
            .await;
        for (request, result) in results {
            if let Err(error) = result {
                self.note_launch_failure(&request, &error.to_string())
                    .await?;
            }
        }
        Ok(())
    }

    fn attempt(
        &self,
        node_name: String,
        group: &ComputeNodeGroupRow,
    ) -> (InstanceRow, LaunchRequest) {
        let spec = group.applied_spec.as_ref().unwrap_or(&group.spec);
        let bootstrap_id = id::random_hex(BOOTSTRAP_BYTES);
        let at = now();
        let row = InstanceRow {
            id: id::instance_id(),
            cluster_id: self.cluster.id.clone(),
            compute_node_group_id: group.id.clone(),
            node_name: node_name.clone(),
            instance_type: spec.instance_type().into(),
            launch_generation: spec.launch_generation,
            bootstrap_hash: bootstrap_hash(&bootstrap_id),
            launched_at: at,
            registered_at: None,
            ready_at: None,
            ended_at: None,
            reason: None,
            cause: None,
            replace_reason: None,
            replace_now: false,
            steps: vec![BootStep {
                name: "launched".into(),
                at,
                detail: None,
            }],
        };
        let request = LaunchRequest {
            slurmd_port: port_of(&node_name, &spec.ports),
            instance_id: row.id.clone(),
            cluster_id: row.cluster_id.clone(),
            compute_node_group_id: group.id.clone(),
            node_name,
            instance_type: row.instance_type.clone(),
            bootstrap_id,
            proof_key: answer::agent_key(&self.parts.seal, &row.id),
            slurm_version: self.cluster.spec.scheduler.version.clone(),
        };
        (row, request)
    }

    /// A launch that the provider refused is a failed boot step: the next plan fails the node at once.
    async fn note_launch_failure(&self, request: &LaunchRequest, why: &str) -> anyhow::Result<()> {
        let mut write = self.parts.db.write().await?;
        let step = BootStep {
            name: "launch-failed".into(),
            at: now(),
            detail: Some(why.into()),
        };
        instance::add_step(&mut write, &request.instance_id, step).await?;
        Ok(write.commit().await?)
    }

    async fn mark_ready(&self, instance_id: &str) -> anyhow::Result<()> {
        let Some(row) = self.row(instance_id) else {
            return Ok(());
        };
        let mut write = self.parts.db.write().await?;
        instance::set_ready(&mut write, row).await?;
        let what = What::NodeUp {
            node: row.node_name.clone(),
        };
        self.event(&mut write, &row.node_name, &what).await?;
        Ok(write.commit().await?)
    }

    /// Before Slurm hears that they are lost and tells them to end their jobs.
    async fn stand_in(&self, nodes: &[String]) {
        for node in nodes {
            if let Some(port) = self.port_of(node) {
                let provider = &self.parts.provider;
                provider.stand_in(&self.cluster.id, node, port).await;
            }
        }
    }

    fn port_of(&self, node: &str) -> Option<u16> {
        let (group, at) = self.place_of(node)?;
        group.applied_spec.as_ref()?.ports.get(at).copied()
    }

    /// A node's group and its place in the group's list of ports.
    fn place_of(&self, node: &str) -> Option<(&ComputeNodeGroupRow, usize)> {
        self.groups.iter().find_map(|group| {
            let number = node.strip_prefix(&group.name)?.strip_prefix('-')?;
            Some((group, number.parse::<usize>().ok()?.checked_sub(1)?))
        })
    }

    /// Gives nodes another port, for something else on this host has theirs. The cluster's configuration follows.
    async fn move_ports(&self, nodes: &[String]) -> anyhow::Result<()> {
        for (group, at) in nodes.iter().filter_map(|node| self.place_of(node)) {
            let mut write = self.parts.db.write().await?;
            let clusters: Vec<ClusterRow> = resource::list(&mut *write.tx, None).await?;
            let groups: Vec<ComputeNodeGroupRow> = resource::list(&mut *write.tx, None).await?;
            let new = ports::of_nodes(self.parts.ports, &Taken::by(&clusters, &groups), &[], 1)?;
            let Some(mut row) = groups.into_iter().find(|row| row.id == group.id) else {
                continue;
            };
            let specs = [Some(&mut row.spec), row.applied_spec.as_mut()];
            for port in specs
                .into_iter()
                .flatten()
                .filter_map(|spec| spec.ports.get_mut(at))
            {
                *port = new[0];
            }
            resource::update(&mut write, &row, false).await?;
            write.commit().await?;
        }
        Ok(())
    }

    /// Slurm first, so that the jobs go back to the queue for the right reason.
    async fn fail(&self, failures: BTreeMap<Cause, Vec<String>>) -> anyhow::Result<()> {
        for (cause, nodes) in failures {
            let mut write = self.parts.db.write().await?;
            for node in &nodes {
                // That somebody wants another instance was noted when it was asked for.
                if cause.is_failure() {
                    let what = What::NodeFailed {
                        node: node.clone(),
                        cause: cause.clone(),
                    };
                    self.event(&mut write, node, &what).await?;
                }
            }
            write.commit().await?;
            // A node that is down already keeps Slurm's own reason.
            let up: Vec<String> = nodes.iter().filter(|n| !self.is_down(n)).cloned().collect();
            let reason = one_line(&cause.english());
            if !up.is_empty() {
                self.client
                    .update_nodes(&up, &NodeUpdate::Down { reason })
                    .await?;
            }
        }
        Ok(())
    }

    fn is_down(&self, node: &str) -> bool {
        self.seen
            .nodes
            .iter()
            .any(|n| n.name == node && n.is("DOWN"))
    }

    async fn end(&self, ends: Vec<(String, Cause)>) -> anyhow::Result<()> {
        let results: Vec<anyhow::Result<()>> = futures::stream::iter(ends)
            .map(|(instance_id, cause)| async move { self.end_one(&instance_id, cause).await })
            .buffer_unordered(PARALLEL)
            .collect()
            .await;
        results.into_iter().collect()
    }

    /// The reason is written before anything is ended: after a crash the next run goes on with the end.
    async fn end_one(&self, instance_id: &str, cause: Cause) -> anyhow::Result<()> {
        let Some(row) = self.row(instance_id) else {
            return Ok(());
        };
        let mut write = self.parts.db.write().await?;
        instance::set_reason(&mut write, row, &cause).await?;
        write.commit().await?;
        self.parts
            .provider
            .terminate(&self.cluster.id, instance_id)
            .await?;
        let mut write = self.parts.db.write().await?;
        instance::set_ended(&mut write, row).await?;
        let what = What::InstanceEnded {
            instance: instance_id.to_owned(),
            cause,
        };
        self.event(&mut write, &row.node_name, &what).await?;
        Ok(write.commit().await?)
    }

    async fn update(&self, updates: Vec<(NodeUpdate, String)>) -> anyhow::Result<()> {
        let mut batches: Vec<(NodeUpdate, Vec<String>)> = vec![];
        for (update, node) in updates {
            match batches.iter_mut().find(|(known, _)| *known == update) {
                Some((_, nodes)) => nodes.push(node),
                None => batches.push((update, vec![node])),
            }
        }
        for (update, nodes) in batches {
            self.client.update_nodes(&nodes, &update).await?;
        }
        Ok(())
    }

    async fn event(&self, write: &mut db::Write, node: &str, what: &What) -> sqlx::Result<()> {
        db::event::insert(
            write,
            &self.cluster.id,
            Kind::Node,
            node,
            "reconciler",
            what,
        )
        .await
    }
}

/// A reason as Slurm takes it: one line, not too long.
pub(super) fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST_REASON)
        .collect()
}

/// The port of the node `GROUP-N` is the group's Nth; 0, which nobody can take, for a name of another form.
fn port_of(node_name: &str, ports: &[u16]) -> u16 {
    let number = node_name.rsplit_once('-').and_then(|(_, n)| n.parse().ok());
    let index = number.and_then(|n: usize| n.checked_sub(1));
    index.and_then(|i| ports.get(i)).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line() {
        assert_eq!(one_line("a\nb"), "a b");
        assert_eq!(one_line(&"x".repeat(1000)).len(), LONGEST_REASON);
    }

    #[test]
    fn a_node_under_way_is_looked_at_often() {
        assert!(in_transition(&node("a-1", "POWERING_UP")));
    }

    #[test]
    fn a_node_is_offered_once_when_it_can_be_powered_up_again() {
        let off = node("a-1", "IDLE CLOUD POWERED_DOWN");
        let offered = |before: &str| now_free(&[node("a-1", before)], std::slice::from_ref(&off));
        assert_eq!(offered("IDLE CLOUD POWERING_DOWN"), ["a-1"]);
        assert_eq!(offered("DOWN CLOUD POWER_DOWN"), ["a-1"]);
        assert_eq!(offered("IDLE CLOUD POWERED_DOWN"), Vec::<String>::new());
        let drained = [node("a-1", "IDLE CLOUD DRAIN POWERED_DOWN")];
        let before = [node("a-1", "DOWN DRAIN")];
        assert_eq!(now_free(&before, &drained), Vec::<String>::new());
        let up = [node("a-1", "ALLOCATED CLOUD POWERED_DOWN POWER_UP")];
        assert_eq!(now_free(&[node("a-1", "DOWN")], &up), Vec::<String>::new());
    }

    fn node(name: &str, states: &str) -> NodeInfo {
        NodeInfo {
            name: name.into(),
            states: states.split(' ').map(str::to_owned).collect(),
            ..NodeInfo::default()
        }
    }
}
