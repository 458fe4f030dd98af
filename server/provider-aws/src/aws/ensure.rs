//! A group's derived launch template: made of what the customer's says now, changed, and removed.

use std::collections::{BTreeMap, BTreeSet};

use app::model::compute_node_group::LaunchTemplateMode;
use app::model::group_settings::GroupSettings;
use app::model::refs::Refs;
use aws_sdk_ec2::types::{RequestLaunchTemplateData, ResourceType, ResponseLaunchTemplateData};
use openpcs_provider::{Owner, ProviderError};

use super::own_parts::own_parts;
use super::owned::Owned;
use super::settings::Settings;
use crate::calls::instance::CLUSTER;
use crate::calls::{instance_type, launch_template};
use crate::client::Client;
use crate::offers::Offers;
use crate::template::{self, Context, Derived};
use crate::{Refusal, Warning};

/// The zones of subnets.
type Zones = BTreeMap<String, String>;

/// The answer is for the group's launches.
pub async fn ensure(
    client: &Client,
    offers: &Offers,
    settings: &Settings,
    owner: &Owner,
) -> Result<String, ProviderError> {
    let group = with_security_groups(owner);
    let customer = customer(client, &group).await?;
    let (derived, zones) =
        derive(client, offers, settings, owner, &group, customer.as_ref()).await?;
    for Warning { field, text } in &derived.warnings {
        tracing::warn!(group = owner.compute_node_group_id, field, "{text}");
    }
    if !derived.ignored.is_empty() {
        let members = derived.ignored.join(", ");
        tracing::info!(
            group = owner.compute_node_group_id,
            members,
            "not taken from the launch template"
        );
    }
    let name = template::name(&owner.compute_node_group_id);
    let tags = [
        (CLUSTER, &owner.cluster_id),
        ("pcs:compute-node-group-id", &owner.compute_node_group_id),
    ];
    let tags = tags.map(|(key, value)| (key.to_owned(), value.clone()));
    let made = launch_template::ensure_template(&client.ec2, &name, &derived.data, &tags).await?;
    let owned = Owned {
        template_id: made.id,
        version: made.version,
        zones,
        has_name: has_name(&derived.data),
        subnet_id: derived.subnet_id,
        spot_max_price: derived.spot_max_price,
    };
    serde_json::to_string(&owned).map_err(|error| ProviderError {
        code: "AwsUnwritable".into(),
        message: error.to_string(),
    })
}

pub async fn release(client: &Client, group_id: &str) -> Result<(), ProviderError> {
    let name = template::name(group_id);
    Ok(launch_template::delete_template(&client.ec2, &name).await?)
}

/// Without a launch template of the customer's the cluster's are taken where the group names none (N5).
fn with_security_groups(owner: &Owner) -> GroupSettings {
    let mut group = owner.settings.clone();
    let has_own = group
        .security_group_ids
        .as_ref()
        .is_some_and(|ids| !ids.is_empty());
    if group.template_mode() == LaunchTemplateMode::Managed && !has_own {
        group.security_group_ids = Some(owner.security_group_ids.clone());
    }
    group
}

async fn customer(
    client: &Client,
    group: &GroupSettings,
) -> Result<Option<ResponseLaunchTemplateData>, ProviderError> {
    let named = group.custom_launch_template.as_ref();
    let Some(named) = named.filter(|_| group.template_mode() == LaunchTemplateMode::Custom) else {
        return Ok(None);
    };
    Ok(launch_template::version(&client.ec2, &named.id, &named.version).await?)
}

async fn derive(
    client: &Client,
    offers: &Offers,
    settings: &Settings,
    owner: &Owner,
    group: &GroupSettings,
    customer: Option<&ResponseLaunchTemplateData>,
) -> Result<(Derived, Zones), ProviderError> {
    let refs = Refs {
        subnets: group.subnet_ids.iter().cloned().collect(),
        security_groups: security_groups(group, customer),
        ..Refs::default()
    };
    let found = offers.resolve(&refs).await?;
    let of_group = |id: &String| found.subnets.iter().find(|subnet| subnet.id == *id);
    let Some(subnet) = group.subnet_ids.iter().find_map(of_group) else {
        let reason = format!("There is no subnet {} here.", group.subnet_ids.join(", "));
        let remedy = "Name subnets that there are.";
        return Err(refused(&[Refusal::new("subnetIds", reason, remedy)]));
    };
    let types = instance_type::facts(&client.ec2, &group.type_names()).await?;
    let context = Context {
        cluster_id: &owner.cluster_id,
        group_id: &owner.compute_node_group_id,
        vpc_id: &subnet.vpc_id,
        security_groups: &found.security_groups,
        types: &types,
        own_parts: &own_parts(owner, settings),
        aws_tags: settings.aws_tags,
    };
    let derived = template::derive(customer, group, &context);
    let derived = derived.map_err(|refusals| refused(&refusals))?;
    let subnets = found.subnets.iter();
    let zones = subnets.map(|it| (it.id.clone(), it.availability_zone.clone()));
    Ok((derived, zones.collect()))
}

/// All that the group and its template name.
fn security_groups(
    group: &GroupSettings,
    customer: Option<&ResponseLaunchTemplateData>,
) -> BTreeSet<String> {
    let own = group.security_group_ids.iter().flatten();
    let of_template = customer
        .map(|it| it.security_group_ids())
        .unwrap_or_default();
    let interfaces = customer
        .map(|it| it.network_interfaces())
        .unwrap_or_default();
    let of_interfaces = interfaces.iter().flat_map(|it| it.groups());
    let all = own.chain(of_template).chain(of_interfaces);
    all.filter(|id| !id.is_empty()).cloned().collect()
}

fn has_name(data: &RequestLaunchTemplateData) -> bool {
    let mut tagged = data.tag_specifications().iter();
    let of_instances = tagged.find(|it| it.resource_type() == Some(&ResourceType::Instance));
    let tags = of_instances.map(|it| it.tags()).unwrap_or_default();
    tags.iter().any(|tag| tag.key() == Some("Name"))
}

fn refused(refusals: &[Refusal]) -> ProviderError {
    let words: Vec<String> = refusals.iter().map(Refusal::to_string).collect();
    ProviderError {
        code: "LaunchTemplateRefused".into(),
        message: words.join(" "),
    }
}
