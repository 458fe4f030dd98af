//! A plane that answers without doing anything.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use app::model::cluster::*;
use app::model::error::{Error, Result};
use app::model::tag::{TagResourceRequest, TagResourceResponse};
use app::port::*;
use async_trait::async_trait;
use openpcs_agent::actions::message::{DutiesCall, ScriptCall, SealedAnswer};
use openpcs_agent::protocol::{
    ClaimAnswer, ClaimCall, HookAnswer, HookCall, Hosts, LogReport, StepReport,
};
use zeroize::Zeroizing;

use super::{ID, SECRET};
use crate::auth::credentials::{Key, KeyStore};
use crate::service::doors::{
    Diagnostics, Hooks, LoginTarget, Logins, Metrics, OpenOutput, Person, Readiness,
};

/// Says who asked for what; counts the mutations that ran to their end.
#[derive(Default)]
pub struct Fake {
    pub finished: AtomicUsize,
}

#[async_trait]
impl Clusters for Fake {
    async fn list_clusters(&self, _: &Ctx, _: ListClustersRequest) -> Result<ListClustersResponse> {
        Ok(ListClustersResponse {
            clusters: vec![],
            next_token: None,
        })
    }
    async fn get_cluster(&self, _: &Ctx, input: GetClusterRequest) -> Result<GetClusterResponse> {
        assert_ne!(input.cluster_identifier, "panic", "as asked for");
        Err(Error::internal())
    }
}

#[async_trait]
impl Tags for Fake {
    async fn tag_resource(&self, _: &Ctx, _: TagResourceRequest) -> Result<TagResourceResponse> {
        tokio::time::sleep(Duration::from_millis(50)).await;
        self.finished.fetch_add(1, Ordering::SeqCst);
        Ok(TagResourceResponse {})
    }
}

// The rest is not answered, which says that it was asked for.
impl ComputeNodeGroups for Fake {}
impl Queues for Fake {}
impl Secrets for Fake {}
impl Instances for Fake {}
impl Jobs for Fake {}
impl Logs for Fake {}
impl LogLines for Fake {}
impl ClusterDeliveries for Fake {}
impl Deliveries for Fake {}
impl Nodes for Fake {}
impl Notifying for Fake {}
impl Events for Fake {}
impl Monitoring for Fake {}
impl CloudWatch for Fake {}
impl Plans for Fake {}
impl Documents for Fake {}
impl Settings for Fake {}
impl Sharing for Fake {}
impl Console for Fake {}
impl Offers for Fake {}
impl Systems for Fake {}
impl Servers for Fake {}
impl Tokens for Fake {}
impl Trail for Fake {}

#[async_trait]
impl Hooks for Fake {
    async fn step(&self, bearer: &str, _: StepReport) -> Result<()> {
        if bearer == "right" {
            Ok(())
        } else {
            Err(Error::access_denied("no"))
        }
    }
    async fn log(&self, _: &str, _: LogReport) -> Result<()> {
        Err(Error::access_denied("no"))
    }
    async fn claim(&self, _: ClaimCall, _: Option<IpAddr>) -> Result<ClaimAnswer> {
        Err(Error::access_denied("no"))
    }
    async fn hosts(&self, bearer: &str, after: Option<&str>) -> Result<Hosts> {
        Ok(Hosts {
            version: after.unwrap_or("first").into(),
            lines: bearer.into(),
        })
    }
    async fn duties(&self, _: &str, _: DutiesCall) -> Result<SealedAnswer> {
        Err(Error::access_denied("no"))
    }
    async fn script(&self, _: &str, _: ScriptCall) -> Result<SealedAnswer> {
        Err(Error::access_denied("no"))
    }
    async fn is_up(&self, _: &str) -> Result<bool> {
        Ok(true)
    }
    async fn hook(&self, _: &str, _: HookCall) -> Result<HookAnswer> {
        Ok(HookAnswer { go_on: true })
    }
}

#[async_trait]
impl Logins for Fake {
    async fn login_target(&self, ctx: &Ctx, cluster: &str, _: Person) -> Result<LoginTarget> {
        assert!(matches!(ctx.who, Principal::User { .. }));
        Ok(LoginTarget {
            sandbox_dir: cluster.into(),
            slurm_prefix: "/opt/slurm".into(),
            slurm_conf: None,
            job_user: None,
        })
    }
}

#[async_trait]
impl Readiness for Fake {
    async fn ready(&self) -> std::result::Result<(), String> {
        Err("the database is silent".into())
    }
}

#[async_trait]
impl Metrics for Fake {
    async fn metrics(&self, bearer: Option<&str>) -> Result<String> {
        match bearer {
            None | Some("right") => Ok("# none\n".into()),
            Some(_) => Err(Error::access_denied("Show another one.")),
        }
    }
}

#[async_trait]
impl Diagnostics for Fake {
    async fn diagnose(&self, _: &Ctx, _: Option<String>) -> Result<OpenOutput> {
        Err(Error::access_denied("no"))
    }
}

#[async_trait]
impl KeyStore for Fake {
    async fn key(&self, id: &str) -> Result<Option<Key>> {
        Ok((id == ID).then(|| Key {
            secret: Zeroizing::new(SECRET.into()),
            user_name: "admin".into(),
            user_arn: "arn:aws:iam::111122223333:user/admin".into(),
        }))
    }
}
