//! VPCs. What C7 checks takes calls for each of them, so a list is without it.

use std::collections::{BTreeSet, HashMap};

use app::model::catalogue::Vpc;
use aws_sdk_ec2::operation::describe_vpc_attribute::DescribeVpcAttributeOutput;
use aws_sdk_ec2::types::{self, AttributeBooleanValue, VpcAttributeName};
use futures::{StreamExt as _, TryStreamExt as _, stream, try_join};
use openpcs_provider::ProviderError;

use super::kind::{Entry, Kind, Listed, PARALLEL, called, filter, text};
use super::source::Source;
use crate::client::{Client, refused};

const DESCRIBE: &str = "ec2:DescribeVpcs";
const DESCRIBE_ATTRIBUTE: &str = "ec2:DescribeVpcAttribute";
const DESCRIBE_GROUPS: &str = "ec2:DescribeSecurityGroups";

/// The most of a page: AWS's own limit.
const PAGE: i32 = 1_000;

impl Kind for Vpc {
    const ACTIONS: &'static [&'static str] = &[DESCRIBE, DESCRIBE_ATTRIBUTE, DESCRIBE_GROUPS];

    fn key(&self) -> &str {
        &self.id
    }

    async fn named(source: &Source, names: &BTreeSet<String>) -> Result<Vec<Vpc>, ProviderError> {
        let client = &source.client;
        let (found, groups) = try_join!(vpcs(client, names), default_groups(client, names))?;
        let told = stream::iter(found).map(|vpc| whole(client, vpc, &groups));
        told.buffered(PARALLEL).try_collect().await
    }
}

impl Listed for Vpc {
    /// Without attributes and default groups: [`Offers::page`](super::Offers::page) asks for those of its page.
    async fn all(source: &Source) -> Result<Vec<Entry<Vpc>>, ProviderError> {
        let call = source.client.ec2.describe_vpcs().into_paginator();
        let found = call.page_size(PAGE).items().send().try_collect().await;
        let found = found.map_err(|error| refused(DESCRIBE, error))?;
        let told = found.iter().map(|vpc| described(vpc, Dns::default(), None));
        Ok(told
            .map(|vpc| {
                let (order, cidr) = (vpc.name.clone(), vpc.cidr.clone());
                Entry::new(&order, &[&order, &cidr], vpc)
            })
            .collect())
    }
}

async fn whole(
    client: &Client,
    vpc: types::Vpc,
    groups: &HashMap<String, String>,
) -> Result<Vpc, ProviderError> {
    let id = vpc.vpc_id().unwrap_or_default();
    let dns = dns(client, id).await?;
    Ok(described(&vpc, dns, groups.get(id)))
}

#[derive(Default)]
struct Dns {
    hostnames: bool,
    resolution: bool,
}

async fn vpcs(client: &Client, ids: &BTreeSet<String>) -> Result<Vec<types::Vpc>, ProviderError> {
    let call = client.ec2.describe_vpcs().filters(filter("vpc-id", ids));
    let found = call.into_paginator().page_size(PAGE).items().send();
    let found = found.try_collect().await;
    found.map_err(|error| refused(DESCRIBE, error))
}

/// The default group of each of these VPCs.
async fn default_groups(
    client: &Client,
    vpc_ids: &BTreeSet<String>,
) -> Result<HashMap<String, String>, ProviderError> {
    let call = client
        .ec2
        .describe_security_groups()
        .filters(filter("vpc-id", vpc_ids))
        .filters(filter("group-name", [&"default".to_owned()]));
    let found = call.into_paginator().page_size(PAGE).items().send();
    let found = found.try_collect().await;
    let found = found.map_err(|error| refused(DESCRIBE_GROUPS, error))?;
    Ok(found
        .iter()
        .map(|group| (text(group.vpc_id()), text(group.group_id())))
        .collect())
}

/// AWS tells one attribute a call.
async fn dns(client: &Client, vpc_id: &str) -> Result<Dns, ProviderError> {
    let (hostnames, resolution) = try_join!(
        attribute(client, vpc_id, VpcAttributeName::EnableDnsHostnames),
        attribute(client, vpc_id, VpcAttributeName::EnableDnsSupport)
    )?;
    let is_on = |value: Option<&AttributeBooleanValue>| value.and_then(|it| it.value());
    Ok(Dns {
        hostnames: is_on(hostnames.enable_dns_hostnames()).unwrap_or_default(),
        resolution: is_on(resolution.enable_dns_support()).unwrap_or_default(),
    })
}

async fn attribute(
    client: &Client,
    vpc_id: &str,
    name: VpcAttributeName,
) -> Result<DescribeVpcAttributeOutput, ProviderError> {
    let call = client.ec2.describe_vpc_attribute().vpc_id(vpc_id);
    let answer = call.attribute(name).send().await;
    answer.map_err(|error| refused(DESCRIBE_ATTRIBUTE, error))
}

fn described(vpc: &types::Vpc, dns: Dns, default_group: Option<&String>) -> Vpc {
    let id = text(vpc.vpc_id());
    let tenancy = vpc.instance_tenancy().map_or("default", |it| it.as_str());
    Vpc {
        name: called(vpc.tags(), &id),
        cidr: text(vpc.cidr_block()),
        dns_hostnames: dns.hostnames,
        dns_resolution: dns.resolution,
        tenancy: tenancy.into(),
        default_security_group_id: default_group.cloned().unwrap_or_default(),
        id,
    }
}
