//! Volumes, placement, market, processor and the other options, as answered to as asked for.

use aws_sdk_ec2::types::{
    CapacityReservationTarget, CapacityReservationTargetResponse, CreditSpecification,
    CreditSpecificationRequest, LaunchTemplateBlockDeviceMapping,
    LaunchTemplateBlockDeviceMappingRequest, LaunchTemplateCapacityReservationSpecificationRequest,
    LaunchTemplateCapacityReservationSpecificationResponse, LaunchTemplateCpuOptions,
    LaunchTemplateCpuOptionsRequest, LaunchTemplateEbsBlockDevice,
    LaunchTemplateEbsBlockDeviceRequest, LaunchTemplateEnclaveOptions,
    LaunchTemplateEnclaveOptionsRequest, LaunchTemplateInstanceMaintenanceOptions,
    LaunchTemplateInstanceMaintenanceOptionsRequest, LaunchTemplateInstanceMarketOptions,
    LaunchTemplateInstanceMarketOptionsRequest, LaunchTemplateInstanceMetadataOptions,
    LaunchTemplateInstanceMetadataOptionsRequest, LaunchTemplateLicenseConfiguration,
    LaunchTemplateLicenseConfigurationRequest, LaunchTemplatePlacement,
    LaunchTemplatePlacementRequest, LaunchTemplateSpotMarketOptions,
    LaunchTemplateSpotMarketOptionsRequest, LaunchTemplateTagSpecification,
    LaunchTemplateTagSpecificationRequest, LaunchTemplatesMonitoring,
    LaunchTemplatesMonitoringRequest, OperatorRequest, OperatorResponse,
};

fn ebs_block_device(it: &LaunchTemplateEbsBlockDevice) -> LaunchTemplateEbsBlockDeviceRequest {
    LaunchTemplateEbsBlockDeviceRequest::builder()
        .set_encrypted(it.encrypted)
        .set_delete_on_termination(it.delete_on_termination)
        .set_iops(it.iops)
        .set_kms_key_id(it.kms_key_id.clone())
        .set_snapshot_id(it.snapshot_id.clone())
        .set_volume_size(it.volume_size)
        .set_volume_type(it.volume_type.clone())
        .set_throughput(it.throughput)
        .set_volume_initialization_rate(it.volume_initialization_rate)
        .set_ebs_card_index(it.ebs_card_index)
        .build()
}

pub(super) fn block_device_mapping(
    it: &LaunchTemplateBlockDeviceMapping,
) -> LaunchTemplateBlockDeviceMappingRequest {
    LaunchTemplateBlockDeviceMappingRequest::builder()
        .set_device_name(it.device_name.clone())
        .set_virtual_name(it.virtual_name.clone())
        .set_ebs(it.ebs.as_ref().map(ebs_block_device))
        .set_no_device(it.no_device.clone())
        .build()
}

pub(super) fn monitoring(it: &LaunchTemplatesMonitoring) -> LaunchTemplatesMonitoringRequest {
    LaunchTemplatesMonitoringRequest::builder()
        .set_enabled(it.enabled)
        .build()
}

pub(super) fn placement(it: &LaunchTemplatePlacement) -> LaunchTemplatePlacementRequest {
    LaunchTemplatePlacementRequest::builder()
        .set_availability_zone(it.availability_zone.clone())
        .set_availability_zone_id(it.availability_zone_id.clone())
        .set_affinity(it.affinity.clone())
        .set_group_name(it.group_name.clone())
        .set_host_id(it.host_id.clone())
        .set_tenancy(it.tenancy.clone())
        .set_spread_domain(it.spread_domain.clone())
        .set_host_resource_group_arn(it.host_resource_group_arn.clone())
        .set_partition_number(it.partition_number)
        .set_group_id(it.group_id.clone())
        .build()
}

pub(super) fn tag(it: &LaunchTemplateTagSpecification) -> LaunchTemplateTagSpecificationRequest {
    LaunchTemplateTagSpecificationRequest::builder()
        .set_resource_type(it.resource_type.clone())
        .set_tags(it.tags.clone())
        .build()
}

fn spot_market_options(
    it: &LaunchTemplateSpotMarketOptions,
) -> LaunchTemplateSpotMarketOptionsRequest {
    LaunchTemplateSpotMarketOptionsRequest::builder()
        .set_max_price(it.max_price.clone())
        .set_spot_instance_type(it.spot_instance_type.clone())
        .set_block_duration_minutes(it.block_duration_minutes)
        .set_valid_until(it.valid_until)
        .set_instance_interruption_behavior(it.instance_interruption_behavior.clone())
        .build()
}

pub(super) fn market_options(
    it: &LaunchTemplateInstanceMarketOptions,
) -> LaunchTemplateInstanceMarketOptionsRequest {
    LaunchTemplateInstanceMarketOptionsRequest::builder()
        .set_market_type(it.market_type.clone())
        .set_spot_options(it.spot_options.as_ref().map(spot_market_options))
        .build()
}

pub(super) fn credit(it: &CreditSpecification) -> CreditSpecificationRequest {
    CreditSpecificationRequest::builder()
        .set_cpu_credits(it.cpu_credits.clone())
        .build()
}

pub(super) fn cpu_options(it: &LaunchTemplateCpuOptions) -> LaunchTemplateCpuOptionsRequest {
    LaunchTemplateCpuOptionsRequest::builder()
        .set_core_count(it.core_count)
        .set_threads_per_core(it.threads_per_core)
        .set_amd_sev_snp(it.amd_sev_snp.clone())
        .set_nested_virtualization(it.nested_virtualization.clone())
        .build()
}

fn capacity_reservation_target(
    it: &CapacityReservationTargetResponse,
) -> CapacityReservationTarget {
    CapacityReservationTarget::builder()
        .set_capacity_reservation_id(it.capacity_reservation_id.clone())
        .set_capacity_reservation_resource_group_arn(
            it.capacity_reservation_resource_group_arn.clone(),
        )
        .build()
}

pub(super) fn capacity_reservation(
    it: &LaunchTemplateCapacityReservationSpecificationResponse,
) -> LaunchTemplateCapacityReservationSpecificationRequest {
    LaunchTemplateCapacityReservationSpecificationRequest::builder()
        .set_capacity_reservation_preference(it.capacity_reservation_preference.clone())
        .set_capacity_reservation_target(
            it.capacity_reservation_target
                .as_ref()
                .map(capacity_reservation_target),
        )
        .build()
}

pub(super) fn license_configuration(
    it: &LaunchTemplateLicenseConfiguration,
) -> LaunchTemplateLicenseConfigurationRequest {
    LaunchTemplateLicenseConfigurationRequest::builder()
        .set_license_configuration_arn(it.license_configuration_arn.clone())
        .build()
}

pub(super) fn metadata_options(
    it: &LaunchTemplateInstanceMetadataOptions,
) -> LaunchTemplateInstanceMetadataOptionsRequest {
    LaunchTemplateInstanceMetadataOptionsRequest::builder()
        .set_http_tokens(it.http_tokens.clone())
        .set_http_put_response_hop_limit(it.http_put_response_hop_limit)
        .set_http_endpoint(it.http_endpoint.clone())
        .set_http_protocol_ipv6(it.http_protocol_ipv6.clone())
        .set_instance_metadata_tags(it.instance_metadata_tags.clone())
        .build()
}

pub(super) fn enclave_options(
    it: &LaunchTemplateEnclaveOptions,
) -> LaunchTemplateEnclaveOptionsRequest {
    LaunchTemplateEnclaveOptionsRequest::builder()
        .set_enabled(it.enabled)
        .build()
}

pub(super) fn maintenance_options(
    it: &LaunchTemplateInstanceMaintenanceOptions,
) -> LaunchTemplateInstanceMaintenanceOptionsRequest {
    LaunchTemplateInstanceMaintenanceOptionsRequest::builder()
        .set_auto_recovery(it.auto_recovery.clone())
        .build()
}

pub(super) fn operator(it: &OperatorResponse) -> OperatorRequest {
    OperatorRequest::builder()
        .set_principal(it.principal.clone())
        .build()
}
