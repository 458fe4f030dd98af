//! Instances by an instant fleet: one call, one answer, and with the instances why there are not more of them.
//!
//! Sources: the EC2 API reference, `CreateFleet`; the EC2 user guide, "Instant fleets".

use app::model::attempt::Pool;
use app::model::compute_node_group::{GroupSettings, PurchaseOption};
use app::model::group_settings::SpotAllocationStrategy as Strategy;
use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{
    CreateFleetError, DefaultTargetCapacityType, FleetLaunchTemplateConfigRequest,
    FleetLaunchTemplateOverridesRequest, FleetLaunchTemplateSpecificationRequest,
    FleetOnDemandAllocationStrategy, FleetReservationType, FleetType,
    LaunchTemplateAndOverridesResponse, OnDemandOptionsRequest, ReservedCapacityOptionsRequest,
    ResourceType, SpotAllocationStrategy, SpotOptionsRequest, Tag, TagSpecification,
    TargetCapacitySpecificationRequest,
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
    /// By preference, of a type no two in a zone: EC2 takes no others.
    pub pools: Vec<Pool>,
    /// Its interfaces are in a subnet already.
    pub names_subnet: bool,
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
    /// Where they are from.
    pub gave: Vec<Named>,
    pub errors: Vec<FleetError>,
}

/// A pool as EC2 names it, perhaps in part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    pub instance_type: Option<String>,
    pub subnet: Option<String>,
    pub zone: Option<String>,
}

/// Why a pool gave no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetError {
    pub named: Named,
    pub code: Option<String>,
    pub message: String,
}

impl Request {
    /// By which EC2 chooses among the pools; it has none for capacity that is reserved.
    pub fn strategy(&self) -> Option<String> {
        let on_demand = on_demand(self.purchase).and_then(|it| it.allocation_strategy);
        let spot = spot(self).and_then(|it| it.allocation_strategy);
        let on_demand = on_demand.map(|it| it.as_str().to_owned());
        on_demand.or(spot.map(|it| it.as_str().to_owned()))
    }
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

/// Each pool, with the place of its type among those that the group prefers.
fn overrides(
    group: &GroupSettings,
    template: &Template<'_>,
) -> Vec<FleetLaunchTemplateOverridesRequest> {
    let is_spot = group.purchase() == PurchaseOption::Spot;
    let by_preference = group.purchase() == PurchaseOption::Ondemand;
    let names = group.type_names();
    let price = template.spot_max_price.filter(|_| is_spot);
    let one = |pool: &Pool| {
        let place = names.iter().position(|name| *name == pool.instance_type);
        let subnet = pool.place.clone().filter(|_| !template.names_subnet);
        FleetLaunchTemplateOverridesRequest::builder()
            .instance_type(pool.instance_type.as_str().into())
            .set_subnet_id(subnet)
            .set_priority(place.filter(|_| by_preference).map(|place| place as f64))
            .set_max_price(price.map(str::to_owned))
            .build()
    };
    template.pools.iter().map(one).collect()
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
    let (mut instance_ids, mut gave) = (vec![], vec![]);
    for instance in answer.instances.unwrap_or_default() {
        let mut from = named(instance.launch_template_and_overrides.as_ref());
        let of_type = instance.instance_type.map(|it| it.as_str().to_owned());
        from.instance_type = of_type.or(from.instance_type);
        if !gave.contains(&from) {
            gave.push(from);
        }
        instance_ids.extend(instance.instance_ids.unwrap_or_default());
    }
    instance_ids.sort_unstable();
    instance_ids.dedup();
    let errors = answer.errors.unwrap_or_default();
    Ok(Answer {
        instance_ids,
        gave,
        errors: errors.into_iter().map(fleet_error).collect(),
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

fn named(of: Option<&LaunchTemplateAndOverridesResponse>) -> Named {
    let overrides = of.and_then(|of| of.overrides.as_ref());
    let of_type = overrides.and_then(|it| it.instance_type.as_ref());
    Named {
        instance_type: of_type.map(|it| it.as_str().to_owned()),
        subnet: overrides.and_then(|it| it.subnet_id.clone()),
        zone: overrides.and_then(|it| it.availability_zone.clone()),
    }
}

fn fleet_error(error: CreateFleetError) -> FleetError {
    FleetError {
        named: named(error.launch_template_and_overrides.as_ref()),
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

    const SUBNETS: [&str; 2] = ["subnet-1", "subnet-2"];

    fn template(group: &GroupSettings, names_subnet: bool) -> Template<'static> {
        let places = SUBNETS.iter().take(if names_subnet { 1 } else { 2 });
        let types = group.type_names().into_iter();
        let pools = types.flat_map(|of_type| {
            places.clone().map(move |place| Pool {
                instance_type: of_type.clone(),
                place: Some((*place).to_owned()),
                purchase: group.purchase(),
            })
        });
        Template {
            id: "lt-1",
            version: 3,
            pools: pools.collect(),
            names_subnet,
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
        let group = group(json!({}));
        let asked = request(&group, &template(&group, false), vec![]);
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
        let asked = request(&group, &template(&group, true), vec![]);
        assert_eq!(
            told(&asked),
            ["c6i.large - Some(0.0) -", "c6a.large - Some(1.0) -"]
        );
    }

    #[test]
    fn a_pool_that_is_left_out_leaves_the_others_their_rank() {
        let group = group(json!({}));
        let mut template = template(&group, false);
        template.pools.drain(..3);
        let asked = request(&group, &template, vec![]);
        assert_eq!(told(&asked), ["c6a.large subnet-2 Some(1.0) -"]);
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
            let group = group(said.clone());
            let asked = request(&group, &template(&group, false), vec![]);
            let chosen = strategy.or(is_on_demand.then_some("prioritized"));
            assert_eq!(asked.strategy().as_deref(), chosen, "{said}");
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
