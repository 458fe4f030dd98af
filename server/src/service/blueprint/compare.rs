//! Whether a resource is as the document says: the operations' own idea of an update, applied and compared.

use app::model::blueprint::{ClusterBlueprint, GroupBlueprint, QueueBlueprint};
use app::model::cluster::Networking;
use app::model::compute_node_group::{GroupPatch, InstanceConfig};
use app::model::error::{Error, Result};

use crate::db::cluster::ClusterRow;
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::db::queue::{QueueRow, QueueSpec};
use crate::db::resource::Meaning;
use crate::service::cluster::merged;

/// Whether the cluster is as wanted; an error where no update can make it so (C5, C7).
pub fn cluster_is_as(wanted: &ClusterBlueprint, row: &ClusterRow) -> Result<bool> {
    if wanted.size != row.spec.size {
        return Err(fixed("cluster.size", "the size of a cluster"));
    }
    if !same_network(&wanted.networking, &row.spec.networking) {
        return Err(fixed("cluster.networking", "the network of a cluster"));
    }
    let update = wanted.update(&row.id);
    let same_version = wanted.scheduler == row.spec.scheduler;
    Ok(same_version && merged(&row.spec.slurm, &update).means(&row.spec.slurm))
}

/// N3: the instance types stay as they are for life.
pub fn group_is_as(wanted: &GroupBlueprint, row: &ComputeNodeGroupRow) -> Result<bool> {
    let is = &row.spec.settings;
    if !same_types(&wanted.settings.instance_configs, &is.instance_configs) {
        let field = "computeNodeGroups.instanceConfigs";
        return Err(fixed(field, "the instance types of a compute node group"));
    }
    let patch = GroupPatch::from(wanted.settings.clone());
    Ok(patch.apply(is.clone()).means(is))
}

/// A group's types are all alike: their order says nothing.
fn same_types(wanted: &[InstanceConfig], are: &[InstanceConfig]) -> bool {
    let is_in = |one: &InstanceConfig, all: &[InstanceConfig]| all.contains(one);
    wanted.iter().all(|one| is_in(one, are)) && are.iter().all(|one| is_in(one, wanted))
}

pub fn queue_is_as(wanted: &QueueBlueprint, row: &QueueRow, group_ids: &[String]) -> bool {
    let update = wanted.update("", "", group_ids);
    let spec = QueueSpec {
        groups: update.compute_node_group_configurations.unwrap_or_default(),
        slurm: update.slurm_configuration.or(row.spec.slurm.clone()),
    };
    spec.means(&row.spec)
}

/// What is not named got a default when the cluster was made.
fn same_network(wanted: &Networking, is: &Networking) -> bool {
    let (plain, is) = (wanted.plain(), is.plain());
    let wanted = &Networking {
        network_type: wanted.network_type,
        ..plain
    };
    fn same<T: PartialEq>(wanted: &Option<T>, is: &Option<T>) -> bool {
        wanted.is_none() || wanted == is
    }
    same(&wanted.subnet_ids, &is.subnet_ids)
        && same(&wanted.security_group_ids, &is.security_group_ids)
        && same(&wanted.network_type, &is.network_type)
}

fn fixed(field: &str, what: &str) -> Error {
    let message = format!(
        "The document differs from what is there, and {what} is fixed for life. Use the value that is there, or give \
         the document another name to make a new one."
    );
    Error::field(field, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_compared_as_far_as_it_is_named() {
        let is = Networking {
            subnet_ids: Some(vec!["a".into()]),
            security_group_ids: Some(vec!["default".into()]),
            network_type: None,
        };
        let mut wanted = Networking {
            subnet_ids: Some(vec!["a".into()]),
            ..Networking::default()
        };
        assert!(same_network(&wanted, &is));
        wanted.subnet_ids = Some(vec!["b".into()]);
        assert!(!same_network(&wanted, &is));
    }
}
