//! Carries out what [`crate::plan::node`] decided about a cluster's nodes: instances come and go, Slurm is told.

use std::collections::BTreeMap;

use app::explain::{Cause, What};
use app::model::live::Kind;
use app::model::node::BootStep;
use futures::StreamExt;
use openpcs_agent::protocol::PORT_TAKEN;

use super::Parts;
use super::requeue::start_again;
use crate::auth::bootstrap_hash;
use crate::db::cluster::ClusterRow;
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::db::instance::InstanceRow;
use crate::db::{self, instance, now, resource};
use crate::plan::node::{Seen, Step};
use crate::provider::LaunchRequest;
use crate::provider::ports::{self, Taken};
use crate::random;
use crate::slurm::client::{Client, NodeUpdate};

/// Processes that are started or ended at the same time.
const PARALLEL: usize = 8;
/// The bytes of a bootstrap id: 256 bits (A8 asks for at least 128).
const BOOTSTRAP_BYTES: usize = 32;
/// Slurm's reason texts are one line; a longer one is cut.
const LONGEST_REASON: usize = 200;

/// Carries out one plan.
pub(super) struct Act<'a> {
    pub parts: &'a Parts,
    pub cluster: &'a ClusterRow,
    pub client: &'a Client,
    pub groups: &'a [ComputeNodeGroupRow],
    pub seen: &'a Seen,
}

impl Act<'_> {
    pub async fn all(&self, steps: Vec<Step>) -> anyhow::Result<()> {
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
        let bootstrap_id = random::random_hex(BOOTSTRAP_BYTES);
        let at = now();
        let row = InstanceRow {
            id: random::instance_id(),
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
            slurmd_port: self.port_of(&node_name).unwrap_or(0),
            instance_id: row.id.clone(),
            cluster_id: row.cluster_id.clone(),
            compute_node_group_id: group.id.clone(),
            node_name,
            instance_type: row.instance_type.clone(),
            bootstrap_id,
            proof_key: self.parts.seal.agent_key(&row.id),
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

fn is_port_taken(cause: &Cause) -> bool {
    matches!(cause, Cause::StepFailed { step, .. } if step == PORT_TAKEN)
}

/// A reason as Slurm takes it: one line, not too long.
pub(super) fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST_REASON)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line() {
        assert_eq!(one_line("a\nb"), "a b");
        assert_eq!(one_line(&"x".repeat(1000)).len(), LONGEST_REASON);
    }
}
