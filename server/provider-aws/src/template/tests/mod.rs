//! Every line of A2, A3 and A4, and what the group's settings do to a template (N5–N8, N10, N11).

mod guide;
mod interfaces;

use app::model::catalogue::SecurityGroup;
use app::model::compute_node_group::{
    CustomLaunchTemplate, GroupSettings, InstanceConfig, LaunchTemplateMode, PurchaseOption,
};
use aws_sdk_ec2::types::builders::ResponseLaunchTemplateDataBuilder;
use aws_sdk_ec2::types::*;

use super::*;
use crate::user_data::File;

/// What the tests' account has.
struct World {
    groups: Vec<SecurityGroup>,
    types: Vec<TypeFacts>,
    own: OwnParts,
    aws_tags: bool,
}

fn world() -> World {
    let group = |id: &str, vpc: &str| SecurityGroup {
        id: id.into(),
        name: id.into(),
        vpc_id: vpc.into(),
        description: String::new(),
        inbound: vec![],
    };
    let here = ["sg-1", "sg-2", "sg-efa"].map(|id| group(id, "vpc-1"));
    World {
        groups: [&here[..], &[group("sg-far", "vpc-2")]].concat(),
        types: vec![
            facts("c6i.large", 1, 2, 1, 0),
            facts("c6i.xlarge", 2, 2, 1, 0),
            facts("c7g.xlarge", 4, 1, 1, 0),
            facts("c7a.xlarge", 4, 1, 1, 0),
            facts("hpc7a.96xlarge", 192, 1, 2, 2),
            facts("hpc6a.48xlarge", 96, 1, 1, 1),
            facts("c6in.32xlarge", 64, 2, 2, 2),
            facts("c6i.metal", 64, 2, 1, 1),
        ],
        own: OwnParts {
            files: vec![File {
                path: "/etc/openpcs/agent.json".into(),
                mode: "0600",
                content: b"{}".to_vec(),
            }],
            start: "#!/bin/sh\nsystemctl start openpcs-agent\n".into(),
        },
        aws_tags: false,
    }
}

fn facts(name: &str, cores: i32, threads: i32, cards: i32, efa: i32) -> TypeFacts {
    TypeFacts {
        name: name.into(),
        cores,
        threads_per_core: threads,
        network_cards: cards,
        efa_interfaces: efa,
    }
}

impl World {
    fn derive(
        &self,
        template: Option<ResponseLaunchTemplateDataBuilder>,
        group: &GroupSettings,
    ) -> Result<Derived, Vec<Refusal>> {
        let context = Context {
            cluster_id: "pcs_cluster000",
            group_id: "pcs_group00000",
            vpc_id: "vpc-1",
            security_groups: &self.groups,
            types: &self.types,
            own_parts: &self.own,
            aws_tags: self.aws_tags,
        };
        derive(template.map(|data| data.build()).as_ref(), group, &context)
    }
}

/// A group of one type with a template.
fn group(types: &[&str]) -> GroupSettings {
    let config = |name: &&str| InstanceConfig {
        instance_type: Some((*name).into()),
    };
    GroupSettings {
        instance_configs: types.iter().map(config).collect(),
        subnet_ids: vec!["subnet-1".into()],
        iam_instance_profile_arn: "arn:aws:iam::1:instance-profile/AWSPCS-node".into(),
        custom_launch_template: Some(CustomLaunchTemplate {
            id: "lt-1".into(),
            version: "1".into(),
        }),
        ..GroupSettings::default()
    }
}

/// The least that a template must have.
fn template() -> ResponseLaunchTemplateDataBuilder {
    ResponseLaunchTemplateData::builder()
        .image_id("ami-template")
        .security_group_ids("sg-1")
}

fn derived(template: ResponseLaunchTemplateDataBuilder, group: &GroupSettings) -> Derived {
    world().derive(Some(template), group).unwrap()
}

/// The one refusal, as `field: reason remedy`.
fn refused(template: ResponseLaunchTemplateDataBuilder, group: &GroupSettings) -> String {
    let refusals = world().derive(Some(template), group).unwrap_err();
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    refusals[0].to_string()
}

fn spot(price: &str) -> LaunchTemplateInstanceMarketOptions {
    let options = LaunchTemplateSpotMarketOptions::builder()
        .max_price(price)
        .build();
    market(MarketType::Spot, Some(options))
}

fn market(
    kind: MarketType,
    spot: Option<LaunchTemplateSpotMarketOptions>,
) -> LaunchTemplateInstanceMarketOptions {
    LaunchTemplateInstanceMarketOptions::builder()
        .market_type(kind)
        .set_spot_options(spot)
        .build()
}

fn reservation(
    id: Option<&str>,
    group: Option<&str>,
) -> LaunchTemplateCapacityReservationSpecificationResponse {
    let target = CapacityReservationTargetResponse::builder()
        .set_capacity_reservation_id(id.map(str::to_owned))
        .set_capacity_reservation_resource_group_arn(group.map(str::to_owned))
        .build();
    LaunchTemplateCapacityReservationSpecificationResponse::builder()
        .capacity_reservation_target(target)
        .build()
}

#[test]
fn a2_what_is_ignored() {
    let plain = derived(template(), &group(&["c6i.large"]));
    assert_eq!(plain.ignored, [""; 0]);
    type With = fn(ResponseLaunchTemplateDataBuilder) -> ResponseLaunchTemplateDataBuilder;
    let cases: [(&str, With); 9] = [
        ("InstanceType", |it| it.instance_type(InstanceType::C5Large)),
        ("InstanceRequirements", |it| {
            it.instance_requirements(InstanceRequirements::builder().build())
        }),
        ("IamInstanceProfile", |it| {
            let other = LaunchTemplateIamInstanceProfileSpecification::builder().name("other");
            it.iam_instance_profile(other.build())
        }),
        ("DisableApiTermination", |it| {
            it.disable_api_termination(true)
        }),
        ("DisableApiStop", |it| it.disable_api_stop(true)),
        ("HibernationOptions", |it| {
            let options = LaunchTemplateHibernationOptions::builder().configured(true);
            it.hibernation_options(options.build())
        }),
        ("ElasticGpuSpecifications", |it| {
            it.elastic_gpu_specifications(
                ElasticGpuSpecificationResponse::builder()
                    .r#type("eg1")
                    .build(),
            )
        }),
        ("ElasticInferenceAccelerators", |it| {
            let one = LaunchTemplateElasticInferenceAcceleratorResponse::builder().r#type("eia1");
            it.elastic_inference_accelerators(one.build())
        }),
        ("CpuOptions.ThreadsPerCore", |it| {
            it.cpu_options(
                LaunchTemplateCpuOptions::builder()
                    .threads_per_core(2)
                    .build(),
            )
        }),
    ];
    for (member, set) in cases {
        let with = derived(set(template()), &group(&["c6i.large"]));
        assert_eq!(with.ignored, [member]);
        assert_eq!(with.data, plain.data, "{member} has no effect");
    }
    let profile = plain.data.iam_instance_profile.unwrap();
    assert_eq!(
        profile.arn.unwrap(),
        "arn:aws:iam::1:instance-profile/AWSPCS-node"
    );
}

#[test]
fn a2_what_is_refused() {
    let group = group(&["c6i.large"]);
    let interface =
        || LaunchTemplateInstanceNetworkInterfaceSpecification::builder().device_index(0);
    let bare = || ResponseLaunchTemplateData::builder().image_id("ami-1");
    let cases = [
        (
            template().security_groups("default"),
            "LaunchTemplateData.SecurityGroups: Security groups by name are not taken. Give their ids",
        ),
        (
            template().network_interfaces(interface().groups("sg-1").build()),
            "LaunchTemplateData.SecurityGroupIds: The launch template has network interfaces",
        ),
        (
            bare().network_interfaces(interface().build()),
            "LaunchTemplateData.NetworkInterfaces[0].Groups: The network interface has no security groups",
        ),
        (
            template().capacity_reservation_specification(reservation(Some("cr-1"), None)),
            "CapacityReservationTarget.CapacityReservationId: A capacity reservation by its own id is not taken",
        ),
        (
            bare().security_group_ids("sg-far"),
            "LaunchTemplateData.SecurityGroupIds: The security group sg-far is in vpc-2, the cluster in vpc-1",
        ),
        (
            bare().network_interfaces(interface().groups("sg-far").build()),
            "NetworkInterfaces[0].Groups: The security group sg-far is in vpc-2",
        ),
        (
            bare().security_group_ids("sg-none"),
            "LaunchTemplateData.SecurityGroupIds: There is no security group sg-none here",
        ),
        (
            ResponseLaunchTemplateData::builder().security_group_ids("sg-1"),
            "amiId: Neither the group nor its launch template names an image",
        ),
        (
            template().user_data("IyEvYmluL3NoCmRhdGUK"),
            "LaunchTemplateData.UserData: It is not a MIME multipart archive: it begins with `#!/bin/sh`",
        ),
    ];
    for (template, expected) in cases {
        let refusal = refused(template, &group);
        assert!(refusal.contains(expected), "{refusal}\n{expected}");
    }
    let arn = "arn:aws:resource-groups:us-east-2:1:group/G";
    derived(
        template().capacity_reservation_specification(reservation(None, Some(arn))),
        &group,
    );
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let nothing = ResponseLaunchTemplateData::builder()
        .security_groups("default")
        .user_data("IyEvYmluL3NoCmRhdGUK");
    let refusals = world()
        .derive(Some(nothing), &group(&["x9.large"]))
        .unwrap_err();
    let fields: Vec<&str> = refusals
        .iter()
        .map(|refusal| refusal.field.as_str())
        .collect();
    let expected = [
        "instanceConfigs",
        "amiId",
        "LaunchTemplateData.SecurityGroups",
        "LaunchTemplateData.UserData",
    ];
    assert_eq!(fields, expected);
}

#[test]
fn the_groups_settings_go_before_the_templates() {
    let mut own = group(&["c6i.large"]);
    let of_template = derived(template().key_name("theirs"), &own).data;
    assert_eq!(of_template.key_name.as_deref(), Some("theirs"));
    assert_eq!(of_template.image_id.as_deref(), Some("ami-template"));
    own.security_group_ids = Some(vec!["sg-2".into()]);
    own.ssh_key_name = Some("ours".into());
    own.ami_id = Some("ami-group".into());
    let of_group = derived(template().key_name("theirs"), &own).data;
    assert_eq!(of_group.key_name.as_deref(), Some("ours"));
    assert_eq!(of_group.image_id.as_deref(), Some("ami-group"));
    assert_eq!(of_group.security_group_ids.unwrap(), ["sg-2"]);
    // Taken away again (N5).
    own.security_group_ids = Some(vec![]);
    own.ssh_key_name = Some(String::new());
    let again = derived(template().key_name("theirs"), &own).data;
    assert_eq!(again.key_name.as_deref(), Some("theirs"));
    assert_eq!(again.security_group_ids.unwrap(), ["sg-1"]);
    own.security_group_ids = Some(vec!["sg-far".into()]);
    let refusal = refused(template(), &own);
    assert!(
        refusal.starts_with("securityGroupIds: The security group sg-far is in vpc-2"),
        "{refusal}"
    );
}

#[test]
fn managed_mode_needs_no_template() {
    let mut managed = group(&["c6i.large"]);
    managed.launch_template_mode = Some(LaunchTemplateMode::Managed);
    managed.custom_launch_template = None;
    managed.ami_id = Some("ami-1".into());
    managed.security_group_ids = Some(vec!["sg-1".into()]);
    managed.ssh_key_name = Some("key".into());
    let made = world().derive(None, &managed).unwrap();
    assert_eq!(made.data.image_id.as_deref(), Some("ami-1"));
    assert_eq!(made.data.key_name.as_deref(), Some("key"));
    assert_eq!(made.data.security_group_ids.as_ref().unwrap(), &["sg-1"]);
    assert!(made.data.user_data.is_some() && made.data.iam_instance_profile.is_some());
    managed.security_group_ids = None;
    let refusals = world().derive(None, &managed).unwrap_err();
    assert_eq!(refusals[0].field, "securityGroupIds");
    // And CUSTOM needs one.
    let refusals = world().derive(None, &group(&["c6i.large"])).unwrap_err();
    assert_eq!(refusals[0].field, "customLaunchTemplate");
}

#[test]
fn a_core_has_one_thread() {
    let cpu = |types: &[&str], template| derived(template, &group(types)).data.cpu_options;
    let said =
        |options: LaunchTemplateCpuOptionsRequest| (options.core_count, options.threads_per_core);
    let of = |types: &[&str]| cpu(types, template()).map(said);
    assert_eq!(
        of(&["c6i.xlarge"]),
        Some((Some(2), Some(1))),
        "EC2 wants both"
    );
    assert_eq!(of(&["c7g.xlarge"]), None, "it has one already");
    assert_eq!(of(&["c7a.xlarge", "c7g.xlarge"]), None);
    let two = LaunchTemplateCpuOptions::builder()
        .core_count(1)
        .threads_per_core(2);
    let customers = cpu(&["c6i.xlarge"], template().cpu_options(two.build())).map(said);
    assert_eq!(
        customers,
        Some((Some(1), Some(1))),
        "the number of cores is the customer's"
    );
    let snp = LaunchTemplateCpuOptions::builder().amd_sev_snp(AmdSevSnpSpecification::Enabled);
    let kept = cpu(&["c6i.xlarge"], template().cpu_options(snp.build())).unwrap();
    assert_eq!(kept.amd_sev_snp, Some(AmdSevSnpSpecification::Enabled));
    let refusal = refused(template(), &group(&["c6i.xlarge", "c7a.xlarge"]));
    assert!(
        refusal.contains("c6i.xlarge has 2, c7a.xlarge has 4"),
        "{refusal}"
    );
    let metal = derived(template(), &group(&["c6i.metal"]));
    assert_eq!(metal.data.cpu_options, None);
    assert!(
        metal.warnings[0].text.contains("keep their 2 threads"),
        "{:?}",
        metal.warnings
    );
}

#[test]
fn instances_are_bought_as_the_group_says() {
    let mut own = group(&["c6i.large"]);
    let arn = "arn:aws:resource-groups:us-east-2:1:group/G";
    let with = |options| template().instance_market_options(options);
    let refusal = refused(with(spot("0.1")), &own);
    assert!(
        refusal.contains("It is spot, and the group's purchaseOption ONDEMAND"),
        "{refusal}"
    );
    assert_eq!(
        derived(with(market(MarketType::OnDemand, None)), &own)
            .data
            .instance_market_options,
        None
    );
    own.purchase_option = Some(PurchaseOption::Spot);
    let bought = derived(with(spot("0.1")), &own);
    assert_eq!(bought.data.instance_market_options, None, "the fleet buys");
    assert_eq!(bought.spot_max_price.as_deref(), Some("0.1"));
    assert_eq!(derived(template(), &own).spot_max_price, None);
    own.purchase_option = Some(PurchaseOption::CapacityBlock);
    let refusal = refused(template(), &own);
    assert!(
        refusal.contains("into which capacity reservation"),
        "{refusal}"
    );
    for target in [
        reservation(Some("cr-1"), None),
        reservation(None, Some(arn)),
    ] {
        let data = derived(template().capacity_reservation_specification(target), &own).data;
        let said = data
            .instance_market_options
            .and_then(|options| options.market_type);
        assert_eq!(said, Some(MarketType::CapacityBlock));
        assert!(data.capacity_reservation_specification.is_some());
    }
    own.purchase_option = Some(PurchaseOption::InterruptibleCapacityReservation);
    let target = template().capacity_reservation_specification(reservation(None, Some(arn)));
    let said = derived(target, &own).data.instance_market_options.unwrap();
    assert_eq!(
        said.market_type,
        Some(MarketType::InterruptibleCapacityReservation)
    );
}

fn tags(data: &RequestLaunchTemplateData, kind: ResourceType) -> Vec<String> {
    let all = data.tag_specifications.as_deref().unwrap();
    let of = all
        .iter()
        .filter(|of| of.resource_type == Some(kind.clone()));
    let tags = of.flat_map(|of| of.tags.as_deref().unwrap_or_default());
    tags.map(|tag| format!("{}={}", tag.key().unwrap(), tag.value().unwrap()))
        .collect()
}

fn tagged(kind: ResourceType, keys: &[&str]) -> LaunchTemplateTagSpecification {
    let tag = |key: &&str| Tag::builder().key(*key).value("v").build();
    LaunchTemplateTagSpecification::builder()
        .resource_type(kind)
        .set_tags(Some(keys.iter().map(tag).collect()))
        .build()
}

#[test]
fn everything_of_an_instance_carries_its_cluster_and_group() {
    let ours = [
        "AWSPCSManaged=true",
        "pcs:cluster-id=pcs_cluster000",
        "pcs:compute-node-group-id=pcs_group00000",
    ];
    let own = group(&["c6i.large"]);
    let customers = template()
        .tag_specifications(tagged(ResourceType::Instance, &["team", "pcs:cluster-id"]))
        .tag_specifications(tagged(ResourceType::SpotInstancesRequest, &["team"]))
        .tag_specifications(tagged(ResourceType::LaunchTemplate, &["team"]));
    let data = derived(customers, &own).data;
    assert_eq!(
        tags(&data, ResourceType::Instance),
        [&["team=v"][..], &ours[..]].concat()
    );
    assert_eq!(tags(&data, ResourceType::Volume), ours);
    assert_eq!(tags(&data, ResourceType::NetworkInterface), ours);
    assert_eq!(tags(&data, ResourceType::SpotInstancesRequest), ["team=v"]);
    assert_eq!(
        tags(&data, ResourceType::LaunchTemplate),
        [""; 0],
        "EC2 takes none here"
    );
    let world = World {
        aws_tags: true,
        ..world()
    };
    let data = world.derive(Some(template()), &own).unwrap().data;
    let names = tags(&data, ResourceType::Instance);
    assert!(
        names.contains(&"aws:pcs:compute-node-group-id=pcs_group00000".to_owned()),
        "{names:?}"
    );
}

#[test]
fn tags_that_would_keep_instances_from_starting_are_refused() {
    let own = group(&["c6i.large"]);
    let keys: Vec<String> = (0..48).map(|number| format!("k{number}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let refusal = refused(
        template().tag_specifications(tagged(ResourceType::Volume, &keys)),
        &own,
    );
    assert!(
        refusal.contains("of kind volume has 51 tags; EC2 takes 50. Leave out 1"),
        "{refusal}"
    );
    derived(
        template().tag_specifications(tagged(ResourceType::Volume, &keys[1..])),
        &own,
    );
    // The fleet adds which launch an instance is of, and a name to one that has none.
    let of_instance =
        |keys: &[&str]| template().tag_specifications(tagged(ResourceType::Instance, keys));
    let refusal = refused(of_instance(&keys[2..]), &own);
    assert!(
        refusal.contains("of kind instance has 51 tags; EC2 takes 50. Leave out 1"),
        "{refusal}"
    );
    derived(of_instance(&keys[3..]), &own);
    derived(of_instance(&[&keys[3..], &["Name"]].concat()), &own);
    let with = |state| {
        let options =
            LaunchTemplateInstanceMetadataOptions::builder().instance_metadata_tags(state);
        template()
            .metadata_options(options.build())
            .tag_specifications(tagged(ResourceType::Instance, &["cost/center"]))
    };
    derived(
        with(LaunchTemplateInstanceMetadataTagsState::Disabled),
        &own,
    );
    let refusal = refused(with(LaunchTemplateInstanceMetadataTagsState::Enabled), &own);
    assert!(
        refusal.contains("The key `cost/center` cannot be read"),
        "{refusal}"
    );
    let fine = template().metadata_options(
        LaunchTemplateInstanceMetadataOptions::builder()
            .instance_metadata_tags(LaunchTemplateInstanceMetadataTagsState::Enabled)
            .build(),
    );
    derived(fine, &own);
}

#[test]
fn its_name_is_the_services_own() {
    let name = name("pcs_group00000");
    assert_eq!(name, "pcs-pcs_group00000-do-not-delete");
    assert!(app::rules::compute_node_group::is_services_own(&name));
}
