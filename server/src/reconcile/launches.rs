//! Instances for nodes: asked for in batches, each noted before and after, and what the answers say of the pools they come
//! from.

use std::collections::{BTreeMap, HashMap};

use app::explain::What;
use app::model::attempt::RestingPool;
use app::model::node::{BootStep, LAUNCH_FAILED};
use openpcs_provider::{Batch, LaunchError, Launched, NodeLaunch, Outcome};

use super::node_act::Act;
use crate::auth::bootstrap_hash;
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::db::instance::InstanceRow;
use crate::db::launch_attempt::{self, AttemptRow};
use crate::db::pool_health::{self, PoolRow};
use crate::db::{self, instance, now};
use crate::plan::pool::{self, Change, Choice};
use crate::random;

/// The bytes of a batch's token.
const TOKEN_BYTES: usize = 16;

impl Act<'_> {
    /// Rows first, in one transaction, then instances: a crash in between leaves rows for which the provider is asked
    /// again.
    pub(super) async fn launch(&self, wanted: Vec<(String, String)>) -> anyhow::Result<()> {
        if wanted.is_empty() {
            return Ok(());
        }
        let mut by_group: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (node, group) in &wanted {
            by_group.entry(group).or_default().push(node);
        }
        let mut write = self.parts.db.write().await?;
        let mut batches = vec![];
        for (group, nodes) in by_group {
            let Some(group) = self.groups.iter().find(|g| g.id == group) else {
                continue;
            };
            for nodes in nodes.chunks(self.seen.profile.batch_max) {
                batches.extend(self.intend(&mut write, group, nodes).await?);
            }
        }
        write.commit().await?;
        self.ask_for(batches).await
    }

    /// Writes down a batch that is about to be asked for. None when the next run knows better what to ask for.
    async fn intend(
        &self,
        write: &mut db::Write,
        group: &ComputeNodeGroupRow,
        nodes: &[&str],
    ) -> anyhow::Result<Option<Batch>> {
        let spec = group.applied_spec.as_ref().unwrap_or(&group.spec);
        let known = pool_health::all(&mut *write.tx).await?;
        let choice = pool::choose(&known, &spec.settings, &self.seen.profile, now());
        let Choice::Ask { resting, probes } = choice else {
            return Ok(None);
        };
        for row in &probes {
            pool_health::put(write, row).await?;
        }
        let token = random::random_hex(TOKEN_BYTES);
        let attempt = AttemptRow {
            token: token.clone(),
            cluster_id: self.cluster.id.clone(),
            compute_node_group_id: group.id.clone(),
            at: now(),
            wanted: nodes.len() as i64,
            resting: resting.clone(),
            ..AttemptRow::default()
        };
        launch_attempt::insert(write, &attempt).await?;
        let rows = nodes.iter().map(|node| self.attempt(node, group, &token));
        let rows: Vec<InstanceRow> = rows.collect();
        for row in &rows {
            instance::insert(write, row).await?;
            let what = What::NodeStarts {
                node: row.node_name.clone(),
                instance: row.id.clone(),
            };
            self.event(write, &row.node_name, &what).await?;
        }
        Ok(self.batch(&rows.iter().collect::<Vec<_>>(), resting))
    }

    /// The same batches as before, as far as they are still wanted.
    pub(super) async fn ask_again(&self, rows: Vec<&InstanceRow>) -> anyhow::Result<()> {
        let mut by_token: BTreeMap<&str, Vec<&InstanceRow>> = BTreeMap::new();
        for row in rows {
            by_token.entry(&row.launch_token).or_default().push(row);
        }
        let tokens: Vec<&str> = by_token.keys().copied().collect();
        let attempts = launch_attempt::with_tokens(self.parts.db.pool(), &tokens).await?;
        let left_out = attempts.into_iter().map(|row| (row.token, row.resting));
        let mut left_out: HashMap<String, Vec<RestingPool>> = left_out.collect();
        let batches = by_token.into_iter().filter_map(|(token, rows)| {
            self.batch(&rows, left_out.remove(token).unwrap_or_default())
        });
        self.ask_for(batches.collect()).await
    }

    async fn ask_for(&self, batches: Vec<Batch>) -> anyhow::Result<()> {
        let asked = batches
            .iter()
            .map(|batch| self.parts.provider.launch(batch));
        let outcomes = futures::future::join_all(asked).await;
        if outcomes.is_empty() {
            return Ok(());
        }
        let mut write = self.parts.db.write().await?;
        for (batch, outcome) in batches.iter().zip(outcomes) {
            self.note(&mut write, batch, outcome).await?;
        }
        Ok(write.commit().await?)
    }

    async fn note(
        &self,
        write: &mut db::Write,
        batch: &Batch,
        outcome: Outcome,
    ) -> anyhow::Result<()> {
        let Outcome { launched, asked } = outcome;
        let came = launched.iter().filter(|it| it.result.is_ok()).count();
        launch_attempt::set_answered(write, &batch.token, came, &asked).await?;
        let profile = &self.seen.profile;
        let known = pool_health::all(&mut *write.tx).await?;
        let changes = pool::after(&known, &asked, profile, now());
        let rows = apply(write, known, changes).await?;
        let next_try = pool::next_try(&asked, &batch.resting, &rows, profile, now());
        for Launched {
            instance_id,
            result,
        } in launched
        {
            match result {
                Ok(id) => instance::set_launched(write, &instance_id, &id).await?,
                Err(error) => note_failure(write, &instance_id, &error, next_try).await?,
            }
        }
        Ok(())
    }

    fn attempt(&self, node: &str, group: &ComputeNodeGroupRow, token: &str) -> InstanceRow {
        let spec = group.applied_spec.as_ref().unwrap_or(&group.spec);
        let id = random::instance_id();
        let at = now();
        InstanceRow {
            bootstrap_hash: bootstrap_hash(&self.parts.seal.bootstrap_id(&id)),
            id,
            cluster_id: self.cluster.id.clone(),
            compute_node_group_id: group.id.clone(),
            node_name: node.into(),
            instance_type: spec.instance_type().into(),
            launch_generation: spec.launch_generation,
            slurm_version: Some(self.cluster.slurm_version().into()),
            owned: self.owned_by(&group.id),
            launched_at: at,
            launch_token: token.into(),
            steps: vec![BootStep {
                name: "launched".into(),
                at,
                detail: None,
            }],
            ..InstanceRow::default()
        }
    }

    /// How the provider names what the group owns.
    fn owned_by(&self, group_id: &str) -> Option<String> {
        let mut owned = self.seen.owned.iter();
        let row = owned.find(|row| row.compute_node_group_id == group_id)?;
        row.made.clone()
    }

    /// What to ask for; all rows are of one group.
    fn batch(&self, rows: &[&InstanceRow], resting: Vec<RestingPool>) -> Option<Batch> {
        let first = rows.first()?;
        let of_row = |group: &&ComputeNodeGroupRow| group.id == first.compute_node_group_id;
        let group = self.groups.iter().find(of_row)?;
        let spec = group.applied_spec.as_ref().unwrap_or(&group.spec);
        let slurm_version = first.slurm_version.as_deref();
        let node = |row: &&InstanceRow| NodeLaunch {
            instance_id: row.id.clone(),
            node_name: row.node_name.clone(),
            bootstrap_id: self.parts.seal.bootstrap_id(&row.id),
            proof_key: self.parts.seal.agent_key(&row.id),
            slurmd_port: self.port_of(&row.node_name).unwrap_or(0),
        };
        Some(Batch {
            token: first.launch_token.clone(),
            cluster_id: self.cluster.id.clone(),
            compute_node_group_id: first.compute_node_group_id.clone(),
            instance_type: first.instance_type.clone(),
            settings: spec.settings.clone(),
            // Asked for once more, it must be asked for alike.
            slurm_version: slurm_version.unwrap_or(self.cluster.slurm_version()).into(),
            owned: first.owned.clone(),
            nodes: rows.iter().map(node).collect(),
            resting,
            lease: None,
        })
    }
}

/// Writes down what changes, and answers what is known then.
async fn apply(
    write: &mut db::Write,
    mut rows: Vec<PoolRow>,
    changes: Vec<Change>,
) -> sqlx::Result<Vec<PoolRow>> {
    for change in changes {
        match change {
            Change::Put(row) => {
                tracing::info!(pool = %row.pool, until = row.open_until, code = row.code, "a pool is left alone");
                pool_health::put(write, &row).await?;
                rows.retain(|known| known.pool != row.pool);
                rows.push(row);
            }
            Change::Close(pool) => {
                tracing::info!(%pool, "a pool has some again");
                pool_health::delete(write, &pool).await?;
                rows.retain(|known| known.pool != pool);
            }
        }
    }
    Ok(rows)
}

/// A launch that the provider refused is a failed boot step: the next plan fails the node at once. Where nothing is to be
/// had the node is not tried again before one of its pools is.
async fn note_failure(
    write: &mut db::Write,
    id: &str,
    error: &LaunchError,
    next_try: Option<i64>,
) -> sqlx::Result<()> {
    if let Some(after) = error.ask_again_after_ms() {
        tracing::warn!(instance = id, %error, "the provider is asked again");
        return instance::set_ask_again(write, id, now() + after).await;
    }
    let is_scarce = matches!(
        error,
        LaunchError::Capacity { .. } | LaunchError::Quota { .. }
    );
    if let (true, Some(at)) = (is_scarce, next_try) {
        instance::set_ask_again(write, id, at).await?;
    }
    let step = BootStep {
        name: LAUNCH_FAILED.into(),
        at: now(),
        detail: Some(error.to_string()),
    };
    instance::add_step(write, id, step).await
}
