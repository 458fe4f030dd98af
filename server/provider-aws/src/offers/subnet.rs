//! Subnets, each with the type of the zone that it lies in (C7).

use std::collections::BTreeSet;

use app::model::catalogue::Subnet;
use aws_sdk_ec2::types;
use futures::try_join;
use openpcs_provider::ProviderError;

use super::kind::{Entry, Kind, Listed, called, filter, text};
use super::source::{Source, Zones};
use crate::client::refused;

const DESCRIBE: &str = "ec2:DescribeSubnets";

/// The most of a page: AWS's own limit.
const PAGE: i32 = 1_000;

impl Kind for Subnet {
    const ACTIONS: &'static [&'static str] = &[DESCRIBE];

    fn key(&self) -> &str {
        &self.id
    }

    async fn named(
        source: &Source,
        names: &BTreeSet<String>,
    ) -> Result<Vec<Subnet>, ProviderError> {
        described(source, Some(filter("subnet-id", names))).await
    }
}

impl Listed for Subnet {
    async fn all(source: &Source) -> Result<Vec<Entry<Subnet>>, ProviderError> {
        let subnets = described(source, None).await?;
        Ok(subnets.into_iter().map(entry).collect())
    }
}

fn entry(subnet: Subnet) -> Entry<Subnet> {
    let Subnet { name, cidr, .. } = subnet.clone();
    let (zone, vpc_id) = (subnet.availability_zone.clone(), subnet.vpc_id.clone());
    Entry::new(&name, &[&name, &cidr, &zone], subnet).within(&vpc_id)
}

async fn described(
    source: &Source,
    filter: Option<types::Filter>,
) -> Result<Vec<Subnet>, ProviderError> {
    let call = source.client.ec2.describe_subnets();
    let call = call.set_filters(filter.map(|it| vec![it]));
    let subnets = async {
        let items = call.into_paginator().page_size(PAGE).items().send();
        let found = items.try_collect().await;
        found.map_err(|error| refused(DESCRIBE, error))
    };
    let (subnets, zones) = try_join!(subnets, source.zones())?;
    Ok(subnets.iter().map(|it| subnet(it, &zones)).collect())
}

fn subnet(subnet: &types::Subnet, zones: &Zones) -> Subnet {
    let id = text(subnet.subnet_id());
    let zone = text(subnet.availability_zone());
    let zone_type = match subnet.outpost_arn() {
        Some(_) => "outpost",
        // What is not told of is taken for none where a controller may stand.
        None => zones.get(&zone).map_or("unknown-zone", String::as_str),
    };
    Subnet {
        name: called(subnet.tags(), &id),
        vpc_id: text(subnet.vpc_id()),
        cidr: text(subnet.cidr_block()),
        zone_type: zone_type.into(),
        availability_zone: zone,
        free_addresses: subnet
            .available_ip_address_count()
            .unwrap_or_default()
            .into(),
        // Instances in it get a public address: what people are told it for.
        public: subnet.map_public_ip_on_launch().unwrap_or_default(),
        id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subnet_is_where_its_zone_is_unless_it_is_on_an_outpost() {
        let zones = Zones::from([
            ("us-east-1a".into(), "availability-zone".into()),
            ("us-east-1-bos-1a".into(), "local-zone".into()),
        ]);
        let of = |zone: &str, outpost: Option<&str>| {
            let sdk = types::Subnet::builder().subnet_id("subnet-1");
            let sdk = sdk.availability_zone(zone);
            let sdk = sdk.set_outpost_arn(outpost.map(str::to_owned));
            subnet(&sdk.build(), &zones)
        };
        assert_eq!(of("us-east-1a", None).zone_type, "availability-zone");
        assert_eq!(of("us-east-1-bos-1a", None).zone_type, "local-zone");
        assert_eq!(of("us-east-1a", Some("arn")).zone_type, "outpost");
        assert_eq!(of("us-east-9z", None).zone_type, "unknown-zone");
        // One without a name is called by its id.
        assert_eq!(of("us-east-1a", None).name, "subnet-1");
    }
}
