//! A version of a launch template as EC2 answers it, as one asks for it: the same members under types of other names. What
//! EC2 tells of the state only is left out.
//!
//! Source: `ResponseLaunchTemplateData` and `RequestLaunchTemplateData` of the EC2 service model of 2016-11-15.

mod network;
mod options;

use aws_sdk_ec2::types::{RequestLaunchTemplateData, ResponseLaunchTemplateData};

use network::{
    network_interface, network_performance_options, private_dns_name_options, secondary_interface,
};
use options::{
    block_device_mapping, capacity_reservation, cpu_options, credit, enclave_options,
    license_configuration, maintenance_options, market_options, metadata_options, monitoring,
    operator, placement, tag,
};

/// The members that only the service sets: it knows better, or the member would keep it from ending an instance (A2).
pub(super) fn ignored(it: &ResponseLaunchTemplateData) -> Vec<&'static str> {
    let threads = it.cpu_options.as_ref().and_then(|cpu| cpu.threads_per_core);
    let set = [
        ("InstanceType", it.instance_type.is_some()),
        ("InstanceRequirements", it.instance_requirements.is_some()),
        ("IamInstanceProfile", it.iam_instance_profile.is_some()),
        (
            "DisableApiTermination",
            it.disable_api_termination.is_some(),
        ),
        ("DisableApiStop", it.disable_api_stop.is_some()),
        ("HibernationOptions", it.hibernation_options.is_some()),
        (
            "ElasticGpuSpecifications",
            some(&it.elastic_gpu_specifications),
        ),
        (
            "ElasticInferenceAccelerators",
            some(&it.elastic_inference_accelerators),
        ),
        (
            "CpuOptions.ThreadsPerCore",
            threads.is_some_and(|count| count != 1),
        ),
    ];
    set.into_iter()
        .filter(|(_, set)| *set)
        .map(|(name, _)| name)
        .collect()
}

fn some<T>(list: &Option<Vec<T>>) -> bool {
    list.as_ref().is_some_and(|list| !list.is_empty())
}

/// Everything that the service does not manage itself (A2).
pub(super) fn kept(it: &ResponseLaunchTemplateData) -> RequestLaunchTemplateData {
    RequestLaunchTemplateData::builder()
        .set_kernel_id(it.kernel_id.clone())
        .set_ebs_optimized(it.ebs_optimized)
        .set_block_device_mappings(each(&it.block_device_mappings, block_device_mapping))
        .set_network_interfaces(each(&it.network_interfaces, network_interface))
        .set_image_id(it.image_id.clone())
        .set_key_name(it.key_name.clone())
        .set_monitoring(it.monitoring.as_ref().map(monitoring))
        .set_placement(it.placement.as_ref().map(placement))
        .set_ram_disk_id(it.ram_disk_id.clone())
        .set_instance_initiated_shutdown_behavior(it.instance_initiated_shutdown_behavior.clone())
        .set_user_data(it.user_data.clone())
        .set_tag_specifications(each(&it.tag_specifications, tag))
        .set_security_group_ids(it.security_group_ids.clone())
        .set_security_groups(it.security_groups.clone())
        .set_instance_market_options(it.instance_market_options.as_ref().map(market_options))
        .set_credit_specification(it.credit_specification.as_ref().map(credit))
        .set_cpu_options(it.cpu_options.as_ref().map(cpu_options))
        .set_capacity_reservation_specification(
            it.capacity_reservation_specification
                .as_ref()
                .map(capacity_reservation),
        )
        .set_license_specifications(each(&it.license_specifications, license_configuration))
        .set_metadata_options(it.metadata_options.as_ref().map(metadata_options))
        .set_enclave_options(it.enclave_options.as_ref().map(enclave_options))
        .set_private_dns_name_options(
            it.private_dns_name_options
                .as_ref()
                .map(private_dns_name_options),
        )
        .set_maintenance_options(it.maintenance_options.as_ref().map(maintenance_options))
        .set_operator(it.operator.as_ref().map(operator))
        .set_network_performance_options(
            it.network_performance_options
                .as_ref()
                .map(network_performance_options),
        )
        .set_secondary_interfaces(each(&it.secondary_interfaces, secondary_interface))
        .build()
}

fn each<T, U>(list: &Option<Vec<T>>, one: fn(&T) -> U) -> Option<Vec<U>> {
    list.as_ref().map(|list| list.iter().map(one).collect())
}

#[cfg(test)]
mod tests;
