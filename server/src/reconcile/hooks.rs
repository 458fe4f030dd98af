//! What Slurm's programs and booting instances tell the server, between requests of people.

use std::time::Duration;

use app::model::error::{Error, Result};
use async_trait::async_trait;
use subtle::ConstantTimeEq;

use super::Parts;
use super::observed::Snapshot;
use crate::agent::protocol::{HookAnswer, HookCall, HookFile, HookProgram, StepReport};
use crate::auth::answer;
use crate::db::now;
use crate::http::port::Hooks;
use crate::service::Service;
use crate::slurm::hostlist;

/// How long a prolog waits for its nodes before it lets Slurm's own 30 s look decide: shorter than the agent's patience.
const PROLOG_WAIT: Duration = Duration::from_secs(280);

/// The bearer token of a cluster's hooks: derived from the data key, so it need not be stored.
fn token(parts: &Parts, cluster_id: &str) -> String {
    hex::encode(parts.seal.derive(&format!("hook:{cluster_id}")))
}

/// How a cluster's hooks reach this server.
pub fn file(parts: &Parts, cluster_id: &str) -> HookFile {
    HookFile {
        endpoint: parts.endpoint.clone(),
        proof_key: answer::agent_key(&parts.seal, cluster_id),
        cluster_id: cluster_id.into(),
        token: token(parts, cluster_id),
    }
}

/// The hooks of this server.
pub struct ServerHooks {
    pub service: Service,
    pub parts: Parts,
}

#[async_trait]
impl Hooks for ServerHooks {
    async fn step(&self, bearer: &str, report: StepReport) -> Result<()> {
        let instance = self.service.report_step(bearer, report).await?;
        self.parts.wakers.wake_node(&instance.cluster_id);
        Ok(())
    }

    async fn hook(&self, bearer: &str, call: HookCall) -> Result<HookAnswer> {
        let expected = token(&self.parts, &call.cluster_id);
        if !bool::from(expected.as_bytes().ct_eq(bearer.as_bytes())) {
            return Err(Error::access_denied(
                "The hook token is not this cluster's.",
            ));
        }
        let asked_at = now();
        self.parts.wakers.wake_node(&call.cluster_id);
        let go_on = match call.program {
            HookProgram::Prolog => self.wait_for_nodes(&call, asked_at).await,
            HookProgram::Resume | HookProgram::Suspend => true,
        };
        Ok(HookAnswer { go_on })
    }
}

impl ServerHooks {
    /// Waits until every node of the job has registered. Fails open: whatever is unclear lets the job go on, and Slurm
    /// then finds out by itself.
    async fn wait_for_nodes(&self, call: &HookCall, asked_at: i64) -> bool {
        let Ok(nodes) = hostlist::expand(&call.nodes) else {
            return true;
        };
        let mut snapshots = self.parts.observed.subscribe(&call.cluster_id);
        let all_up = snapshots.wait_for(|seen| seen.asked_at >= asked_at && all_up(seen, &nodes));
        // A timeout is no failure: the job may wait longer than we do.
        let _ = tokio::time::timeout(PROLOG_WAIT, all_up).await;
        self.parts.gates.pass(&call.cluster_id).await;
        true
    }
}

fn all_up(seen: &Snapshot, nodes: &[String]) -> bool {
    nodes.iter().all(|name| {
        seen.nodes
            .iter()
            .any(|node| node.name == *name && super::node_plan::is_up(node))
    })
}
