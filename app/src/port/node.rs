//! Nodes.

use crate::model::attempt::LaunchAttempt;
use crate::model::job::OfCluster;
use crate::model::lifecycle::InstanceScriptRun;
use crate::model::node::*;
use crate::model::node_count::GroupNodes;
use crate::model::page::{PageOf, PageRequest};

port! {
    /// Nodes of a cluster.
    Nodes {
        /// Of all of them, in a cluster or in all, powered down ones too, in name order. The columns of
        /// [`crate::list::node`].
        ListClusters | ListNodes => list_nodes(cluster_identifier: Option<String>, page: PageRequest) -> PageOf<OfCluster<Node>>;
        /// All of them at a glance, group by group.
        ListClusters | ListNodes => count_nodes(cluster_identifier: Option<String>) -> Vec<OfCluster<GroupNodes>>;
        /// A node with all of its instances that are still known, and its jobs.
        GetNode => get_node(cluster_identifier: String, node_name: String) -> NodeDetail;
        /// The newest asks for an instance of the node, newest first, with what the provider said of its pools.
        GetNode => node_attempts(cluster_identifier: String, node_name: String) -> Vec<LaunchAttempt>;
        /// The newest runs of scripts on the node, newest first.
        GetNode => node_scripts(cluster_identifier: String, node_name: String) -> Vec<InstanceScriptRun>;
        DrainNode | ResumeNode | ReplaceNode => act_on_nodes(input: ActOnNodes) -> ();
    }
}
