//! Groups of a release that did not keep what their types are: the provider is asked once, and what it says is kept. A
//! group whose type is offered no more is told so, and holds up no other.

use std::collections::BTreeMap;

use app::model::catalogue::InstanceType;
use app::model::refs::Refs;
use app::model::status::Status;

use super::Parts;
use crate::db::compute_node_group::{ComputeNodeGroupRow, ComputeNodeGroupSpec};
use crate::db::resource;
use crate::plan::configuration::outcome::{Refusal, knows_type_gone};
use crate::plan::configuration::rows::is_pending;

/// Puts down what is missing, as far as it is offered.
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

/// The groups whose type is gone and that change, or were not told yet.
pub fn type_gone(groups: &[ComputeNodeGroupRow]) -> BTreeMap<String, Refusal> {
    let is_news = |row: &&ComputeNodeGroupRow| {
        let is_used = matches!(row.status, Status::Active | Status::UpdateFailed);
        is_pending(row.status) || (is_used && !knows_type_gone(row))
    };
    let gone = groups.iter().filter(|row| row.spec.made_as().is_none());
    let refused = gone.filter(is_news).map(|row| {
        let instance_type = row.spec.instance_type().to_owned();
        (row.id.clone(), Refusal::TypeGone(instance_type))
    });
    refused.collect()
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
    use app::explain::What;
    use app::model::compute_node_group::InstanceConfig;

    use super::*;
    use crate::db::compute_node_group::tests::{kind, row};
    use crate::plan::configuration::outcome::Outcome;

    #[test]
    fn a_type_that_is_gone_is_told_once_to_its_group_alone() {
        for (status, is_told) in [
            (Status::Creating, true),
            (Status::Active, true),
            (Status::Updating, true),
            (Status::UpdateFailed, true),
            (Status::CreateFailed, false),
            (Status::Deleting, false),
        ] {
            let config = InstanceConfig {
                instance_type: Some("a".into()),
            };
            let mut gone = row("gone", 1, status);
            gone.spec.settings.instance_configs = vec![config];
            let mut other = gone.clone();
            (other.id, other.spec.instance_types) = ("other".into(), vec![kind("a", 1)]);
            let told = type_gone(&[gone.clone(), other]);
            let id = (&gone.id, &Refusal::TypeGone("a".into()));
            assert_eq!(
                told.iter().collect::<Vec<_>>(),
                Vec::from_iter(is_told.then_some(id))
            );
            let refused = told.iter().map(|(id, why)| (id.as_str(), why.clone()));
            let outcome = Outcome {
                refused: refused.collect(),
                ..Outcome::default()
            };
            let (again, _) = outcome
                .settled(&gone)
                .unwrap_or((gone, What::ControllerKilled {}));
            assert!(type_gone(&[again]).is_empty(), "{status}");
        }
    }

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
