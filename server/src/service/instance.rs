//! What a booting instance asks for: its name, the cluster's key, the way to the controller (A8).

use std::net::IpAddr;

use app::explain::What;
use app::model::cluster::EndpointType;
use app::model::error::{Error, Result};
use app::model::health::RepairAction;
use app::model::instance::*;
use app::model::lifecycle::{NodeLifecycleActions, OnError, ScriptRun};
use app::model::live::Kind;
use app::model::node::BootStep;
use app::model::operation::Operation;
use app::port::{Ctx, Instances};
use async_trait::async_trait;
use openpcs_agent::health::message::{Fault, Repair};
use openpcs_agent::protocol::{RESTARTED, StepReport};
use openpcs_provider::KeyKind;

use super::cluster_view::endpoint;
use super::duty::{reason, spec_of};
use super::write::unwritten;
use super::{Service, notice};
use crate::auth::bootstrap_hash;
use crate::auth::policy::Authorize as _;
use crate::db::cluster::ClusterRow;
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::db::instance::InstanceRow;
use crate::db::{self, instance, now, resource, secret};
use crate::fault::internal;

/// Steps of one instance that are kept: a boot has fewer than ten, and one for each of up to forty scripts.
pub const STEPS: usize = 128;
pub const STEP_NAME_BYTES: usize = 64;
pub const STEP_DETAIL_BYTES: usize = 8 * 1024;

/// The step to keep, if it is within the bounds: an instance's word must not fill the database.
fn step(report: StepReport, known: usize) -> Result<BootStep> {
    if known >= STEPS {
        let message = format!("The instance has reported {STEPS} steps; no more are kept.");
        return Err(Error::field("name", message));
    }
    if report.name.is_empty() || report.name.len() > STEP_NAME_BYTES {
        let message = format!("The name of a step has 1 to {STEP_NAME_BYTES} bytes.");
        return Err(Error::field("name", message));
    }
    Ok(BootStep {
        name: report.name,
        at: now(),
        detail: report.detail.map(|detail| {
            let fits = |(at, c): &(usize, char)| at + c.len_utf8() <= STEP_DETAIL_BYTES;
            let kept = detail.char_indices().take_while(fits);
            kept.map(|(_, c)| c).collect()
        }),
    })
}

pub(super) fn refused() -> Error {
    Error::access_denied(
        "The bootstrap id is wrong, used already, or its instance has ended. An instance gets a new one when it is \
         launched anew.",
    )
}

#[async_trait]
impl Instances for Service {
    async fn register_compute_node_group_instance(
        &self,
        ctx: &Ctx,
        input: RegisterComputeNodeGroupInstanceRequest,
    ) -> Result<RegisterComputeNodeGroupInstanceResponse> {
        ctx.authorize(Operation::RegisterComputeNodeGroupInstance, "*")?;
        let row = self.instance_of(&input.bootstrap_id).await?;
        let cluster: ClusterRow = resource::find(
            self.parts.db.pool(),
            Some(&row.cluster_id),
            &input.cluster_identifier,
        )
        .await
        .map_err(internal)?
        .ok_or_else(refused)?;
        let group: ComputeNodeGroupRow = resource::find(
            self.parts.db.pool(),
            Some(&row.cluster_id),
            &row.compute_node_group_id,
        )
        .await
        .map_err(internal)?
        .ok_or_else(refused)?;
        let admission = self.admission(&cluster).await?;
        self.admit(&row, None).await?;
        let spec = spec_of(&group, row.launch_generation);
        let actions = spec.settings.node_lifecycle_actions.clone();
        Ok(RegisterComputeNodeGroupInstanceResponse {
            node_id: row.node_name,
            shared_secret: admission.shared_secret,
            endpoints: vec![endpoint(
                EndpointType::Slurmctld,
                admission.address,
                admission.port,
            )],
            scheduler_version: Some(cluster.slurm_version().to_owned()),
            cluster_name: Some(cluster.name),
            compute_node_group_id: Some(group.id),
            compute_node_group_name: Some(group.name),
            node_lifecycle_actions: actions.filter(NodeLifecycleActions::has_scripts),
        })
    }
}

/// What a node needs to join its cluster.
pub(super) struct Admission {
    /// In base64.
    pub shared_secret: String,
    /// Where slurmctld listens.
    pub address: IpAddr,
    pub port: u16,
}

/// What an instance says of itself when it claims to be one.
pub(super) struct Told<'a> {
    pub address: &'a str,
    pub claim_hash: &'a str,
}

impl Service {
    pub(super) async fn admission(&self, cluster: &ClusterRow) -> Result<Admission> {
        let sealed = secret::get(self.parts.db.pool(), &cluster.id, KeyKind::Slurm)
            .await
            .map_err(internal)?
            .ok_or_else(refused)?;
        let key = self
            .parts
            .seal
            .open(secret::PURPOSE, &sealed.sealed)
            .map_err(internal)?;
        let place = cluster.placement.as_ref().ok_or_else(refused)?;
        Ok(Admission {
            shared_secret: String::from_utf8(key.to_vec()).map_err(internal)?,
            address: place.address,
            port: *place.ports.first().ok_or_else(refused)?,
        })
    }

    /// Notes that the instance has registered; refused to the second that does.
    pub(super) async fn admit(&self, row: &InstanceRow, told: Option<Told<'_>>) -> Result<()> {
        let mut write = self.parts.db.write().await.map_err(unwritten)?;
        if !instance::register(&mut write, row)
            .await
            .map_err(internal)?
        {
            return Err(refused());
        }
        if let Some(told) = told {
            instance::set_claimed(&mut write, &row.id, told.address, told.claim_hash)
                .await
                .map_err(internal)?;
        }
        let step = BootStep {
            name: "registered".into(),
            at: now(),
            detail: None,
        };
        instance::add_step(&mut write, &row.id, step)
            .await
            .map_err(internal)?;
        write.commit().await.map_err(unwritten)
    }

    /// A boot step that an instance reports; its bootstrap id is the proof. At most [`STEPS`] of one instance, each with a
    /// name of at most [`STEP_NAME_BYTES`]; of a detail the first [`STEP_DETAIL_BYTES`] are kept.
    pub async fn report_step(&self, bearer: &str, report: StepReport) -> Result<InstanceRow> {
        let row = self.instance_of(bearer).await?;
        if row.id != report.instance_id {
            return Err(refused());
        }
        if report.name == RESTARTED {
            self.begin_again(&row).await?;
            return Ok(row);
        }
        let script = report.script.clone().map(run_of).transpose()?;
        let fault = report.fault.clone().map(bounded).transpose()?;
        if let Some(fault) = &fault {
            // First: the report comes again when Slurm is away.
            self.isolate(&row, fault).await?;
        }
        let step = step(report, row.steps.len())?;
        let mut write = self.parts.db.write().await.map_err(unwritten)?;
        instance::add_step(&mut write, &row.id, step.clone())
            .await
            .map_err(internal)?;
        if let Some(run) = script {
            note_script(&mut write, &row, run).await?;
        }
        if let Some(fault) = fault {
            note_fault(&mut write, &row, &fault).await?;
        }
        let told = step.detail.as_deref().unwrap_or_default();
        let told = notice::of_step(&step.name, told, step.at);
        let told = told.filter(|new| row.notice.as_ref().is_none_or(|old| new.kind >= old.kind));
        if let Some(told) = told {
            instance::set_notice(&mut write, &row.id, &told)
                .await
                .map_err(internal)?;
            let what = What::NodeNoticed {
                node: row.node_name.clone(),
                notice: told,
            };
            event_of(&mut write, &row, &what).await?;
        }
        if step.failed().is_some() {
            let what = What::StepFailed {
                node: row.node_name.clone(),
                step: step.name,
                detail: step.detail.unwrap_or_default(),
            };
            event_of(&mut write, &row, &what).await?;
        }
        write.commit().await.map_err(unwritten)?;
        Ok(row)
    }

    /// The instance with that secret; the hash is what is looked up, so timing tells nothing of the secret.
    pub(super) async fn instance_of(&self, bootstrap_id: &str) -> Result<InstanceRow> {
        let row = instance::by_bootstrap(self.parts.db.pool(), &bootstrap_hash(bootstrap_id))
            .await
            .map_err(internal)?;
        row.filter(|r| r.ended_at.is_none()).ok_or_else(refused)
    }
}

/// What a node says of a script, within bounds.
fn run_of(told: openpcs_agent::actions::message::ScriptRun) -> Result<ScriptRun> {
    let bounds = [
        (told.name.len(), STEP_NAME_BYTES),
        (told.log.len(), STEP_DETAIL_BYTES),
        (
            told.failure.as_ref().map_or(0, String::len),
            STEP_DETAIL_BYTES,
        ),
    ];
    if bounds.iter().any(|(length, most)| length > most) {
        let message = format!(
            "The name of a script has up to {STEP_NAME_BYTES} bytes, its log and why it failed up to {STEP_DETAIL_BYTES} each."
        );
        return Err(Error::field("script", message));
    }
    let told = serde_json::to_value(told).map_err(internal)?;
    serde_json::from_value(told).map_err(internal)
}

/// What a node says of a fault, within bounds.
fn bounded(fault: Fault) -> Result<Fault> {
    if fault.check.len() > STEP_NAME_BYTES || fault.words.len() > STEP_DETAIL_BYTES {
        let message = format!(
            "The check of a fault has up to {STEP_NAME_BYTES} bytes, and its words up to {STEP_DETAIL_BYTES}."
        );
        return Err(Error::field("fault", message));
    }
    Ok(fault)
}

/// What was found, and what is done about it: a replacement is the node reconciler's to do.
async fn note_fault(write: &mut db::Write, row: &InstanceRow, fault: &Fault) -> Result<()> {
    if fault.action == Repair::Replace {
        instance::set_replace(write, row, &reason(fault), false)
            .await
            .map_err(internal)?;
    }
    let what = What::HealthFault {
        node: row.node_name.clone(),
        check: fault.check.clone(),
        words: fault.words.clone(),
        repair: match fault.action {
            Repair::Replace => RepairAction::Replace,
            Repair::Isolate => RepairAction::Isolate,
            Repair::Auto | Repair::None => RepairAction::None,
        },
    };
    event_of(write, row, &what).await
}

/// One that failed without ending the node is an event; one that ends it comes with a step of its own.
async fn note_script(write: &mut db::Write, row: &InstanceRow, run: ScriptRun) -> Result<()> {
    db::script_run::insert(write, row, &run)
        .await
        .map_err(internal)?;
    match run.failure {
        Some(why) if run.on_error != OnError::Terminate => {
            let what = What::ScriptFailed {
                node: row.node_name.clone(),
                script: run.name,
                stage: run.stage.member().into(),
                why,
                stops: run.on_error == OnError::StopSequence,
            };
            event_of(write, row, &what).await
        }
        _ => Ok(()),
    }
}

/// What an instance tells of its node.
pub(super) async fn event_of(write: &mut db::Write, row: &InstanceRow, what: &What) -> Result<()> {
    let (cluster, node) = (&row.cluster_id, &row.node_name);
    db::event::insert(write, cluster, Kind::Node, node, &row.id, what)
        .await
        .map_err(internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(name: &str, detail: &str) -> StepReport {
        StepReport {
            instance_id: "i-1".into(),
            name: name.into(),
            detail: Some(detail.into()),
            script: None,
            fault: None,
        }
    }

    #[test]
    fn steps_are_bounded_in_number_and_size() {
        let kept = step(report("slurmd-started", &"é".repeat(STEP_DETAIL_BYTES)), 0).unwrap();
        assert_eq!(kept.detail.unwrap().len(), STEP_DETAIL_BYTES);
        for (name, known) in [
            (String::new(), 0),
            ("n".repeat(STEP_NAME_BYTES + 1), 0),
            ("one-more".into(), STEPS),
        ] {
            assert!(step(report(&name, ""), known).is_err(), "{name} {known}");
        }
    }
}
