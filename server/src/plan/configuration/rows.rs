//! The rows that make up a cluster's configuration, and the specs of them that are to be rendered.

use std::collections::{BTreeMap, BTreeSet};

use app::model::node_name::node_names;
use app::model::status::Status;
use openpcs_provider::NetworkPlace;

use crate::db::cluster::{ClusterRow, ClusterSpec};
use crate::db::compute_node_group::{ComputeNodeGroupRow, ComputeNodeGroupSpec};
use crate::db::queue::{QueueRow, QueueSpec};
use crate::db::resource::Row;

/// The rows that make up a cluster's configuration.
#[derive(Clone, PartialEq)]
pub struct Rows {
    pub cluster: ClusterRow,
    pub groups: Vec<ComputeNodeGroupRow>,
    pub queues: Vec<QueueRow>,
    /// Where in the provider's network the instances of nodes are, as far as it is of use.
    pub places: Places,
    /// Whether the daemons are to say who calls what: somebody has it delivered.
    pub is_audited: bool,
}

/// By the names of nodes.
pub type Places = BTreeMap<String, NetworkPlace>;

/// The specs to render: of each row the wanted one or the one in force.
pub struct Specs<'a> {
    pub cluster: (&'a ClusterRow, &'a ClusterSpec),
    pub groups: Vec<(&'a ComputeNodeGroupRow, &'a ComputeNodeGroupSpec)>,
    pub queues: Vec<(&'a QueueRow, &'a QueueSpec)>,
    pub network: &'a Places,
    pub is_audited: bool,
}

impl Specs<'_> {
    /// Whether queues or nodes of the others are not among these.
    pub fn lack_any_of(&self, others: &Specs<'_>) -> bool {
        !others.partitions().is_subset(&self.partitions())
            || !others.nodes().is_subset(&self.nodes())
    }

    /// The names of all nodes.
    pub fn nodes(&self) -> BTreeSet<String> {
        self.groups.iter().flat_map(nodes_of).collect()
    }

    /// Which queue has how many nodes of which group.
    pub fn places(&self) -> BTreeSet<(&str, &str, i64)> {
        let mut places = BTreeSet::new();
        for (queue, wanted) in &self.queues {
            for (group, spec) in self.groups.iter().filter(|(g, _)| wanted.uses(&g.id)) {
                let most = spec.most();
                places.insert((queue.name.as_str(), group.name.as_str(), most));
            }
        }
        places
    }

    pub fn partitions(&self) -> BTreeSet<String> {
        self.queues
            .iter()
            .map(|(row, _)| row.name.clone())
            .collect()
    }
}

/// The names of a group's nodes.
pub fn nodes_of<'a>(
    (row, spec): &(&'a ComputeNodeGroupRow, &ComputeNodeGroupSpec),
) -> impl Iterator<Item = String> + use<'a> {
    node_names(&row.name, spec.most())
}

pub fn is_pending(status: Status) -> bool {
    matches!(status, Status::Creating | Status::Updating)
}

/// The spec of a row to render: what is wanted if its change is among those tried, else what is in force.
fn chosen<'a, S>(row: &'a Row<S>, tried: &BTreeSet<&str>) -> Option<(&'a Row<S>, &'a S)> {
    let spec = if tried.contains(row.id.as_str()) {
        Some(&row.spec)
    } else {
        row.applied_spec.as_ref()
    };
    spec.map(|spec| (row, spec))
}

impl Rows {
    /// What Slurm took last.
    pub fn in_force(&self) -> Specs<'_> {
        self.specs(&BTreeSet::new(), true)
    }

    /// The specs with the changes `tried`. Rows that are being deleted are left out unless they are still `in force`.
    pub fn specs<'a>(&'a self, tried: &BTreeSet<&str>, keep_deleted: bool) -> Specs<'a> {
        let stays = |status: Status| keep_deleted || status != Status::Deleting;
        Specs {
            cluster: chosen(&self.cluster, tried).unwrap_or((&self.cluster, &self.cluster.spec)),
            groups: self
                .groups
                .iter()
                .filter(|g| stays(g.status))
                .filter_map(|g| chosen(g, tried))
                .collect(),
            queues: self
                .queues
                .iter()
                .filter(|q| stays(q.status))
                .filter_map(|q| chosen(q, tried))
                .collect(),
            network: &self.places,
            is_audited: self.is_audited,
        }
    }

    /// The rows with all that goes still there, as far as it is in that `slurm.conf`: what slurmctld is to take first, so
    /// that nothing is cancelled or set down for a configuration that it then refuses.
    pub fn keeping(&self, conf: &str) -> Rows {
        let partitions = named(conf, "PartitionName=");
        let groups: BTreeSet<&str> = named(conf, "NodeName=")
            .into_iter()
            .filter_map(group_of)
            .collect();
        let mut kept = self.clone();
        for queue in &mut kept.queues {
            if queue.status == Status::Deleting && partitions.contains(queue.name.as_str()) {
                queue.status = Status::Active;
            }
        }
        for group in &mut kept.groups {
            if group.status == Status::Deleting && groups.contains(group.name.as_str()) {
                group.status = Status::Active;
            }
            let scaling = &mut group.spec.settings.scaling_configuration;
            let applied = group.applied_spec.as_ref();
            let most = applied.map_or(0, |spec| spec.most());
            scaling.max_instance_count = scaling.max_instance_count.max(most);
        }
        kept
    }

    /// Whether nothing is to be changed or removed.
    pub fn is_settled(&self) -> bool {
        let goes = |status| status == Status::Deleting;
        self.pending().is_empty()
            && !self.groups.iter().any(|g| goes(g.status))
            && !self.queues.iter().any(|q| goes(q.status))
    }

    pub fn pending(&self) -> BTreeSet<&str> {
        let cluster = is_pending(self.cluster.status).then_some(self.cluster.id.as_str());
        let groups = self
            .groups
            .iter()
            .filter(|g| is_pending(g.status))
            .map(|g| g.id.as_str());
        let queues = self
            .queues
            .iter()
            .filter(|q| is_pending(q.status))
            .map(|q| q.id.as_str());
        cluster.into_iter().chain(groups).chain(queues).collect()
    }
}

/// What the lines of a `slurm.conf` that begin so are about: `demo`, `compute-1-[1-4]`.
fn named<'c>(conf: &'c str, word: &str) -> BTreeSet<&'c str> {
    let names = conf.lines().filter_map(|line| line.strip_prefix(word));
    names
        .filter_map(|rest| rest.split_whitespace().next())
        .collect()
}

/// The group of a line of nodes. A group's name may begin another's and may end in a number itself, so all of it counts:
/// what follows its last hyphen, outside brackets, are the numbers of its nodes.
fn group_of(nodes: &str) -> Option<&str> {
    let names = nodes.split_once('[').map_or(nodes, |(names, _)| names);
    names.rsplit_once('-').map(|(group, _)| group)
}

#[cfg(test)]
mod tests {
    use app::model::queue::ComputeNodeGroupConfiguration;

    use super::*;
    use crate::db::cluster::tests::row as cluster;
    use crate::db::compute_node_group::tests::row as group;

    fn queue(name: &str, groups: &[&str], status: Status) -> QueueRow {
        let uses = |id: &&str| ComputeNodeGroupConfiguration {
            compute_node_group_id: Some((*id).into()),
        };
        let spec = QueueSpec {
            groups: groups.iter().map(uses).collect(),
            slurm: None,
        };
        let mut row = Row::new(name.into(), "pcs_a".into(), name.into(), spec.clone());
        (row.status, row.applied_spec) = (status, Some(spec));
        row
    }

    #[test]
    fn what_goes_is_still_there_at_first_and_all_else_is_new() {
        let mut lowered = group("lowered", 4, Status::Updating);
        lowered
            .spec
            .settings
            .scaling_configuration
            .max_instance_count = 1;
        let mut raised = group("raised", 1, Status::Updating);
        raised
            .spec
            .settings
            .scaling_configuration
            .max_instance_count = 2;
        let rows = Rows {
            cluster: cluster(),
            groups: vec![lowered, raised, group("goes", 2, Status::Deleting)],
            queues: vec![
                queue("stays", &["lowered"], Status::Active),
                queue("leaves", &["goes"], Status::Deleting),
            ],
            places: Places::new(),
            is_audited: false,
        };
        let tried = rows.pending();
        let nodes = |rows: &Rows| rows.specs(&tried, false).nodes().len();
        assert_eq!(nodes(&rows), 1 + 2);
        let conf = "NodeName=goes-[1-2] Port=1\nPartitionName=leaves Nodes=goes-[1-2]\n";
        let kept = rows.keeping(conf);
        assert_eq!(nodes(&kept), 4 + 2 + 2);
        let partitions = kept.specs(&tried, false).partitions();
        assert_eq!(partitions.len(), 2, "{partitions:?}");
        // Of another name, or taken out before: it ends, and does not come back.
        let kept = rows.keeping("NodeName=goes-on-[1-2] Port=1\nPartitionName=leavesnot Nodes=x\n");
        assert_eq!(kept.specs(&tried, false).partitions().len(), 1);
    }

    #[test]
    fn a_group_is_known_by_all_of_its_name() {
        let kept = |name: &str, conf: &str| {
            let rows = Rows {
                cluster: cluster(),
                groups: vec![group(name, 2, Status::Deleting)],
                queues: vec![],
                places: Places::new(),
                is_audited: false,
            };
            rows.keeping(conf).groups[0].status == Status::Active
        };
        for (name, conf) in [
            ("compute", "NodeName=compute-[1-4] Port=1"),
            ("compute", "NodeName=compute-1 Port=1"),
            ("compute-1", "NodeName=compute-1-[1-4] Port=1"),
            ("compute-1", "NodeName=compute-1-[1,3-4]"),
            ("compute-1", "NodeName=compute-1-7\tPort=1"),
        ] {
            assert!(kept(name, conf), "{name} in {conf}");
        }
        for (name, conf) in [
            ("compute", "NodeName=compute-1-[1-4] Port=1"),
            ("compute", "NodeName=compute-1-4 Port=1"),
            ("compute-1", "NodeName=compute-[1-4] Port=1"),
            ("compute-1", "NodeName=compute-1 Port=1"),
            ("compute", "NodeName=DEFAULT Port=1"),
            ("compute", "# NodeName=compute-[1-4]"),
            ("compute", ""),
        ] {
            assert!(!kept(name, conf), "{name} in {conf}");
        }
    }
}
