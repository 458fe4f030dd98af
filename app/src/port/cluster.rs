//! Clusters.

use crate::model::cluster::*;

port! {
    /// The service model's operations for clusters.
    Clusters {
        CreateCluster => create_cluster(input: CreateClusterRequest) -> CreateClusterResponse;
        GetCluster => get_cluster(input: GetClusterRequest) -> GetClusterResponse;
        ListClusters => list_clusters(input: ListClustersRequest) -> ListClustersResponse;
        UpdateCluster => update_cluster(input: UpdateClusterRequest) -> UpdateClusterResponse;
        DeleteCluster => delete_cluster(input: DeleteClusterRequest) -> DeleteClusterResponse;
    }
}
