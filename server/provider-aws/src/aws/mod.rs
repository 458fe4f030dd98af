//! Amazon EC2 as a provider: each group has a launch template derived of the customer's, each batch is a fleet.
//!
//! - [`ensure`], [`own_parts`], [`owned`]: what a group owns, what is in it, and how launches are told of it.
//! - [`launch`], [`outcome`], [`pools`], [`rounds`]: fleets, where their instances come from, and what their answers mean.
//! - [`look`], [`checks`], [`places`], [`whose`]: what there is of all clusters, how it is, where, and which of it is whose.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use app::model::catalogue::Catalogue;
use app::model::node::NodeLog;
use app::model::offer::{OfferPage, OfferQuery};
use app::model::refs::Refs;
use app::model::system::Network;
use app::rules::ports::Ports;
use async_trait::async_trait;
use openpcs_provider::names::{Name, Names};
use openpcs_provider::{
    Batch, ClusterKey, Datum, Inventory, NetworkPlace, Outcome, Owner, Profile, Progress, Provider,
    ProviderError,
};

use crate::calls::instance::{self, Seen};
use crate::calls::{
    fleet, host, instance_status, instance_topology, instance_type, kms, launch_template, metric,
    secret,
};
use crate::client::Client;
use crate::delivery;
use crate::offers::{self, Offers};
use crate::script;

mod checks;
mod ensure;
mod launch;
mod look;
mod outcome;
mod own_parts;
mod owned;
mod places;
mod pools;
mod rounds;
mod settings;
mod whose;

use checks::{Checks, Found};
use look::{Look, Looks};
use places::Places;
use rounds::Rounds;
pub use settings::{AgentBuild, Settings};

/// A new instance is launched for the next resume of a node: nothing has to be waited for.
const SUSPEND_SECONDS: u16 = 5;
/// Instances in one call that ends some.
const CHUNK: usize = 500;
/// Bytes of an instance's console.
const CONSOLE: usize = 64 * 1024;

const PROFILE: Profile = Profile {
    name: "aws",
    shares_files: false,
    register_ms: 600_000,
    // A script of a customer may build what its image lacks; a boot of many such takes hours.
    step_ms: 600_000,
    boot_ms: 2 * 3_600_000,
    // So long EC2 may not know yet what it has said.
    missing_grace_ms: 300_000,
    // One that has ended shows as such for an hour.
    absence_ms: 300_000,
    stop_ms: 300_000,
    suspend_seconds: SUSPEND_SECONDS,
    pool_rest_ms: 60_000,
    longest_pool_rest_ms: 30 * 60_000,
    batch_max: 500,
    own_addresses: true,
    brings_slurm: false,
    owns_resources: true,
    takes_metrics: false,
};

pub struct Aws {
    client: Client,
    settings: Settings,
    names: Arc<dyn Names>,
    offers: Offers,
    looks: Looks,
    checks: Arc<Checks>,
    places: Places,
    rounds: Rounds,
}

/// The actions of IAM that the provider needs, each once.
pub fn actions() -> BTreeSet<&'static str> {
    let own = [
        fleet::ACTIONS,
        host::ACTIONS,
        instance::ACTIONS,
        instance_status::ACTIONS,
        instance_topology::ACTIONS,
        instance_type::ACTIONS,
        kms::ACTIONS,
        launch_template::ACTIONS,
        metric::ACTIONS,
        secret::ACTIONS,
    ];
    let mut actions = offers::actions();
    actions.extend(own.concat());
    actions.extend(script::ACTIONS);
    actions.extend(delivery::ACTIONS);
    actions
}

impl Aws {
    pub fn new(client: Client, settings: Settings, names: Arc<dyn Names>) -> Aws {
        Aws {
            offers: Offers::new(client.clone(), settings.slurm_versions.clone()),
            looks: Looks::new(client.ec2.clone()),
            checks: Checks::new(client.ec2.clone()),
            places: Places::default(),
            rounds: Rounds::default(),
            client,
            settings,
            names,
        }
    }

    /// What is there, and the rows of the cluster: those after the look, which shows nothing that no row was there for.
    async fn seen(&self, cluster_id: &str) -> Result<(Arc<Look>, Vec<Name>), ProviderError> {
        let look = self.looks.get().await?;
        let rows = self.names.of_cluster(cluster_id).await?;
        Ok((look, rows))
    }

    /// EC2's ids of these.
    async fn ec2_ids(
        &self,
        cluster_id: &str,
        ids: &[String],
    ) -> Result<Vec<Option<String>>, ProviderError> {
        let (look, rows) = self.seen(cluster_id).await?;
        let seen: Vec<&Seen> = look.of_cluster(cluster_id).collect();
        Ok(whose::ec2_ids(ids, &seen, &rows))
    }
}

#[async_trait]
impl Provider for Aws {
    fn profile(&self) -> Profile {
        Profile {
            takes_metrics: self.settings.metrics_namespace.is_some(),
            ..PROFILE
        }
    }

    async fn page(&self, query: &OfferQuery) -> Result<OfferPage, ProviderError> {
        self.offers.page(query).await
    }

    async fn resolve(&self, refs: &Refs) -> Result<Catalogue, ProviderError> {
        self.offers.resolve(refs).await
    }

    async fn network(&self, at: IpAddr, ports: &[Ports]) -> Result<Network, ProviderError> {
        Ok(host::network(&self.client.ec2, at, ports).await?)
    }

    async fn ensure(&self, owner: &Owner) -> Result<Progress<String>, ProviderError> {
        let made = ensure::ensure(&self.client, &self.offers, &self.settings, owner).await?;
        Ok(Progress::Done(made))
    }

    async fn release(
        &self,
        _cluster_id: &str,
        compute_node_group_id: &str,
    ) -> Result<Progress<()>, ProviderError> {
        ensure::release(&self.client, compute_node_group_id).await?;
        Ok(Progress::Done(()))
    }

    async fn launch(&self, batch: &Batch) -> Outcome {
        let outcome = launch::launch(&self.client, &*self.names, &self.rounds, batch).await;
        self.looks.changed();
        outcome
    }

    /// The next instance of a node has an address of its own.
    async fn stand_in(&self, _cluster_id: &str, _node: &str, _port: u16) {}

    /// Agents do that by themselves.
    async fn register_again(
        &self,
        _cluster_id: &str,
        _instance_ids: &[String],
    ) -> Result<(), ProviderError> {
        Ok(())
    }

    async fn terminate(
        &self,
        cluster_id: &str,
        instance_ids: &[String],
    ) -> Vec<Result<(), ProviderError>> {
        let ec2 = match self.ec2_ids(cluster_id, instance_ids).await {
            Ok(ec2) => ec2,
            Err(error) => return vec![Err(error); instance_ids.len()],
        };
        let known: Vec<String> = ec2.iter().flatten().cloned().collect();
        let mut answers = vec![];
        for part in known.chunks(CHUNK) {
            answers.extend(instance::terminate(&self.client.ec2, part).await);
        }
        self.looks.changed();
        let mut answers = answers.into_iter();
        let answer = |known: Option<String>| match known.and_then(|_| answers.next()) {
            Some(answer) => answer.map_err(ProviderError::from),
            None => Ok(()),
        };
        ec2.into_iter().map(answer).collect()
    }

    async fn inventory(&self, cluster_id: &str) -> Result<Inventory, ProviderError> {
        let (look, rows) = self.seen(cluster_id).await?;
        let seen: Vec<&Seen> = look.of_cluster(cluster_id).collect();
        let health = match look.any_lives() {
            true => self.checks.get(),
            false => Found::default(),
        };
        Ok(Inventory {
            taken_at: look.taken_at,
            instances: whose::instances(&seen, &rows, &health),
        })
    }

    /// Of those that EC2 left out there is nothing to know.
    async fn network_places(
        &self,
        cluster_id: &str,
        instance_ids: &[String],
    ) -> Result<Vec<(String, NetworkPlace)>, ProviderError> {
        if instance_ids.is_empty() || !self.places.may_ask() {
            return Ok(vec![]);
        }
        let ec2 = self.ec2_ids(cluster_id, instance_ids).await?;
        let both = instance_ids.iter().zip(ec2);
        let asked: Vec<(&String, String)> = both
            .filter_map(|(id, ec2)| Some((id, ec2?)))
            .take(instance_topology::MOST)
            .collect();
        if asked.is_empty() {
            return Ok(vec![]);
        }
        let ids: Vec<String> = asked.iter().map(|(_, ec2)| ec2.clone()).collect();
        let mut told = instance_topology::places(&self.client.ec2, &ids).await?;
        let place = |(id, ec2): (&String, String)| {
            let place = told.remove(&ec2).unwrap_or_default();
            (id.clone(), place)
        };
        Ok(asked.into_iter().map(place).collect())
    }

    async fn logs(
        &self,
        cluster_id: &str,
        instance_id: &str,
    ) -> Result<Vec<NodeLog>, ProviderError> {
        let ec2 = self.ec2_ids(cluster_id, &[instance_id.to_owned()]).await?;
        let Some(id) = ec2.into_iter().flatten().next() else {
            return Ok(vec![]);
        };
        let text = instance::console(&self.client.ec2, &id).await?;
        Ok(console(&text).into_iter().collect())
    }

    async fn keeps_keys(&self) -> Result<bool, ProviderError> {
        if self.settings.keeps_keys {
            secret::check(&self.client.secrets).await?;
        }
        Ok(self.settings.keeps_keys)
    }

    async fn keep_key(&self, key: ClusterKey<'_>) -> Result<Option<String>, ProviderError> {
        if !self.settings.keeps_keys {
            return Ok(None);
        }
        secret::keep(&self.client.secrets, &key).await.map(Some)
    }

    async fn forget_key(&self, cluster_id: &str) -> Result<(), ProviderError> {
        match self.settings.keeps_keys {
            true => secret::forget(&self.client.secrets, cluster_id).await,
            false => Ok(()),
        }
    }

    async fn put_metrics(&self, data: &[Datum]) -> Result<(), ProviderError> {
        match &self.settings.metrics_namespace {
            Some(namespace) => metric::put(&self.client.cloudwatch, namespace, data).await,
            None => Ok(()),
        }
    }
}

/// In milliseconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}

/// The end of it; none of nothing.
fn console(text: &[u8]) -> Option<NodeLog> {
    let start = text.len().saturating_sub(CONSOLE);
    (!text.is_empty()).then(|| NodeLog {
        name: "console".into(),
        text: String::from_utf8_lossy(&text[start..]).into_owned(),
        is_cut: start > 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_console_is_told_from_its_end() {
        assert_eq!(console(b""), None);
        let short = console(b"login: \xff").unwrap();
        assert_eq!(
            (short.text.as_str(), short.is_cut),
            ("login: \u{fffd}", false)
        );
        let long = console(&[b'a'; CONSOLE + 1]).unwrap();
        assert_eq!((long.text.len(), long.is_cut), (CONSOLE, true));
    }

    #[test]
    fn every_call_has_its_action() {
        let actions = actions();
        for call in [
            "CreateFleet",
            "RunInstances",
            "TerminateInstances",
            "DescribeInstances",
            "DescribeVpcs",
        ] {
            assert!(actions.contains(format!("ec2:{call}").as_str()), "{call}");
        }
        assert!(actions.contains("iam:PassRole"));
    }
}
