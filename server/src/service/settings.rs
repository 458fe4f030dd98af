//! Custom settings of Slurm and the members that later releases bring (C8, N9): checked here, refused with the field.

use std::path::Path;

use app::i18n::Text;
use app::model::cluster::{Accounting, ClusterSlurmConfigurationRequest, SlurmRest};
use app::model::error::{Error, FINDINGS_MAX, FieldError, Result};
use app::model::operation::Operation;
use app::model::setting::{KnownSetting, SettingScope, SlurmCustomSetting};
use app::port::{Ctx, Settings};
use app::rules::cluster::purge_problem;
use async_trait::async_trait;

use super::Service;
use crate::auth::policy::Authorize as _;
use crate::db::cluster::ClusterRow;
use crate::slurm::catalogue::{self, Part, Place, Scope};
use crate::slurm::rest;
use crate::slurm::settings::NameAndValue;

#[async_trait]
impl Settings for Service {
    async fn list_settings(
        &self,
        ctx: &Ctx,
        scope: SettingScope,
        version: String,
    ) -> Result<Vec<KnownSetting>> {
        ctx.authorize(Operation::ListSettings, "*")?;
        if scope == SettingScope::Cgroup && !self.has_cgroups() {
            return Ok(vec![]);
        }
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
        accounting: bool,
        settings: Vec<SlurmCustomSetting>,
    ) -> Result<Vec<FieldError>> {
        ctx.authorize(Operation::CheckSettings, "*")?;
        let of = SlurmOf {
            version: &version,
            has_accounting: accounting,
        };
        let prefix = self.parts.controllers.prefix(&version);
        let place = self.place(of, &prefix);
        let mut wrong = problems(scope_of(scope), place, &settings, "");
        wrong.truncate(FINDINGS_MAX);
        Ok(wrong)
    }
}

impl Service {
    /// Where such a cluster runs; `prefix` is the version's directory.
    fn place<'a>(&'a self, of: SlurmOf<'a>, prefix: &'a Path) -> Place<'a> {
        Place {
            version: of.version,
            prefix,
            shares_files: self.parts.provider.profile().shares_files,
            has_accounting: of.has_accounting,
            data_dir: self.parts.controllers.data_dir(),
            job_user: Some(&self.parts.job_user),
        }
    }

    /// Checks one list of settings; `path` is the list's place in the request.
    pub(super) fn check_list<S: NameAndValue>(
        &self,
        scope: Scope,
        of: SlurmOf<'_>,
        settings: Option<&[S]>,
        path: &str,
    ) -> Result<()> {
        let prefix = self.parts.controllers.prefix(of.version);
        let place = self.place(of, &prefix);
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
        of: SlurmOf<'_>,
        asked: &ClusterSlurmConfigurationRequest,
    ) -> Result<()> {
        self.check_list(
            Scope::Cluster,
            of,
            asked.slurm_custom_settings.as_deref(),
            "slurmConfiguration.slurmCustomSettings",
        )?;
        self.check_accounting(t, of, asked)?;
        self.check_rest(t, of, asked)?;
        self.check_cgroups(of, asked)
    }

    /// Whether nodes are machines, which have cgroups of their own.
    fn has_cgroups(&self) -> bool {
        self.parts.provider.profile().own_addresses
    }

    fn check_cgroups(
        &self,
        of: SlurmOf<'_>,
        asked: &ClusterSlurmConfigurationRequest,
    ) -> Result<()> {
        let path = "slurmConfiguration.cgroupCustomSettings";
        let settings = asked.cgroup_custom_settings.as_deref();
        if settings.is_some_and(|settings| !settings.is_empty()) && !self.has_cgroups() {
            return Err(Error::field(
                path,
                "Nodes are processes of this one host here, and jobs run without cgroups: these settings would do nothing. \
                 Leave them out; where nodes are EC2 instances they can be set.",
            ));
        }
        self.check_list(Scope::Cgroup, of, settings, path)
    }

    /// Whether this host can have the REST API, if it was asked for.
    fn check_rest(
        &self,
        t: &'static Text,
        of: SlurmOf<'_>,
        asked: &ClusterSlurmConfigurationRequest,
    ) -> Result<()> {
        let is_wanted = asked.slurm_rest.as_ref().is_some_and(SlurmRest::is_on);
        if is_wanted && !rest::is_there(&self.parts.controllers.prefix(of.version)) {
            let field = "slurmConfiguration.slurmRest.mode";
            return Err(Error::field(field, t.rules.no_rest));
        }
        Ok(())
    }

    /// What was asked of accounting, and whether this host can have it.
    fn check_accounting(
        &self,
        t: &'static Text,
        of: SlurmOf<'_>,
        asked: &ClusterSlurmConfigurationRequest,
    ) -> Result<()> {
        let path = "slurmConfiguration";
        let accounting = asked.accounting.as_ref();
        let is_wanted = accounting.is_some_and(Accounting::is_on);
        let prefix = self.parts.controllers.prefix(of.version);
        if is_wanted && !self.parts.database.is_there(&prefix) {
            let field = format!("{path}.accounting.mode");
            return Err(Error::field(field, t.rules.no_accounting));
        }
        let days = accounting.and_then(|asked| asked.default_purge_time_in_days);
        if let Some(why) = purge_problem(t, days) {
            let field = format!("{path}.accounting.defaultPurgeTimeInDays");
            return Err(Error::field(field, why));
        }
        let settings = asked.slurmdbd_custom_settings.as_deref();
        let path = format!("{path}.slurmdbdCustomSettings");
        if settings.is_some_and(|settings| !settings.is_empty()) && !of.has_accounting {
            return Err(Error::field(path, t.rules.needs_accounting));
        }
        self.check_list(Scope::Slurmdbd, of, settings, &path)
    }
}

/// What the settings of a cluster depend on.
#[derive(Clone, Copy, Debug)]
pub(super) struct SlurmOf<'a> {
    /// As `24.11`.
    pub version: &'a str,
    pub has_accounting: bool,
}

impl<'a> From<&'a ClusterRow> for SlurmOf<'a> {
    fn from(row: &'a ClusterRow) -> SlurmOf<'a> {
        SlurmOf {
            version: &row.spec.scheduler.version,
            has_accounting: row.spec.has_accounting(),
        }
    }
}

fn scope_of(scope: SettingScope) -> Scope {
    match scope {
        SettingScope::Cluster => Scope::Cluster,
        SettingScope::ComputeNodeGroup => Scope::NodeGroup,
        SettingScope::Queue => Scope::Queue,
        SettingScope::Slurmdbd => Scope::Slurmdbd,
        SettingScope::Cgroup => Scope::Cgroup,
    }
}

fn problems<S: NameAndValue>(
    scope: Scope,
    place: Place<'_>,
    settings: &[S],
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
