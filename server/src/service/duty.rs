//! What a node asks beside its name: the scripts of its group (N17), each script itself, whether its health is to be looked
//! after (N19), and whether Slurm has taken it as up.

use app::model::error::{Error, ErrorKind, Result, ValidationReason};
use app::model::health::InstanceHealthChecks;
use app::model::lifecycle::{InstanceScriptRun, NodeLifecycleActions};
use app::model::node::NodeAction;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openpcs_agent::actions::message::{
    Actions, Content, Duties, DutiesCall, ScriptCall, SealedAnswer, Source, Stage, purpose,
};
use openpcs_agent::health::message::{Fault, Health, Repair};
use openpcs_agent::sealed;
use openpcs_provider::ProviderError;
use serde::Serialize;

use super::Service;
use crate::db::cluster::ClusterRow;
use crate::db::compute_node_group::{ComputeNodeGroupRow, ComputeNodeGroupSpec};
use crate::db::connection::Pool;
use crate::db::instance::InstanceRow;
use crate::db::{now, resource, script_run};
use crate::fault::internal;
use crate::provider::script::IS_FOR_GOOD;
use crate::slurm::client::NodeUpdate;

/// A script, a step of its own, must end before the node counts as one that goes no further: its own words tell more.
const MARGIN_MS: i64 = 10_000;
/// When a node may ask again for a script that could not be fetched.
const RETRY_AFTER: i64 = 2;
/// More runs of scripts nobody reads on a page.
const SHOWN: i64 = 200;

impl Service {
    pub(super) async fn node_duties(&self, bearer: &str, call: DutiesCall) -> Result<SealedAnswer> {
        let row = self.instance_of(bearer).await?;
        same(&row, &call.instance_id)?;
        let step_ms = self.parts.provider.profile().step_ms;
        let limit = (step_ms - MARGIN_MS).max(MARGIN_MS) / 1000;
        let group = self.group_of_instance(&row).await?;
        let duties = Duties {
            actions: self.actions(&row).await?,
            boot_script_seconds: limit.unsigned_abs(),
            health: self.health(spec_of(&group, row.launch_generation))?,
        };
        self.seal_for(&row, None, &duties)
    }

    /// Only what the group's settings name is fetched: nodes are no way into the server's network.
    pub(super) async fn node_script(&self, bearer: &str, call: ScriptCall) -> Result<SealedAnswer> {
        let row = self.instance_of(bearer).await?;
        same(&row, &call.instance_id)?;
        let source = &call.script_source;
        let actions = self.actions(&row).await?;
        let stages = [Stage::NodeBootstrapped, Stage::NodeReady];
        let mut scripts = stages.iter().flat_map(|stage| actions.of(*stage));
        if !scripts.any(|script| script.script_source == *source) {
            let message = "The node's group has no such script, or has it no more: another instance takes the node's place.";
            return Err(Error::field("scriptSource", message));
        }
        let fetched = self.parts.scripts.get(source).await.map_err(told)?;
        let content = Content {
            content: STANDARD.encode(fetched.as_slice()),
        };
        self.seal_for(&row, Some(source), &content)
    }

    pub(super) async fn node_is_up(&self, bearer: &str) -> Result<bool> {
        Ok(self.instance_of(bearer).await?.ready_at.is_some())
    }

    /// Those that the instance was launched with.
    async fn actions(&self, row: &InstanceRow) -> Result<Actions> {
        let group = self.group_of_instance(row).await?;
        let spec = spec_of(&group, row.launch_generation);
        let actions = spec.settings.node_lifecycle_actions.as_ref();
        let actions = actions.and_then(NodeLifecycleActions::plain);
        let actions = serde_json::to_value(actions.unwrap_or_default()).map_err(internal)?;
        serde_json::from_value(actions).map_err(internal)
    }

    /// What a node is promised is known of instances only: on this host all share what there is.
    fn health(&self, spec: &ComputeNodeGroupSpec) -> Result<Option<Health>> {
        let asked = spec.settings.instance_health_checks.as_ref();
        let Some(repair) = asked.and_then(InstanceHealthChecks::monitoring) else {
            return Ok(None);
        };
        let repair = serde_json::to_value(repair).map_err(internal)?;
        let is_host = self.parts.provider.profile().own_addresses;
        let kind = spec.made_as().filter(|_| is_host);
        Ok(Some(Health {
            repair: serde_json::from_value(repair).map_err(internal)?,
            memory_mib: kind.map(|kind| kind.memory_mib.unsigned_abs()),
            gpus: kind.map(|kind| kind.gpus.unsigned_abs()),
            shared_dirs: self.parts.shared_dirs.clone(),
            server_time_ms: now(),
        }))
    }

    /// What a group asked for when a fault was found, as far as Slurm has to be told. Its reason is the fault.
    pub(super) async fn isolate(&self, row: &InstanceRow, fault: &Fault) -> Result<()> {
        if fault.action != Repair::Isolate {
            return Ok(());
        }
        let found = resource::find(self.parts.db.pool(), None, &row.cluster_id).await;
        let cluster: ClusterRow = found.map_err(internal)?.ok_or_else(gone)?;
        let client = self
            .slurm(&cluster)
            .await
            .map_err(|error| later(error.message))?;
        let drain = NodeUpdate::Drain {
            reason: reason(fault),
        };
        let told = client.update_nodes(std::slice::from_ref(&row.node_name), &drain);
        told.await.map_err(|error| later(error.message))
    }

    pub(super) async fn group_of_instance(&self, row: &InstanceRow) -> Result<ComputeNodeGroupRow> {
        let (cluster, group) = (&row.cluster_id, &row.compute_node_group_id);
        let found = resource::find(self.parts.db.pool(), Some(cluster), group).await;
        found.map_err(internal)?.ok_or_else(gone)
    }

    fn seal_for(
        &self,
        row: &InstanceRow,
        of: Option<&Source>,
        message: &impl Serialize,
    ) -> Result<SealedAnswer> {
        let key = self.parts.seal.agent_key(&row.id);
        let sealed = sealed::seal(&key, &purpose(&row.id, of), message);
        Ok(SealedAnswer {
            sealed: sealed.ok_or_else(Error::internal)?,
        })
    }
}

/// A group's settings as they were when an instance of that generation was launched, as far as they are still known.
pub(super) fn spec_of(group: &ComputeNodeGroupRow, generation: i64) -> &ComputeNodeGroupSpec {
    let applied = group.applied_spec.as_ref();
    applied
        .filter(|spec| spec.launch_generation == generation)
        .unwrap_or(&group.spec)
}

fn same(row: &InstanceRow, instance_id: &str) -> Result<()> {
    match row.id == instance_id {
        true => Ok(()),
        false => Err(Error::access_denied(
            "The bootstrap id is of another instance.",
        )),
    }
}

/// What passes is asked again for; a refusal is the script's failure.
fn told(error: ProviderError) -> Error {
    tracing::warn!(
        code = error.code,
        cause = error.message,
        "a node's script was not fetched"
    );
    match IS_FOR_GOOD.contains(&error.code.as_str()) {
        true => Error::validation(ValidationReason::Other, error.message),
        false => later(error.message),
    }
}

/// Passes by itself: the node asks again.
fn later(message: String) -> Error {
    let kind = ErrorKind::Throttling {
        retry_after_seconds: RETRY_AFTER,
    };
    Error::new(kind, message)
}

fn gone() -> Error {
    Error::access_denied("The node's group or cluster is gone: its instances are ended.")
}

/// A fault as Slurm's reason for a node, and that of its replacement.
pub(super) fn reason(fault: &Fault) -> String {
    let words = format!("health check {}: {}", fault.check, fault.words);
    words.chars().take(NodeAction::LONGEST_REASON).collect()
}

/// Runs of scripts on a node, newest first.
pub(super) async fn runs_of_node(
    pool: &Pool,
    cluster_id: &str,
    node: &str,
) -> sqlx::Result<Vec<InstanceScriptRun>> {
    let found = script_run::of_node(pool, cluster_id, node, SHOWN).await?;
    let of_instance = |(instance_id, run)| InstanceScriptRun { instance_id, run };
    Ok(found.into_iter().map(of_instance).collect())
}
