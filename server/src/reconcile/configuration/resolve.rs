//! Groups of a release that did not keep what their types are: the provider is asked once, and what it says is kept.

use app::model::catalogue::InstanceType;
use app::model::refs::Refs;

use super::Parts;
use crate::db::compute_node_group::{ComputeNodeGroupRow, ComputeNodeGroupSpec};
use crate::db::resource;

/// Puts down what is missing. What is offered no more stays so: the configuration with it in says that.
pub async fn missing(parts: &Parts, groups: &mut [ComputeNodeGroupRow]) -> anyhow::Result<()> {
    let names: Vec<String> = groups.iter().flat_map(unresolved).collect();
    if names.is_empty() {
        return Ok(());
    }
    let offers = parts.provider.resolve(&Refs::of_types(names)).await?;
    let learnt = learn(groups, &offers.instance_types);
    if learnt.is_empty() {
        return Ok(());
    }
    let mut write = parts.db.write().await?;
    for group in learnt {
        // Not written if somebody has just changed it: then it is looked at again.
        resource::update(&mut write, group, false).await?;
    }
    Ok(write.commit().await?)
}

/// The groups that now know more.
fn learn<'a>(
    groups: &'a mut [ComputeNodeGroupRow],
    offered: &[InstanceType],
) -> Vec<&'a ComputeNodeGroupRow> {
    let mut learnt = vec![];
    for group in groups {
        let known = resolved(group, offered);
        if known != *group {
            *group = known;
            learnt.push(&*group);
        }
    }
    learnt
}

fn specs(row: &ComputeNodeGroupRow) -> impl Iterator<Item = &ComputeNodeGroupSpec> {
    [&row.spec].into_iter().chain(&row.applied_spec)
}

/// The types of a group that does not know what they are.
fn unresolved(row: &ComputeNodeGroupRow) -> Vec<String> {
    let unresolved = specs(row).filter(|spec| spec.made_as().is_none());
    unresolved
        .flat_map(|spec| spec.settings.type_names())
        .collect()
}

fn resolved(row: &ComputeNodeGroupRow, offered: &[InstanceType]) -> ComputeNodeGroupRow {
    let mut row = row.clone();
    row.spec.resolve(offered);
    if let Some(applied) = &mut row.applied_spec {
        applied.resolve(offered);
    }
    row
}

#[cfg(test)]
mod tests {
    use app::model::compute_node_group::InstanceConfig;
    use app::model::status::Status;

    use super::*;
    use crate::db::compute_node_group::tests::{kind, row};

    #[test]
    fn what_a_group_wants_and_what_it_has_are_resolved_once() {
        let mut group = row("compute", 2, Status::Updating);
        let config = InstanceConfig {
            instance_type: Some("a".into()),
        };
        group.spec.settings.instance_configs = vec![config];
        group.applied_spec = Some(group.spec.clone());
        assert_eq!(unresolved(&group), ["a", "a"]);
        let offered = [kind("a", 4)];
        let known = resolved(&group, &offered);
        assert!(specs(&known).all(|spec| spec.made_as() == Some(&offered[0])));
        assert_eq!(unresolved(&known), [""; 0]);
        // Nothing to write down of what is not offered, nor of what is known.
        let mut groups = [group, known.clone()];
        assert!(learn(&mut groups, &[]).is_empty());
        assert_eq!(learn(&mut groups, &offered), [&known]);
        assert!(learn(&mut groups, &offered).is_empty());
    }
}
