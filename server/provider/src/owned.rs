//! What a group owns at its provider beside its instances, as a launch template made of the customer's.

use app::model::group_settings::GroupSettings;

/// A group, as far as what it owns depends on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Owner {
    pub cluster_id: String,
    pub compute_node_group_id: String,
    /// Grows whenever instances are to be made in another way.
    pub generation: i64,
    /// Slurm's major version, as `24.11`.
    pub slurm_version: String,
    /// Those in force.
    pub settings: GroupSettings,
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
