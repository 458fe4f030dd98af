//! The tree of switches that a cluster's nodes are below: see [`super::topology`].

use std::collections::{BTreeMap, BTreeSet};

use app::model::node_name::node_names;
use openpcs_provider::NetworkPlace;

use super::{ConfInput, GroupConf};
use crate::slurm::hostlist;

/// No name of a group or a zone has an underscore.
const ROOT: &str = "all_zones";
const ZONE: &str = "zone_";
const PLACED: &str = "place_";
const NETWORK: &str = "net_";
/// The network nodes that each instance is below. Of newer types EC2 tells of one more, nearer than any other knows.
const LEVELS: usize = 3;

/// A switch with nodes below it, or with other switches.
pub struct Switch {
    pub name: String,
    pub below: Below,
}

pub enum Below {
    Nodes(String),
    Switches(Vec<String>),
}

#[derive(Default)]
struct Tree {
    /// With the names of their nodes.
    leaves: Vec<(String, Vec<String>)>,
    /// The switch above each that has one.
    above: BTreeMap<String, String>,
}

/// Leaves first, each after all that is below it.
pub fn switches(input: &ConfInput) -> Vec<Switch> {
    let mut tree = Tree::default();
    let mut placed: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
    for group in &input.groups {
        let most = i64::try_from(group.ports.len()).unwrap_or(i64::MAX);
        let mut others = vec![];
        for node in node_names(&group.name, most) {
            match input.places.get(&node).and_then(path) {
                Some(path) => placed.entry(path).or_default().push(node),
                None => others.push(node),
            }
        }
        if !others.is_empty() {
            tree.add(path_of_group(group), others);
        }
    }
    for (path, nodes) in placed {
        tree.add(path, nodes);
    }
    tree.switches()
}

/// The switches above a group's nodes of which nothing more is known, from the farthest to its own.
fn path_of_group(group: &GroupConf) -> Vec<String> {
    let zone = match group.zones.as_slice() {
        [zone] => Some(format!("{ZONE}{zone}")),
        _ => None,
    };
    let near = group.placement_group.as_ref().filter(|name| is_name(name));
    let near = near.map(|name| format!("{PLACED}{name}"));
    let all = [zone, near, Some(group.name.clone())];
    all.into_iter().flatten().collect()
}

/// Those above a node whose place is known; none where Slurm cannot have them.
fn path(place: &NetworkPlace) -> Option<Vec<String>> {
    let network = place.network_nodes.get(..LEVELS)?;
    let is_whole = is_name(&place.zone) && network.iter().all(|name| is_name(name));
    let network = network.iter().map(|name| format!("{NETWORK}{name}"));
    let zone = format!("{ZONE}{}", place.zone);
    is_whole.then(|| [zone].into_iter().chain(network).collect())
}

fn is_name(name: &str) -> bool {
    let is_of_it = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
    !name.is_empty() && name.chars().all(is_of_it)
}

impl Tree {
    fn add(&mut self, path: Vec<String>, nodes: Vec<String>) {
        for pair in path.windows(2) {
            let above = || pair[0].clone();
            self.above.entry(pair[1].clone()).or_insert_with(above);
        }
        self.leaves
            .extend(path.into_iter().next_back().map(|leaf| (leaf, nodes)));
    }

    fn switches(self) -> Vec<Switch> {
        let mut below: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut heights: BTreeMap<&str, usize> = BTreeMap::new();
        let mut roots: BTreeSet<(bool, usize, &str)> = BTreeSet::new();
        for (at, (leaf, _)) in self.leaves.iter().enumerate() {
            let (mut name, mut height) = (leaf.as_str(), 0);
            while let Some(above) = self.above.get(name) {
                height += 1;
                let known = heights.entry(above).or_default();
                *known = height.max(*known);
                let siblings = below.entry(above).or_default();
                if !siblings.iter().any(|one| one == name) {
                    siblings.push(name.to_owned());
                }
                name = above;
            }
            // Groups stand in their order, zones in that of their names.
            roots.insert((height > 0, if height > 0 { 0 } else { at }, name));
        }
        let mut inner: Vec<(usize, &str)> = heights
            .iter()
            .map(|(name, height)| (*height, *name))
            .collect();
        inner.sort_unstable();
        let leaves = self.leaves.iter().map(|(name, nodes)| Switch {
            name: name.clone(),
            below: Below::Nodes(hostlist::compress(nodes)),
        });
        let mut all: Vec<Switch> = leaves.collect();
        all.extend(inner.into_iter().map(|(_, name)| Switch {
            name: name.to_owned(),
            below: Below::Switches(below.remove(name).unwrap_or_default()),
        }));
        if roots.len() > 1 {
            let roots = roots.into_iter().map(|(_, _, name)| name.to_owned());
            all.push(Switch {
                name: ROOT.to_owned(),
                below: Below::Switches(roots.collect()),
            });
        }
        all
    }
}
