//! Where offers come from: the account's clients, and what is known of its region.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use openpcs_provider::ProviderError;

use super::cached::{Ages, Cached};
use crate::client::{Client, refused};

const DESCRIBE_ZONES: &str = "ec2:DescribeAvailabilityZones";
pub const ACTIONS: &[&str] = &[DESCRIBE_ZONES];

/// AWS opens a zone every few months.
const ZONES: Ages = Ages {
    fresh: Duration::from_secs(60 * 60),
    keep: Duration::from_secs(24 * 60 * 60),
};

/// The types of zones by their names.
pub type Zones = HashMap<String, String>;

pub struct Source {
    pub client: Client,
    zones: Arc<Cached<Zones>>,
}

impl Source {
    pub fn new(client: Client) -> Source {
        Source {
            client,
            zones: Arc::default(),
        }
    }

    /// Every zone of the region, also those that the account has not opted in to: a subnet of another account may be there.
    pub async fn zones(&self) -> Result<Arc<Zones>, ProviderError> {
        let ec2 = self.client.ec2.clone();
        let ask = async move || {
            let call = ec2
                .describe_availability_zones()
                .all_availability_zones(true);
            let found = call.send().await;
            let found = found.map_err(|error| refused(DESCRIBE_ZONES, error))?;
            let zones = found.availability_zones().iter();
            Ok(zones
                .filter_map(|zone| {
                    let kind = zone.zone_type().unwrap_or("availability-zone");
                    Some((zone.zone_name()?.to_owned(), kind.to_owned()))
                })
                .collect())
        };
        self.zones.get(ZONES, ask).await
    }
}
