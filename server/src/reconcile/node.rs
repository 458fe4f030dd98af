//! Keeps the instances of a cluster: launches what Slurm wants, ends what it lets go, replaces what died.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use app::explain::What;
use app::model::sight::Sight;
use app::model::system::{ReconcilerKind, Work};
use openpcs_provider::Instance;

use super::node_act::Act;
use super::pace::Pace;
use super::sight::Looks;
use super::signs::Signs;
use super::{Next, Parts, Reconciler, aside, owned, planned, work};
use crate::db::cluster::ClusterRow;
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::db::instance::InstanceRow;
use crate::db::owned_resource::OwnedRow;
use crate::db::set_back::{SetBack, is_over};
use crate::db::{instance, now, pool_health, resource};
use crate::live::observed::Snapshot;
use crate::live::status::Done;
use crate::live::wake::Waker;
use crate::plan::missing::Missing;
use crate::plan::node::{Seen, Step, in_force, plan};
use crate::plan::pool::{self, Closed};
use crate::plan::stranded::{Since, is_powering_up, is_rebooting, is_stranded};
use crate::slurm::client::{Client, NodeInfo, NodeUpdate};

/// How often processes are looked after. Cheap: a few system calls per instance.
const TICK: Duration = Duration::from_millis(500);
/// The pause while nodes are about to come up, so that a job starts as soon as its last node is there.
const EXPECTING: Duration = Duration::from_millis(50);
/// The pause while something is under way that nobody waits for.
const UNDER_WAY: Duration = Duration::from_millis(250);
/// Slurm is asked at least this often even when nothing seems to happen.
const LONGEST_SILENCE_MS: i64 = 60_000;
/// Slurm marks the nodes of a reservation up to 5 s after its log told of it, and says nothing then.
const SETTLES_MS: i64 = 6_000;
/// The database is read at least this often even when nothing seems to happen.
const LONGEST_REST: Duration = Duration::from_secs(15);
/// Ended instances that are looked at for back-off.
const HISTORY: i64 = 200;

/// The loop of one cluster.
pub struct NodeReconciler {
    parts: Parts,
    cluster_id: String,
    waker: Waker,
    looked: Signs,
    /// When the signs changed last, in milliseconds since 1970.
    changed_at: i64,
    looks: Looks,
    /// Of looks for no other reason than that Slurm logs something.
    pace: Pace,
    rest: Option<Rest>,
    /// Instances that were reported as set aside.
    aside: HashSet<String>,
    stranded: Since,
    powering_up: Since,
    rebooting: Since,
    missing: Missing,
    told_to_register: HashMap<String, i64>,
    set_back: SetBack,
}

/// After a run that found no instance and nothing to do: as long as nobody wakes the loop and Slurm logs nothing,
/// another run would find the same.
struct Rest {
    signs: Signs,
    until: Instant,
}

impl NodeReconciler {
    pub fn new(parts: Parts, cluster_id: String) -> Self {
        Self {
            waker: parts.wakers.of(&cluster_id).node,
            parts,
            cluster_id,
            looked: Signs::default(),
            changed_at: 0,
            looks: Looks::new(Sight::Nodes),
            pace: Pace::new(TICK),
            rest: None,
            aside: HashSet::new(),
            stranded: Since::new(is_stranded),
            powering_up: Since::new(is_powering_up),
            rebooting: Since::new(is_rebooting),
            missing: Missing::default(),
            told_to_register: HashMap::new(),
            set_back: SetBack::default(),
        }
    }
}

impl Reconciler for NodeReconciler {
    const KIND: ReconcilerKind = ReconcilerKind::Node;

    async fn run(&mut self, done: &mut Done) -> anyhow::Result<Next> {
        let signs = Signs::now(&self.parts, &self.cluster_id, &self.waker).await;
        if self.is_at_rest(signs) {
            return Ok(Next::After(TICK));
        }
        self.rest = None;
        let db = self.parts.db.clone();
        let pool = db.pool();
        let Some(cluster): Option<ClusterRow> =
            resource::find(pool, None, &self.cluster_id).await?
        else {
            return Ok(Next::Never);
        };
        if cluster.applied_spec.is_none() || !cluster.status.can_be_used() {
            return Ok(Next::After(TICK));
        }
        let Some(client) = self.parts.client(&cluster.id, cluster.slurm_version())? else {
            return Ok(Next::After(TICK));
        };
        let mut instances = instance::live(pool, &cluster.id).await?;
        instance::right(&mut instances, &mut self.set_back, now());
        let observed = aside::observe(&self.parts, &cluster.id, &instances).await?;
        self.report(&observed.aside).await?;
        let set_aside = observed.any_aside_runs();
        let (provider, looked_at) = (observed.known, observed.looked_at);
        planned::note(&self.parts, &mut instances, &provider).await?;
        let snapshot = self.look(&client, signs, &instances, &provider).await?;
        let groups: Vec<ComputeNodeGroupRow> = resource::list(pool, Some(&cluster.id)).await?;
        let mut ended = instance::ended(pool, &cluster.id, HISTORY).await?;
        instance::right(&mut ended, &mut self.set_back, now());
        let missing = self.missing.note(&instances, &provider, now());
        let seen = Seen {
            instances,
            ended,
            profile: self.parts.provider.profile(),
            slurm_version: cluster.slurm_version().to_owned(),
            owned: owned::of_cluster(&self.parts, &cluster.id).await?,
            closed: closed(&self.parts, &groups).await?,
            provider,
            looked_at,
            missing,
            set_aside,
            stranded: self.stranded.note(&snapshot.nodes, now()),
            powering_up: self.powering_up.note(&snapshot.nodes, now()),
            rebooting: self.rebooting.note(&snapshot.nodes, now()),
            told_to_register: self.told_to_register.clone(),
            nodes: snapshot.nodes.to_vec(),
            now: now(),
        };
        let steps = plan(&in_force(&groups), &seen);
        let acted = !steps.is_empty();
        self.note_registering(&seen, &steps);
        if acted {
            let act = Act {
                parts: &self.parts,
                cluster: &cluster,
                client: &client,
                groups: &groups,
                seen: &seen,
            };
            let did: Vec<Work> = steps.iter().filter_map(work::of).collect();
            act.all(steps).await?;
            did.into_iter().for_each(|work| done.note(work, 1));
            self.looked = Signs::default();
            self.pace.hurry();
        }
        let is_asked_again = |row: &OwnedRow| row.ask_again_at.is_some();
        let is_quiet = seen.instances.is_empty()
            && seen.provider.is_empty()
            && seen.closed.is_empty()
            && !seen.owned.iter().any(is_asked_again);
        if is_quiet && !acted && !seen.nodes.iter().any(in_transition) {
            let settles = self
                .settles_in(&snapshot)
                .and_then(|ms| u64::try_from(ms).ok());
            let rest = settles.map_or(LONGEST_REST, Duration::from_millis);
            self.rest = Some(Rest {
                signs,
                until: Instant::now() + rest.min(LONGEST_REST),
            });
        }
        Ok(Next::After(self.pause(&seen, acted)))
    }
}

impl NodeReconciler {
    fn is_at_rest(&self, signs: Signs) -> bool {
        let rest = self.rest.as_ref();
        rest.is_some_and(|rest| rest.signs == signs && Instant::now() < rest.until)
            && self.parts.observed.waiting(&self.cluster_id) == 0
    }

    fn note_registering(&mut self, seen: &Seen, steps: &[Step]) {
        let lives = |id: &String| seen.instances.iter().any(|row| row.id == *id);
        self.told_to_register.retain(|id, _| lives(id));
        let told = steps.iter().filter_map(|step| match step {
            Step::RegisterAgain { instance } => Some((instance.clone(), seen.now)),
            _ => None,
        });
        self.told_to_register.extend(told);
    }

    /// Once for each, also in the timeline.
    async fn report(&mut self, aside: &[Instance]) -> anyhow::Result<()> {
        for one in aside {
            let (cluster, instance) = (&self.cluster_id, one.id.clone());
            if self.aside.contains(&instance) {
                continue;
            }
            tracing::warn!(
                cluster,
                instance,
                "the database does not know this instance: it is set aside and its jobs go on; \
                 `openpcs set-aside remove` ends and removes it"
            );
            let what = What::InstanceSetAside {
                instance: instance.clone(),
            };
            self.parts.tell(cluster, &what).await?;
            self.aside.insert(instance);
        }
        Ok(())
    }

    /// In how many milliseconds all that came of the last signs can be seen; none if it was looked at since.
    fn settles_in(&self, latest: &Snapshot) -> Option<i64> {
        let settled_at = self.changed_at + SETTLES_MS;
        (latest.asked_at < settled_at).then(|| (settled_at - now()).clamp(0, SETTLES_MS))
    }

    /// What Slurm says now, or what it said last when nothing can have changed since.
    async fn look(
        &mut self,
        client: &Client,
        signs: Signs,
        instances: &[InstanceRow],
        provider: &[Instance],
    ) -> anyhow::Result<std::sync::Arc<Snapshot>> {
        let latest = self.parts.observed.latest(&self.cluster_id);
        let unsettled = instances
            .iter()
            .any(|i| i.ready_at.is_none() || i.reason.is_some())
            || provider.iter().filter(|i| i.lives()).count() != instances.len()
            || latest.nodes.iter().any(in_transition);
        let waited_for = self.parts.observed.waiting(&self.cluster_id) > 0;
        if signs != self.looked {
            self.changed_at = now();
        }
        let has_settled = self.settles_in(&latest) == Some(0);
        let old = is_over(latest.asked_at, now(), LONGEST_SILENCE_MS) || has_settled;
        let woken = signs.woken_since(&self.looked);
        let may_differ = signs != self.looked && self.pace.left().is_zero();
        if !(unsettled || waited_for || old || woken || may_differ) {
            return Ok(latest);
        }
        let (asked_at, began) = (now(), Instant::now());
        let found = client.nodes().await;
        self.pace.ended(began);
        let nodes = self
            .looks
            .note(&self.parts, &self.cluster_id, asked_at, found)
            .await?;
        self.looked = signs;
        let free = now_free(&latest.nodes, &nodes);
        self.parts.observed.nodes(&self.cluster_id, asked_at, nodes);
        // Slurm itself would look after up to a minute.
        client.update_nodes(&free, &NodeUpdate::Offer).await?;
        Ok(self.parts.observed.latest(&self.cluster_id))
    }

    fn pause(&self, seen: &Seen, acted: bool) -> Duration {
        let boots = |i: &InstanceRow| i.registered_at.is_some() && i.ready_at.is_none();
        let leaves = |i: &InstanceRow| i.reason.is_some() && i.stop_asked_at.is_none();
        let expecting = seen.instances.iter().any(|i| boots(i) || leaves(i));
        if expecting {
            EXPECTING
        } else if acted || seen.nodes.iter().any(in_transition) {
            UNDER_WAY
        } else {
            TICK
        }
    }
}

/// Groups for which no instance is to be had now.
async fn closed(
    parts: &Parts,
    groups: &[ComputeNodeGroupRow],
) -> sqlx::Result<HashMap<String, Closed>> {
    let known = pool_health::all(parts.db.pool()).await?;
    let (profile, now) = (parts.provider.profile(), now());
    let closed = groups.iter().filter_map(|group| {
        let settings = &group.applied_spec.as_ref()?.settings;
        let closed = pool::closed(&known, settings, &profile, now)?;
        Some((group.id.clone(), closed))
    });
    Ok(closed.collect())
}

/// Nodes that were on their way down and can be powered up again: jobs that came meanwhile passed them over.
fn now_free(before: &[NodeInfo], now: &[NodeInfo]) -> Vec<String> {
    let going: HashSet<&str> = before
        .iter()
        .filter(|node| in_transition(node) || node.is("DOWN"))
        .map(|node| node.name.as_str())
        .collect();
    let free = |node: &&NodeInfo| {
        let off = node.is("IDLE") && node.is("POWERED_DOWN");
        off && !node.is("DRAIN") && !in_transition(node)
    };
    let names = now.iter().filter(free).map(|node| node.name.clone());
    names.filter(|name| going.contains(name.as_str())).collect()
}

/// Slurm is about to change the node by itself, or should be.
fn in_transition(node: &NodeInfo) -> bool {
    node.changes_power() || is_stranded(node)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_under_way_is_looked_at_often() {
        assert!(in_transition(&node("a-1", "POWERING_UP")));
    }

    #[test]
    fn a_node_is_offered_once_when_it_can_be_powered_up_again() {
        let off = node("a-1", "IDLE CLOUD POWERED_DOWN");
        let offered = |before: &str| now_free(&[node("a-1", before)], std::slice::from_ref(&off));
        assert_eq!(offered("IDLE CLOUD POWERING_DOWN"), ["a-1"]);
        assert_eq!(offered("DOWN CLOUD POWER_DOWN"), ["a-1"]);
        assert_eq!(offered("IDLE CLOUD POWERED_DOWN"), Vec::<String>::new());
        let drained = [node("a-1", "IDLE CLOUD DRAIN POWERED_DOWN")];
        let before = [node("a-1", "DOWN DRAIN")];
        assert_eq!(now_free(&before, &drained), Vec::<String>::new());
        let up = [node("a-1", "ALLOCATED CLOUD POWERED_DOWN POWER_UP")];
        assert_eq!(now_free(&[node("a-1", "DOWN")], &up), Vec::<String>::new());
    }

    fn node(name: &str, states: &str) -> NodeInfo {
        NodeInfo {
            name: name.into(),
            states: states.split(' ').map(str::to_owned).collect(),
            ..NodeInfo::default()
        }
    }
}
