//! Instance profiles, each with the role in it (N7).

use std::collections::BTreeSet;

use app::model::catalogue::InstanceProfile;
use aws_sdk_iam::error::ProvideErrorMetadata as _;
use aws_sdk_iam::types;
use openpcs_provider::ProviderError;

use super::kind::{Entry, Kind, Listed, one_by_one};
use super::source::Source;
use crate::client::{Client, refused};

const GET: &str = "iam:GetInstanceProfile";
const LIST: &str = "iam:ListInstanceProfiles";

/// The most of a page: AWS's own limit.
const PAGE: i32 = 1_000;
/// What IAM says of a name that no profile has or can have.
const NONE_SUCH: [&str; 2] = ["NoSuchEntity", "ValidationError"];

impl Kind for InstanceProfile {
    const ACTIONS: &'static [&'static str] = &[GET, LIST];

    fn key(&self) -> &str {
        &self.arn
    }

    async fn named(
        source: &Source,
        names: &BTreeSet<String>,
    ) -> Result<Vec<InstanceProfile>, ProviderError> {
        let names: Vec<String> = names.iter().filter_map(|arn| name_in(arn)).collect();
        one_by_one(names, |name| by_name(&source.client, name)).await
    }
}

impl Listed for InstanceProfile {
    async fn all(source: &Source) -> Result<Vec<Entry<InstanceProfile>>, ProviderError> {
        let call = source.client.iam.list_instance_profiles().into_paginator();
        let found = call.page_size(PAGE).items().send().try_collect().await;
        let found = found.map_err(|error| refused(LIST, error))?;
        Ok(found.iter().map(profile).map(entry).collect())
    }
}

fn entry(profile: InstanceProfile) -> Entry<InstanceProfile> {
    let InstanceProfile {
        name, role_name, ..
    } = profile.clone();
    Entry::new(&name, &[&name, &role_name], profile)
}

async fn by_name(client: &Client, name: String) -> Result<Option<InstanceProfile>, ProviderError> {
    let call = client.iam.get_instance_profile();
    match call.instance_profile_name(name).send().await {
        Ok(found) => Ok(found.instance_profile().map(profile)),
        Err(error) if error.code().is_some_and(|code| NONE_SUCH.contains(&code)) => Ok(None),
        Err(error) => Err(refused(GET, error)),
    }
}

/// The name in an ARN of a profile, behind its path.
fn name_in(arn: &str) -> Option<String> {
    let (_, path) = arn.split_once(":instance-profile/")?;
    let name = path.rsplit('/').next().filter(|name| !name.is_empty());
    name.map(str::to_owned)
}

fn profile(found: &types::InstanceProfile) -> InstanceProfile {
    let role = found.roles().first();
    InstanceProfile {
        arn: found.arn().into(),
        name: found.instance_profile_name().into(),
        role_name: role.map(|it| it.role_name()).unwrap_or_default().into(),
        role_path: role.map(|it| it.path()).unwrap_or_default().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_ends_with_the_name() {
        for (arn, name) in [
            ("arn:aws:iam::1:instance-profile/a", Some("a")),
            ("arn:aws:iam::1:instance-profile/aws-pcs/b/a", Some("a")),
            ("arn:aws:iam::1:instance-profile/", None),
            ("arn:aws:iam::1:role/a", None),
            ("a", None),
        ] {
            assert_eq!(name_in(arn).as_deref(), name, "{arn}");
        }
    }
}
