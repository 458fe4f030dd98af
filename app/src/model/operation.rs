//! The operations by name: those of the service model, those of other services that are answered here, and our own. The port says by which
//! method each is asked for, a policy who may do it, the audit trail who did.

/// Declares the operations, service by service, each with the list of its own.
macro_rules! operations {
    ($($(#[$about:meta])* $list:ident of $service:literal: $($name:ident)+;)+) => {
        /// One operation of any service that is answered here.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Operation { $($($name,)+)+ }

        impl Operation {
            $($(#[$about])* pub const $list: &[Operation] = &[$(Operation::$name),+];)+

            /// The name on the wire, after `AWSParallelComputingService.`, and in the audit trail.
            pub fn name(self) -> &'static str {
                match self { $($(Operation::$name => stringify!($name),)+)+ }
            }

            /// All of them, service by service.
            pub fn all() -> impl Iterator<Item = Operation> {
                [$(Operation::$list),+].into_iter().flatten().copied()
            }

            /// As policies and the AWS CLI abbreviate it.
            pub fn service(self) -> &'static str {
                match self { $($(Operation::$name)|+ => $service,)+ }
            }
        }
    };
}

operations! {
    /// `pcs` 2023-02-10: what the AWS door knows.
    PCS of "pcs":
        CreateCluster GetCluster ListClusters UpdateCluster DeleteCluster
        CreateComputeNodeGroup GetComputeNodeGroup ListComputeNodeGroups UpdateComputeNodeGroup DeleteComputeNodeGroup
        CreateQueue GetQueue ListQueues UpdateQueue DeleteQueue
        ListTagsForResource TagResource UntagResource
        RegisterComputeNodeGroupInstance;
    /// The one that a cluster's key is read with.
    SECRETS of "secretsmanager":
        GetSecretValue;
    /// Of Amazon CloudWatch, what a cluster's metrics are read with.
    CLOUDWATCH of "cloudwatch":
        ListMetrics GetMetricData GetMetricStatistics;
    /// What of Amazon CloudWatch Logs is answered: from the lines that this server keeps, and by which they are delivered.
    LOGS of "logs":
        DescribeLogGroups DescribeLogStreams GetLogEvents FilterLogEvents
        PutDeliveryDestination GetDeliveryDestination DescribeDeliveryDestinations DeleteDeliveryDestination
        PutDeliveryDestinationPolicy GetDeliveryDestinationPolicy DeleteDeliveryDestinationPolicy
        PutDeliverySource GetDeliverySource DescribeDeliverySources DeleteDeliverySource
        CreateDelivery GetDelivery DescribeDeliveries UpdateDeliveryConfiguration DeleteDelivery;
    /// The one that the audit trail is read with.
    TRAIL of "cloudtrail":
        LookupEvents;
    /// What the console and `openpcs` do beyond it.
    OWN of "openpcs":
        ListJobs GetJob SubmitJob CancelJob RequeueJob HoldJob ReleaseJob
        GetJobOutput GetControllerLog
        ListNodes GetNode GetNodeLogs DrainNode ResumeNode ReplaceNode
        ListEvents WatchEvents
        GetMetrics
        ExportCluster ConnectCluster CreateSlurmToken
        ListSettings CheckSettings
        ListAccounts ListReservations GetUsage ChangeAccounts ChangeQos ChangeReservations
        GetIdentity GetRefusals GetTroubles
        ListOffers ResolveOffers
        ListNotifications ChangeNotifications TestNotificationChannel ListNotices MarkNotices
        TestDelivery
        GetSystem ListSetAside ListServers ForgetServer CreateDiagnostics;
    /// What commands on the server's host do, and in this release nobody else may.
    HOST of "openpcs":
        CreateUser ListUsers SetUserPassword DeleteUser
        CreateAccessKey ListAccessKeys DeleteAccessKey
        RemoveSetAside;
}

use Operation::*;

impl Operation {
    /// What a policy must allow: the action of the same name, except that whoever may change a node group may also
    /// look after its nodes, whoever may change a cluster may say who shares it and how, and whoever may look at a cluster
    /// may see its metrics.
    pub fn action(self) -> String {
        let allowed_by = match self {
            DrainNode | ResumeNode | ReplaceNode => UpdateComputeNodeGroup,
            ChangeAccounts | ChangeQos | ChangeReservations => UpdateCluster,
            GetMetrics => GetCluster,
            operation => operation,
        };
        format!("{}:{}", allowed_by.service(), allowed_by.name())
    }

    /// Whose it is, as the audit trail says.
    pub fn source(self) -> String {
        match self.service() {
            "openpcs" => "openpcs".into(),
            service => format!("{service}.amazonaws.com"),
        }
    }

    /// The service model's of that name.
    pub fn parse(name: &str) -> Option<Operation> {
        let mut known = Operation::PCS.iter().copied();
        known.find(|operation| operation.name() == name)
    }

    /// Whether it changes nothing: reads need no audit row in the transaction and no client token. Whoever reads a key is
    /// written down.
    pub fn is_read_only(self) -> bool {
        let name = self.name();
        let verbs = [
            "Get", "List", "Describe", "Filter", "Lookup", "Resolve", "Check", "Export", "Watch",
        ];
        self != GetSecretValue && verbs.iter().any(|verb| name.starts_with(verb))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_aws_door_knows_only_the_service_models_operations() {
        for operation in Operation::all() {
            let known = Operation::PCS.contains(&operation).then_some(operation);
            assert_eq!(Operation::parse(operation.name()), known);
        }
    }

    #[test]
    fn an_action_says_whose_it_is() {
        assert_eq!(UpdateQueue.action(), "pcs:UpdateQueue");
        assert_eq!(SubmitJob.action(), "openpcs:SubmitJob");
        assert_eq!(DrainNode.action(), "pcs:UpdateComputeNodeGroup");
        assert_eq!(GetSecretValue.action(), "secretsmanager:GetSecretValue");
    }

    #[test]
    fn what_changes_something_is_no_read() {
        let changes = Operation::all().filter(|operation| !operation.is_read_only());
        let names: Vec<&str> = changes.map(Operation::name).collect();
        assert_eq!(
            names.join(" "),
            "CreateCluster UpdateCluster DeleteCluster CreateComputeNodeGroup UpdateComputeNodeGroup \
             DeleteComputeNodeGroup CreateQueue UpdateQueue DeleteQueue TagResource UntagResource \
             RegisterComputeNodeGroupInstance GetSecretValue PutDeliveryDestination DeleteDeliveryDestination \
             PutDeliveryDestinationPolicy DeleteDeliveryDestinationPolicy PutDeliverySource DeleteDeliverySource \
             CreateDelivery UpdateDeliveryConfiguration DeleteDelivery \
             SubmitJob CancelJob RequeueJob HoldJob ReleaseJob DrainNode \
             ResumeNode ReplaceNode ConnectCluster CreateSlurmToken ChangeAccounts ChangeQos ChangeReservations \
             ChangeNotifications TestNotificationChannel MarkNotices TestDelivery ForgetServer CreateDiagnostics CreateUser \
             SetUserPassword DeleteUser CreateAccessKey DeleteAccessKey RemoveSetAside"
        );
    }
}
