//! Which settings the changes that are tried bring: a refusal must be about one of them.

use std::collections::BTreeSet;

use app::model::setting::SlurmCustomSetting;

use super::Rows;
use crate::slurm::settings::{Scope, program};

/// What runs before and after each job on its nodes.
const JOB_SCRIPTS: [&str; 2] = ["Prolog", "Epilog"];

type Settings = Option<Vec<SlurmCustomSetting>>;

/// The settings that the tried rows have now and not in force, or with another value.
pub fn settings<'a>(
    rows: &'a Rows,
    tried: &BTreeSet<&str>,
) -> Vec<(Scope, &'a SlurmCustomSetting)> {
    let is_tried = |id: &str| tried.contains(id);
    let mut changed = vec![];
    if is_tried(&rows.cluster.id) {
        let row = &rows.cluster;
        let old = row.applied_spec.as_ref();
        let old = old.and_then(|spec| spec.slurm.slurm_custom_settings.as_ref());
        let new = &row.spec.slurm.slurm_custom_settings;
        changed.extend(fresh(new, old).map(|given| (Scope::Cluster, given)));
    }
    for row in rows.groups.iter().filter(|row| is_tried(&row.id)) {
        let old = row.applied_spec.as_ref().and_then(|s| s.slurm.as_ref());
        let old = old.and_then(|slurm| slurm.slurm_custom_settings.as_ref());
        if let Some(slurm) = &row.spec.slurm {
            let new = &slurm.slurm_custom_settings;
            changed.extend(fresh(new, old).map(|given| (Scope::NodeGroup, given)));
        }
    }
    for row in rows.queues.iter().filter(|row| is_tried(&row.id)) {
        let old = row.applied_spec.as_ref().and_then(|s| s.slurm.as_ref());
        let old = old.and_then(|slurm| slurm.slurm_custom_settings.as_ref());
        if let Some(slurm) = &row.spec.slurm {
            let new = &slurm.slurm_custom_settings;
            changed.extend(fresh(new, old).map(|given| (Scope::Queue, given)));
        }
    }
    changed
}

fn fresh<'a>(
    new: &'a Settings,
    old: Option<&Vec<SlurmCustomSetting>>,
) -> impl Iterator<Item = &'a SlurmCustomSetting> {
    new.iter()
        .flatten()
        .filter(move |given| !old.is_some_and(|old| old.contains(given)))
}

/// Why a program that one of these names cannot be run any more: it may have gone since it was asked for.
pub fn program_problem(changed: &[(Scope, &SlurmCustomSetting)]) -> Option<String> {
    changed.iter().find_map(|(scope, given)| {
        let setting = scope.find(&given.parameter_name)?;
        let why = program::problem(setting.kind, &given.parameter_value)?;
        Some(format!("The value of {} {why}", setting.name))
    })
}

/// Whether the tried cluster has another Prolog or Epilog than is in force.
pub fn job_scripts(rows: &Rows, tried: &BTreeSet<&str>) -> bool {
    let row = &rows.cluster;
    let Some(applied) = row
        .applied_spec
        .as_ref()
        .filter(|_| tried.contains(row.id.as_str()))
    else {
        return false;
    };
    let scripts = |settings: &Settings| -> Vec<(String, String)> {
        let mut scripts: Vec<(String, String)> = settings
            .iter()
            .flatten()
            .map(|given| {
                (
                    given.parameter_name.to_lowercase(),
                    given.parameter_value.clone(),
                )
            })
            .filter(|(name, _)| JOB_SCRIPTS.iter().any(|s| s.eq_ignore_ascii_case(name)))
            .collect();
        scripts.sort();
        scripts
    };
    scripts(&row.spec.slurm.slurm_custom_settings) != scripts(&applied.slurm.slurm_custom_settings)
}
