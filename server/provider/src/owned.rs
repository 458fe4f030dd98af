//! What a group owns at its provider beside its instances, as a launch template made of the customer's.

use std::fmt;

use app::model::group_settings::GroupSettings;

/// A group, as far as what it owns depends on it.
#[derive(Clone, PartialEq)]
pub struct Owner {
    pub cluster_id: String,
    pub compute_node_group_id: String,
    /// Grows whenever instances are to be made in another way.
    pub generation: i64,
    /// Slurm's major version, as `24.11`.
    pub slurm_version: String,
    /// Those in force.
    pub settings: GroupSettings,
    /// The cluster's own, for a group that names none.
    pub security_group_ids: Vec<String>,
    /// What an instance of the group and the server show each other to be what they say. Never logged.
    pub key: String,
}

impl fmt::Debug for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.compute_node_group_id, self.cluster_id)
    }
}

/// How far a provider has come that was asked for something of many steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress<T> {
    Done(T),
    /// Well begun: asked again after that many milliseconds, it goes on.
    UnderWay {
        ask_again_ms: i64,
    },
}
