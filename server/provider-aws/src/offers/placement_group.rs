//! Placement groups, which launch templates name by their names.

use std::collections::BTreeSet;

use app::model::catalogue::PlacementGroup;
use openpcs_provider::ProviderError;

use super::kind::{Kind, filter, text};
use super::source::Source;
use crate::client::refused;

const DESCRIBE: &str = "ec2:DescribePlacementGroups";

impl Kind for PlacementGroup {
    const ACTIONS: &'static [&'static str] = &[DESCRIBE];

    fn key(&self) -> &str {
        &self.name
    }

    /// AWS tells all of them at once: there are no pages.
    async fn named(
        source: &Source,
        names: &BTreeSet<String>,
    ) -> Result<Vec<PlacementGroup>, ProviderError> {
        let call = source.client.ec2.describe_placement_groups();
        let found = call.filters(filter("group-name", names)).send().await;
        let found = found.map_err(|error| refused(DESCRIBE, error))?;
        let groups = found.placement_groups().iter();
        Ok(groups
            .map(|group| PlacementGroup {
                name: text(group.group_name()),
                strategy: text(group.strategy().map(|it| it.as_str())),
                state: text(group.state().map(|it| it.as_str())),
            })
            .collect())
    }
}
