//! Compute node groups.

use crate::model::compute_node_group::*;

port! {
    /// The service model's operations for compute node groups.
    ComputeNodeGroups {
        CreateComputeNodeGroup =>
            create_compute_node_group(input: CreateComputeNodeGroupRequest) -> CreateComputeNodeGroupResponse;
        GetComputeNodeGroup =>
            get_compute_node_group(input: GetComputeNodeGroupRequest) -> GetComputeNodeGroupResponse;
        ListComputeNodeGroups =>
            list_compute_node_groups(input: ListComputeNodeGroupsRequest) -> ListComputeNodeGroupsResponse;
        UpdateComputeNodeGroup =>
            update_compute_node_group(input: UpdateComputeNodeGroupRequest) -> UpdateComputeNodeGroupResponse;
        DeleteComputeNodeGroup =>
            delete_compute_node_group(input: DeleteComputeNodeGroupRequest) -> DeleteComputeNodeGroupResponse;
    }
}
