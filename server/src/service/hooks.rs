//! What Slurm's programs and booting instances tell the server, between requests of people.
//!
//! A prolog is there for jobs whose nodes boot: Slurm itself looks every 30 s whether they are up, but also when a job's
//! prolog ends. New jobs on nodes that are up do not come here (`server/slurmctld/warm.c`), except to a closed gate.

use std::net::IpAddr;
use std::time::Duration;

use app::model::error::{Error, Result};
use app::model::job::Job;
use async_trait::async_trait;
use openpcs_agent::actions::message::{DutiesCall, ScriptCall, SealedAnswer};
use openpcs_agent::protocol::{
    ClaimAnswer, ClaimCall, HookAnswer, HookCall, HookProgram, Hosts, LogReport, StepReport,
};
use subtle::ConstantTimeEq;

use super::doors::Hooks;
use super::{Service, whole};
use crate::db::now;
use crate::live::observed::Snapshot;
use crate::slurm::hostlist;

/// How long a prolog waits for its nodes before it lets Slurm's own 30 s look decide: shorter than the agent's patience.
const PROLOG_WAIT: Duration = Duration::from_secs(280);

#[async_trait]
impl Hooks for Service {
    async fn step(&self, bearer: &str, report: StepReport) -> Result<()> {
        let instance = self.report_step(bearer, report).await?;
        self.parts.wakers.wake_node(&instance.cluster_id);
        Ok(())
    }

    async fn log(&self, bearer: &str, report: LogReport) -> Result<()> {
        self.keep_log(bearer, report).await
    }

    async fn claim(&self, call: ClaimCall, peer: Option<IpAddr>) -> Result<ClaimAnswer> {
        let service = self.clone();
        whole(async move { service.claim_instance(call, peer).await }).await
    }

    async fn hosts(&self, bearer: &str, after: Option<&str>) -> Result<Hosts> {
        self.node_hosts(bearer, after).await
    }

    async fn duties(&self, bearer: &str, call: DutiesCall) -> Result<SealedAnswer> {
        self.node_duties(bearer, call).await
    }

    async fn script(&self, bearer: &str, call: ScriptCall) -> Result<SealedAnswer> {
        self.node_script(bearer, call).await
    }

    async fn is_up(&self, bearer: &str) -> Result<bool> {
        self.node_is_up(bearer).await
    }

    async fn hook(&self, bearer: &str, call: HookCall) -> Result<HookAnswer> {
        let expected = self.parts.hook_token(&call.cluster_id);
        if !bool::from(expected.as_bytes().ct_eq(bearer.as_bytes())) {
            return Err(Error::access_denied(
                "The hook token is not this cluster's.",
            ));
        }
        if !self.parts.homes.has(&call.cluster_id) {
            // Nobody here would notice that its nodes are up: Slurm looks by itself.
            return Ok(HookAnswer { go_on: true });
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

impl Service {
    /// Waits until every node of the job has registered, or the job can no longer start on them: while its prolog runs,
    /// Slurm cannot start it elsewhere. Fails open: whatever is unclear lets the job go on, and Slurm then finds out by
    /// itself.
    async fn wait_for_nodes(&self, call: &HookCall, asked_at: i64) -> bool {
        let Ok(nodes) = hostlist::expand(&call.nodes) else {
            return true;
        };
        let mut snapshots = self.parts.observed.subscribe(&call.cluster_id);
        let settled = snapshots.wait_for(|seen| {
            let up = seen.asked_at >= asked_at && all_up(seen, &nodes);
            up || one_failed(seen, &nodes, asked_at) || has_moved_on(seen, call, asked_at)
        });
        // A timeout is no failure: the job may wait longer than we do.
        let settled = tokio::time::timeout(PROLOG_WAIT, settled).await;
        let are_up = settled.is_ok_and(|seen| seen.is_ok_and(|seen| all_up(&seen, &nodes)));
        if are_up {
            self.wait_for_names(&call.cluster_id, &nodes).await;
        }
        self.parts.gates.pass(&call.cluster_id).await;
        true
    }
}

fn all_up(seen: &Snapshot, nodes: &[String]) -> bool {
    nodes.iter().all(|name| {
        seen.nodes
            .iter()
            .any(|node| node.name == *name && node.is_up())
    })
}

/// Slurm was told meanwhile that one of them is lost, and has taken the job off all of them.
fn one_failed(seen: &Snapshot, nodes: &[String], asked_at: i64) -> bool {
    let at = |name: &String| seen.failed.get(name).copied().unwrap_or_default();
    nodes.iter().any(|name| at(name) >= asked_at)
}

/// No job has these nodes any more, by a look from after the prolog began: cancelled, or requeued while nobody told us.
fn has_moved_on(seen: &Snapshot, call: &HookCall, asked_at: i64) -> bool {
    let has_them = |job: &Job| !job.is_over() && job.nodes == call.nodes;
    seen.jobs_asked_at >= asked_at && !seen.jobs.iter().any(has_them)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn call() -> HookCall {
        HookCall {
            cluster_id: "pcs_a".into(),
            program: HookProgram::Prolog,
            nodes: "compute-1-[1-2]".into(),
            job_id: "7".into(),
        }
    }

    fn seen(nodes: &str, ended_at: i64) -> Snapshot {
        let job = Job {
            nodes: nodes.into(),
            ended_at,
            ..Job::default()
        };
        Snapshot {
            jobs_asked_at: 100,
            jobs: Arc::new(vec![job]),
            ..Snapshot::default()
        }
    }

    #[test]
    fn a_prolog_ends_when_a_node_has_failed_since_it_began() {
        let nodes = ["compute-1-1".to_owned(), "compute-1-2".to_owned()];
        let failed = Snapshot {
            failed: Arc::new([("compute-1-2".to_owned(), 50)].into()),
            ..Snapshot::default()
        };
        assert!(one_failed(&failed, &nodes, 50));
        assert!(!one_failed(&failed, &nodes, 51), "it failed another job");
    }

    #[test]
    fn a_prolog_ends_when_its_job_has_gone_from_the_nodes() {
        let mine = seen("compute-1-[1-2]", 0);
        assert!(!has_moved_on(&mine, &call(), 100));
        assert!(!has_moved_on(&seen("", 0), &call(), 101), "an old look");
        assert!(has_moved_on(&seen("", 0), &call(), 100));
        assert!(has_moved_on(&seen("compute-1-[1-2]", 100), &call(), 100));
    }
}
