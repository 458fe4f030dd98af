//! The network's topology, so that Slurm puts the nodes of a job near each other and `--switches` means something (C18).
//!
//! Slurm wants every node in the tree, also those that have no instance yet. What is known of these is what their group says:
//! its nodes are of the same types, bought together and placed together, so each group is a leaf switch; groups of the same
//! placement group are below a switch of that; a group all of whose subnets lie in one zone is below that zone's switch; and
//! one switch is above all. Where the provider tells in which place of its network an instance is (on EC2
//! `DescribeInstanceTopology`), its node is below the switches of that place instead: so it is with groups that keep a number
//! of nodes up. Of nodes that are still to be launched it is known too late for the choice of them.
//!
//! Before 25.05 Slurm has one topology for all queues, `topology.conf`, which the cluster's `TopologyPlugin=topology/tree`
//! switches on. From 25.05 on there can be several with names in `topology.yaml`, and a queue's `Topology` names one:
//! [`TREE`] or [`FLAT`], in which all nodes are equally near. AWS's guide has it per queue as well; its word for it is in no
//! page that could be read, so it is Slurm's own. Only `topology.conf` was tried with real Slurm; `topology.yaml` is written
//! as `topology.yaml(5)` of 25.05 has it.

use super::ConfInput;
use super::line::Line;
use super::topology_tree as tree;
use super::topology_tree::{Below, Switch};
use crate::slurm::settings::{self, NameAndValue, Scope};

/// The first version with several topologies.
const SEVERAL: &str = "25.05";
/// Names of topologies, for queues to choose from.
pub const TREE: &str = "tree";
const FLAT: &str = "flat";

/// The texts of Slurm's files; an empty one is no file.
#[derive(Default)]
pub struct Topology {
    pub conf: String,
    pub yaml: String,
    /// Whether slurm.conf is to name the plugin; without a switch slurmctld would not start with it.
    pub is_plugin: bool,
}

/// Whether the cluster or one of its queues is to have a tree, by their settings.
pub fn is_wanted<'s, S: NameAndValue + 's>(
    cluster: &[S],
    mut queues: impl Iterator<Item = &'s [S]>,
) -> bool {
    is_of_cluster(cluster) || queues.any(is_of_queue)
}

fn is_of_cluster(settings: &[impl NameAndValue]) -> bool {
    is_given(Scope::Cluster, settings, "TopologyPlugin")
}

fn is_of_queue(settings: &[impl NameAndValue]) -> bool {
    is_given(Scope::Queue, settings, "Topology")
}

pub fn render(input: &ConfInput) -> Topology {
    let queues = input.queues.iter().map(|queue| &*queue.settings);
    let of_cluster = is_of_cluster(&input.settings);
    let switches = tree::switches(input);
    if switches.is_empty() || !is_wanted(&input.settings, queues) {
        return Topology::default();
    }
    match input.version.as_str() < SEVERAL {
        true => Topology {
            conf: switches.iter().map(Switch::line).collect(),
            is_plugin: of_cluster,
            ..Topology::default()
        },
        false => Topology {
            yaml: yaml(&switches, of_cluster),
            is_plugin: of_cluster,
            ..Topology::default()
        },
    }
}

fn is_given(scope: Scope, given: &[impl NameAndValue], name: &str) -> bool {
    let mut names = given
        .iter()
        .filter_map(|one| settings::accepted(scope, one))
        .map(|(setting, _)| setting.name);
    names.any(|known| known == name)
}

impl Switch {
    fn line(&self) -> String {
        let mut line = Line::default();
        line.set("SwitchName", &self.name);
        match &self.below {
            Below::Nodes(nodes) => line.set("Nodes", nodes),
            Below::Switches(names) => line.set("Switches", names.join(",")),
        }
        line.write()
    }

    fn yaml(&self) -> String {
        let (key, value) = match &self.below {
            Below::Nodes(nodes) => ("nodes", nodes.clone()),
            Below::Switches(names) => ("children", names.join(",")),
        };
        format!(
            "      - switch: \"{}\"\n        {key}: \"{value}\"\n",
            self.name
        )
    }
}

fn yaml(switches: &[Switch], tree_is_default: bool) -> String {
    let switches: String = switches.iter().map(Switch::yaml).collect();
    let flat_is_default = !tree_is_default;
    format!(
        "- topology: {TREE}\n  cluster_default: {tree_is_default}\n  tree:\n    switches:\n{switches}\
         - topology: {FLAT}\n  cluster_default: {flat_is_default}\n  flat: true\n"
    )
}

#[cfg(test)]
mod tests {
    use openpcs_provider::NetworkPlace;

    use super::super::tests::{setting, tutorial};
    use super::super::{GroupConf, QueueConf};
    use super::*;

    fn with_groups(groups: &[(&str, usize, &[&str])]) -> ConfInput {
        let mut input = tutorial();
        input.settings = vec![setting("topologyplugin", "topology/tree")];
        let group = |(name, nodes, zones): &(&str, usize, &[&str])| GroupConf {
            name: (*name).to_owned(),
            ports: vec![18001; *nodes],
            zones: zones.iter().map(|zone| (*zone).to_owned()).collect(),
            ..GroupConf::default()
        };
        input.groups = groups.iter().map(group).collect();
        input
    }

    #[test]
    fn groups_are_below_the_zone_that_all_their_subnets_are_in() {
        let input = with_groups(&[
            ("near", 2, &["us-east-1a"]),
            ("beside", 1, &["us-east-1a"]),
            ("far", 3, &["us-east-1b"]),
            ("anywhere", 2, &["us-east-1a", "us-east-1b"]),
            ("empty", 0, &["us-east-1a"]),
        ]);
        let topology = render(&input);
        assert!(topology.is_plugin);
        assert_eq!(topology.yaml, "");
        insta::assert_snapshot!(topology.conf, @r"
        SwitchName=near Nodes=near-[1-2]
        SwitchName=beside Nodes=beside-1
        SwitchName=far Nodes=far-[1-3]
        SwitchName=anywhere Nodes=anywhere-[1-2]
        SwitchName=zone_us-east-1a Switches=near,beside
        SwitchName=zone_us-east-1b Switches=far
        SwitchName=all_zones Switches=anywhere,zone_us-east-1a,zone_us-east-1b
        ");
    }

    #[test]
    fn nodes_are_where_the_provider_says_and_groups_where_they_are_placed_together() {
        let mut input = with_groups(&[
            ("stay", 5, &["us-east-2b"]),
            ("also", 1, &["us-east-2b"]),
            ("come", 2, &["us-east-2b"]),
            ("go", 1, &["us-east-2b"]),
        ]);
        for group in &mut input.groups[1..] {
            group.placement_group = Some("near.1".into());
        }
        let place = |node: &str, below: &[&str]| {
            let place = NetworkPlace {
                zone: "us-east-2b".into(),
                network_nodes: below.iter().map(|name| (*name).to_owned()).collect(),
            };
            (node.to_owned(), place)
        };
        input.places = [
            place("stay-1", &["nn-1", "nn-2", "nn-3"]),
            place("stay-2", &["nn-1", "nn-2", "nn-3"]),
            place("stay-3", &["nn-1", "nn-4", "nn-5", "nn-9"]),
            // Its name is none of Slurm's, and that is not all.
            place("stay-4", &["nn-1", "nn-2", "nn 3"]),
            place("also-1", &["nn-1", "nn-2", "nn-3"]),
            place("gone-1", &["nn-1", "nn-2", "nn-7"]),
        ]
        .into();
        insta::assert_snapshot!(render(&input).conf, @r"
        SwitchName=stay Nodes=stay-[4-5]
        SwitchName=come Nodes=come-[1-2]
        SwitchName=go Nodes=go-1
        SwitchName=net_nn-3 Nodes=also-1,stay-[1-2]
        SwitchName=net_nn-5 Nodes=stay-3
        SwitchName=net_nn-2 Switches=net_nn-3
        SwitchName=net_nn-4 Switches=net_nn-5
        SwitchName=place_near.1 Switches=come,go
        SwitchName=net_nn-1 Switches=net_nn-2,net_nn-4
        SwitchName=zone_us-east-2b Switches=stay,place_near.1,net_nn-1
        ");
    }

    #[test]
    fn what_is_not_asked_for_or_has_no_node_has_no_topology() {
        let mut input = with_groups(&[("empty", 0, &[])]);
        let nothing = |input: &ConfInput| {
            let topology = render(input);
            topology.conf.is_empty() && topology.yaml.is_empty() && !topology.is_plugin
        };
        assert!(nothing(&input));
        assert!(!super::super::render(&input).slurm_conf.contains("Topology"));
        input = with_groups(&[("one", 2, &["us-east-1a"])]);
        assert!(!nothing(&input));
        input.settings = vec![];
        assert!(nothing(&input));
    }

    #[test]
    fn a_queue_has_its_own_where_slurm_knows_several() {
        let mut input = with_groups(&[("near", 2, &["us-east-1a"]), ("far", 1, &[])]);
        input.version = "25.05".to_owned();
        input.settings = vec![];
        input.queues = vec![QueueConf {
            name: "mpi".into(),
            groups: vec!["near".into(), "far".into()],
            settings: vec![setting("Topology", TREE)],
        }];
        let files = super::super::render(&input);
        assert_eq!(files.topology_conf, "");
        assert!(!files.slurm_conf.contains("TopologyPlugin"));
        assert!(files.slurm_conf.contains(" Topology=tree"));
        insta::assert_snapshot!(files.topology_yaml, @r#"
        - topology: tree
          cluster_default: false
          tree:
            switches:
              - switch: "near"
                nodes: "near-[1-2]"
              - switch: "far"
                nodes: "far-1"
              - switch: "zone_us-east-1a"
                children: "near"
              - switch: "all_zones"
                children: "far,zone_us-east-1a"
        - topology: flat
          cluster_default: true
          flat: true
        "#);
        let without_nodes = ConfInput {
            groups: vec![],
            ..input.clone()
        };
        // Slurm does not start with a queue of a topology that is not there.
        assert!(
            !super::super::render(&without_nodes)
                .slurm_conf
                .contains("Topology")
        );
        input.settings = vec![setting("TopologyPlugin", "topology/tree")];
        let files = super::super::render(&input);
        assert!(files.slurm_conf.contains("TopologyPlugin=topology/tree\n"));
        let of_tree = "- topology: tree\n  cluster_default: true\n";
        assert!(files.topology_yaml.starts_with(of_tree));
    }
}
