//! Custom settings of Slurm and the members that later releases bring (C8, N9): checked here, refused with the field.

use std::path::Path;

use app::i18n::Text;
use app::model::cluster::{AccountingMode, ClusterSlurmConfigurationRequest, SlurmRestMode};
use app::model::error::{Error, FINDINGS_MAX, FieldError, Result};
use app::model::operation::Operation;
use app::model::setting::{KnownSetting, SettingScope, SlurmCustomSetting};
use app::port::{Ctx, Settings};
use app::rules::cluster::{accounting_problem, job_submit_problem, purge_problem, rest_problem};
use app::rules::english;
use async_trait::async_trait;

use super::Service;
use crate::auth::policy::Authorize as _;
use crate::slurm::catalogue::{self, Part, Place, Scope};

#[async_trait]
impl Settings for Service {
    async fn list_settings(
        &self,
        ctx: &Ctx,
        scope: SettingScope,
        version: String,
    ) -> Result<Vec<KnownSetting>> {
        ctx.authorize(Operation::ListSettings, "*")?;
        let known = scope_of(scope).settings().iter();
        Ok(known
            .filter(|setting| setting.since <= version.as_str())
            .map(|setting| KnownSetting {
                name: setting.name.into(),
                help: setting.help.into(),
            })
            .collect())
    }

    async fn check_settings(
        &self,
        ctx: &Ctx,
        scope: SettingScope,
        version: String,
        settings: Vec<SlurmCustomSetting>,
    ) -> Result<Vec<FieldError>> {
        ctx.authorize(Operation::CheckSettings, "*")?;
        let prefix = self.parts.controllers.prefix(&version);
        let place = self.place(&version, &prefix);
        let mut wrong = problems(scope_of(scope), place, &settings, "");
        wrong.truncate(FINDINGS_MAX);
        Ok(wrong)
    }
}

impl Service {
    /// Where a cluster of that version runs; `prefix` is the version's directory.
    fn place<'a>(&'a self, version: &'a str, prefix: &'a Path) -> Place<'a> {
        Place {
            version,
            prefix,
            shares_files: self.parts.provider.profile().shares_files,
            has_accounting: accounting_problem(english()).is_none(),
            data_dir: self.parts.controllers.data_dir(),
            job_user: Some(&self.parts.job_user),
        }
    }

    /// Checks one list of settings; `path` is the list's place in the request.
    pub(super) fn check_list(
        &self,
        scope: Scope,
        version: &str,
        settings: Option<&[SlurmCustomSetting]>,
        path: &str,
    ) -> Result<()> {
        let prefix = self.parts.controllers.prefix(version);
        let place = self.place(version, &prefix);
        let wrong = problems(scope, place, settings.unwrap_or_default(), path);
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(Error::fields(wrong)),
        }
    }

    /// Checks a cluster's Slurm configuration as asked for at create or update.
    pub(super) fn check_cluster(
        &self,
        t: &'static Text,
        version: &str,
        asked: &ClusterSlurmConfigurationRequest,
    ) -> Result<()> {
        self.check_list(
            Scope::Cluster,
            version,
            asked.slurm_custom_settings.as_deref(),
            "slurmConfiguration.slurmCustomSettings",
        )?;
        check_members(t, asked)
    }
}

fn scope_of(scope: SettingScope) -> Scope {
    match scope {
        SettingScope::Cluster => Scope::Cluster,
        SettingScope::ComputeNodeGroup => Scope::NodeGroup,
        SettingScope::Queue => Scope::Queue,
    }
}

fn problems(
    scope: Scope,
    place: Place<'_>,
    settings: &[SlurmCustomSetting],
    path: &str,
) -> Vec<FieldError> {
    let wrong = catalogue::check(scope, place, settings).into_iter();
    wrong
        .map(|(index, part, message)| {
            let member = match part {
                Part::Name => "parameterName",
                Part::Value => "parameterValue",
            };
            FieldError {
                name: format!("{path}[{index}].{member}"),
                message,
            }
        })
        .collect()
}

/// The members that this release or this provider cannot serve.
fn check_members(t: &'static Text, asked: &ClusterSlurmConfigurationRequest) -> Result<()> {
    let path = "slurmConfiguration";
    let has_accounting = asked
        .accounting
        .as_ref()
        .is_some_and(|a| a.mode != AccountingMode::None);
    if let Some(why) = accounting_problem(t).filter(|_| has_accounting) {
        return Err(Error::field(format!("{path}.accounting.mode"), why));
    }
    let days = asked.accounting.as_ref();
    let days = days.and_then(|a| a.default_purge_time_in_days);
    if let Some(why) = purge_problem(english(), days) {
        let field = format!("{path}.accounting.defaultPurgeTimeInDays");
        return Err(Error::field(field, why));
    }
    let has_rest = asked
        .slurm_rest
        .as_ref()
        .is_some_and(|r| r.mode != SlurmRestMode::None);
    if let Some(why) = rest_problem(t).filter(|_| has_rest) {
        return Err(Error::field(format!("{path}.slurmRest.mode"), why));
    }
    let plugins = asked.job_submit_plugins.as_deref().unwrap_or_default();
    if let Some(why) = job_submit_problem(t, plugins) {
        return Err(Error::field(format!("{path}.jobSubmitPlugins"), why));
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
