//! The operations by name: those of the service model, our own for jobs and nodes, and the one of Secrets Manager.

/// One operation of `pcs` 2023-02-10, or one of the console's own.
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
    SubmitJob,
    CancelJob,
    RequeueJob,
    HoldJob,
    ReleaseJob,
    DrainNode,
    ResumeNode,
    ReplaceNode,
    GetSecretValue,
    GetSystem,
}

use Operation::*;

impl Operation {
    /// The service model's: what the AWS door knows.
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

    /// Beyond the service model: ours, and the one of AWS Secrets Manager that a cluster's key is read with.
    pub const OWN: [Operation; 10] = [
        SubmitJob,
        CancelJob,
        RequeueJob,
        HoldJob,
        ReleaseJob,
        DrainNode,
        ResumeNode,
        ReplaceNode,
        GetSecretValue,
        GetSystem,
    ];

    /// The name on the wire, after `AWSParallelComputingService.`, and in the audit trail.
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
            SubmitJob => "SubmitJob",
            CancelJob => "CancelJob",
            RequeueJob => "RequeueJob",
            HoldJob => "HoldJob",
            ReleaseJob => "ReleaseJob",
            DrainNode => "DrainNode",
            ResumeNode => "ResumeNode",
            ReplaceNode => "ReplaceNode",
            GetSecretValue => "GetSecretValue",
            GetSystem => "GetSystem",
        }
    }

    /// What a policy must allow: the action of the same name, except that whoever may change a node group may also
    /// look after its nodes.
    pub fn action(self) -> String {
        match self {
            DrainNode | ResumeNode | ReplaceNode => UpdateComputeNodeGroup.action(),
            GetSecretValue => "secretsmanager:GetSecretValue".into(),
            own if Operation::OWN.contains(&own) => format!("openpcs:{}", own.name()),
            operation => format!("pcs:{}", operation.name()),
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
                | GetSystem
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_aws_door_knows_only_the_service_models_operations() {
        for own in Operation::OWN {
            assert_eq!(Operation::parse(own.name()), None);
        }
        assert_eq!(Operation::parse("UpdateQueue"), Some(UpdateQueue));
    }

    #[test]
    fn an_action_says_whose_it_is() {
        assert_eq!(UpdateQueue.action(), "pcs:UpdateQueue");
        assert_eq!(SubmitJob.action(), "openpcs:SubmitJob");
        assert_eq!(DrainNode.action(), "pcs:UpdateComputeNodeGroup");
        assert_eq!(GetSecretValue.action(), "secretsmanager:GetSecretValue");
    }
}
