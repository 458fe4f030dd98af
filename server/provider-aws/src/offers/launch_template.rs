//! Launch templates. A list has no versions: those are told of the ones that are named.

use std::collections::BTreeSet;

use app::model::catalogue::{LaunchTemplate, LaunchTemplateVersion};
use app::rules::compute_node_group::is_services_own;
use aws_sdk_ec2::error::ProvideErrorMetadata as _;
use aws_sdk_ec2::types;
use openpcs_provider::ProviderError;

use super::kind::{Entry, Kind, Listed, one_by_one, text};
use super::source::Source;
use crate::client::{Client, refused};

const DESCRIBE: &str = "ec2:DescribeLaunchTemplates";
const DESCRIBE_VERSIONS: &str = "ec2:DescribeLaunchTemplateVersions";
/// For templates that name their image by a public parameter of Systems Manager: EC2 reads it for us, then and at each launch.
pub const READ_PARAMETERS: &str = "ssm:GetParameters";

/// The most of a page: AWS's own limit. Without it an emulator tells fifteen, and of no more.
const PAGE: i32 = 200;
/// What AWS says of an id that no template has.
const NONE_SUCH: [&str; 2] = [
    "InvalidLaunchTemplateId.NotFound",
    "InvalidLaunchTemplateId.Malformed",
];

impl Kind for LaunchTemplate {
    const ACTIONS: &'static [&'static str] = &[DESCRIBE, DESCRIBE_VERSIONS, READ_PARAMETERS];

    fn key(&self) -> &str {
        &self.id
    }

    /// By their versions, template by template: of the templates themselves AWS tells all or none, and no filter is by id.
    async fn named(
        source: &Source,
        names: &BTreeSet<String>,
    ) -> Result<Vec<LaunchTemplate>, ProviderError> {
        one_by_one(names.clone(), |id| with_versions(&source.client, id)).await
    }
}

impl Listed for LaunchTemplate {
    /// Without those that the service derived, one of each group: nobody may choose them (N5).
    async fn all(source: &Source) -> Result<Vec<Entry<LaunchTemplate>>, ProviderError> {
        let call = source.client.ec2.describe_launch_templates();
        let items = call.into_paginator().page_size(PAGE).items().send();
        let found = items.try_collect().await;
        let found = found.map_err(|error| refused(DESCRIBE, error))?;
        let named = found.iter().map(|template| LaunchTemplate {
            id: text(template.launch_template_id()),
            name: text(template.launch_template_name()),
            versions: vec![],
        });
        let choosable = named.filter(|template| !is_services_own(&template.name));
        Ok(choosable.map(entry).collect())
    }
}

fn entry(template: LaunchTemplate) -> Entry<LaunchTemplate> {
    let name = template.name.clone();
    Entry::new(&name, &[&name], template)
}

async fn with_versions(
    client: &Client,
    id: String,
) -> Result<Option<LaunchTemplate>, ProviderError> {
    let call = client.ec2.describe_launch_template_versions();
    // An image that is `resolve:ssm:…` is told as the one that this means now.
    let call = call.launch_template_id(&id).resolve_alias(true);
    let call = call.into_paginator();
    let found = call.page_size(PAGE).items().send().try_collect().await;
    match found {
        Ok(versions) => Ok(template(&id, &versions)),
        Err(error) if error.code().is_some_and(|code| NONE_SUCH.contains(&code)) => Ok(None),
        Err(error) => Err(refused(DESCRIBE_VERSIONS, error)),
    }
}

/// None without any version: there is no such template.
fn template(id: &str, found: &[types::LaunchTemplateVersion]) -> Option<LaunchTemplate> {
    let name = text(found.first()?.launch_template_name());
    let mut numbered: Vec<_> = found.iter().collect();
    numbered.sort_by_key(|it| it.version_number());
    Some(LaunchTemplate {
        id: id.into(),
        name,
        versions: numbered.into_iter().map(version).collect(),
    })
}

/// Groups are the template's own or those of its interfaces: one excludes the other.
fn version(found: &types::LaunchTemplateVersion) -> LaunchTemplateVersion {
    let data = found.launch_template_data();
    let interfaces = data.map(|it| it.network_interfaces()).unwrap_or_default();
    let own = data.map(|it| it.security_group_ids()).unwrap_or_default();
    let of_interfaces = interfaces.iter().flat_map(|it| it.groups());
    let subnets = interfaces.iter().filter_map(|it| it.subnet_id());
    let reservation = data.and_then(|it| it.capacity_reservation_specification());
    let target = reservation.and_then(|it| it.capacity_reservation_target());
    LaunchTemplateVersion {
        version: found.version_number().unwrap_or_default().to_string(),
        image_id: data.and_then(|it| it.image_id()).map(str::to_owned),
        security_group_ids: once(own.iter().chain(of_interfaces).map(String::as_str)),
        subnet_ids: once(subnets),
        key_name: data.and_then(|it| it.key_name()).map(str::to_owned),
        capacity_reservation_id: target
            .and_then(|it| it.capacity_reservation_id())
            .map(str::to_owned),
        has_reservation: target.is_some(),
        placement_group: data
            .and_then(|it| it.placement())
            .and_then(|it| it.group_name())
            .map(str::to_owned),
    }
}

/// Each once, in their order: the cards of an instance share them.
fn once<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    names
        .filter(|name| seen.insert(*name))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::LaunchTemplateInstanceNetworkInterfaceSpecification as Interface;

    use super::*;

    #[test]
    fn versions_are_told_by_number_with_what_is_named_in_them() {
        let numbered = |number| {
            types::LaunchTemplateVersion::builder()
                .launch_template_name("lt")
                .version_number(number)
        };
        let card = || Interface::builder().groups("sg-1").subnet_id("subnet-1");
        let efa = types::ResponseLaunchTemplateData::builder()
            .network_interfaces(card().build())
            .network_interfaces(card().groups("sg-2").build());
        let plain = types::ResponseLaunchTemplateData::builder()
            .image_id("ami-1")
            .key_name("key")
            .security_group_ids("sg-3");
        let found = [
            numbered(10).launch_template_data(efa.build()).build(),
            numbered(2).launch_template_data(plain.build()).build(),
            numbered(1).build(),
        ];
        let told = template("lt-1", &found).unwrap();
        assert_eq!((told.id.as_str(), told.name.as_str()), ("lt-1", "lt"));
        let [none, plain, efa] = &told.versions[..] else {
            panic!("{told:?}");
        };
        assert_eq!((none.version.as_str(), &none.image_id), ("1", &None));
        assert_eq!(plain.image_id.as_deref(), Some("ami-1"));
        assert_eq!(plain.key_name.as_deref(), Some("key"));
        assert_eq!(plain.security_group_ids, ["sg-3"]);
        assert_eq!(efa.version, "10");
        assert_eq!(efa.security_group_ids, ["sg-1", "sg-2"]);
        assert_eq!(efa.subnet_ids, ["subnet-1"]);
        assert_eq!(template("lt-1", &[]), None);
    }
}
