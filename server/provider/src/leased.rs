//! A provider for the reconcilers of one cluster that another process may take over: what changes anything begins only
//! while this one has it.

use std::net::IpAddr;
use std::sync::Arc;

use app::model::catalogue::Catalogue;
use app::model::node::NodeLog;
use app::model::offer::{OfferPage, OfferQuery};
use app::model::refs::Refs;
use app::model::system::Network;
use app::rules::ports::Ports;
use async_trait::async_trait;

use super::lease::{Lease, Lost};
use super::{
    Batch, ClusterKey, Datum, Inventory, LaunchError, Launched, NetworkPlace, Outcome, Owner,
    Profile, Progress, Provider, ProviderError,
};

pub struct Leased {
    inner: Arc<dyn Provider>,
    lease: Lease,
}

impl Leased {
    pub fn new(inner: Arc<dyn Provider>, lease: Lease) -> Leased {
        Leased { inner, lease }
    }

    fn check(&self) -> Result<(), ProviderError> {
        self.lease.check().map_err(|lost: Lost| ProviderError {
            code: "LeaseLost".into(),
            message: lost.to_string(),
        })
    }
}

#[async_trait]
impl Provider for Leased {
    fn profile(&self) -> Profile {
        self.inner.profile()
    }

    async fn page(&self, query: &OfferQuery) -> Result<OfferPage, ProviderError> {
        self.inner.page(query).await
    }

    async fn resolve(&self, refs: &Refs) -> Result<Catalogue, ProviderError> {
        self.inner.resolve(refs).await
    }

    async fn network(&self, at: IpAddr, ports: &[Ports]) -> Result<Network, ProviderError> {
        self.inner.network(at, ports).await
    }

    async fn ensure(&self, owner: &Owner) -> Result<Progress<String>, ProviderError> {
        self.check()?;
        self.inner.ensure(owner).await
    }

    async fn release(
        &self,
        cluster_id: &str,
        compute_node_group_id: &str,
    ) -> Result<Progress<()>, ProviderError> {
        self.check()?;
        self.inner.release(cluster_id, compute_node_group_id).await
    }

    async fn launch(&self, batch: &Batch) -> Outcome {
        let Err(lost) = self.lease.check() else {
            let batch = Batch {
                lease: Some(self.lease.clone()),
                ..batch.clone()
            };
            return self.inner.launch(&batch).await;
        };
        let not_asked = batch.nodes.iter().map(|node| Launched {
            instance_id: node.instance_id.clone(),
            result: Err(LaunchError::Unknown {
                message: lost.to_string(),
            }),
        });
        not_asked.collect::<Vec<_>>().into()
    }

    async fn stand_in(&self, cluster_id: &str, node: &str, port: u16) {
        if self.lease.check().is_ok() {
            self.inner.stand_in(cluster_id, node, port).await;
        }
    }

    async fn register_again(
        &self,
        cluster_id: &str,
        instance_ids: &[String],
    ) -> Result<(), ProviderError> {
        self.check()?;
        self.inner.register_again(cluster_id, instance_ids).await
    }

    async fn terminate(
        &self,
        cluster_id: &str,
        instance_ids: &[String],
    ) -> Vec<Result<(), ProviderError>> {
        match self.check() {
            Ok(()) => self.inner.terminate(cluster_id, instance_ids).await,
            Err(lost) => vec![Err(lost); instance_ids.len()],
        }
    }

    async fn inventory(&self, cluster_id: &str) -> Result<Inventory, ProviderError> {
        self.inner.inventory(cluster_id).await
    }

    async fn network_places(
        &self,
        cluster_id: &str,
        instance_ids: &[String],
    ) -> Result<Vec<(String, NetworkPlace)>, ProviderError> {
        self.inner.network_places(cluster_id, instance_ids).await
    }

    async fn logs(
        &self,
        cluster_id: &str,
        instance_id: &str,
    ) -> Result<Vec<NodeLog>, ProviderError> {
        self.inner.logs(cluster_id, instance_id).await
    }

    async fn keeps_keys(&self) -> Result<bool, ProviderError> {
        self.inner.keeps_keys().await
    }

    async fn keep_key(&self, key: ClusterKey<'_>) -> Result<Option<String>, ProviderError> {
        self.check()?;
        self.inner.keep_key(key).await
    }

    async fn forget_key(&self, cluster_id: &str) -> Result<(), ProviderError> {
        self.check()?;
        self.inner.forget_key(cluster_id).await
    }

    async fn put_metrics(&self, data: &[Datum]) -> Result<(), ProviderError> {
        self.check()?;
        self.inner.put_metrics(data).await
    }
}
