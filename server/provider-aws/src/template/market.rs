//! How instances are bought (N8), and reservations (A2, A4).
//!
//! Spot is bought by the fleet that is asked for, not by its template. For a Capacity Block it is the other way round: the
//! template says so and names the reservation. AWS PCS takes a reservation's own id there only, where EC2 wants it ("you must
//! specify the Capacity Block reservation ID when launching instances": EC2 user guide, "Launch instances using Capacity
//! Blocks"). A block that has not begun is told as a lack of capacity ("Tutorial: Configure your EC2 Fleet to launch instances
//! into Capacity Blocks"), so that its launches are tried again until it has.

use app::model::compute_node_group::{GroupSettings, PurchaseOption};
use aws_sdk_ec2::types::{
    CapacityReservationTarget, LaunchTemplateInstanceMarketOptionsRequest, MarketType,
    RequestLaunchTemplateData,
};

use super::Review;

const TARGET: &str =
    "LaunchTemplateData.CapacityReservationSpecification.CapacityReservationTarget";

/// No reservation by its own id, a group of them is fine; a block is one reservation.
pub(super) fn reservation(
    data: &RequestLaunchTemplateData,
    group: &GroupSettings,
    review: &mut Review,
) {
    let target = target(data);
    let is_block = group.purchase() == PurchaseOption::CapacityBlock;
    if target.is_some_and(|target| target.capacity_reservation_id.is_some()) && !is_block {
        review.refuse(
            format!("{TARGET}.CapacityReservationId"),
            "A capacity reservation by its own id is not taken.",
            "Add it to a resource group, and name that in CapacityReservationResourceGroupArn.",
        );
    }
    if market(group).is_some() && target.is_none() {
        review.refuse(
            TARGET,
            "Nothing says into which capacity reservation the instances go.",
            "Name it in the launch template.",
        );
    }
}

fn target(data: &RequestLaunchTemplateData) -> Option<&CapacityReservationTarget> {
    let reservation = data.capacity_reservation_specification.as_ref()?;
    reservation.capacity_reservation_target.as_ref()
}

/// What a template has to say of the market.
fn market(group: &GroupSettings) -> Option<MarketType> {
    match group.purchase() {
        PurchaseOption::Ondemand | PurchaseOption::Spot => None,
        PurchaseOption::CapacityBlock => Some(MarketType::CapacityBlock),
        PurchaseOption::InterruptibleCapacityReservation => {
            Some(MarketType::InterruptibleCapacityReservation)
        }
    }
}

/// The template may say what the group's purchase option says, and nothing else. The answer is the most that the customer
/// pays for spot, if the template says so.
pub(super) fn purchase(
    data: &mut RequestLaunchTemplateData,
    group: &GroupSettings,
    review: &mut Review,
) -> Option<String> {
    let said = data.instance_market_options.take();
    let market_type = said.as_ref().and_then(|said| said.market_type.clone());
    let (fits, option) = match group.purchase() {
        PurchaseOption::Ondemand => (MarketType::OnDemand, "ONDEMAND"),
        PurchaseOption::Spot => (MarketType::Spot, "SPOT"),
        PurchaseOption::CapacityBlock => (MarketType::CapacityBlock, "CAPACITY_BLOCK"),
        PurchaseOption::InterruptibleCapacityReservation => (
            MarketType::InterruptibleCapacityReservation,
            "INTERRUPTIBLE_CAPACITY_RESERVATION",
        ),
    };
    if let Some(other) = market_type.filter(|said| *said != fits) {
        review.refuse(
            "LaunchTemplateData.InstanceMarketOptions.MarketType",
            format!("It is {other}, and the group's purchaseOption {option}."),
            "Set the purchaseOption that is meant, or take InstanceMarketOptions out of the template.",
        );
    }
    data.instance_market_options = market(group).map(|market| {
        LaunchTemplateInstanceMarketOptionsRequest::builder()
            .market_type(market)
            .build()
    });
    let spot = said.filter(|_| fits == MarketType::Spot)?.spot_options?;
    spot.max_price
}
