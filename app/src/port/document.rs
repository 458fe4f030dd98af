//! A cluster as a document, out and in.

use crate::model::apply::{ApplyOutcome, ApplyRequest, Format};

port! {
    /// A cluster with its groups and queues as a document.
    Documents {
        /// As [`Self::apply`] takes it.
        ExportCluster => export_cluster(cluster_identifier: String, format: Format) -> String;
        /// Does what can be done now to make a cluster be what a document says, each step as the operation that it is; see
        /// [`ApplyRequest`].
        GetCluster | CreateCluster | UpdateCluster | DeleteCluster
            | CreateComputeNodeGroup | UpdateComputeNodeGroup | DeleteComputeNodeGroup
            | CreateQueue | UpdateQueue | DeleteQueue | TagResource | UntagResource
            => apply(request: ApplyRequest) -> ApplyOutcome;
    }
}
