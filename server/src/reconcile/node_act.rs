//! Carries out what [`crate::plan::node`] decided about a cluster's nodes: instances come and go, Slurm is told.

use std::collections::{BTreeMap, BTreeSet};

use app::explain::{Cause, What};
use app::model::live::Kind;
use openpcs_agent::protocol::PORT_TAKEN;

use super::reason::one_line;
use super::requeue::start_again;
use super::{Parts, ending, interruption, owned, placement};
use crate::db::cluster::ClusterRow;
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::db::instance::InstanceRow;
use crate::db::{self, instance};
use crate::plan::node::{Seen, Step};
use crate::slurm::client::{Client, NodeUpdate};
use crate::slurm::hostlist;

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
        let mut asked_again = vec![];
        let mut ends = vec![];
        let mut ended = vec![];
        let mut orphans = vec![];
        let mut silent = vec![];
        let mut warned = vec![];
        let (mut lacking, mut released) = (vec![], vec![]);
        let mut failures: BTreeMap<Cause, Vec<String>> = BTreeMap::new();
        let mut updates: Vec<(NodeUpdate, String)> = vec![];
        // What fails costs its own step: nodes do not wait for each other.
        let mut told = Told::default();
        for step in steps {
            match step {
                Step::Launch { node, group_id } => launches.push((node, group_id)),
                Step::AskAgain { instance } => asked_again.extend(self.row(&instance)),
                Step::MarkReady { instance } => {
                    told.keep(self.mark_ready(&instance).await);
                }
                Step::End { instance, cause } => {
                    ends.extend(self.row(&instance).map(|row| (row, cause)))
                }
                Step::Ended { instance } => ended.extend(self.row(&instance)),
                Step::Fail {
                    node,
                    instance,
                    cause,
                } => {
                    let row = instance.and_then(|id| self.row(&id));
                    ends.extend(row.map(|row| (row, cause.clone())));
                    failures.entry(cause).or_default().push(node);
                }
                Step::Close { node, cause } => {
                    let reason = one_line(&cause.english());
                    updates.push((NodeUpdate::Down { reason }, node));
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
                Step::Warn { instance, cause } => {
                    warned.extend(self.row(&instance).map(|row| (row, cause)));
                }
                Step::PowerDown { node } => updates.push((NodeUpdate::PowerDown, node)),
                Step::EndOrphan { instance } => orphans.push(instance),
                Step::Ensure { group_id } => lacking.push(group_id),
                Step::Release { group_id } => released.push(group_id),
                Step::RegisterAgain { instance } => silent.extend(self.row(&instance)),
            }
        }
        told.keep(ending::note(self.parts, ended).await);
        told.keep(self.launch(launches).await);
        told.keep(self.ask_again(asked_again).await);
        let registering = told.keep(self.replaced_under_jobs(silent).await);
        let (replaced, silent) = registering.unwrap_or_default();
        for row in replaced {
            ends.push((row, Cause::Vanished));
            let nodes = failures.entry(Cause::Vanished).or_default();
            nodes.push(row.node_name.clone());
        }
        for (row, cause) in warned {
            let done = interruption::warn(self.parts, self.client, row, &cause).await;
            told.keep(done);
        }
        let requeued = self.fail(failures, &mut ends, &mut told).await;
        told.keep(ending::ask(self.parts, &self.cluster.id, ends).await);
        let provider = &self.parts.provider;
        for answer in provider.terminate(&self.cluster.id, &orphans).await {
            told.keep(answer.map_err(Into::into));
        }
        let silent: Vec<String> = silent.into_iter().map(|row| row.id.clone()).collect();
        let asked = provider.register_again(&self.cluster.id, &silent).await;
        told.keep(asked.map_err(Into::into));
        start_again(self.client, requeued).await;
        self.update(updates, &mut told).await;
        told.keep(owned::ensure(self.parts, self.cluster, &lacking).await);
        told.keep(owned::release(self.parts, &self.cluster.id, &released).await);
        told.end()
    }

    /// Which of these instances Slurm takes for older ones, with jobs that began before they were launched, and which not:
    /// those jobs run nowhere, and Slurm would believe in them for minutes.
    async fn replaced_under_jobs<'r>(
        &self,
        rows: Vec<&'r InstanceRow>,
    ) -> anyhow::Result<(Vec<&'r InstanceRow>, Vec<&'r InstanceRow>)> {
        if rows.is_empty() {
            return Ok((vec![], vec![]));
        }
        let jobs = self.client.jobs().await?;
        let running = jobs.iter().map(|record| &record.job);
        let running: Vec<(i64, Vec<String>)> = running
            .filter(|job| job.state == "RUNNING")
            .map(|job| {
                (
                    job.started_at,
                    hostlist::expand(&job.nodes).unwrap_or_default(),
                )
            })
            .collect();
        // Slurm counts in whole seconds.
        let is_older = |row: &&InstanceRow| {
            running.iter().any(|(started_at, nodes)| {
                started_at + 1_000 < row.launched_at && nodes.contains(&row.node_name)
            })
        };
        Ok(rows.into_iter().partition(is_older))
    }

    fn row(&self, instance_id: &str) -> Option<&InstanceRow> {
        self.seen.instances.iter().find(|i| i.id == instance_id)
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

    pub(super) fn port_of(&self, node: &str) -> Option<u16> {
        let (group, at) = self.place_of(node)?;
        group.ports().get(at).copied()
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
        for group in self.groups {
            let places = nodes.iter().filter_map(|node| self.place_of(node));
            let of_group = places.filter(|(owner, _)| owner.id == group.id);
            let daemons: Vec<usize> = of_group.map(|(_, at)| at).collect();
            if !daemons.is_empty() {
                placement::move_away(self.parts, group, &daemons).await??;
            }
        }
        Ok(())
    }

    /// Fails nodes, and answers which jobs go back to the queue. Of nodes for which that was not possible the instances stay
    /// until the next run: Slurm hears of it first, so that the jobs go back for the right reason.
    async fn fail(
        &self,
        failures: BTreeMap<Cause, Vec<String>>,
        ends: &mut Vec<(&InstanceRow, Cause)>,
        told: &mut Told,
    ) -> Vec<String> {
        let all: Vec<String> = failures.values().flatten().cloned().collect();
        self.stand_in(&all).await;
        // A job may be on nodes that fail for different reasons.
        let mut requeued = BTreeSet::new();
        for (cause, nodes) in failures {
            match self.fail_for(&cause, &nodes).await {
                Ok(jobs) => requeued.extend(jobs),
                Err(error) => {
                    ends.retain(|(row, of)| *of != cause || !nodes.contains(&row.node_name));
                    told.keep::<()>(Err(error));
                }
            }
        }
        requeued.into_iter().collect()
    }

    async fn fail_for(&self, cause: &Cause, nodes: &[String]) -> anyhow::Result<Vec<String>> {
        let requeued = self.client.jobs_on(nodes).await?;
        let interrupted = match interruption::is_one(cause) {
            true => self.client.returning(&requeued).await?,
            false => vec![],
        };
        // That somebody wants another instance was noted when it was asked for.
        if cause.is_failure() {
            let mut write = self.parts.db.write().await?;
            for node in nodes {
                let what = What::NodeFailed {
                    node: node.clone(),
                    cause: cause.clone(),
                };
                self.event(&mut write, node, &what).await?;
            }
            write.commit().await?;
        }
        // A node that is down already keeps Slurm's own reason.
        let up: Vec<String> = nodes.iter().filter(|n| !self.is_down(n)).cloned().collect();
        let reason = one_line(&cause.english());
        if !up.is_empty() {
            self.client
                .update_nodes(&up, &NodeUpdate::Down { reason })
                .await?;
        }
        let (cluster, names) = (&self.cluster.id, nodes.join(","));
        interruption::note(self.parts, self.client, cluster, &names, &interrupted).await?;
        // Another port can only be had where each node has one of this host's.
        if is_port_taken(cause) && !self.seen.profile.own_addresses {
            self.move_ports(nodes).await?;
        }
        self.parts.observed.failed(&self.cluster.id, nodes.iter());
        Ok(requeued)
    }

    fn is_down(&self, node: &str) -> bool {
        self.seen
            .nodes
            .iter()
            .any(|n| n.name == node && n.is("DOWN"))
    }

    async fn update(&self, updates: Vec<(NodeUpdate, String)>, told: &mut Told) {
        let mut batches: Vec<(NodeUpdate, Vec<String>)> = vec![];
        for (update, node) in updates {
            match batches.iter_mut().find(|(known, _)| *known == update) {
                Some((_, nodes)) => nodes.push(node),
                None => batches.push((update, vec![node])),
            }
        }
        for (update, nodes) in batches {
            let updated = self.client.update_nodes(&nodes, &update).await;
            told.keep(updated.map_err(Into::into));
        }
    }

    pub(super) async fn event(
        &self,
        write: &mut db::Write,
        node: &str,
        what: &What,
    ) -> sqlx::Result<()> {
        db::event::insert(
            write,
            &self.cluster.id,
            Kind::Node,
            node,
            db::event::RECONCILER,
            what,
        )
        .await
    }
}

/// What went wrong on the way. The first is what the run fails with.
#[derive(Default)]
struct Told(Option<anyhow::Error>);

impl Told {
    fn keep<T>(&mut self, outcome: anyhow::Result<T>) -> Option<T> {
        let error = match outcome {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        match &self.0 {
            None => self.0 = Some(error),
            Some(_) => tracing::warn!(%error, "this failed too"),
        }
        None
    }

    fn end(self) -> anyhow::Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}

fn is_port_taken(cause: &Cause) -> bool {
    matches!(cause, Cause::StepFailed { step, .. } if step == PORT_TAKEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_fails_is_told_and_the_others_go_on() {
        let mut told = Told::default();
        assert_eq!(told.keep(Ok(1)), Some(1));
        assert_eq!(told.keep::<i32>(Err(anyhow::anyhow!("first"))), None);
        assert_eq!(told.keep::<i32>(Err(anyhow::anyhow!("second"))), None);
        assert_eq!(told.keep(Ok(2)), Some(2));
        assert_eq!(told.end().unwrap_err().to_string(), "first");
        assert!(Told::default().end().is_ok());
    }
}
