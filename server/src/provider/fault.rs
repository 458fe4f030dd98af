//! What a cloud does to people, on this host: a provider that fails as it is told (X9), so that every plan is proved
//! before one instance is paid for.
//!
//! The faults are in a file that the server reads at each call (`--faults FILE`, for tests); whoever switches one on
//! writes the file with [`Faults::write`].

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use app::model::attempt::{Pool, PoolError, PoolTrouble};
use app::model::catalogue::Catalogue;
use app::model::node::NodeLog;
use app::model::offer::{OfferPage, OfferQuery};
use app::model::refs::Refs;
use app::model::system::Network;
use app::rules::ports::Ports;
use async_trait::async_trait;
use openpcs_provider::{
    Asked, Batch, Datum, Instance, Inventory, LaunchError, Launched, NetworkPlace, Outcome, Owner,
    Profile, Progress, Provider, ProviderError, State,
};
use serde::{Deserialize, Serialize};

use crate::db::now;

/// What is slow is asked for again this much later.
const SLOW_MS: i64 = 200;
/// Looks that are kept, for those that come late.
const LOOKS: usize = 200;

/// The faults that are on. All off by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Faults {
    /// So many instances can be had still.
    pub capacity: Option<usize>,
    /// Of these types there is none: to this provider each type is a pool.
    pub empty_pools: Vec<String>,
    /// So many requests are answered with "later".
    pub throttled: usize,
    /// So many batches start, but nobody learns of it.
    pub lost_answers: usize,
    /// Instances start that much later.
    pub boot_delay_ms: u64,
    /// So many instances start and never call.
    pub stuck_boots: usize,
    /// So many requests to end instances are taken and forgotten.
    pub stuck_stops: usize,
    /// The inventory is of so long ago.
    pub inventory_lag_ms: i64,
    /// Instances that run do not show.
    pub hidden: bool,
    /// They may do so for so long.
    pub absence_ms: i64,
    /// The instances of these nodes end by themselves.
    pub gone: Vec<String>,
    /// Nobody is told what is offered.
    pub silent: bool,
    /// Groups own something, without which no instance of theirs starts.
    pub owns: bool,
    /// So many times what a group owns is not there yet.
    pub slow_ensures: usize,
    /// So many times it is refused.
    pub failed_ensures: usize,
    /// So many times it is made, but nobody learns of it.
    pub lost_ensures: usize,
    /// So many times it is removed, but nobody learns of it.
    pub lost_releases: usize,
}

impl Faults {
    /// Nothing is at fault where there is no file.
    pub fn read(path: &Path) -> Faults {
        let text = std::fs::read(path).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// As one: who reads meanwhile finds the old faults or the new ones.
    pub fn write(&self, path: &Path) -> std::io::Result<()> {
        let new = path.with_extension("new");
        std::fs::write(&new, serde_json::to_vec(self)?)?;
        std::fs::rename(new, path)
    }
}

/// A provider, and what goes wrong with it.
pub struct Faulty {
    inner: Arc<dyn Provider>,
    file: PathBuf,
    state: Arc<Mutex<Memory>>,
}

#[derive(Default)]
struct Memory {
    /// Clusters and nodes of instances that were launched here.
    nodes: HashMap<String, (String, String)>,
    /// On their way up, with their clusters.
    booting: HashMap<String, String>,
    /// They start and never call.
    stuck: HashMap<String, String>,
    /// Their end was asked for and forgotten.
    forgotten: HashSet<String>,
    looks: HashMap<String, VecDeque<Inventory>>,
    /// What groups own, named.
    owned: HashMap<String, String>,
}

impl Faulty {
    pub fn new(inner: Arc<dyn Provider>, file: PathBuf) -> Self {
        Self {
            inner,
            file,
            state: Arc::default(),
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Uses up one of a kind of fault; whether there was one.
    fn strikes(&self, of: impl Fn(&mut Faults) -> &mut usize) -> bool {
        let mut faults = Faults::read(&self.file);
        let left = of(&mut faults);
        if *left == 0 {
            return false;
        }
        *left -= 1;
        faults.write(&self.file).is_ok()
    }

    /// Unless it is silent.
    fn speak(&self) -> Result<(), ProviderError> {
        match Faults::read(&self.file).silent {
            false => Ok(()),
            true => Err(ProviderError {
                code: "Unavailable".into(),
                message: "The account does not answer. Try again.".into(),
            }),
        }
    }

    /// Those of which there is none, and the others.
    fn empty_and_full(&self, pools: &[Pool]) -> (Vec<Pool>, Vec<Pool>) {
        let faults = Faults::read(&self.file);
        let is_empty = |pool: &Pool| faults.empty_pools.contains(&pool.instance_type);
        pools.iter().cloned().partition(is_empty)
    }

    /// How many of so many can be had.
    fn capacity(&self, wanted: usize) -> usize {
        let mut faults = Faults::read(&self.file);
        let Some(left) = &mut faults.capacity else {
            return wanted;
        };
        let had = wanted.min(*left);
        *left -= had;
        // Asked again, the same can be had once more: nothing is lost but the fault.
        let _ = faults.write(&self.file);
        had
    }

    /// Starts what can be had, now or later.
    async fn start(&self, batch: &Batch) -> Vec<Launched> {
        let (mut now_started, mut ids) = (batch.clone(), vec![]);
        now_started.nodes.retain(|node| {
            let is_stuck = self.strikes(|faults| &mut faults.stuck_boots);
            if is_stuck {
                let cluster = batch.cluster_id.clone();
                self.memory()
                    .stuck
                    .insert(node.instance_id.clone(), cluster);
                ids.push(node.instance_id.clone());
            }
            !is_stuck
        });
        let delay = Duration::from_millis(Faults::read(&self.file).boot_delay_ms);
        if delay.is_zero() {
            let mut launched = self.inner.launch(&now_started).await.launched;
            launched.extend(ids.into_iter().map(started));
            return launched;
        }
        ids.extend(
            now_started
                .nodes
                .iter()
                .map(|node| node.instance_id.clone()),
        );
        self.start_later(now_started, delay);
        ids.into_iter().map(started).collect()
    }

    fn start_later(&self, batch: Batch, delay: Duration) {
        for node in &batch.nodes {
            let cluster = batch.cluster_id.clone();
            self.memory()
                .booting
                .insert(node.instance_id.clone(), cluster);
        }
        let (inner, state) = (self.inner.clone(), self.state.clone());
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            let memory = || state.lock().unwrap_or_else(PoisonError::into_inner);
            let mut batch = batch;
            batch
                .nodes
                .retain(|node| memory().booting.contains_key(&node.instance_id));
            inner.launch(&batch).await;
            // Half started they do not show as alive: until now they were on their way up. Some may have been ended.
            let ids = batch.nodes.into_iter().map(|node| node.instance_id);
            let ended: Vec<String> = ids
                .filter(|id| memory().booting.remove(id).is_none())
                .collect();
            inner.terminate(&batch.cluster_id, &ended).await;
        });
    }

    /// What there is beside instances, named.
    pub fn owned(&self) -> Vec<String> {
        self.memory().owned.values().cloned().collect()
    }

    /// Whether a batch does not name what its group owns, and should.
    fn lacks_owned(&self, batch: &Batch) -> bool {
        let known = self
            .memory()
            .owned
            .get(&batch.compute_node_group_id)
            .cloned();
        Faults::read(&self.file).owns && (known.is_none() || known != batch.owned)
    }

    /// Ends what is to end by itself.
    async fn vanish(&self, cluster_id: &str) {
        let mut faults = Faults::read(&self.file);
        let meant = |(_, (cluster, node)): &(&String, &(String, String))| {
            cluster == cluster_id && faults.gone.contains(node)
        };
        let nodes = self.memory().nodes.clone();
        let ids: Vec<String> = nodes
            .iter()
            .filter(meant)
            .map(|(id, _)| id.clone())
            .collect();
        if ids.is_empty() {
            return;
        }
        self.inner.terminate(cluster_id, &ids).await;
        faults.gone.clear();
        // Ended again is ended.
        let _ = faults.write(&self.file);
    }

    /// With those that only this file knows of: `booting` when the look began, the others now.
    fn with_faults(
        &self,
        cluster_id: &str,
        booting: Vec<String>,
        mut inventory: Inventory,
    ) -> Inventory {
        let memory = self.memory();
        let in_state = |state: State| {
            move |id| Instance {
                id,
                state: state.clone(),
                addresses: vec![],
                health: Default::default(),
            }
        };
        inventory
            .instances
            .retain(|instance| !booting.contains(&instance.id));
        let booting = booting.into_iter().map(in_state(State::Pending));
        let stuck = of_cluster(&memory.stuck, cluster_id)
            .into_iter()
            .map(in_state(State::Running));
        inventory.instances.extend(booting.chain(stuck));
        if Faults::read(&self.file).hidden {
            inventory.instances.clear();
        }
        for instance in &mut inventory.instances {
            if memory.forgotten.contains(&instance.id) {
                instance.state = State::Stopping;
            }
        }
        inventory
    }

    /// The look of so long ago; none was before the first.
    fn late(&self, cluster_id: &str, look: Inventory) -> Inventory {
        let until = now() - Faults::read(&self.file).inventory_lag_ms;
        let mut memory = self.memory();
        let looks = memory.looks.entry(cluster_id.to_owned()).or_default();
        looks.push_back(look.clone());
        if looks.len() > LOOKS {
            looks.pop_front();
        }
        let old = looks.iter().rev().find(|look| look.taken_at <= until);
        match until < look.taken_at {
            true => old.cloned().unwrap_or_default(),
            false => look,
        }
    }
}

fn of_cluster(instances: &HashMap<String, String>, cluster_id: &str) -> Vec<String> {
    let of_it = instances.iter().filter(|(_, of)| *of == cluster_id);
    of_it.map(|(id, _)| id.clone()).collect()
}

/// The group's, without those that rest.
fn pools(batch: &Batch) -> Vec<Pool> {
    let types = batch.settings.type_names().into_iter();
    let pools = types.map(|instance_type| Pool {
        instance_type,
        place: None,
        purchase: batch.settings.purchase(),
    });
    let rests = |pool: &Pool| batch.resting.iter().any(|one| one.pool == *pool);
    pools.filter(|pool| !rests(pool)).collect()
}

const NONE_LEFT: &str = "none are left";

fn none_left(pools: Vec<Pool>) -> PoolError {
    PoolError {
        pools,
        trouble: PoolTrouble::Capacity,
        code: Some("InsufficientInstanceCapacity".into()),
        message: NONE_LEFT.into(),
    }
}

fn lost() -> ProviderError {
    ProviderError {
        code: "Timeout".into(),
        message: "No answer came.".into(),
    }
}

fn started(id: String) -> Launched {
    Launched {
        instance_id: id.clone(),
        result: Ok(id),
    }
}

#[async_trait]
impl Provider for Faulty {
    /// Shorter than people would have it: tests wait for it.
    fn profile(&self) -> Profile {
        let faults = Faults::read(&self.file);
        Profile {
            register_ms: 10_000,
            stop_ms: 5_000,
            absence_ms: faults.absence_ms,
            owns_resources: faults.owns,
            ..self.inner.profile()
        }
    }

    async fn page(&self, query: &OfferQuery) -> Result<OfferPage, ProviderError> {
        self.speak()?;
        self.inner.page(query).await
    }

    async fn resolve(&self, refs: &Refs) -> Result<Catalogue, ProviderError> {
        self.speak()?;
        self.inner.resolve(refs).await
    }

    async fn network(&self, at: IpAddr, ports: &[Ports]) -> Result<Network, ProviderError> {
        self.inner.network(at, ports).await
    }

    async fn ensure(&self, owner: &Owner) -> Result<Progress<String>, ProviderError> {
        if self.strikes(|faults| &mut faults.slow_ensures) {
            return Ok(Progress::UnderWay {
                ask_again_ms: SLOW_MS,
            });
        }
        if self.strikes(|faults| &mut faults.failed_ensures) {
            return Err(ProviderError {
                code: "UnauthorizedOperation".into(),
                message: "You are not authorized to perform this operation.".into(),
            });
        }
        let group = &owner.compute_node_group_id;
        let made = format!("{group}:{}", owner.generation);
        self.memory().owned.insert(group.clone(), made.clone());
        match self.strikes(|faults| &mut faults.lost_ensures) {
            true => Err(lost()),
            false => Ok(Progress::Done(made)),
        }
    }

    async fn release(&self, _cluster: &str, group: &str) -> Result<Progress<()>, ProviderError> {
        self.memory().owned.remove(group);
        match self.strikes(|faults| &mut faults.lost_releases) {
            true => Err(lost()),
            false => Ok(Progress::Done(())),
        }
    }

    async fn launch(&self, batch: &Batch) -> Outcome {
        let all = |error: LaunchError| -> Outcome {
            let each = batch.nodes.iter().map(|node| Launched {
                instance_id: node.instance_id.clone(),
                result: Err(error.clone()),
            });
            each.collect::<Vec<_>>().into()
        };
        if self.strikes(|faults| &mut faults.throttled) {
            return all(LaunchError::Throttled {
                after_ms: 500,
                message: "too many requests".into(),
            });
        }
        if self.lacks_owned(batch) {
            return all(LaunchError::Refused {
                message: "there is nothing of the group to launch it with".into(),
            });
        }
        for node in &batch.nodes {
            let of = (batch.cluster_id.clone(), node.node_name.clone());
            self.memory().nodes.insert(node.instance_id.clone(), of);
        }
        if self.strikes(|faults| &mut faults.lost_answers) {
            self.inner.launch(batch).await;
            return all(LaunchError::Unknown {
                message: "the connection was closed".into(),
            });
        }
        let pools = pools(batch);
        if pools.is_empty() && !batch.resting.is_empty() {
            return all(LaunchError::all_rest(&batch.resting));
        }
        let (empty, full) = self.empty_and_full(&pools);
        let had = match full.is_empty() && !empty.is_empty() {
            true => 0,
            false => self.capacity(batch.nodes.len()),
        };
        let mut part = batch.clone();
        let missing = part.nodes.split_off(had);
        let mut launched = self.start(&part).await;
        launched.extend(missing.iter().map(|node| Launched {
            instance_id: node.instance_id.clone(),
            result: Err(LaunchError::Capacity {
                pool: batch.instance_type.clone(),
                message: NONE_LEFT.into(),
            }),
        }));
        let errors = match missing.is_empty() {
            true => vec![none_left(empty)],
            false => vec![none_left(empty), none_left(full.clone())],
        };
        Outcome {
            launched,
            asked: Asked {
                pools,
                strategy: None,
                gave: full.into_iter().filter(|_| had > 0).collect(),
                errors: errors
                    .into_iter()
                    .filter(|it| !it.pools.is_empty())
                    .collect(),
            },
        }
    }

    async fn stand_in(&self, cluster_id: &str, node: &str, port: u16) {
        self.inner.stand_in(cluster_id, node, port).await;
    }

    async fn register_again(
        &self,
        cluster_id: &str,
        instance_ids: &[String],
    ) -> Result<(), ProviderError> {
        self.inner.register_again(cluster_id, instance_ids).await
    }

    async fn terminate(
        &self,
        cluster_id: &str,
        instance_ids: &[String],
    ) -> Vec<Result<(), ProviderError>> {
        if !instance_ids.is_empty() && self.strikes(|faults| &mut faults.stuck_stops) {
            self.memory().forgotten.extend(instance_ids.iter().cloned());
            return vec![Ok(()); instance_ids.len()];
        }
        {
            let mut memory = self.memory();
            for id in instance_ids {
                memory.booting.remove(id);
                memory.stuck.remove(id);
                memory.forgotten.remove(id);
            }
        }
        self.inner.terminate(cluster_id, instance_ids).await
    }

    async fn inventory(&self, cluster_id: &str) -> Result<Inventory, ProviderError> {
        self.vanish(cluster_id).await;
        let booting = of_cluster(&self.memory().booting, cluster_id);
        let look = self.inner.inventory(cluster_id).await?;
        let look = self.with_faults(cluster_id, booting, look);
        Ok(self.late(cluster_id, look))
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

    async fn put_metrics(&self, data: &[Datum]) -> Result<(), ProviderError> {
        self.inner.put_metrics(data).await
    }
}
