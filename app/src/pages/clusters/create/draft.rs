//! A cluster as it is being described: one signal per field, and the request that it makes.

use std::collections::BTreeMap;

use leptos::prelude::*;

use crate::model::catalogue::Catalogue;
use crate::model::cluster::*;
use crate::model::error::{Error, ErrorKind};
use crate::model::setting::SlurmCustomSetting;
use crate::rules::cluster::{IDLE_TIME, usable_versions};
use crate::rules::english;
use crate::rules::network::vpc_problems;
use crate::ui::form::Rows;

/// The settings that have a field of their own, in the order in which the request names them, and the fields' names.
pub const OWN_FIELD: [(&str, &str); 3] = [
    ("Prolog", "prolog"),
    ("Epilog", "epilog"),
    ("SelectTypeParameters", "selectTypeParameters"),
];
/// Where the request has its settings.
pub const SETTINGS: &str = "slurmConfiguration.slurmCustomSettings";

/// What can still be changed after a cluster was made, too.
#[derive(Clone, Copy)]
pub struct SlurmDraft {
    pub idle_time: RwSignal<String>,
    /// One per [`OWN_FIELD`]; empty for Slurm's default.
    pub own: [RwSignal<String>; OWN_FIELD.len()],
    pub others: Rows,
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
    pub accounting: RwSignal<String>,
    pub rest: RwSignal<String>,
    pub tags: Rows,
}

impl Draft {
    /// With the defaults that work: the newest version, the first VPC that can carry a cluster.
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
            slurm: SlurmDraft::new(Some(IDLE_TIME), &[]),
            accounting: RwSignal::new("NONE".into()),
            rest: RwSignal::new("NONE".into()),
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
                slurm_custom_settings: Some(self.slurm.settings()).filter(|all| !all.is_empty()),
                accounting: (self.accounting.get() == "STANDARD").then_some(Accounting {
                    mode: AccountingMode::Standard,
                    default_purge_time_in_days: None,
                }),
                slurm_rest: (self.rest.get() == "STANDARD").then_some(SlurmRest {
                    mode: SlurmRestMode::Standard,
                }),
                ..Default::default()
            }),
            client_token: None,
            tags: (!tags.is_empty()).then_some(tags),
        }
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
    pub fn new(idle_time: Option<i64>, settings: &[SlurmCustomSetting]) -> SlurmDraft {
        let is = |setting: &SlurmCustomSetting, name: &str| {
            setting.parameter_name.eq_ignore_ascii_case(name)
        };
        let own = OWN_FIELD.map(|(name, _)| {
            let given = settings.iter().find(|setting| is(setting, name));
            RwSignal::new(
                given
                    .map(|setting| setting.parameter_value.clone())
                    .unwrap_or_default(),
            )
        });
        let others = settings
            .iter()
            .filter(|s| !OWN_FIELD.iter().any(|(name, _)| is(s, name)));
        SlurmDraft {
            idle_time: RwSignal::new(
                idle_time
                    .map(|seconds| seconds.to_string())
                    .unwrap_or_default(),
            ),
            own,
            others: Rows::new(
                others.map(|s| (s.parameter_name.clone(), s.parameter_value.clone())),
            ),
        }
    }

    /// None for the service's default.
    pub fn seconds(self) -> Option<i64> {
        self.idle_time.with(|text| text.trim().parse().ok())
    }

    /// Those with a field of their own first.
    pub fn settings(self) -> Vec<SlurmCustomSetting> {
        let own = self
            .given()
            .map(|(i, value)| (OWN_FIELD[i].0.to_owned(), value));
        own.chain(self.others.pairs())
            .map(|(parameter_name, parameter_value)| SlurmCustomSetting {
                parameter_name,
                parameter_value,
            })
            .collect()
    }

    /// The own fields that are filled in, by their number.
    fn given(self) -> impl Iterator<Item = (usize, String)> {
        let values = self.own.map(|value| value.get().trim().to_owned());
        values
            .into_iter()
            .enumerate()
            .filter(|(_, value)| !value.is_empty())
    }

    /// The server counts settings through; here some have fields of their own.
    pub fn place_errors(self, mut error: Error) -> Error {
        let own: Vec<usize> = untrack(|| self.given().map(|(i, _)| i).collect());
        if let ErrorKind::Validation { fields, .. } = &mut error.kind {
            for field in fields {
                if let Some(name) = place(&field.name, &own) {
                    field.name = name;
                }
            }
        }
        error
    }
}

/// `own` are the numbers of the own fields that are filled in.
fn place(path: &str, own: &[usize]) -> Option<String> {
    let rest = path.strip_prefix(SETTINGS)?.strip_prefix('[')?;
    let (index, member) = rest.split_once(']')?;
    let index: usize = index.parse().ok()?;
    Some(match own.get(index) {
        Some(field) => OWN_FIELD[*field].1.to_owned(),
        None => format!("{SETTINGS}[{}]{member}", index - own.len()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_back_to_their_fields() {
        let owner = Owner::new();
        owner.set();
        let setting = |name: &str, value: &str| SlurmCustomSetting {
            parameter_name: name.into(),
            parameter_value: value.into(),
        };
        let given = [
            setting("KillWait", "30"),
            setting("epilog", "/opt/epilog.d"),
        ];
        let draft = SlurmDraft::new(Some(600), &given);
        assert_eq!(draft.own[1].get_untracked(), "/opt/epilog.d");
        let names: Vec<String> = draft
            .settings()
            .into_iter()
            .map(|s| s.parameter_name)
            .collect();
        assert_eq!(names, ["Epilog", "KillWait"]);
    }

    #[test]
    fn errors_of_settings_land_at_the_field_that_has_them() {
        let place = |path: &str| place(path, &[1]);
        assert_eq!(
            place(&format!("{SETTINGS}[0].parameterValue")).as_deref(),
            Some("epilog")
        );
        assert_eq!(
            place(&format!("{SETTINGS}[1].parameterName")),
            Some(format!("{SETTINGS}[0].parameterName"))
        );
        assert_eq!(place("clusterName"), None);
    }
}
