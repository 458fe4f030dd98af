//! Network interfaces and names, as answered to as asked for.

use aws_sdk_ec2::types::{
    ConnectionTrackingSpecification, ConnectionTrackingSpecificationRequest,
    EnaSrdSpecificationRequest, EnaSrdUdpSpecificationRequest, InstanceIpv6Address,
    InstanceIpv6AddressRequest, Ipv4PrefixSpecificationRequest, Ipv4PrefixSpecificationResponse,
    Ipv6PrefixSpecificationRequest, Ipv6PrefixSpecificationResponse,
    LaunchTemplateEnaSrdSpecification, LaunchTemplateEnaSrdUdpSpecification,
    LaunchTemplateInstanceNetworkInterfaceSpecification,
    LaunchTemplateInstanceNetworkInterfaceSpecificationRequest,
    LaunchTemplateInstanceSecondaryInterfaceSpecification,
    LaunchTemplateInstanceSecondaryInterfaceSpecificationRequest,
    LaunchTemplateNetworkPerformanceOptions, LaunchTemplateNetworkPerformanceOptionsRequest,
    LaunchTemplatePrivateDnsNameOptions, LaunchTemplatePrivateDnsNameOptionsRequest,
    SecondaryInterfacePrivateIpAddressSpecification,
    SecondaryInterfacePrivateIpAddressSpecificationRequest,
};

use super::each;

fn instance_ipv6_address(it: &InstanceIpv6Address) -> InstanceIpv6AddressRequest {
    InstanceIpv6AddressRequest::builder()
        .set_ipv6_address(it.ipv6_address.clone())
        .build()
}

fn ipv4_prefix(it: &Ipv4PrefixSpecificationResponse) -> Ipv4PrefixSpecificationRequest {
    Ipv4PrefixSpecificationRequest::builder()
        .set_ipv4_prefix(it.ipv4_prefix.clone())
        .build()
}

fn ipv6_prefix(it: &Ipv6PrefixSpecificationResponse) -> Ipv6PrefixSpecificationRequest {
    Ipv6PrefixSpecificationRequest::builder()
        .set_ipv6_prefix(it.ipv6_prefix.clone())
        .build()
}

fn ena_srd_udp(it: &LaunchTemplateEnaSrdUdpSpecification) -> EnaSrdUdpSpecificationRequest {
    EnaSrdUdpSpecificationRequest::builder()
        .set_ena_srd_udp_enabled(it.ena_srd_udp_enabled)
        .build()
}

fn ena_srd(it: &LaunchTemplateEnaSrdSpecification) -> EnaSrdSpecificationRequest {
    EnaSrdSpecificationRequest::builder()
        .set_ena_srd_enabled(it.ena_srd_enabled)
        .set_ena_srd_udp_specification(it.ena_srd_udp_specification.as_ref().map(ena_srd_udp))
        .build()
}

fn connection_tracking(
    it: &ConnectionTrackingSpecification,
) -> ConnectionTrackingSpecificationRequest {
    ConnectionTrackingSpecificationRequest::builder()
        .set_tcp_established_timeout(it.tcp_established_timeout)
        .set_udp_stream_timeout(it.udp_stream_timeout)
        .set_udp_timeout(it.udp_timeout)
        .build()
}

pub(super) fn network_interface(
    it: &LaunchTemplateInstanceNetworkInterfaceSpecification,
) -> LaunchTemplateInstanceNetworkInterfaceSpecificationRequest {
    LaunchTemplateInstanceNetworkInterfaceSpecificationRequest::builder()
        .set_associate_carrier_ip_address(it.associate_carrier_ip_address)
        .set_associate_public_ip_address(it.associate_public_ip_address)
        .set_delete_on_termination(it.delete_on_termination)
        .set_description(it.description.clone())
        .set_device_index(it.device_index)
        .set_groups(it.groups.clone())
        .set_interface_type(it.interface_type.clone())
        .set_ipv6_address_count(it.ipv6_address_count)
        .set_ipv6_addresses(each(&it.ipv6_addresses, instance_ipv6_address))
        .set_network_interface_id(it.network_interface_id.clone())
        .set_private_ip_address(it.private_ip_address.clone())
        .set_private_ip_addresses(it.private_ip_addresses.clone())
        .set_secondary_private_ip_address_count(it.secondary_private_ip_address_count)
        .set_subnet_id(it.subnet_id.clone())
        .set_network_card_index(it.network_card_index)
        .set_ipv4_prefixes(each(&it.ipv4_prefixes, ipv4_prefix))
        .set_ipv4_prefix_count(it.ipv4_prefix_count)
        .set_ipv6_prefixes(each(&it.ipv6_prefixes, ipv6_prefix))
        .set_ipv6_prefix_count(it.ipv6_prefix_count)
        .set_primary_ipv6(it.primary_ipv6)
        .set_ena_srd_specification(it.ena_srd_specification.as_ref().map(ena_srd))
        .set_connection_tracking_specification(
            it.connection_tracking_specification
                .as_ref()
                .map(connection_tracking),
        )
        .set_ena_queue_count(it.ena_queue_count)
        .build()
}

pub(super) fn private_dns_name_options(
    it: &LaunchTemplatePrivateDnsNameOptions,
) -> LaunchTemplatePrivateDnsNameOptionsRequest {
    LaunchTemplatePrivateDnsNameOptionsRequest::builder()
        .set_hostname_type(it.hostname_type.clone())
        .set_enable_resource_name_dns_a_record(it.enable_resource_name_dns_a_record)
        .set_enable_resource_name_dns_aaaa_record(it.enable_resource_name_dns_aaaa_record)
        .build()
}

pub(super) fn network_performance_options(
    it: &LaunchTemplateNetworkPerformanceOptions,
) -> LaunchTemplateNetworkPerformanceOptionsRequest {
    LaunchTemplateNetworkPerformanceOptionsRequest::builder()
        .set_bandwidth_weighting(it.bandwidth_weighting.clone())
        .build()
}

fn secondary_interface_private_ip_address(
    it: &SecondaryInterfacePrivateIpAddressSpecification,
) -> SecondaryInterfacePrivateIpAddressSpecificationRequest {
    SecondaryInterfacePrivateIpAddressSpecificationRequest::builder()
        .set_private_ip_address(it.private_ip_address.clone())
        .build()
}

pub(super) fn secondary_interface(
    it: &LaunchTemplateInstanceSecondaryInterfaceSpecification,
) -> LaunchTemplateInstanceSecondaryInterfaceSpecificationRequest {
    LaunchTemplateInstanceSecondaryInterfaceSpecificationRequest::builder()
        .set_delete_on_termination(it.delete_on_termination)
        .set_device_index(it.device_index)
        .set_private_ip_addresses(each(
            &it.private_ip_addresses,
            secondary_interface_private_ip_address,
        ))
        .set_private_ip_address_count(it.private_ip_address_count)
        .set_secondary_subnet_id(it.secondary_subnet_id.clone())
        .set_interface_type(it.interface_type.clone())
        .set_network_card_index(it.network_card_index)
        .build()
}
