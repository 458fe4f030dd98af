//! The columns of a list of nodes.

use super::Field;
use crate::i18n::Text;
use crate::model::job::OfCluster;
use crate::model::node::{Node, NodePhase};

type Row = OfCluster<Node>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeColumn {
    Name,
    Cluster,
    Phase,
    /// Of its own for the filter; the phase's cell shows it.
    SlurmState,
    Reason,
    Instance,
    Capacity,
}

use NodeColumn::*;

impl NodeColumn {
    /// In the order in which they are shown; that of the cluster where there may be several.
    pub fn all(of_all: bool) -> Vec<NodeColumn> {
        let mut all = vec![Name, Cluster, Phase, SlurmState, Reason, Instance, Capacity];
        all.retain(|column| of_all || *column != Cluster);
        all
    }

    pub fn field(self, t: &'static Text) -> Field<Row> {
        let nodes = &t.nodes;
        match self {
            Name => Field::new("name", nodes.name).text(|row: &Row| row.item.name.clone()),
            Cluster => {
                Field::new("cluster", nodes.cluster).text(|row: &Row| row.cluster_name.clone())
            }
            Phase => Field::new("phase", nodes.phase)
                .text(move |row: &Row| phase_label(t, row.item.phase).to_owned()),
            SlurmState => Field::new("slurm-state", nodes.slurm_state)
                .text(|row: &Row| row.item.state.clone()),
            Reason => {
                Field::new("reason", nodes.reason).text(move |row: &Row| reason(t, &row.item))
            }
            Instance => Field::new("instance", nodes.instance).text(|row: &Row| {
                let instance = row.item.instance.as_ref();
                instance.map_or_else(String::new, |i| format!("{} {}", i.instance_type, i.id))
            }),
            Capacity => Field::new("capacity", nodes.capacity).sort(|row: &Row| row.item.cpus),
        }
    }
}

/// By which a row is chosen.
pub fn key(row: &Row) -> String {
    format!("{} {}", row.cluster_id, row.item.name)
}

pub fn phase_label(t: &'static Text, phase: NodePhase) -> &'static str {
    match phase {
        NodePhase::PoweredDown => t.nodes.powered_down,
        NodePhase::Starting => t.nodes.starting,
        NodePhase::Reserved => t.nodes.reserved,
        NodePhase::Idle => t.nodes.idle,
        NodePhase::Busy => t.nodes.busy,
        NodePhase::Draining => t.nodes.draining,
        NodePhase::Stopping => t.nodes.stopping,
        NodePhase::Failed => t.nodes.failed,
    }
}

/// Slurm's reason, else why the instance ended, else what keeps it.
pub fn reason(t: &'static Text, node: &Node) -> String {
    let instance = node.instance.as_ref().and_then(|i| i.reason.clone());
    let reservation = node
        .reservation
        .as_ref()
        .map(|name| t.nodes.reservation(name));
    let reason = node.reason.clone().or(instance).or(reservation);
    reason.unwrap_or_default()
}
