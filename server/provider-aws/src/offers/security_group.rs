//! Security groups.

use std::collections::BTreeSet;

use app::model::catalogue::SecurityGroup;
use aws_sdk_ec2::types;
use openpcs_provider::ProviderError;

use super::kind::{Entry, Kind, Listed, filter, text};
use super::source::Source;
use crate::calls::inbound_rule::inbound;
use crate::client::refused;

const DESCRIBE: &str = "ec2:DescribeSecurityGroups";

/// The most of a page: AWS's own limit.
const PAGE: i32 = 1_000;

impl Kind for SecurityGroup {
    const ACTIONS: &'static [&'static str] = &[DESCRIBE];

    fn key(&self) -> &str {
        &self.id
    }

    async fn named(
        source: &Source,
        names: &BTreeSet<String>,
    ) -> Result<Vec<SecurityGroup>, ProviderError> {
        described(source, Some(filter("group-id", names))).await
    }
}

impl Listed for SecurityGroup {
    async fn all(source: &Source) -> Result<Vec<Entry<SecurityGroup>>, ProviderError> {
        let groups = described(source, None).await?;
        Ok(groups.into_iter().map(entry).collect())
    }
}

fn entry(group: SecurityGroup) -> Entry<SecurityGroup> {
    let SecurityGroup {
        name,
        vpc_id,
        description,
        ..
    } = group.clone();
    Entry::new(&name, &[&name, &description], group).within(&vpc_id)
}

async fn described(
    source: &Source,
    filter: Option<types::Filter>,
) -> Result<Vec<SecurityGroup>, ProviderError> {
    let call = source.client.ec2.describe_security_groups();
    let call = call.set_filters(filter.map(|it| vec![it]));
    let items = call.into_paginator().page_size(PAGE).items().send();
    let found = items.try_collect().await;
    let found = found.map_err(|error| refused(DESCRIBE, error))?;
    Ok(found.iter().map(security_group).collect())
}

fn security_group(group: &types::SecurityGroup) -> SecurityGroup {
    SecurityGroup {
        id: text(group.group_id()),
        name: text(group.group_name()),
        vpc_id: text(group.vpc_id()),
        description: text(group.description()),
        inbound: group.ip_permissions().iter().filter_map(inbound).collect(),
    }
}
