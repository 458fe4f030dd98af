//! What a group owns, as its launches are told of it: a version of its derived launch template.

use std::collections::BTreeMap;

use app::model::attempt::Pool;
use app::model::group_settings::GroupSettings;
use openpcs_provider::{Batch, LaunchError};
use serde::{Deserialize, Serialize};

use crate::calls::fleet;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Owned {
    pub template_id: String,
    pub version: i64,
    /// Where its interfaces name their subnet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subnet_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spot_max_price: Option<String>,
    /// The zones of the group's subnets.
    #[serde(default)]
    pub zones: BTreeMap<String, String>,
    /// Its instances have a name that the customer gave them.
    #[serde(default)]
    pub has_name: bool,
}

impl Owned {
    /// From what [`super::Aws`] named when it made it.
    pub fn read(text: Option<&str>) -> Result<Owned, LaunchError> {
        let owned = text.and_then(|text| serde_json::from_str(text).ok());
        owned.ok_or_else(|| LaunchError::Refused {
            message: "The group's launch template is not made yet. The next attempt has it.".into(),
        })
    }

    /// For a batch: without the pools that rest.
    pub fn template(&self, batch: &Batch) -> fleet::Template<'_> {
        let group = &batch.settings;
        let rests = |pool: &Pool| batch.resting.iter().any(|one| one.pool == *pool);
        let has_some = |place: &&String| pools(group, place).iter().any(|pool| !rests(pool));
        let places = match &self.subnet_id {
            Some(own) => vec![own.clone()],
            None => {
                let places = group.subnet_ids.iter().filter(has_some);
                one_of_each_zone(places, &self.zones, &batch.token)
            }
        };
        let of_type = |name: &String| {
            let of_places = places.iter().map(|place| pool(group, name, place));
            of_places.filter(|pool| !rests(pool)).collect::<Vec<_>>()
        };
        fleet::Template {
            id: &self.template_id,
            version: self.version,
            pools: group.type_names().iter().flat_map(of_type).collect(),
            names_subnet: self.subnet_id.is_some(),
            spot_max_price: self.spot_max_price.as_deref(),
        }
    }
}

fn pool(group: &GroupSettings, name: &str, place: &str) -> Pool {
    Pool {
        instance_type: name.into(),
        place: Some(place.into()),
        purchase: group.purchase(),
    }
}

fn pools(group: &GroupSettings, place: &str) -> Vec<Pool> {
    let names = group.type_names().into_iter();
    names.map(|name| pool(group, &name, place)).collect()
}

/// EC2 refuses a fleet with two subnets of a zone ("duplicate instance pools": aws-samples/aws-plugin-for-slurm issue 19). Of
/// those the token chooses: the same in each try of a launch, and in the next launch perhaps the one that is not full.
fn one_of_each_zone<'a>(
    subnets: impl Iterator<Item = &'a String>,
    zones: &BTreeMap<String, String>,
    token: &str,
) -> Vec<String> {
    let mut by_zone: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
    for id in subnets {
        let zone = zones.get(id).unwrap_or(id);
        by_zone.entry(zone).or_default().push(id);
    }
    let number: usize = token.bytes().map(usize::from).sum();
    let chosen = by_zone.values().filter_map(|ids| {
        let at = number.checked_rem(ids.len())?;
        ids.get(at).map(|id| (*id).clone())
    });
    chosen.collect()
}

#[cfg(test)]
mod tests {
    use app::model::attempt::{RestingPool, listed};

    use super::*;

    #[test]
    fn a_launch_names_one_subnet_of_each_zone() {
        let subnets = ["s-1", "s-2", "s-3", "s-new"].map(str::to_owned);
        let zones = [("s-1", "a"), ("s-2", "b"), ("s-3", "a")];
        let zones = zones.map(|(id, zone)| (id.to_owned(), zone.to_owned()));
        let chosen =
            |token| one_of_each_zone(subnets.iter(), &zones.clone().into(), token).join(" ");
        // The letter `a` is 97, `b` is 98.
        assert_eq!(chosen("b"), "s-1 s-2 s-new");
        assert_eq!(chosen("a"), "s-3 s-2 s-new");
        assert_eq!(chosen("a"), chosen("a"));
    }

    #[test]
    fn pools_that_rest_are_left_out_and_a_subnet_of_such_is_not_chosen() {
        let zones = [("s-1", "a"), ("s-2", "b"), ("s-3", "a")];
        let owned = Owned {
            template_id: "lt-1".into(),
            version: 1,
            subnet_id: None,
            spot_max_price: None,
            zones: zones.map(|(id, zone)| (id.into(), zone.into())).into(),
            has_name: false,
        };
        let settings = serde_json::from_value(serde_json::json!({
            "instanceConfigs": [{"instanceType": "c6i.large"}, {"instanceType": "c6a.large"}],
            "scalingConfiguration": {"minInstanceCount": 0, "maxInstanceCount": 4},
            "subnetIds": ["s-1", "s-2", "s-3"], "iamInstanceProfileArn": "arn",
        }));
        let settings: GroupSettings = settings.unwrap();
        for (resting, expected) in [
            (
                &[][..],
                "c6i.large in s-1, c6i.large in s-2, c6a.large in s-1, c6a.large in s-2",
            ),
            (
                &[("c6i.large", "s-1")],
                "c6i.large in s-2, c6a.large in s-1, c6a.large in s-2",
            ),
            // Another subnet of the zone is there for it.
            (
                &[("c6i.large", "s-1"), ("c6a.large", "s-1")],
                "c6i.large in s-3, c6i.large in s-2, c6a.large in s-3, c6a.large in s-2",
            ),
            (
                &[
                    ("c6i.large", "s-1"),
                    ("c6a.large", "s-1"),
                    ("c6i.large", "s-3"),
                    ("c6a.large", "s-3"),
                ],
                "c6i.large in s-2, c6a.large in s-2",
            ),
        ] {
            let rest = |(of_type, place): &(&str, &str)| RestingPool {
                pool: pool(&settings, of_type, place),
                code: None,
                message: String::new(),
                until: 0,
            };
            let batch = Batch {
                // The letter `b` is 98.
                token: "b".into(),
                cluster_id: String::new(),
                compute_node_group_id: String::new(),
                instance_type: String::new(),
                settings: settings.clone(),
                slurm_version: String::new(),
                owned: None,
                nodes: vec![],
                resting: resting.iter().map(rest).collect(),
                lease: None,
            };
            assert_eq!(listed(&owned.template(&batch).pools), expected);
        }
    }
}
