//! Capacity reservations and Capacity Blocks, which launch templates name by their ids (N8).

use std::collections::BTreeSet;

use app::model::catalogue::CapacityReservation;
use aws_sdk_ec2::error::ProvideErrorMetadata as _;
use aws_sdk_ec2::primitives::{DateTime, DateTimeFormat};
use aws_sdk_ec2::types;
use openpcs_provider::ProviderError;

use super::kind::{Kind, one_by_one, text};
use super::source::Source;
use crate::client::{Client, refused};

const DESCRIBE: &str = "ec2:DescribeCapacityReservations";

/// What EC2 says of an id that no reservation has.
const NONE_SUCH: [&str; 2] = [
    "InvalidCapacityReservationId.NotFound",
    "InvalidCapacityReservationId.Malformed",
];

impl Kind for CapacityReservation {
    const ACTIONS: &'static [&'static str] = &[DESCRIBE];

    fn key(&self) -> &str {
        &self.id
    }

    /// One by one: of several ids AWS tells all or none, and no filter is by id.
    async fn named(
        source: &Source,
        names: &BTreeSet<String>,
    ) -> Result<Vec<CapacityReservation>, ProviderError> {
        one_by_one(names.clone(), |id| by_id(&source.client, id)).await
    }
}

async fn by_id(client: &Client, id: String) -> Result<Option<CapacityReservation>, ProviderError> {
    let call = client.ec2.describe_capacity_reservations();
    match call.capacity_reservation_ids(id).send().await {
        Ok(found) => Ok(found.capacity_reservations().first().map(reservation)),
        Err(error) if error.code().is_some_and(|code| NONE_SUCH.contains(&code)) => Ok(None),
        Err(error) => Err(refused(DESCRIBE, error)),
    }
}

fn reservation(found: &types::CapacityReservation) -> CapacityReservation {
    let count = |number: Option<i32>| i64::from(number.unwrap_or_default());
    CapacityReservation {
        id: text(found.capacity_reservation_id()),
        instance_type: text(found.instance_type()),
        availability_zone: text(found.availability_zone()),
        state: text(found.state().map(|it| it.as_str())),
        total: count(found.total_instance_count()),
        free: count(found.available_instance_count()),
        begins: time(found.start_date()),
        ends: time(found.end_date()),
    }
}

fn time(of: Option<&DateTime>) -> Option<String> {
    of?.fmt(DateTimeFormat::DateTime).ok()
}
