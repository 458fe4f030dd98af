//! What an operation would do.

use crate::model::plan::{Plan, PlanRequest};

port! {
    /// Plans: whoever may do an operation may see what it would do.
    Plans {
        /// Nothing is written; a refusal of the operation is part of the plan.
        CreateCluster | UpdateCluster | DeleteCluster
            | CreateComputeNodeGroup | UpdateComputeNodeGroup | DeleteComputeNodeGroup
            | CreateQueue | UpdateQueue | DeleteQueue
            => plan(request: PlanRequest) -> Plan;
    }
}
