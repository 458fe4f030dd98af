//! Nothing of the customer's is lost on the way.

use aws_sdk_ec2::primitives::DateTime;
use aws_sdk_ec2::types::*;

use super::{ignored, kept};

#[test]
fn every_member_that_is_not_ignored_is_kept() {
    let full = full_data();
    let (was, is) = (format!("{full:?}"), format!("{:?}", kept(&full)));
    let said = |text: &str| {
        // Types have other names on the two sides; their members and what they say do not.
        let words = text.split(['{', '}', '(', ')', '[', ']', ',', ' ']);
        let is_type = |word: &str| word.starts_with(char::is_uppercase) && word != "Some";
        let words = words.filter(|word| !word.is_empty() && !is_type(word));
        words.map(str::to_owned).collect::<Vec<String>>()
    };
    let (mut was, mut is) = (said(&was), said(&is));
    was.sort();
    is.sort();
    let count = |words: &[String]| words.iter().filter(|word| *word == "Some").count();
    assert!(count(&is) > 100, "{}", count(&is));
    assert_eq!(count(&was), count(&is));
    let values = |words: &[String]| {
        let quoted = words.iter().filter(|word| word.starts_with('"'));
        quoted.cloned().collect::<Vec<String>>()
    };
    assert_eq!(values(&was), values(&is));
    assert_eq!(kept(&full).user_data, full.user_data);
    assert!(ignored(&full).contains(&"CpuOptions.ThreadsPerCore"));
}

fn full_data() -> ResponseLaunchTemplateData {
    ResponseLaunchTemplateData::builder()
        .set_kernel_id(Some("kernel_id".into()))
        .set_ebs_optimized(Some(true))
        .set_block_device_mappings(Some(vec![full_block_device_mapping()]))
        .set_network_interfaces(Some(vec![full_instance_network_interface_specification()]))
        .set_image_id(Some("image_id".into()))
        .set_key_name(Some("key_name".into()))
        .set_monitoring(Some(full_launch_templates_monitoring()))
        .set_placement(Some(full_placement()))
        .set_ram_disk_id(Some("ram_disk_id".into()))
        .set_instance_initiated_shutdown_behavior(Some(ShutdownBehavior::Stop))
        .set_user_data(Some("user_data".into()))
        .set_tag_specifications(Some(vec![full_tag_specification()]))
        .set_security_group_ids(Some(vec!["security_group_ids".into()]))
        .set_security_groups(Some(vec!["security_groups".into()]))
        .set_instance_market_options(Some(full_instance_market_options()))
        .set_credit_specification(Some(full_credit_specification()))
        .set_cpu_options(Some(full_cpu_options()))
        .set_capacity_reservation_specification(Some(full_capacity_reservation_specification()))
        .set_license_specifications(Some(vec![full_license_configuration()]))
        .set_metadata_options(Some(full_instance_metadata_options()))
        .set_enclave_options(Some(full_enclave_options()))
        .set_private_dns_name_options(Some(full_private_dns_name_options()))
        .set_maintenance_options(Some(full_instance_maintenance_options()))
        .set_operator(Some(full_operator()))
        .set_network_performance_options(Some(full_network_performance_options()))
        .set_secondary_interfaces(Some(
            vec![full_instance_secondary_interface_specification()],
        ))
        .build()
}

fn full_instance_secondary_interface_specification()
-> LaunchTemplateInstanceSecondaryInterfaceSpecification {
    LaunchTemplateInstanceSecondaryInterfaceSpecification::builder()
        .set_delete_on_termination(Some(true))
        .set_device_index(Some(7))
        .set_private_ip_addresses(Some(vec![
            full_secondary_interface_private_ip_address_specification(),
        ]))
        .set_private_ip_address_count(Some(7))
        .set_secondary_subnet_id(Some("secondary_subnet_id".into()))
        .set_interface_type(Some(SecondaryInterfaceType::Secondary))
        .set_network_card_index(Some(7))
        .build()
}

fn full_secondary_interface_private_ip_address_specification()
-> SecondaryInterfacePrivateIpAddressSpecification {
    SecondaryInterfacePrivateIpAddressSpecification::builder()
        .set_private_ip_address(Some("private_ip_address".into()))
        .build()
}

fn full_network_performance_options() -> LaunchTemplateNetworkPerformanceOptions {
    LaunchTemplateNetworkPerformanceOptions::builder()
        .set_bandwidth_weighting(Some(InstanceBandwidthWeighting::Default))
        .build()
}

fn full_operator() -> OperatorResponse {
    OperatorResponse::builder()
        .set_principal(Some("principal".into()))
        .build()
}

fn full_instance_maintenance_options() -> LaunchTemplateInstanceMaintenanceOptions {
    LaunchTemplateInstanceMaintenanceOptions::builder()
        .set_auto_recovery(Some(LaunchTemplateAutoRecoveryState::Default))
        .build()
}

fn full_private_dns_name_options() -> LaunchTemplatePrivateDnsNameOptions {
    LaunchTemplatePrivateDnsNameOptions::builder()
        .set_hostname_type(Some(HostnameType::IpName))
        .set_enable_resource_name_dns_a_record(Some(true))
        .set_enable_resource_name_dns_aaaa_record(Some(true))
        .build()
}

fn full_enclave_options() -> LaunchTemplateEnclaveOptions {
    LaunchTemplateEnclaveOptions::builder()
        .set_enabled(Some(true))
        .build()
}

fn full_instance_metadata_options() -> LaunchTemplateInstanceMetadataOptions {
    LaunchTemplateInstanceMetadataOptions::builder()
        .set_http_tokens(Some(LaunchTemplateHttpTokensState::Optional))
        .set_http_put_response_hop_limit(Some(7))
        .set_http_endpoint(Some(LaunchTemplateInstanceMetadataEndpointState::Disabled))
        .set_http_protocol_ipv6(Some(LaunchTemplateInstanceMetadataProtocolIpv6::Disabled))
        .set_instance_metadata_tags(Some(LaunchTemplateInstanceMetadataTagsState::Disabled))
        .build()
}

fn full_license_configuration() -> LaunchTemplateLicenseConfiguration {
    LaunchTemplateLicenseConfiguration::builder()
        .set_license_configuration_arn(Some("license_configuration_arn".into()))
        .build()
}

fn full_capacity_reservation_specification()
-> LaunchTemplateCapacityReservationSpecificationResponse {
    LaunchTemplateCapacityReservationSpecificationResponse::builder()
        .set_capacity_reservation_preference(Some(
            CapacityReservationPreference::CapacityReservationsOnly,
        ))
        .set_capacity_reservation_target(Some(full_capacity_reservation_target()))
        .build()
}

fn full_capacity_reservation_target() -> CapacityReservationTargetResponse {
    CapacityReservationTargetResponse::builder()
        .set_capacity_reservation_id(Some("capacity_reservation_id".into()))
        .set_capacity_reservation_resource_group_arn(Some(
            "capacity_reservation_resource_group_arn".into(),
        ))
        .build()
}

fn full_cpu_options() -> LaunchTemplateCpuOptions {
    LaunchTemplateCpuOptions::builder()
        .set_core_count(Some(7))
        .set_threads_per_core(Some(7))
        .set_amd_sev_snp(Some(AmdSevSnpSpecification::Disabled))
        .set_nested_virtualization(Some(NestedVirtualizationSpecification::Disabled))
        .build()
}

fn full_credit_specification() -> CreditSpecification {
    CreditSpecification::builder()
        .set_cpu_credits(Some("cpu_credits".into()))
        .build()
}

fn full_instance_market_options() -> LaunchTemplateInstanceMarketOptions {
    LaunchTemplateInstanceMarketOptions::builder()
        .set_market_type(Some(MarketType::CapacityBlock))
        .set_spot_options(Some(full_spot_market_options()))
        .build()
}

fn full_spot_market_options() -> LaunchTemplateSpotMarketOptions {
    LaunchTemplateSpotMarketOptions::builder()
        .set_max_price(Some("max_price".into()))
        .set_spot_instance_type(Some(SpotInstanceType::OneTime))
        .set_block_duration_minutes(Some(7))
        .set_valid_until(Some(DateTime::from_secs(7)))
        .set_instance_interruption_behavior(Some(InstanceInterruptionBehavior::Hibernate))
        .build()
}

fn full_tag_specification() -> LaunchTemplateTagSpecification {
    LaunchTemplateTagSpecification::builder()
        .set_resource_type(Some(ResourceType::ApplicationStatusCheck))
        .set_tags(Some(vec![full_tag()]))
        .build()
}

fn full_tag() -> Tag {
    Tag::builder()
        .set_key(Some("key".into()))
        .set_value(Some("value".into()))
        .build()
}

fn full_placement() -> LaunchTemplatePlacement {
    LaunchTemplatePlacement::builder()
        .set_availability_zone(Some("availability_zone".into()))
        .set_availability_zone_id(Some("availability_zone_id".into()))
        .set_affinity(Some("affinity".into()))
        .set_group_name(Some("group_name".into()))
        .set_host_id(Some("host_id".into()))
        .set_tenancy(Some(Tenancy::Dedicated))
        .set_spread_domain(Some("spread_domain".into()))
        .set_host_resource_group_arn(Some("host_resource_group_arn".into()))
        .set_partition_number(Some(7))
        .set_group_id(Some("group_id".into()))
        .build()
}

fn full_launch_templates_monitoring() -> LaunchTemplatesMonitoring {
    LaunchTemplatesMonitoring::builder()
        .set_enabled(Some(true))
        .build()
}

fn full_instance_network_interface_specification()
-> LaunchTemplateInstanceNetworkInterfaceSpecification {
    LaunchTemplateInstanceNetworkInterfaceSpecification::builder()
        .set_associate_carrier_ip_address(Some(true))
        .set_associate_public_ip_address(Some(true))
        .set_delete_on_termination(Some(true))
        .set_description(Some("description".into()))
        .set_device_index(Some(7))
        .set_groups(Some(vec!["groups".into()]))
        .set_interface_type(Some("interface_type".into()))
        .set_ipv6_address_count(Some(7))
        .set_ipv6_addresses(Some(vec![full_instance_ipv6_address()]))
        .set_network_interface_id(Some("network_interface_id".into()))
        .set_private_ip_address(Some("private_ip_address".into()))
        .set_private_ip_addresses(Some(vec![full_private_ip_address_specification()]))
        .set_secondary_private_ip_address_count(Some(7))
        .set_subnet_id(Some("subnet_id".into()))
        .set_network_card_index(Some(7))
        .set_ipv4_prefixes(Some(vec![full_ipv4_prefix_specification()]))
        .set_ipv4_prefix_count(Some(7))
        .set_ipv6_prefixes(Some(vec![full_ipv6_prefix_specification()]))
        .set_ipv6_prefix_count(Some(7))
        .set_primary_ipv6(Some(true))
        .set_ena_srd_specification(Some(full_ena_srd_specification()))
        .set_connection_tracking_specification(Some(full_connection_tracking_specification()))
        .set_ena_queue_count(Some(7))
        .build()
}

fn full_connection_tracking_specification() -> ConnectionTrackingSpecification {
    ConnectionTrackingSpecification::builder()
        .set_tcp_established_timeout(Some(7))
        .set_udp_timeout(Some(7))
        .set_udp_stream_timeout(Some(7))
        .build()
}

fn full_ena_srd_specification() -> LaunchTemplateEnaSrdSpecification {
    LaunchTemplateEnaSrdSpecification::builder()
        .set_ena_srd_enabled(Some(true))
        .set_ena_srd_udp_specification(Some(full_ena_srd_udp_specification()))
        .build()
}

fn full_ena_srd_udp_specification() -> LaunchTemplateEnaSrdUdpSpecification {
    LaunchTemplateEnaSrdUdpSpecification::builder()
        .set_ena_srd_udp_enabled(Some(true))
        .build()
}

fn full_ipv6_prefix_specification() -> Ipv6PrefixSpecificationResponse {
    Ipv6PrefixSpecificationResponse::builder()
        .set_ipv6_prefix(Some("ipv6_prefix".into()))
        .build()
}

fn full_ipv4_prefix_specification() -> Ipv4PrefixSpecificationResponse {
    Ipv4PrefixSpecificationResponse::builder()
        .set_ipv4_prefix(Some("ipv4_prefix".into()))
        .build()
}

fn full_private_ip_address_specification() -> PrivateIpAddressSpecification {
    PrivateIpAddressSpecification::builder()
        .set_primary(Some(true))
        .set_private_ip_address(Some("private_ip_address".into()))
        .build()
}

fn full_instance_ipv6_address() -> InstanceIpv6Address {
    InstanceIpv6Address::builder()
        .set_ipv6_address(Some("ipv6_address".into()))
        .build()
}

fn full_block_device_mapping() -> LaunchTemplateBlockDeviceMapping {
    LaunchTemplateBlockDeviceMapping::builder()
        .set_device_name(Some("device_name".into()))
        .set_virtual_name(Some("virtual_name".into()))
        .set_ebs(Some(full_ebs_block_device()))
        .set_no_device(Some("no_device".into()))
        .build()
}

fn full_ebs_block_device() -> LaunchTemplateEbsBlockDevice {
    LaunchTemplateEbsBlockDevice::builder()
        .set_encrypted(Some(true))
        .set_delete_on_termination(Some(true))
        .set_iops(Some(7))
        .set_kms_key_id(Some("kms_key_id".into()))
        .set_snapshot_id(Some("snapshot_id".into()))
        .set_volume_size(Some(7))
        .set_volume_type(Some(VolumeType::Gp2))
        .set_throughput(Some(7))
        .set_volume_initialization_rate(Some(7))
        .set_ebs_card_index(Some(7))
        .build()
}
