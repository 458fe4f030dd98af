//! What the live stream tells the browser: that something changed, never what it is now.

use serde::{Deserialize, Serialize};

/// The kinds of things that change. A page refetches what it shows of that kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Cluster,
    ComputeNodeGroup,
    Queue,
    Node,
    Job,
    Event,
    /// Another minute of metrics.
    Metric,
    /// Channels, rules and messages of notifications.
    Notification,
    /// What is behind the bell.
    Notice,
    /// Where a log of a cluster goes. Documents name it; a change of it is one of the cluster.
    LogDelivery,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    pub kind: Kind,
    pub cluster_id: String,
    /// The resource itself: the cluster's own id for `Cluster`, the node's name for `Node`, empty for "some".
    pub resource_id: String,
}

impl Kind {
    pub const ALL: [Kind; 10] = [
        Kind::Cluster,
        Kind::ComputeNodeGroup,
        Kind::Queue,
        Kind::Node,
        Kind::Job,
        Kind::Event,
        Kind::Metric,
        Kind::Notification,
        Kind::Notice,
        Kind::LogDelivery,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Cluster => "cluster",
            Kind::ComputeNodeGroup => "compute-node-group",
            Kind::Queue => "queue",
            Kind::Node => "node",
            Kind::Job => "job",
            Kind::Event => "event",
            Kind::Metric => "metric",
            Kind::Notification => "notification",
            Kind::Notice => "notice",
            Kind::LogDelivery => "log-delivery",
        }
    }

    pub fn parse(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|k| k.as_str() == word)
    }
}
