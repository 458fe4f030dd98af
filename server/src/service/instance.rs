//! What a booting instance asks for: its name, the cluster's key, the way to the controller (A8).

use std::net::Ipv4Addr;

use app::explain::What;
use app::model::cluster::{Endpoint, EndpointType};
use app::model::error::{Error, Result};
use app::model::instance::*;
use app::model::live::Kind;
use app::model::node::BootStep;
use app::port::Caller;
use sha2::{Digest, Sha256};

use super::write::unwritten;
use super::{Service, internal};
use crate::agent::protocol::StepReport;
use crate::db::cluster::ClusterRow;
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::db::instance::InstanceRow;
use crate::db::{self, instance, now, resource, secret};

/// What the database keeps of a bootstrap id.
pub fn bootstrap_hash(bootstrap_id: &str) -> String {
    hex::encode(Sha256::digest(bootstrap_id.as_bytes()))
}

fn refused() -> Error {
    Error::access_denied(
        "The bootstrap id is wrong, used already, or its instance has ended. An instance gets a new one when it is \
         launched anew.",
    )
}

impl Service {
    pub(super) async fn register_compute_node_group_instance(
        &self,
        _caller: &Caller,
        input: RegisterComputeNodeGroupInstanceRequest,
    ) -> Result<RegisterComputeNodeGroupInstanceResponse> {
        let row = self.instance_of(&input.bootstrap_id).await?;
        let cluster: ClusterRow = resource::find(
            self.db.pool(),
            Some(&row.cluster_id),
            &input.cluster_identifier,
        )
        .await
        .map_err(internal)?
        .ok_or_else(refused)?;
        let group: ComputeNodeGroupRow = resource::find(
            self.db.pool(),
            Some(&row.cluster_id),
            &row.compute_node_group_id,
        )
        .await
        .map_err(internal)?
        .ok_or_else(refused)?;
        let sealed = secret::get(self.db.pool(), &cluster.id)
            .await
            .map_err(internal)?
            .ok_or_else(refused)?;
        let key = self
            .seal
            .open(secret::PURPOSE, &sealed.sealed)
            .map_err(internal)?;
        let mut write = self.db.write().await.map_err(unwritten)?;
        if !instance::register(&mut write, &row)
            .await
            .map_err(internal)?
        {
            return Err(refused());
        }
        let step = BootStep {
            name: "registered".into(),
            at: now(),
            detail: None,
        };
        instance::add_step(&mut write, &row.id, step)
            .await
            .map_err(internal)?;
        write.commit().await.map_err(unwritten)?;
        Ok(RegisterComputeNodeGroupInstanceResponse {
            node_id: row.node_name,
            shared_secret: String::from_utf8(key.to_vec()).map_err(internal)?,
            endpoints: vec![Endpoint {
                r#type: EndpointType::Slurmctld,
                private_ip_address: Ipv4Addr::LOCALHOST.to_string(),
                public_ip_address: None,
                ipv6_address: None,
                port: cluster.spec.ports.controller.to_string(),
            }],
            cluster_name: Some(cluster.name),
            compute_node_group_id: Some(group.id),
            compute_node_group_name: Some(group.name),
            node_lifecycle_actions: None,
            scheduler_version: Some(cluster.spec.scheduler.version),
        })
    }

    /// A boot step that an instance reports; its bootstrap id is the proof.
    pub async fn report_step(&self, bearer: &str, report: StepReport) -> Result<InstanceRow> {
        let row = self.instance_of(bearer).await?;
        if row.id != report.instance_id {
            return Err(refused());
        }
        let mut write = self.db.write().await.map_err(unwritten)?;
        let step = BootStep {
            name: report.name,
            at: now(),
            detail: report.detail,
        };
        instance::add_step(&mut write, &row.id, step.clone())
            .await
            .map_err(internal)?;
        if step.name.ends_with("-failed") {
            let what = What::StepFailed {
                node: row.node_name.clone(),
                step: step.name,
                detail: step.detail.unwrap_or_default(),
            };
            db::event::insert(
                &mut write,
                &row.cluster_id,
                Kind::Node,
                &row.node_name,
                &row.id,
                &what,
            )
            .await
            .map_err(internal)?;
        }
        write.commit().await.map_err(unwritten)?;
        Ok(row)
    }

    /// The instance with that secret; the hash is what is looked up, so timing tells nothing of the secret.
    async fn instance_of(&self, bootstrap_id: &str) -> Result<InstanceRow> {
        let row = instance::by_bootstrap(self.db.pool(), &bootstrap_hash(bootstrap_id))
            .await
            .map_err(internal)?;
        row.filter(|r| r.ended_at.is_none()).ok_or_else(refused)
    }
}
