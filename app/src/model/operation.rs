//! The operations of the service model, by name.

/// One operation of `pcs` 2023-02-10.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    CreateCluster,
    CreateComputeNodeGroup,
    CreateQueue,
    DeleteCluster,
    DeleteComputeNodeGroup,
    DeleteQueue,
    GetCluster,
    GetComputeNodeGroup,
    GetQueue,
    ListClusters,
    ListComputeNodeGroups,
    ListQueues,
    ListTagsForResource,
    RegisterComputeNodeGroupInstance,
    TagResource,
    UntagResource,
    UpdateCluster,
    UpdateComputeNodeGroup,
    UpdateQueue,
}

use Operation::*;

impl Operation {
    pub const ALL: [Operation; 19] = [
        CreateCluster,
        CreateComputeNodeGroup,
        CreateQueue,
        DeleteCluster,
        DeleteComputeNodeGroup,
        DeleteQueue,
        GetCluster,
        GetComputeNodeGroup,
        GetQueue,
        ListClusters,
        ListComputeNodeGroups,
        ListQueues,
        ListTagsForResource,
        RegisterComputeNodeGroupInstance,
        TagResource,
        UntagResource,
        UpdateCluster,
        UpdateComputeNodeGroup,
        UpdateQueue,
    ];

    /// The name on the wire, after `AWSParallelComputingService.`.
    pub fn name(self) -> &'static str {
        match self {
            CreateCluster => "CreateCluster",
            CreateComputeNodeGroup => "CreateComputeNodeGroup",
            CreateQueue => "CreateQueue",
            DeleteCluster => "DeleteCluster",
            DeleteComputeNodeGroup => "DeleteComputeNodeGroup",
            DeleteQueue => "DeleteQueue",
            GetCluster => "GetCluster",
            GetComputeNodeGroup => "GetComputeNodeGroup",
            GetQueue => "GetQueue",
            ListClusters => "ListClusters",
            ListComputeNodeGroups => "ListComputeNodeGroups",
            ListQueues => "ListQueues",
            ListTagsForResource => "ListTagsForResource",
            RegisterComputeNodeGroupInstance => "RegisterComputeNodeGroupInstance",
            TagResource => "TagResource",
            UntagResource => "UntagResource",
            UpdateCluster => "UpdateCluster",
            UpdateComputeNodeGroup => "UpdateComputeNodeGroup",
            UpdateQueue => "UpdateQueue",
        }
    }

    pub fn parse(name: &str) -> Option<Operation> {
        Operation::ALL.into_iter().find(|o| o.name() == name)
    }

    /// Whether it changes nothing: reads need no audit row in the transaction and no client token.
    pub fn is_read_only(self) -> bool {
        matches!(
            self,
            GetCluster
                | GetComputeNodeGroup
                | GetQueue
                | ListClusters
                | ListComputeNodeGroups
                | ListQueues
                | ListTagsForResource
        )
    }
}
