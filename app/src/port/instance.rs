//! Instances.

use crate::model::instance::*;

port! {
    /// What a booting instance asks for.
    Instances {
        RegisterComputeNodeGroupInstance => register_compute_node_group_instance(
            input: RegisterComputeNodeGroupInstanceRequest
        ) -> RegisterComputeNodeGroupInstanceResponse;
    }
}
