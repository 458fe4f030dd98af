//! Custom settings of Slurm and the members that later releases bring (C8, N9): checked here, refused with the field.

use app::model::cluster::{AccountingMode, ClusterSlurmConfigurationRequest, SlurmRestMode};
use app::model::error::{Error, FieldError, Result};
use app::model::setting::SlurmCustomSetting;

use crate::slurm::catalogue::{self, Part, Scope};

/// Checks one list of settings; `path` is the list's place in the request.
pub fn check(
    scope: Scope,
    version: &str,
    settings: Option<&[SlurmCustomSetting]>,
    path: &str,
) -> Result<()> {
    let wrong = catalogue::check(scope, version, settings.unwrap_or_default());
    if wrong.is_empty() {
        return Ok(());
    }
    let fields = wrong.into_iter().map(|(index, part, message)| {
        let member = match part {
            Part::Name => "parameterName",
            Part::Value => "parameterValue",
        };
        FieldError {
            name: format!("{path}[{index}].{member}"),
            message,
        }
    });
    Err(Error::fields(fields.collect()))
}

/// Checks a cluster's Slurm configuration as asked for at create or update.
pub fn check_cluster(version: &str, asked: &ClusterSlurmConfigurationRequest) -> Result<()> {
    let path = "slurmConfiguration";
    check(
        Scope::Cluster,
        version,
        asked.slurm_custom_settings.as_deref(),
        &format!("{path}.slurmCustomSettings"),
    )?;
    if asked
        .accounting
        .as_ref()
        .is_some_and(|a| a.mode != AccountingMode::None)
    {
        return Err(Error::field(
            format!("{path}.accounting.mode"),
            "Accounting is not available in this release. Use NONE, or leave accounting out.",
        ));
    }
    if asked
        .slurm_rest
        .as_ref()
        .is_some_and(|r| r.mode != SlurmRestMode::None)
    {
        return Err(Error::field(
            format!("{path}.slurmRest.mode"),
            "The Slurm REST API is not available in this release. Use NONE, or leave slurmRest out.",
        ));
    }
    if asked
        .slurmdbd_custom_settings
        .as_ref()
        .is_some_and(|s| !s.is_empty())
    {
        return Err(Error::field(
            format!("{path}.slurmdbdCustomSettings"),
            "These settings need accounting, which is not available in this release. Leave them out.",
        ));
    }
    if asked
        .cgroup_custom_settings
        .as_ref()
        .is_some_and(|s| !s.is_empty())
    {
        return Err(Error::field(
            format!("{path}.cgroupCustomSettings"),
            "This provider runs jobs without cgroups, so these settings would do nothing. Leave them out.",
        ));
    }
    Ok(())
}
