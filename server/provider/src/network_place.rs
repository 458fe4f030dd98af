//! Where in the provider's network an instance is.

/// What it is below. It stays as long as the instance runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkPlace {
    pub zone: String,
    /// From the farthest to the nearest; empty: the provider tells of none.
    pub network_nodes: Vec<String>,
}
