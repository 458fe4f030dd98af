//! The way to pages below a cluster.

use crate::i18n::text;
use crate::model::cluster::Cluster;
use crate::paths::{self, ClusterTab};
use crate::ui::Crumb;

/// Clusters › the cluster › its tab.
pub fn in_cluster(cluster: &Cluster, tab: ClusterTab) -> Vec<Crumb> {
    let t = text();
    vec![
        Crumb {
            title: t.clusters.title.into(),
            href: paths::CLUSTERS.into(),
        },
        Crumb {
            title: cluster.name.clone(),
            href: paths::cluster(&cluster.id, ClusterTab::Details),
        },
        Crumb {
            title: tab.title(t).into(),
            href: paths::cluster(&cluster.id, tab),
        },
    ]
}
