//! What the plan of a cluster's nodes is made of, and the steps that it can have.

use std::collections::HashMap;

use app::explain::Cause;
use app::model::status::Status;
use openpcs_provider::{Instance, Profile};

use super::pool::Closed;
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::db::instance::InstanceRow;
use crate::db::owned_resource::{OwnedRow, Stage};
use crate::slurm::client::NodeInfo;

/// A group as far as its nodes are concerned: what is in force.
#[derive(Clone, Debug)]
pub struct Group {
    pub id: String,
    pub name: String,
    pub max: i64,
    /// Exactly `max` nodes are kept running.
    pub is_static: bool,
    pub launch_generation: i64,
    /// How long a node may idle, in seconds; none: as Slurm does for the whole cluster;
    /// [`app::rules::cluster::IDLE_FOREVER`]: for ever (N9).
    pub idle_seconds: Option<i64>,
}

/// The groups as their last accepted configuration has them. A group that is being deleted wants no nodes.
pub fn in_force(groups: &[ComputeNodeGroupRow]) -> Vec<Group> {
    groups
        .iter()
        .filter(|row| row.status != Status::Deleting)
        .filter_map(|row| row.applied_spec.as_ref().map(|spec| (row, spec)))
        .map(|(row, spec)| Group {
            id: row.id.clone(),
            name: row.name.clone(),
            max: spec.most(),
            is_static: spec.is_static(),
            launch_generation: spec.launch_generation,
            idle_seconds: spec
                .settings
                .slurm_configuration
                .as_ref()
                .and_then(|s| s.scale_down_idle_time_in_seconds),
        })
        .collect()
}

/// What is seen at one moment.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Rows without an end, read before the rest.
    pub instances: Vec<InstanceRow>,
    /// Newest ended instances, for back-off.
    pub ended: Vec<InstanceRow>,
    pub profile: Profile,
    /// The controller's, as `24.11`.
    pub slurm_version: String,
    /// What groups own at the provider beside instances, or are about to.
    pub owned: Vec<OwnedRow>,
    /// By group: for those of which no pool has an instance now.
    pub closed: HashMap<String, Closed>,
    /// Those that the provider has and that have a row, live or ended.
    pub provider: Vec<Instance>,
    /// When the provider was looked at.
    pub looked_at: i64,
    /// Which instances it does not show, and for how many milliseconds.
    pub missing: HashMap<String, i64>,
    /// Instances without a row run on some of the nodes.
    pub set_aside: bool,
    pub nodes: Vec<NodeInfo>,
    /// When an instance's slurmd was told last to register once more.
    pub told_to_register: HashMap<String, i64>,
    /// Names of those that hold jobs although Slurm has powered them down, and for how many milliseconds.
    pub stranded: HashMap<String, i64>,
    /// Names of those that Slurm powers up, and for how many milliseconds it was seen to.
    pub powering_up: HashMap<String, i64>,
    /// Names of those that Slurm has had rebooted, and for how many milliseconds they were seen to be.
    pub rebooting: HashMap<String, i64>,
    pub now: i64,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Slurm wants the node and nothing runs for it.
    Launch { node: String, group_id: String },
    /// The provider has not said that it started the instance: it is asked once more.
    AskAgain { instance: String },
    /// Slurm took the node as up.
    MarkReady { instance: String },
    /// The instance is not wanted any more; Slurm has let go of the node.
    End { instance: String, cause: Cause },
    /// Its end was asked for and the provider has nothing of it any more.
    Ended { instance: String },
    /// The node is lost: its jobs go back to the queue, its instance (if any) ends.
    Fail {
        node: String,
        instance: Option<String>,
        cause: Cause,
    },
    /// No instance is to be had for a node that is off: Slurm is to give its jobs other nodes, or to let them wait, and not to
    /// try one node of the group after the other.
    Close { node: String, cause: Cause },
    /// Nothing runs for a node that is down: let Slurm use the name again.
    Recover { node: String },
    /// A static node is off: ask Slurm to power it up.
    PowerUp { node: String },
    /// The instance is older than the group's settings or the cluster's Slurm, or somebody wants another one: let its jobs finish, then power
    /// it down.
    Replace { node: String, cause: Cause },
    /// The instance goes in a moment: no more jobs, and those that run may save what they have.
    Warn { instance: String, cause: Cause },
    /// The instance is up and Slurm does not know: its slurmd is to register once more.
    RegisterAgain { instance: String },
    /// The node idled longer than its group allows.
    PowerDown { node: String },
    /// The provider still has something that was ended.
    EndOrphan { instance: String },
    /// What the group owns at the provider is not there for its settings: no instance is launched before.
    Ensure { group_id: String },
    /// Nothing needs what this group owns any more.
    Release { group_id: String },
}

/// What is seen, to be looked up: a cluster may have two thousand nodes, and the plan is made many times a second while
/// they boot.
pub struct Index<'a> {
    pub nodes: HashMap<&'a str, &'a NodeInfo>,
    /// Of two rows for one node the newest serves.
    pub newest: HashMap<&'a str, &'a InstanceRow>,
    provider: HashMap<&'a str, &'a Instance>,
    /// By group; none where groups own nothing.
    pub owned: Option<HashMap<&'a str, &'a OwnedRow>>,
    /// Of each node, the newest first.
    pub ended: HashMap<&'a str, Vec<&'a InstanceRow>>,
}

impl<'a> Index<'a> {
    pub fn new(seen: &'a Seen) -> Index<'a> {
        let mut newest: HashMap<&str, &InstanceRow> = HashMap::new();
        for row in &seen.instances {
            let known = newest.entry(&row.node_name).or_insert(row);
            if (row.launched_at, &row.id) > (known.launched_at, &known.id) {
                *known = row;
            }
        }
        let mut ended: HashMap<&str, Vec<&InstanceRow>> = HashMap::new();
        for row in &seen.ended {
            ended.entry(&row.node_name).or_default().push(row);
        }
        let provider = seen.provider.iter();
        let owned = seen.owned.iter();
        let owned = owned.map(|row| (row.compute_node_group_id.as_str(), row));
        Index {
            nodes: seen.nodes.iter().map(|n| (n.name.as_str(), n)).collect(),
            newest,
            provider: provider.map(|i| (i.id.as_str(), i)).collect(),
            owned: seen.profile.owns_resources.then(|| owned.collect()),
            ended,
        }
    }

    /// How far the provider is with what the group owns.
    pub fn stage(&self, group: &Group) -> Stage<'a> {
        let Some(owned) = &self.owned else {
            return Stage::Ready;
        };
        let row = owned.get(group.id.as_str());
        row.map_or(Stage::UnderWay, |row| row.stage(group.launch_generation))
    }

    pub fn instance(&self, row: &InstanceRow) -> Option<&Instance> {
        self.provider.get(row.id.as_str()).copied()
    }
}
