//! Instances by an instant fleet: one call, one answer, and with the instances why there are not more of them.
//!
//! Sources: the EC2 API reference, `CreateFleet`; the EC2 user guide, "Instant fleets".

use app::model::compute_node_group::{GroupSettings, PurchaseOption};
use app::model::group_settings::SpotAllocationStrategy as Strategy;
use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{
    CreateFleetError, DefaultTargetCapacityType, FleetLaunchTemplateConfigRequest,
    FleetLaunchTemplateOverridesRequest, FleetLaunchTemplateSpecificationRequest,
    FleetOnDemandAllocationStrategy, FleetReservationType, FleetType, OnDemandOptionsRequest,
    ReservedCapacityOptionsRequest, ResourceType, SpotAllocationStrategy, SpotOptionsRequest, Tag,
    TagSpecification, TargetCapacitySpecificationRequest,
};

use super::CallError;

/// The actions of IAM that it needs: EC2 asks for those of the launch and of the role that the instances get as well.
pub const ACTIONS: &[&str] = &[
    "ec2:CreateFleet",
    "ec2:CreateTags",
    "ec2:RunInstances",
    "iam:PassRole",
];

/// What a launch names of what its group owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template<'a> {
    pub id: &'a str,
    pub version: i64,
    /// Of different zones: EC2 takes no two pools of a type in a zone. None where its interfaces name theirs.
    pub subnet_ids: Vec<String>,
    pub spot_max_price: Option<&'a str>,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub configs: FleetLaunchTemplateConfigRequest,
    pub purchase: PurchaseOption,
    pub spot: Option<Strategy>,
    pub tags: Vec<(String, String)>,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// In order, each once.
    pub instance_ids: Vec<String>,
    pub errors: Vec<PoolError>,
}

/// Why a pool, a type in a subnet, gave no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolError {
    pub pool: String,
    pub code: Option<String>,
    pub message: String,
}

/// What the instances of a group are asked for by.
pub fn request(
    group: &GroupSettings,
    template: &Template<'_>,
    tags: Vec<(String, String)>,
) -> Request {
    let named = FleetLaunchTemplateSpecificationRequest::builder()
        .launch_template_id(template.id)
        .version(template.version.to_string())
        .build();
    let configs = FleetLaunchTemplateConfigRequest::builder()
        .launch_template_specification(named)
        .set_overrides(Some(overrides(group, template)))
        .build();
    let spot = group.spot_options.as_ref();
    Request {
        configs,
        purchase: group.purchase(),
        spot: spot.and_then(|spot| spot.allocation_strategy),
        tags,
    }
}

/// Each type in each subnet, the types in the order in which the group prefers them.
fn overrides(
    group: &GroupSettings,
    template: &Template<'_>,
) -> Vec<FleetLaunchTemplateOverridesRequest> {
    let is_spot = group.purchase() == PurchaseOption::Spot;
    let by_preference = group.purchase() == PurchaseOption::Ondemand;
    let subnets: Vec<Option<&String>> = match template.subnet_ids.is_empty() {
        true => vec![None],
        false => template.subnet_ids.iter().map(Some).collect(),
    };
    let mut overrides = vec![];
    for (place, name) in group.type_names().into_iter().enumerate() {
        for subnet in &subnets {
            let price = template.spot_max_price.filter(|_| is_spot);
            let one = FleetLaunchTemplateOverridesRequest::builder()
                .instance_type(name.as_str().into())
                .set_subnet_id(subnet.cloned())
                .set_priority(by_preference.then_some(place as f64))
                .set_max_price(price.map(str::to_owned))
                .build();
            overrides.push(one);
        }
    }
    overrides
}

/// So many of what is asked for. The same token and the same words get the same answer, as long as EC2 remembers.
pub async fn create(
    client: &Client,
    request: &Request,
    token: &str,
    count: usize,
) -> Result<Answer, CallError> {
    let capacity = TargetCapacitySpecificationRequest::builder()
        // A batch has a few hundred at most.
        .total_target_capacity(i32::try_from(count).unwrap_or(i32::MAX))
        .default_target_capacity_type(capacity_type(request.purchase))
        .build();
    let call = client
        .create_fleet()
        .client_token(token)
        .r#type(FleetType::Instant)
        .launch_template_configs(request.configs.clone())
        .target_capacity_specification(capacity)
        .set_on_demand_options(on_demand(request.purchase))
        .set_spot_options(spot(request))
        .set_reserved_capacity_options(reserved(request.purchase))
        .tag_specifications(tagged(&request.tags));
    let answer = call.send().await;
    let answer = answer.map_err(|error| CallError::of("CreateFleet", error))?;
    let instances = answer.instances.unwrap_or_default().into_iter();
    let mut instance_ids: Vec<String> = instances
        .flat_map(|instance| instance.instance_ids.unwrap_or_default())
        .collect();
    instance_ids.sort_unstable();
    instance_ids.dedup();
    let errors = answer.errors.unwrap_or_default();
    Ok(Answer {
        instance_ids,
        errors: errors.into_iter().map(pool_error).collect(),
    })
}

fn capacity_type(purchase: PurchaseOption) -> DefaultTargetCapacityType {
    match purchase {
        PurchaseOption::Ondemand => DefaultTargetCapacityType::OnDemand,
        PurchaseOption::Spot => DefaultTargetCapacityType::Spot,
        PurchaseOption::CapacityBlock => DefaultTargetCapacityType::CapacityBlock,
        PurchaseOption::InterruptibleCapacityReservation => {
            DefaultTargetCapacityType::ReservedCapacity
        }
    }
}

fn on_demand(purchase: PurchaseOption) -> Option<OnDemandOptionsRequest> {
    let options = OnDemandOptionsRequest::builder()
        .allocation_strategy(FleetOnDemandAllocationStrategy::Prioritized)
        .build();
    (purchase == PurchaseOption::Ondemand).then_some(options)
}

fn spot(request: &Request) -> Option<SpotOptionsRequest> {
    let strategy = match request.spot {
        Some(Strategy::LowestPrice) => SpotAllocationStrategy::LowestPrice,
        Some(Strategy::CapacityOptimized) => SpotAllocationStrategy::CapacityOptimized,
        Some(Strategy::PriceCapacityOptimized) | None => {
            SpotAllocationStrategy::PriceCapacityOptimized
        }
    };
    let options = SpotOptionsRequest::builder()
        .allocation_strategy(strategy)
        .build();
    (request.purchase == PurchaseOption::Spot).then_some(options)
}

fn reserved(purchase: PurchaseOption) -> Option<ReservedCapacityOptionsRequest> {
    let options = ReservedCapacityOptionsRequest::builder()
        .reservation_types(FleetReservationType::InterruptibleCapacityReservation)
        .build();
    (purchase == PurchaseOption::InterruptibleCapacityReservation).then_some(options)
}

fn tagged(tags: &[(String, String)]) -> TagSpecification {
    let tag = |(key, value): &(String, String)| Tag::builder().key(key).value(value).build();
    TagSpecification::builder()
        .resource_type(ResourceType::Instance)
        .set_tags(Some(tags.iter().map(tag).collect()))
        .build()
}

fn pool_error(error: CreateFleetError) -> PoolError {
    let named = error.launch_template_and_overrides;
    let overrides = named.and_then(|named| named.overrides);
    let of_type = overrides.as_ref().and_then(|it| it.instance_type.as_ref());
    let place = overrides.as_ref().and_then(|it| {
        let zone = it.availability_zone.as_deref();
        it.subnet_id.as_deref().or(zone)
    });
    let pool = match (of_type.map(|it| it.as_str()), place) {
        (Some(of_type), Some(place)) => format!("{of_type} in {place}"),
        (Some(of_type), None) => of_type.to_owned(),
        (None, Some(place)) => place.to_owned(),
        (None, None) => "the group's types and subnets".to_owned(),
    };
    PoolError {
        pool,
        message: error
            .error_message
            .unwrap_or_else(|| "EC2 does not say why.".into()),
        code: error.error_code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn group(purchase: Value) -> GroupSettings {
        let mut value = json!({
            "instanceConfigs": [{"instanceType": "c6i.large"}, {"instanceType": "c6a.large"}],
            "scalingConfiguration": {"minInstanceCount": 0, "maxInstanceCount": 4},
            "subnetIds": ["subnet-1", "subnet-2"], "iamInstanceProfileArn": "arn",
        });
        let members = value.as_object_mut().unwrap();
        members.extend(purchase.as_object().unwrap().clone());
        serde_json::from_value(value).unwrap()
    }

    fn template(subnets: &[&str]) -> Template<'static> {
        Template {
            id: "lt-1",
            version: 3,
            subnet_ids: subnets.iter().map(|id| (*id).to_owned()).collect(),
            spot_max_price: Some("0.5"),
        }
    }

    fn told(request: &Request) -> Vec<String> {
        let overrides = request.configs.overrides().iter();
        let told = overrides.map(|it| {
            format!(
                "{} {} {:?} {}",
                it.instance_type().unwrap(),
                it.subnet_id().unwrap_or("-"),
                it.priority(),
                it.max_price().unwrap_or("-")
            )
        });
        told.collect()
    }

    #[test]
    fn each_type_in_each_subnet_by_preference() {
        let asked = request(
            &group(json!({})),
            &template(&["subnet-1", "subnet-2"]),
            vec![],
        );
        assert_eq!(
            told(&asked),
            [
                "c6i.large subnet-1 Some(0.0) -",
                "c6i.large subnet-2 Some(0.0) -",
                "c6a.large subnet-1 Some(1.0) -",
                "c6a.large subnet-2 Some(1.0) -",
            ]
        );
        let named = asked.configs.launch_template_specification().unwrap();
        assert_eq!(
            (named.launch_template_id(), named.version()),
            (Some("lt-1"), Some("3"))
        );
        assert_eq!(spot(&asked), None);
        // The interfaces of the template are in a subnet already.
        let asked = request(&group(json!({})), &template(&[]), vec![]);
        assert_eq!(
            told(&asked),
            ["c6i.large - Some(0.0) -", "c6a.large - Some(1.0) -"]
        );
    }

    #[test]
    fn bought_as_the_group_says() {
        for (said, capacity, strategy, is_on_demand, is_reserved) in [
            (json!({}), "on-demand", None, true, false),
            (
                json!({"purchaseOption": "SPOT"}),
                "spot",
                Some("price-capacity-optimized"),
                false,
                false,
            ),
            (
                json!({"purchaseOption": "SPOT", "spotOptions": {"allocationStrategy": "lowest-price"}}),
                "spot",
                Some("lowest-price"),
                false,
                false,
            ),
            (
                json!({"purchaseOption": "SPOT", "spotOptions": {"allocationStrategy": "capacity-optimized"}}),
                "spot",
                Some("capacity-optimized"),
                false,
                false,
            ),
            (
                json!({"purchaseOption": "CAPACITY_BLOCK"}),
                "capacity-block",
                None,
                false,
                false,
            ),
            (
                json!({"purchaseOption": "INTERRUPTIBLE_CAPACITY_RESERVATION"}),
                "reserved-capacity",
                None,
                false,
                true,
            ),
        ] {
            let asked = request(
                &group(said.clone()),
                &template(&["subnet-1", "subnet-2"]),
                vec![],
            );
            assert_eq!(capacity_type(asked.purchase).as_str(), capacity, "{said}");
            let options = spot(&asked);
            let told = options.as_ref().and_then(|it| it.allocation_strategy());
            assert_eq!(told.map(|it| it.as_str()), strategy, "{said}");
            assert_eq!(on_demand(asked.purchase).is_some(), is_on_demand, "{said}");
            assert_eq!(reserved(asked.purchase).is_some(), is_reserved, "{said}");
            let price = asked.configs.overrides()[0].max_price();
            assert_eq!(price.is_some(), strategy.is_some(), "{said}");
        }
    }
}
