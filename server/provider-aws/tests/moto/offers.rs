//! What an account offers is told page by page and by name, in few calls.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use app::model::catalogue::{Catalogue, SlurmVersion};
use app::model::offer::{OfferKind, OfferPage, OfferQuery};
use app::model::refs::{Refs, TemplateRef};
use aws_config::Region;
use aws_sdk_ec2::types::{
    AttributeBooleanValue, RequestLaunchTemplateData, ResourceType, Tag, TagSpecification,
};
use openpcs_provider_aws::client::{Client, loader};
use openpcs_provider_aws::offers::{Offers, actions};

use crate::counting::Door;
use crate::ec2::Moto;

pub async fn aws(address: SocketAddr) -> Client {
    let loader = loader()
        .test_credentials()
        .region(Region::new("us-east-1"))
        .endpoint_url(format!("http://{address}"));
    Client::load(loader).await.unwrap()
}

/// What the tests make of each kind, by id; of key pairs and types the name.
pub struct Made {
    vpc: String,
    subnet: String,
    group: String,
    default_group: String,
    template: String,
    profile: String,
    image: String,
}

fn named(kind: ResourceType, name: &str) -> TagSpecification {
    let tag = Tag::builder().key("Name").value(name).build();
    TagSpecification::builder()
        .resource_type(kind)
        .tags(tag)
        .build()
}

async fn image(aws: &Client, name: &str, architecture: &str) -> String {
    let filter = |name: &str, value: &str| {
        aws_sdk_ec2::types::Filter::builder()
            .name(name)
            .values(value)
            .build()
    };
    let call = aws.ec2.describe_images().owners("amazon");
    let found = call
        .filters(filter("architecture", architecture))
        .send()
        .await
        .unwrap();
    let source = found.images()[0].image_id().unwrap().to_owned();
    let call = aws.ec2.copy_image().name(name).source_image_id(source);
    let copy = call.source_region("us-east-1").send().await.unwrap();
    copy.image_id.unwrap()
}

async fn network(aws: &Client, name: &str, cidr: &str) -> (String, String) {
    let call = aws.ec2.create_vpc().cidr_block(cidr);
    let vpc = call
        .tag_specifications(named(ResourceType::Vpc, name))
        .send()
        .await
        .unwrap();
    let vpc = vpc.vpc.unwrap().vpc_id.unwrap();
    let call = aws
        .ec2
        .create_subnet()
        .vpc_id(&vpc)
        .cidr_block(cidr.replace("/16", "/24"));
    let call = call.availability_zone("us-east-1b");
    let subnet = call
        .tag_specifications(named(ResourceType::Subnet, name))
        .send()
        .await
        .unwrap();
    (vpc, subnet.subnet.unwrap().subnet_id.unwrap())
}

async fn template(aws: &Client, name: &str, data: RequestLaunchTemplateData) -> String {
    let call = aws.ec2.create_launch_template().launch_template_name(name);
    let made = call.launch_template_data(data).send().await.unwrap();
    made.launch_template.unwrap().launch_template_id.unwrap()
}

async fn profile(aws: &Client, name: &str) -> String {
    let made = aws
        .iam
        .create_instance_profile()
        .instance_profile_name(name)
        .send()
        .await;
    let arn = made.unwrap().instance_profile.unwrap().arn;
    let role = aws
        .iam
        .create_role()
        .role_name(format!("{name}-role"))
        .path("/aws-pcs/");
    role.assume_role_policy_document("{}").send().await.unwrap();
    let add = aws
        .iam
        .add_role_to_instance_profile()
        .instance_profile_name(name);
    add.role_name(format!("{name}-role")).send().await.unwrap();
    arn
}

pub async fn make(aws: &Client) -> Made {
    let (vpc, subnet) = network(aws, "hpc", "10.7.0.0/16").await;
    let on = AttributeBooleanValue::builder().value(true).build();
    let call = aws.ec2.modify_vpc_attribute().vpc_id(&vpc);
    call.enable_dns_hostnames(on).send().await.unwrap();
    let call = aws
        .ec2
        .create_security_group()
        .vpc_id(&vpc)
        .group_name("cluster");
    let group = call
        .description("Nodes")
        .send()
        .await
        .unwrap()
        .group_id
        .unwrap();
    let all = aws.ec2.describe_security_groups().send().await.unwrap();
    let default = all
        .security_groups()
        .iter()
        .find(|it| it.vpc_id() == Some(&vpc) && it.group_name() == Some("default"));
    let default_group = default.unwrap().group_id().unwrap().to_owned();
    let image = image(aws, "aws-pcs-sample_ami-al2023-arm64-slurm-25.05", "arm64").await;
    let data = RequestLaunchTemplateData::builder()
        .image_id(&image)
        .key_name("key");
    let template = template(aws, "compute", data.security_group_ids(&group).build()).await;
    let second = RequestLaunchTemplateData::builder()
        .image_id("ami-2")
        .build();
    let call = aws
        .ec2
        .create_launch_template_version()
        .launch_template_id(&template);
    call.launch_template_data(second).send().await.unwrap();
    aws.ec2
        .create_key_pair()
        .key_name("key")
        .send()
        .await
        .unwrap();
    Made {
        vpc,
        subnet,
        group,
        default_group,
        template,
        profile: profile(aws, "AWSPCS-nodes").await,
        image,
    }
}

fn set(name: &str) -> BTreeSet<String> {
    [name.to_owned()].into()
}

fn templates(id: &str) -> BTreeSet<TemplateRef> {
    let version = "1".into();
    [TemplateRef {
        id: id.into(),
        version,
    }]
    .into()
}

pub fn refs(made: &Made) -> Refs {
    Refs {
        vpcs: set(&made.vpc),
        subnets: set(&made.subnet),
        security_groups: set(&made.group),
        launch_templates: templates(&made.template),
        instance_profiles: set(&made.profile),
        images: set(&made.image),
        instance_types: set("c7g.4xlarge"),
        key_pairs: set("key"),
        ..Refs::default()
    }
}

/// What there is not; some of it would be more than one thing in a filter.
fn unknown() -> Refs {
    Refs {
        vpcs: set("vpc-00000000000000000"),
        subnets: set("subnet-*"),
        security_groups: set("nonsense"),
        launch_templates: templates("lt-00000000000000000"),
        instance_profiles: set("arn:aws:iam::1:instance-profile/none"),
        images: set("ami-00000000000000000"),
        instance_types: set("c6i.*"),
        key_pairs: set(""),
        ..Refs::default()
    }
}

fn told(found: &Catalogue) -> Vec<String> {
    let all = [
        found.vpcs.iter().map(|it| &it.id).collect::<Vec<_>>(),
        found.subnets.iter().map(|it| &it.id).collect(),
        found.security_groups.iter().map(|it| &it.id).collect(),
        found.launch_templates.iter().map(|it| &it.id).collect(),
        found.instance_profiles.iter().map(|it| &it.arn).collect(),
        found.images.iter().map(|it| &it.id).collect(),
        found.instance_types.iter().map(|it| &it.id).collect(),
        found.key_pairs.iter().map(|it| &it.name).collect(),
    ];
    all.concat().into_iter().cloned().collect()
}

#[tokio::test]
async fn what_is_named_is_told_once_and_nothing_else() {
    let moto = Moto::start().await;
    let made = make(&aws(moto.address).await).await;
    let door = Door::before(moto.address).await;
    let slurm = SlurmVersion {
        id: "25.05".into(),
        name: "Slurm 25.05".into(),
        end_of_life: "2027-01-01".into(),
        suspended_from: None,
        installed: true,
        has_accounting: false,
        has_rest: false,
    };
    let offers = Offers::new(aws(door.address).await, vec![slurm.clone()]);
    let known = refs(&made);
    let mut refs = unknown();
    refs.add(known.clone());
    let found = offers.resolve(&refs).await.unwrap();
    let wanted = [
        &made.vpc,
        &made.subnet,
        &made.group,
        &made.template,
        &made.profile,
        &made.image,
        &"c7g.4xlarge".to_owned(),
        &"key".to_owned(),
    ];
    assert_eq!(told(&found).iter().collect::<Vec<_>>(), wanted);
    assert_eq!(found.slurm_versions, [slurm]);

    let vpc = &found.vpcs[0];
    assert_eq!(
        (vpc.name.as_str(), vpc.cidr.as_str()),
        ("hpc", "10.7.0.0/16")
    );
    assert!(vpc.dns_hostnames && vpc.dns_resolution);
    assert_eq!(vpc.tenancy, "default");
    assert_eq!(vpc.default_security_group_id, made.default_group);
    let subnet = &found.subnets[0];
    assert_eq!((&subnet.vpc_id, subnet.free_addresses), (&made.vpc, 251));
    assert_eq!(subnet.zone_type, "availability-zone");
    let versions = &found.launch_templates[0].versions;
    assert_eq!(
        versions
            .iter()
            .map(|it| it.version.as_str())
            .collect::<Vec<_>>(),
        ["1", "2"]
    );
    assert_eq!(versions[0].image_id.as_ref(), Some(&made.image));
    assert_eq!(versions[0].security_group_ids, [made.group.as_str()]);
    let profile = &found.instance_profiles[0];
    assert_eq!(profile.role_name, "AWSPCS-nodes-role");
    assert_eq!(profile.role_path, "/aws-pcs/");
    let image = &found.images[0];
    assert_eq!(
        (image.architecture.as_str(), image.slurm_version.as_str()),
        ("arm64", "25.05")
    );
    let kind = &found.instance_types[0];
    assert_eq!((kind.vcpus, kind.cores, kind.memory_mib), (16, 16, 32_768));

    let asked = door.asked();
    let allowed: BTreeSet<&str> = actions()
        .iter()
        .filter_map(|it| it.split(':').nth(1))
        .collect();
    assert!(
        asked.iter().all(|it| allowed.contains(it.as_str())),
        "{asked:?}"
    );
    // One of each kind and of zones; one more of each template and profile, of the unknown type, of the VPC's default
    // group, and two of its attributes.
    assert!(asked.len() <= 16, "{asked:?}");
    let again = offers.resolve(&known).await.unwrap();
    assert_eq!(told(&again), told(&found));
    assert_eq!(door.asked(), [""; 0]);
}

fn query(kind: OfferKind, search: &str) -> OfferQuery {
    OfferQuery {
        search: search.into(),
        ..OfferQuery::first(kind)
    }
}

async fn all(offers: &Offers, first: OfferQuery) -> (usize, Vec<String>) {
    let (mut next, mut pages, mut together) = (Some(first), 0, vec![]);
    while let Some(query) = next {
        let OfferPage { offers, after } = offers.page(&query).await.unwrap();
        together.extend(told(&offers));
        pages += 1;
        next = after.map(|after| query.next(after));
    }
    (pages, together)
}

#[tokio::test]
async fn a_list_is_asked_for_once_and_told_page_by_page() {
    let moto = Moto::start().await;
    let account = aws(moto.address).await;
    let made = make(&account).await;
    let (other_vpc, _) = network(&account, "other", "10.8.0.0/16").await;
    let empty = RequestLaunchTemplateData::builder()
        .image_id("ami-1")
        .build();
    for number in 0..30 {
        template(&account, &format!("t{number:02}"), empty.clone()).await;
    }
    template(&account, "pcs-pcs_0123456789-do-not-delete", empty).await;

    let door = Door::before(moto.address).await;
    let offers = Offers::new(aws(door.address).await, vec![]);
    assert_eq!(offers.age(OfferKind::LaunchTemplate), None);
    let seven = OfferQuery {
        size: 7,
        ..query(OfferKind::LaunchTemplate, "")
    };
    let (pages, templates) = all(&offers, seven).await;
    assert_eq!((pages, templates.len()), (5, 31));
    assert_eq!(templates[0], made.template);
    let (_, one) = all(&offers, query(OfferKind::LaunchTemplate, "T1 t17")).await;
    assert_eq!(one.len(), 1);
    assert_eq!(door.asked(), ["DescribeLaunchTemplates"]);
    assert!(offers.age(OfferKind::LaunchTemplate).is_some());

    let (_, images) = all(&offers, query(OfferKind::Image, "slurm-25.05 arm64")).await;
    assert_eq!(images, [made.image.as_str()]);
    let (_, images) = all(&offers, query(OfferKind::Image, "")).await;
    assert_eq!(images, [made.image.as_str()]);
    assert_eq!(door.asked(), ["DescribeImages"; 3]);

    let within = |kind, vpc: &str| OfferQuery {
        vpc_id: Some(vpc.into()),
        ..query(kind, "")
    };
    let (_, subnets) = all(&offers, within(OfferKind::Subnet, &made.vpc)).await;
    assert_eq!(subnets, [made.subnet.as_str()]);
    let (_, groups) = all(&offers, within(OfferKind::SecurityGroup, &made.vpc)).await;
    assert_eq!(groups, [made.group.as_str(), &made.default_group]);
    let (_, vpcs) = all(&offers, query(OfferKind::Vpc, "other 10.8.")).await;
    assert_eq!(vpcs, [other_vpc.as_str()]);
    let page = offers.page(&query(OfferKind::Vpc, "hpc")).await.unwrap();
    assert!(page.offers.vpcs[0].dns_hostnames, "{page:?}");

    let (_, types) = all(&offers, query(OfferKind::InstanceType, "hpc7a. efa")).await;
    assert_eq!(types.first().map(String::as_str), Some("hpc7a.12xlarge"));
    let (_, profiles) = all(&offers, query(OfferKind::InstanceProfile, "nodes-role")).await;
    assert_eq!(profiles, [made.profile.as_str()]);
    let (_, keys) = all(&offers, query(OfferKind::KeyPair, "")).await;
    assert_eq!(keys, ["key"]);

    let asked = door.asked();
    let allowed: BTreeSet<&str> = actions()
        .iter()
        .filter_map(|it| it.split(':').nth(1))
        .collect();
    assert!(
        asked.iter().all(|it| allowed.contains(it.as_str())),
        "{asked:?}"
    );
}
