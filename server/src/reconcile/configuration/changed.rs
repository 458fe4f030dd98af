//! Which settings the changes that are tried bring: a refusal must be about one of them.

use std::collections::BTreeSet;
use std::path::Path;

use app::model::setting::SlurmCustomSetting;

use crate::db::cluster::ClusterSpec;
use crate::db::compute_node_group::ComputeNodeGroupSpec;
use crate::db::queue::QueueSpec;
use crate::db::resource::Row;
use crate::plan::configuration::rows::Rows;
use crate::slurm::job_user::JobUser;
use crate::slurm::settings::{Scope, program};

/// What runs before and after each job on its nodes.
const JOB_SCRIPTS: [&str; 2] = ["prolog", "epilog"];

/// The lists of one tried row: as they are to be, and as they are in force.
#[derive(Clone, Copy)]
struct Lists<'a> {
    scope: Scope,
    new: &'a [SlurmCustomSetting],
    old: &'a [SlurmCustomSetting],
}

impl<'a> Lists<'a> {
    /// What is not in force, or with another value.
    fn fresh(self) -> impl Iterator<Item = (Scope, &'a SlurmCustomSetting)> {
        let fresh = self
            .new
            .iter()
            .filter(move |given| !self.old.contains(given));
        fresh.map(move |given| (self.scope, given))
    }
}

/// The settings that the tried rows have now and not in force, or with another value.
pub fn settings<'a>(
    rows: &'a Rows,
    tried: &BTreeSet<&str>,
) -> Vec<(Scope, &'a SlurmCustomSetting)> {
    let lists = lists(rows, tried).into_iter();
    lists.flat_map(Lists::fresh).collect()
}

/// Whether settings change, come or go that may decide whether a node can run jobs, or another version is to.
pub fn concerns_nodes(rows: &Rows, tried: &BTreeSet<&str>) -> bool {
    let is_upgrade = rows.cluster.upgrade().is_some() && tried.contains(rows.cluster.id.as_str());
    is_upgrade
        || lists(rows, tried)
            .iter()
            .any(|lists| lists.scope != Scope::Queue && lists.new != lists.old)
}

fn lists<'a>(rows: &'a Rows, tried: &BTreeSet<&str>) -> Vec<Lists<'a>> {
    let cluster = std::slice::from_ref(&rows.cluster);
    let mut all = of_tried(Scope::Cluster, cluster, tried, |spec: &ClusterSpec| {
        spec.slurm.slurm_custom_settings.as_ref()
    });
    all.extend(of_tried(
        Scope::NodeGroup,
        &rows.groups,
        tried,
        |spec: &ComputeNodeGroupSpec| spec.settings.slurm_settings(),
    ));
    all.extend(of_tried(
        Scope::Queue,
        &rows.queues,
        tried,
        |spec: &QueueSpec| spec.slurm.as_ref()?.slurm_custom_settings.as_ref(),
    ));
    all
}

/// Those of one noun; `of` finds the list in its spec.
fn of_tried<'a, S>(
    scope: Scope,
    rows: &'a [Row<S>],
    tried: &BTreeSet<&str>,
    of: fn(&S) -> Option<&Vec<SlurmCustomSetting>>,
) -> Vec<Lists<'a>> {
    let slice = |spec: Option<&'a S>| spec.and_then(of).map_or(&[][..], Vec::as_slice);
    let tried = rows.iter().filter(|row| tried.contains(row.id.as_str()));
    let lists = tried.map(|row| Lists {
        scope,
        new: slice(Some(&row.spec)),
        old: slice(row.applied_spec.as_ref()),
    });
    lists.collect()
}

/// Why a program that one of these names cannot be run any more: it may have gone since it was asked for.
pub fn program_problem(
    changed: &[(Scope, &SlurmCustomSetting)],
    data_dir: &Path,
    job_user: &JobUser,
) -> Option<String> {
    changed.iter().find_map(|(scope, given)| {
        let setting = scope.find(&given.parameter_name)?;
        let why = program::problem(setting, &given.parameter_value, data_dir, Some(job_user))?;
        Some(format!("The value of {} {why}", setting.name))
    })
}

/// Whether the tried cluster has another Prolog or Epilog than is in force.
pub fn job_scripts(rows: &Rows, tried: &BTreeSet<&str>) -> bool {
    let is_running = rows.cluster.applied_spec.is_some();
    let mut lists = lists(rows, tried).into_iter();
    let cluster = lists.find(|lists| lists.scope == Scope::Cluster);
    is_running && cluster.is_some_and(|lists| scripts(lists.new) != scripts(lists.old))
}

fn scripts(list: &[SlurmCustomSetting]) -> BTreeSet<(String, &str)> {
    list.iter()
        .map(|given| {
            let name = given.parameter_name.to_ascii_lowercase();
            (name, given.parameter_value.as_str())
        })
        .filter(|(name, _)| JOB_SCRIPTS.contains(&name.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(pairs: &[(&str, &str)]) -> Vec<SlurmCustomSetting> {
        let setting = |(name, value): &(&str, &str)| SlurmCustomSetting {
            parameter_name: (*name).to_owned(),
            parameter_value: (*value).to_owned(),
        };
        pairs.iter().map(setting).collect()
    }

    #[test]
    fn what_is_in_force_already_is_not_fresh() {
        let new = given(&[("Prolog", "/a"), ("KillWait", "3"), ("MinJobAge", "9")]);
        let old = given(&[("Prolog", "/a"), ("KillWait", "2"), ("Licenses", "a:1")]);
        let lists = Lists {
            scope: Scope::Cluster,
            new: &new,
            old: &old,
        };
        let fresh: Vec<&str> = lists
            .fresh()
            .map(|(_, given)| given.parameter_name.as_str())
            .collect();
        assert_eq!(fresh, ["KillWait", "MinJobAge"]);
    }

    #[test]
    fn scripts_change_when_they_come_go_or_move() {
        for (new, old, same) in [
            (
                &[("prolog", "/a"), ("KillWait", "3")][..],
                &[("Prolog", "/a")][..],
                true,
            ),
            (&[("Prolog", "/b")], &[("Prolog", "/a")], false),
            (&[], &[("Epilog", "/a")], false),
            (&[("Epilog", "/a")], &[], false),
        ] {
            assert_eq!(
                scripts(&given(new)) == scripts(&given(old)),
                same,
                "{new:?}"
            );
        }
    }
}
