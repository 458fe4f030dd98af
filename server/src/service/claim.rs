//! An instance that is a host of its own becomes a node: it knows its group's key and says which instance it is.
//!
//! Of its group any instance could say that it is another one: all boot with the same user data. So a claim must come from
//! the address that the provider says the instance has.

use std::net::IpAddr;

use app::explain::What;
use app::model::error::{Error, ErrorKind, Result};
use app::model::node::{BootStep, LOST_BY_RESTART};
use openpcs_agent::protocol::{
    Claim, ClaimAnswer, ClaimCall, Claimed, Endpoint, Package, RESTARTED, SLURMCTLD, SLURMD_PORT,
};
use openpcs_agent::sealed;

use super::Service;
use super::instance::{Told, event_of};
use super::write::unwritten;
use crate::auth::bootstrap_hash;
use crate::db::cluster::ClusterRow;
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::db::instance::{self, InstanceRow};
use crate::db::{now, resource};
use crate::fault::internal;
use crate::slurm::client::{NodeInfo, NodeUpdate};

/// The step of an instance as which another one wanted to pass.
const CLAIM_REFUSED: &str = "claim-refused";
/// When an instance may ask again that is not known yet.
const RETRY_AFTER: i64 = 2;

/// Passes by itself: the instance asks again for some minutes.
fn later(message: String) -> Error {
    let kind = ErrorKind::Throttling {
        retry_after_seconds: RETRY_AFTER,
    };
    Error::new(kind, message)
}

fn stranger() -> Error {
    Error::access_denied(
        "This claim is not of an instance of that group: it was not sealed with the group's key, or the group is gone.",
    )
}

/// One that the cluster's daemons could call.
fn is_of_a_host(address: IpAddr) -> bool {
    !address.is_unspecified() && !address.is_multicast()
}

/// Whether an instance that has these addresses, as the provider says, may have sent the claim.
fn origin(claim: &Claim, peer: Option<IpAddr>, known: &[IpAddr]) -> Result<()> {
    let id = &claim.provider_id;
    if known.is_empty() {
        return Err(later(format!(
            "The provider does not tell yet which address instance {id} has. Ask again in a moment."
        )));
    }
    let is_known = |address: &IpAddr| known.contains(&address.to_canonical());
    if peer.as_ref().is_some_and(is_known) && is_known(&claim.address) {
        return Ok(());
    }
    Err(Error::access_denied(format!(
        "Instance {id} has the address {}, as the provider says, and this claim does not come from there: nothing between a \
         node and the server may change addresses.",
        listed(known)
    )))
}

fn listed(addresses: &[IpAddr]) -> String {
    let addresses: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
    addresses.join(", ")
}

/// Whether it may be admitted, had the answer before, or is that node and has started anew.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    New,
    Answered,
    Restarted,
}

fn standing(row: &InstanceRow, claim: &Claim, claim_hash: &str) -> Result<Standing> {
    let provider_id = &claim.provider_id;
    if row.ended_at.is_some() || row.reason.is_some() {
        let message = format!(
            "Instance {provider_id} has ended as node {}: another one takes its place.",
            row.node_name
        );
        return Err(Error::access_denied(message));
    }
    match (&row.registered_at, &row.claim_hash) {
        (None, _) => Ok(Standing::New),
        (Some(_), Some(known)) if known == claim_hash => Ok(match claim.has_restarted {
            true => Standing::Restarted,
            false => Standing::Answered,
        }),
        _ => Err(Error::access_denied(format!(
            "Instance {provider_id} is node {} already, and this claim is not the one that made it so: what it kept of that \
             one is gone from its disk, or something else knows its group's key.",
            row.node_name
        ))),
    }
}

/// A claim of which all is known to be right.
struct Recognised {
    claim: Claim,
    hash: String,
    standing: Standing,
    group: ComputeNodeGroupRow,
    cluster: ClusterRow,
    row: InstanceRow,
}

impl Service {
    /// Makes the instance a node and answers with what it needs, both sealed with its group's key. The answer to the same
    /// claim is given again.
    pub(super) async fn claim_instance(
        &self,
        call: ClaimCall,
        peer: Option<IpAddr>,
    ) -> Result<ClaimAnswer> {
        let it = self.recognise(call).await?;
        if self.parts.provider.profile().own_addresses {
            self.locate(&it, peer).await?;
        }
        self.expect_restart(&it).await?;
        self.tell_slurm(&it).await?;
        self.grant(it).await
    }

    /// A host may start anew as Slurm has asked for it, and before it is ready: a script of its boot may ask for that. Under its
    /// jobs it is lost with them (N14), which Slurm sees only if it takes longer than a second.
    async fn expect_restart(&self, it: &Recognised) -> Result<()> {
        if it.standing != Standing::Restarted || it.row.ready_at.is_none() {
            return Ok(());
        }
        let latest = self.parts.observed.latest(&it.cluster.id);
        if is_rebooted(&latest.nodes, it) || is_rebooted(&self.nodes_now(it).await?, it) {
            return Ok(());
        }
        let lost = BootStep {
            name: LOST_BY_RESTART.into(),
            at: now(),
            detail: None,
        };
        let mut write = self.parts.db.write().await.map_err(unwritten)?;
        instance::add_step(&mut write, &it.row.id, lost)
            .await
            .map_err(internal)?;
        write.commit().await.map_err(unwritten)?;
        self.parts.wakers.wake_node(&it.cluster.id);
        Err(Error::access_denied(format!(
            "The host of node {} started anew and nobody had asked for it: another instance takes its place.",
            it.row.node_name
        )))
    }

    /// As Slurm says.
    async fn nodes_now(&self, it: &Recognised) -> Result<Vec<NodeInfo>> {
        let client = self
            .slurm(&it.cluster)
            .await
            .map_err(|e| later(e.message))?;
        client.nodes().await.map_err(|cause| {
            tracing::warn!(%cause, "Slurm does not tell the state of a node that started anew");
            later(format!(
                "The controller of cluster {} does not answer now. Ask again in a moment.",
                it.cluster.name
            ))
        })
    }

    /// Whether the provider says that the instance is where the call comes from. The first refusal is told in the timeline.
    async fn locate(&self, it: &Recognised, peer: Option<IpAddr>) -> Result<()> {
        let inventory = self.parts.provider.inventory(&it.cluster.id).await;
        let inventory = inventory.map_err(|error| later(error.message))?;
        let mut instances = inventory.instances.iter();
        let known = instances.find(|known| known.id == it.row.id);
        let known = known.map_or(&[][..], |known| &known.addresses);
        let refused = origin(&it.claim, peer, known);
        let is_first = !it.row.steps.iter().any(|step| step.name == CLAIM_REFUSED);
        if let Err(error) = &refused
            && error.kind == ErrorKind::AccessDenied
            && is_first
        {
            self.tell_of_refusal(it, peer, known).await?;
        }
        refused
    }

    async fn tell_of_refusal(
        &self,
        it: &Recognised,
        peer: Option<IpAddr>,
        known: &[IpAddr],
    ) -> Result<()> {
        let what = What::ClaimRefused {
            node: it.row.node_name.clone(),
            peer: peer.map_or("–".into(), |peer| peer.to_string()),
            addresses: listed(known),
        };
        let step = BootStep {
            name: CLAIM_REFUSED.into(),
            at: now(),
            detail: Some(what.english()),
        };
        let mut write = self.parts.db.write().await.map_err(unwritten)?;
        instance::add_step(&mut write, &it.row.id, step)
            .await
            .map_err(internal)?;
        event_of(&mut write, &it.row, &what).await?;
        write.commit().await.map_err(unwritten)
    }

    async fn recognise(&self, call: ClaimCall) -> Result<Recognised> {
        let group_id = call.compute_node_group_id;
        let key = self.parts.seal.agent_key(&group_id);
        let claim: Claim =
            sealed::open(&key, &sealed::claim(&group_id), &call.sealed).ok_or_else(stranger)?;
        if !is_of_a_host(claim.address) {
            let message = format!("{} is no address of a host.", claim.address);
            return Err(Error::field("address", message));
        }
        let (group, cluster) = self.group_of(&claim.cluster_id, &group_id).await?;
        let row = instance::by_provider(self.parts.db.pool(), &group.id, &claim.provider_id)
            .await
            .map_err(internal)?;
        let row = row.ok_or_else(|| {
            later(format!(
                "Group {} has no instance {} yet. Ask again in a moment.",
                group.name, claim.provider_id
            ))
        })?;
        let hash = bootstrap_hash(&claim.claim_id);
        Ok(Recognised {
            standing: standing(&row, &claim, &hash)?,
            hash,
            claim,
            group,
            cluster,
            row,
        })
    }

    /// By their ids: names are no proof of being of that group.
    async fn group_of(
        &self,
        cluster_id: &str,
        group_id: &str,
    ) -> Result<(ComputeNodeGroupRow, ClusterRow)> {
        let pool = self.parts.db.pool();
        let group: Option<ComputeNodeGroupRow> = resource::find(pool, Some(cluster_id), group_id)
            .await
            .map_err(internal)?;
        let cluster: Option<ClusterRow> = resource::find(pool, None, cluster_id)
            .await
            .map_err(internal)?;
        let group = group.filter(|group| group.id == group_id);
        let cluster = cluster.filter(|cluster| cluster.id == cluster_id);
        group.zip(cluster).ok_or_else(stranger)
    }

    async fn grant(&self, it: Recognised) -> Result<ClaimAnswer> {
        let admission = self.admission(&it.cluster).await?;
        self.note_claim(&it).await?;
        let seal = &self.parts.seal;
        let claimed = Claimed {
            proof_key: seal.agent_key(&it.row.id),
            bootstrap_id: seal.bootstrap_id(&it.row.id),
            slurmd_port: port_of(&it.group, &it.row.node_name),
            packages: self.packages(it.cluster.slurm_version()),
            slurm_version: it.cluster.slurm_version().to_owned(),
            shared_secret: admission.shared_secret,
            endpoints: vec![Endpoint {
                r#type: SLURMCTLD.into(),
                private_ip_address: admission.address.to_string(),
                port: admission.port.to_string(),
            }],
            instance_id: it.row.id,
            node_name: it.row.node_name,
        };
        let purpose = sealed::claimed(&it.group.id, &it.claim.claim_id);
        let sealed = sealed::seal(&seal.agent_key(&it.group.id), &purpose, &claimed);
        Ok(ClaimAnswer {
            sealed: sealed.ok_or_else(Error::internal)?,
        })
    }

    async fn note_claim(&self, it: &Recognised) -> Result<()> {
        match it.standing {
            Standing::Answered => return Ok(()),
            Standing::New => {
                let told = Told {
                    address: &it.claim.address.to_string(),
                    claim_hash: &it.hash,
                };
                self.admit(&it.row, Some(told)).await?;
            }
            Standing::Restarted => self.begin_again(&it.row).await?,
        }
        self.parts.wakers.wake_node(&it.cluster.id);
        Ok(())
    }

    /// It boots once more: its steps are those of this boot, and it is ready when Slurm has taken it as up again.
    pub(super) async fn begin_again(&self, row: &InstanceRow) -> Result<()> {
        let mut write = self.parts.db.write().await.map_err(unwritten)?;
        let restarted = BootStep {
            name: RESTARTED.into(),
            at: now(),
            detail: None,
        };
        instance::begin_again(&mut write, row, restarted)
            .await
            .map_err(internal)?;
        let what = What::NodeRestarted {
            node: row.node_name.clone(),
        };
        event_of(&mut write, row, &what).await?;
        write.commit().await.map_err(unwritten)
    }

    fn packages(&self, version: &str) -> Vec<Package> {
        let found = self.itself.for_nodes.as_ref();
        let root = &self.itself.scheduler_root;
        found.map_or_else(Vec::new, |found| found.packages_of(version, root))
    }

    /// Before the node's slurmd starts: slurmctld calls it as soon as it has registered there.
    async fn tell_slurm(&self, it: &Recognised) -> Result<()> {
        let client = self
            .slurm(&it.cluster)
            .await
            .map_err(|e| later(e.message))?;
        let node = &it.row.node_name;
        let address = NodeUpdate::Address {
            address: it.claim.address,
        };
        let told = client
            .update_nodes(std::slice::from_ref(node), &address)
            .await;
        told.map_err(|cause| {
            tracing::warn!(%cause, node, "Slurm was not told a node's address");
            later(format!(
                "The controller of cluster {} does not take the address of node {node} now. Ask again in a moment.",
                it.cluster.name
            ))
        })
    }
}

/// Whether it is Slurm that had the instance's host start anew.
fn is_rebooted(nodes: &[NodeInfo], it: &Recognised) -> bool {
    let mut nodes = nodes.iter();
    nodes.any(|node| node.name == it.row.node_name && node.is("REBOOT_ISSUED"))
}

/// The node's own where its group has ports on a host that others share.
fn port_of(group: &ComputeNodeGroupRow, node: &str) -> u16 {
    let number = node.strip_prefix(&group.name);
    let number = number.and_then(|rest| rest.strip_prefix('-')?.parse::<usize>().ok());
    let at = number.and_then(|number| number.checked_sub(1));
    let port = at.and_then(|at| group.ports().get(at).copied());
    port.unwrap_or(SLURMD_PORT)
}

#[cfg(test)]
#[path = "claim_tests.rs"]
mod tests;
