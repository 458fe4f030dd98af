//! What a group owns, as its launches are told of it: a version of its derived launch template.

use std::collections::BTreeMap;

use openpcs_provider::LaunchError;
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

    /// For a launch under this token.
    pub fn template(&self, group_subnets: &[String], token: &str) -> fleet::Template<'_> {
        let subnet_ids = match self.subnet_id {
            Some(_) => vec![],
            None => one_of_each_zone(group_subnets, &self.zones, token),
        };
        fleet::Template {
            id: &self.template_id,
            version: self.version,
            subnet_ids,
            spot_max_price: self.spot_max_price.as_deref(),
        }
    }
}

/// EC2 refuses a fleet with two subnets of a zone ("duplicate instance pools": aws-samples/aws-plugin-for-slurm issue 19). Of
/// those the token chooses: the same in each try of a launch, and in the next launch perhaps the one that is not full.
fn one_of_each_zone(
    subnets: &[String],
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
    use super::*;

    #[test]
    fn a_launch_names_one_subnet_of_each_zone() {
        let subnets = ["s-1", "s-2", "s-3", "s-new"].map(str::to_owned);
        let zones = [("s-1", "a"), ("s-2", "b"), ("s-3", "a")];
        let zones = zones.map(|(id, zone)| (id.to_owned(), zone.to_owned()));
        let chosen = |token| one_of_each_zone(&subnets, &zones.clone().into(), token).join(" ");
        // The letter `a` is 97, `b` is 98.
        assert_eq!(chosen("b"), "s-1 s-2 s-new");
        assert_eq!(chosen("a"), "s-3 s-2 s-new");
        assert_eq!(chosen("a"), chosen("a"));
    }
}
