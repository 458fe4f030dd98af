//! Nodes.

use crate::model::node::*;

port! {
    /// Nodes of a cluster.
    Nodes {
        /// All of them, powered down ones too, in name order.
        ListNodes => list_nodes(cluster_identifier: String) -> Vec<Node>;
        /// A node with all of its instances that are still known, and its jobs.
        GetNode => get_node(cluster_identifier: String, node_name: String) -> NodeDetail;
        /// The ends of an instance's logs, also after its own end.
        GetNodeLogs => node_logs(cluster_identifier: String, instance_id: String) -> Vec<NodeLog>;
        DrainNode | ResumeNode | ReplaceNode => act_on_nodes(input: ActOnNodes) -> ();
    }
}
