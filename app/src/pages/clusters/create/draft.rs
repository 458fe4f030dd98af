//! A cluster as it is being described: one signal per field, and the request that it makes.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::super::fields::{pairs, settings};
use super::super::job_submit::JobSubmitDraft;
use super::super::own_settings::{OwnField, OwnSettings};
use super::accounting::AccountingDraft;
use super::setting_rows::shown;
use crate::model::catalogue::Catalogue;
use crate::model::cluster::*;
use crate::model::setting::SlurmCustomSetting;
use crate::rules::cluster::{IDLE_TIME, usable_versions};
use crate::rules::english;
use crate::rules::network::vpc_problems;
use crate::ui::form::Rows;

pub const OWN_FIELD: [OwnField; 3] = [
    ("Prolog", "prolog"),
    ("Epilog", "epilog"),
    ("SelectTypeParameters", "selectTypeParameters"),
];

/// What can still be changed after a cluster was made, too.
#[derive(Clone, Copy)]
pub struct SlurmDraft {
    pub idle_time: RwSignal<String>,
    pub settings: OwnSettings<{ OWN_FIELD.len() }>,
    /// What cgroups do with jobs.
    pub cgroup: Rows,
}

#[derive(Clone, Copy)]
pub struct Draft {
    pub name: RwSignal<String>,
    pub version: RwSignal<String>,
    pub size: RwSignal<String>,
    pub vpc: RwSignal<String>,
    pub subnet: RwSignal<String>,
    pub security_groups: RwSignal<Vec<String>>,
    pub slurm: SlurmDraft,
    pub accounting: AccountingDraft,
    pub rest: RwSignal<String>,
    pub job_submit: JobSubmitDraft,
    pub tags: Rows,
}

impl Draft {
    /// With the defaults that work: the newest version, its records of jobs where they can be kept, the first VPC that can
    /// carry a cluster.
    pub fn new(catalogue: &Catalogue, today: &str) -> Draft {
        let version = usable_versions(&catalogue.slurm_versions, today).pop();
        let vpc = catalogue
            .vpcs
            .iter()
            .find(|vpc| vpc_problems(english(), vpc).is_empty());
        Draft {
            name: RwSignal::default(),
            version: RwSignal::new(version.map(|v| v.id.clone()).unwrap_or_default()),
            size: RwSignal::new("SMALL".into()),
            vpc: RwSignal::new(vpc.map(|vpc| vpc.id.clone()).unwrap_or_default()),
            subnet: RwSignal::default(),
            security_groups: RwSignal::default(),
            slurm: SlurmDraft::new(Some(IDLE_TIME), &[], vec![]),
            accounting: AccountingDraft::new(
                &Accounting {
                    mode: AccountingMode::when(version.is_some_and(|v| v.has_accounting)),
                    ..Accounting::default()
                },
                vec![],
            ),
            rest: RwSignal::new("NONE".into()),
            job_submit: JobSubmitDraft::new(None),
            tags: Rows::new([]),
        }
    }

    pub fn input(self) -> CreateClusterRequest {
        let groups = self.security_groups.get();
        let tags: BTreeMap<String, String> = self.tags.pairs().into_iter().collect();
        CreateClusterRequest {
            cluster_name: self.name.get().trim().into(),
            scheduler: Scheduler {
                r#type: SchedulerType::Slurm,
                version: self.version.get(),
            },
            size: self.size(),
            networking: Networking {
                subnet_ids: Some(vec![self.subnet.get()]),
                security_group_ids: (!groups.is_empty()).then_some(groups),
                network_type: None,
            },
            slurm_configuration: Some(ClusterSlurmConfigurationRequest {
                scale_down_idle_time_in_seconds: self.slurm.seconds(),
                slurm_custom_settings: Some(self.slurm.settings.all())
                    .filter(|all| !all.is_empty()),
                cgroup_custom_settings: Some(self.slurm.cgroups()).filter(|all| !all.is_empty()),
                slurmdbd_custom_settings: Some(self.accounting.settings())
                    .filter(|all| !all.is_empty()),
                accounting: self.accounting.wanted(),
                slurm_rest: self.has_rest().then_some(SlurmRest {
                    mode: SlurmRestMode::Standard,
                }),
                job_submit_plugins: self.job_submit.changed(),
            }),
            client_token: None,
            tags: (!tags.is_empty()).then_some(tags),
        }
    }

    pub fn has_rest(self) -> bool {
        self.rest.with(|mode| mode == "STANDARD")
    }

    pub fn size(self) -> Size {
        match self.size.get().as_str() {
            "LARGE" => Size::Large,
            "MEDIUM" => Size::Medium,
            _ => Size::Small,
        }
    }
}

impl SlurmDraft {
    pub fn new(
        idle_time: Option<i64>,
        settings: &[SlurmCustomSetting],
        cgroups: Vec<CgroupCustomSetting>,
    ) -> SlurmDraft {
        let seconds = idle_time.map(|seconds| seconds.to_string());
        SlurmDraft {
            idle_time: RwSignal::new(seconds.unwrap_or_default()),
            settings: OwnSettings::new(OWN_FIELD, settings),
            cgroup: Rows::new(pairs(&shown(cgroups))),
        }
    }

    pub fn cgroups(self) -> Vec<CgroupCustomSetting> {
        settings(self.cgroup)
    }

    /// None for the service's default.
    pub fn seconds(self) -> Option<i64> {
        self.idle_time.with(|text| text.trim().parse().ok())
    }
}
