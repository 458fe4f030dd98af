//! The launch template that the service derives for a group, `pcs-ID-do-not-delete`: of the customer's own (A2–A4), or of
//! the group's settings alone in MANAGED mode (N5). A pure function: what it needs to know of the account comes with it.
//!
//! - [`convert`]: what is kept as it is, and what is ignored.
//! - [`network`], [`efa`]: security groups, interfaces and their subnets.
//! - [`processor`], [`market`], [`tags`]: one thread a core, how instances are bought, what they carry.
//!
//! Sources: the AWS PCS user guide, "Using Amazon EC2 launch templates with AWS PCS", "Multiple network interfaces",
//! "Using Elastic Fabric Adapter", "Configure an AWS PCS compute node group to use a Capacity Block".

mod convert;
mod efa;
mod market;
mod network;
mod processor;
mod tags;

use app::model::catalogue::SecurityGroup;
use app::model::compute_node_group::{GroupSettings, LaunchTemplateMode};
use aws_sdk_ec2::types::{
    LaunchTemplateIamInstanceProfileSpecificationRequest, RequestLaunchTemplateData,
    ResponseLaunchTemplateData,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::user_data::{self, Archive, OwnParts};
use crate::{Refusal, Warning};

/// What of the account and of the service a derived template depends on.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    pub cluster_id: &'a str,
    pub group_id: &'a str,
    /// The cluster's.
    pub vpc_id: &'a str,
    /// All that the group or its template names, as far as there are any.
    pub security_groups: &'a [SecurityGroup],
    /// Of every instance type of the group, as far as there is one.
    pub types: &'a [TypeFacts],
    pub own_parts: &'a OwnParts,
    /// Whether the endpoint takes tags that begin with `aws:`: AWS itself does not (N11).
    pub aws_tags: bool,
}

/// What DescribeInstanceTypes says of a type, as far as templates depend on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypeFacts {
    pub name: String,
    pub cores: i32,
    pub threads_per_core: i32,
    pub network_cards: i32,
    /// None where the type does not support EFA.
    pub efa_interfaces: i32,
}

impl TypeFacts {
    /// Its threads are the machine's own: EC2 takes no options for its processor.
    fn is_bare_metal(&self) -> bool {
        self.name.contains(".metal")
    }
}

/// A group's template, and what its author and its launches should know.
#[derive(Clone, Debug, PartialEq)]
pub struct Derived {
    pub data: RequestLaunchTemplateData,
    /// Members of the customer's that have no effect (A2).
    pub ignored: Vec<&'static str>,
    pub warnings: Vec<Warning>,
    /// The subnet that the template's interfaces name: a launch names none then. None: each launch names one.
    pub subnet_id: Option<String>,
    /// What the customer's template pays for spot at most: a fleet wants it in its overrides.
    pub spot_max_price: Option<String>,
}

/// What was found on the way: everything that is wrong is said at once.
#[derive(Debug, Default)]
struct Review {
    refusals: Vec<Refusal>,
    warnings: Vec<Warning>,
}

impl Review {
    fn refuse(
        &mut self,
        field: impl Into<String>,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.refusals.push(Refusal::new(field, reason, remedy));
    }

    fn warn(&mut self, field: impl Into<String>, text: impl Into<String>) {
        let (field, text) = (field.into(), text.into());
        self.warnings.push(Warning { field, text });
    }
}

/// The name of a group's derived template (N5).
pub fn name(group_id: &str) -> String {
    format!("pcs-{group_id}-do-not-delete")
}

/// The derived template, or all that keeps it from being derived.
pub fn derive(
    customer: Option<&ResponseLaunchTemplateData>,
    group: &GroupSettings,
    context: &Context<'_>,
) -> Result<Derived, Vec<Refusal>> {
    let mut review = Review::default();
    let customer = customer.filter(|_| group.template_mode() == LaunchTemplateMode::Custom);
    if customer.is_none() && group.template_mode() == LaunchTemplateMode::Custom {
        review.refuse(
            "customLaunchTemplate",
            "There is no launch template of this id and version.",
            "Name one that there is, or set launchTemplateMode to MANAGED.",
        );
    }
    let empty = || RequestLaunchTemplateData::builder().build();
    let mut data = customer.map_or_else(empty, convert::kept);
    let types = types(group, context, &mut review);
    data.iam_instance_profile = Some(profile(group));
    image(&mut data, group, &mut review);
    if let Some(key) = group.ssh_key_name.as_ref().filter(|key| !key.is_empty()) {
        data.key_name = Some(key.clone());
    }
    network::security_groups(&mut data, group, context, &mut review);
    let subnet_id = network::subnet(&data, group, &mut review);
    efa::interfaces(&data, group, &types, &mut review);
    processor::one_thread(&mut data, &types, &mut review);
    market::reservation(&data, group, &mut review);
    let spot_max_price = market::purchase(&mut data, group, &mut review);
    tags::tag(&mut data, context, &mut review);
    add_user_data(&mut data, context, &mut review);
    if !review.refusals.is_empty() {
        return Err(review.refusals);
    }
    Ok(Derived {
        data,
        ignored: customer.map(convert::ignored).unwrap_or_default(),
        warnings: review.warnings,
        subnet_id,
        spot_max_price,
    })
}

/// What is known of the group's types.
fn types<'a>(
    group: &GroupSettings,
    context: &Context<'a>,
    review: &mut Review,
) -> Vec<&'a TypeFacts> {
    let mut types = vec![];
    for name in group.type_names() {
        match context.types.iter().find(|facts| facts.name == name) {
            Some(facts) => types.push(facts),
            None => review.refuse(
                "instanceConfigs",
                format!("There is no instance type {name} here."),
                "Choose types that the region has.",
            ),
        }
    }
    types
}

/// The group's, whatever the template says (A2).
fn profile(group: &GroupSettings) -> LaunchTemplateIamInstanceProfileSpecificationRequest {
    LaunchTemplateIamInstanceProfileSpecificationRequest::builder()
        .arn(&group.iam_instance_profile_arn)
        .build()
}

/// N6: the group's, else the template's.
fn image(data: &mut RequestLaunchTemplateData, group: &GroupSettings, review: &mut Review) {
    if group.ami_id.is_some() {
        data.image_id = group.ami_id.clone();
    }
    if data.image_id.is_none() {
        review.refuse(
            "amiId",
            "Neither the group nor its launch template names an image.",
            "Set amiId, or ImageId in the template.",
        );
    }
}

/// A3: the customer's user data becomes part of the service's.
fn add_user_data(data: &mut RequestLaunchTemplateData, context: &Context<'_>, review: &mut Review) {
    let customer = match &data.user_data {
        Some(text) => user_data::read(text.as_bytes()),
        None => Ok(Archive::default()),
    };
    let composed = customer.and_then(|archive| user_data::compose(&archive, context.own_parts));
    match composed {
        Ok(text) => data.user_data = Some(STANDARD.encode(text)),
        Err(refusal) => review.refusals.push(refusal),
    }
}

#[cfg(test)]
mod tests;
