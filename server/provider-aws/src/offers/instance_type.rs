//! Instance types: what AWS measures of them does not change, and a new one comes every few weeks.

use std::collections::BTreeSet;
use std::time::Duration;

use app::model::catalogue::InstanceType;
use aws_sdk_ec2::error::ProvideErrorMetadata as _;
use aws_sdk_ec2::types::{self, ArchitectureType};
use openpcs_provider::ProviderError;

use super::cached::Ages;
use super::kind::{Entry, Kind, Listed, filter, text};
use super::source::Source;
use crate::client::refused;

const DESCRIBE: &str = "ec2:DescribeInstanceTypes";

/// The most of a page, and of types in a call: AWS's own limit.
const PAGE: usize = 100;
const HOUR: Duration = Duration::from_secs(60 * 60);

impl Kind for InstanceType {
    const ACTIONS: &'static [&'static str] = &[DESCRIBE];
    const FOUND: Duration = HOUR;

    fn key(&self) -> &str {
        &self.id
    }

    async fn named(
        source: &Source,
        names: &BTreeSet<String>,
    ) -> Result<Vec<InstanceType>, ProviderError> {
        let names: Vec<&String> = names.iter().collect();
        let mut found = vec![];
        for part in names.chunks(PAGE) {
            found.extend(described(source, part).await?);
        }
        Ok(found.iter().map(instance_type).collect())
    }
}

impl Listed for InstanceType {
    const LIST: Ages = Ages {
        fresh: HOUR,
        keep: Duration::from_secs(24 * 60 * 60),
    };

    async fn all(source: &Source) -> Result<Vec<Entry<InstanceType>>, ProviderError> {
        let call = source.client.ec2.describe_instance_types().into_paginator();
        let items = call.page_size(PAGE as i32).items().send();
        let found = items.try_collect().await;
        let found = found.map_err(|error| refused(DESCRIBE, error))?;
        Ok(found.iter().map(instance_type).map(entry).collect())
    }
}

/// By name, which is quick. Where one of them is unknown, AWS tells of none: then by a filter.
async fn described(
    source: &Source,
    names: &[&String],
) -> Result<Vec<types::InstanceTypeInfo>, ProviderError> {
    let call = || source.client.ec2.describe_instance_types();
    let types = names.iter().map(|name| name.as_str().into()).collect();
    match call().set_instance_types(Some(types)).send().await {
        Ok(found) => return Ok(found.instance_types.unwrap_or_default()),
        Err(error) if error.code() == Some("InvalidInstanceType") => {}
        Err(error) => return Err(refused(DESCRIBE, error)),
    }
    let call = call().filters(filter("instance-type", names.iter().copied()));
    let items = call.into_paginator().page_size(PAGE as i32).items().send();
    let found = items.try_collect().await;
    found.map_err(|error| refused(DESCRIBE, error))
}

/// By family, and in it by size.
fn entry(it: InstanceType) -> Entry<InstanceType> {
    let family = it.id.split('.').next().unwrap_or_default();
    let order = format!("{family} {:05} {:09}", it.vcpus, it.memory_mib);
    let size = format!("{} vCPUs {} GiB", it.vcpus, it.memory_mib / 1024);
    let gpu = it.gpu_name.clone().unwrap_or_default();
    let efa = if it.efa { "EFA" } else { "" };
    Entry::new(&order, &[&it.architecture.clone(), &size, &gpu, efa], it)
}

fn instance_type(found: &types::InstanceTypeInfo) -> InstanceType {
    let id = text(found.instance_type().map(|it| it.as_str()));
    let processor = found.processor_info();
    let architectures = processor.map(|it| it.supported_architectures());
    let vcpus = found.v_cpu_info();
    let vcpu_count = vcpus.and_then(|it| it.default_v_cpus()).unwrap_or_default();
    let gpus = found.gpu_info().map(|it| it.gpus()).unwrap_or_default();
    let memory = found.memory_info().and_then(|it| it.size_in_mib());
    let efa = found.network_info().and_then(|it| it.efa_supported());
    InstanceType {
        name: id.clone(),
        id,
        architecture: architecture(architectures.unwrap_or_default()),
        vcpus: vcpu_count.into(),
        cores: vcpus
            .and_then(|it| it.default_cores())
            .unwrap_or(vcpu_count)
            .into(),
        memory_mib: memory.unwrap_or_default(),
        gpus: gpus.iter().filter_map(|it| it.count()).map(i64::from).sum(),
        gpu_name: gpus.first().and_then(|it| it.name()).map(str::to_owned),
        efa: efa.unwrap_or_default(),
    }
}

/// Old types run 32-bit systems as well, which nobody means.
fn architecture(supported: &[ArchitectureType]) -> String {
    let ours = [ArchitectureType::X8664, ArchitectureType::Arm64];
    let known = supported.iter().find(|it| ours.contains(it));
    let told = known.or(supported.first());
    text(told.map(|it| it.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(name: &str) -> types::builders::InstanceTypeInfoBuilder {
        types::InstanceTypeInfo::builder().instance_type(name.into())
    }

    #[test]
    fn a_type_has_cores_memory_gpus_and_a_network() {
        let vcpus = types::VCpuInfo::builder().default_v_cpus(96);
        let gpus = |name: &str| {
            let gpu = types::GpuDeviceInfo::builder().name(name).count(4);
            gpu.build()
        };
        let processor = types::ProcessorInfo::builder()
            .supported_architectures(ArchitectureType::I386)
            .supported_architectures(ArchitectureType::X8664);
        let found = info("p4d.24xlarge")
            .v_cpu_info(vcpus.default_cores(48).build())
            .memory_info(types::MemoryInfo::builder().size_in_mib(1_179_648).build())
            .gpu_info(
                types::GpuInfo::builder()
                    .gpus(gpus("A100"))
                    .gpus(gpus("A100"))
                    .build(),
            )
            .processor_info(processor.build())
            .network_info(types::NetworkInfo::builder().efa_supported(true).build())
            .build();
        let told = InstanceType {
            id: "p4d.24xlarge".into(),
            name: "p4d.24xlarge".into(),
            architecture: "x86_64".into(),
            vcpus: 96,
            cores: 48,
            memory_mib: 1_179_648,
            gpus: 8,
            gpu_name: Some("A100".into()),
            efa: true,
        };
        assert_eq!(instance_type(&found), told);
        let entry = entry(told);
        assert_eq!(entry.text, "p4d.24xlarge x86_64 96 vcpus 1152 gib a100 efa");
    }

    #[test]
    fn types_of_a_family_stand_by_size() {
        let of = |name: &str, vcpus: i32| {
            let vcpus = types::VCpuInfo::builder().default_v_cpus(vcpus).build();
            entry(instance_type(&info(name).v_cpu_info(vcpus).build())).order
        };
        let order = [
            of("c6i.large", 2),
            of("c6i.2xlarge", 8),
            of("c6i.16xlarge", 64),
            of("c6id.large", 2),
        ];
        assert!(order.is_sorted(), "{order:?}");
    }

    #[test]
    fn a_type_of_which_little_is_told_is_told_all_the_same() {
        let told = instance_type(&info("mac2.metal").build());
        assert_eq!((told.id.as_str(), told.cores), ("mac2.metal", 0));
        assert_eq!(architecture(&[ArchitectureType::Arm64Mac]), "arm64_mac");
    }
}
