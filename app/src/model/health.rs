//! Checks of instances' health (N19).
//!
//! Members, limits and words are those of the public service model `pcs` 2023-02-10.

use serde::{Deserialize, Serialize};

/// The instance health check settings of a compute node group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceHealthChecks {
    /// The health monitoring settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health_monitoring: Option<HealthMonitoring>,
    /// The deep health check settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deep_health_checks: Option<DeepHealthChecks>,
}

impl InstanceHealthChecks {
    /// Which asks for nothing, in the model's words: a request has no empty one.
    pub fn none() -> InstanceHealthChecks {
        InstanceHealthChecks {
            health_monitoring: Some(HealthMonitoring {
                mode: Some(HealthMonitoringMode::None),
                repair_action: None,
            }),
            deep_health_checks: Some(DeepHealthChecks {
                on_start: Some(DeepHealthCheckOnStart {
                    profile: Some(DeepHealthCheckProfile::None),
                    repair_action: None,
                }),
            }),
        }
    }

    /// What is done about what monitoring finds; none when nobody looks.
    pub fn monitoring(&self) -> Option<RepairAction> {
        let asked = self.health_monitoring.as_ref()?;
        let looks = asked.mode == Some(HealthMonitoringMode::Standard);
        looks.then(|| asked.repair_action.unwrap_or(RepairAction::Auto))
    }

    /// The deep check on start and what is done when it fails; none when there is none.
    pub fn deep(&self) -> Option<(DeepHealthCheckProfile, RepairAction)> {
        let asked = self.deep_health_checks.as_ref()?.on_start.as_ref()?;
        let profile = asked.profile?;
        let repair = asked.repair_action.unwrap_or(RepairAction::Auto);
        (profile != DeepHealthCheckProfile::None).then_some((profile, repair))
    }

    /// The same with all defaults spelled out, so that two that are equal mean the same; none when it asks for nothing.
    pub fn plain(&self) -> Option<InstanceHealthChecks> {
        let monitoring = self.monitoring().map(|repair| HealthMonitoring {
            mode: Some(HealthMonitoringMode::Standard),
            repair_action: Some(repair),
        });
        let deep = self.deep().map(|(profile, repair)| DeepHealthChecks {
            on_start: Some(DeepHealthCheckOnStart {
                profile: Some(profile),
                repair_action: Some(repair),
            }),
        });
        let asks = monitoring.is_some() || deep.is_some();
        asks.then_some(InstanceHealthChecks {
            health_monitoring: monitoring,
            deep_health_checks: deep,
        })
    }
}

/// The health monitoring settings of a compute node group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HealthMonitoring {
    /// The health monitoring mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<HealthMonitoringMode>,
    /// The action that PCS takes when health monitoring finds a fault on an instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repair_action: Option<RepairAction>,
}

/// `HealthMonitoringMode` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HealthMonitoringMode {
    None,
    Standard,
}

/// The deep health check settings of a compute node group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeepHealthChecks {
    /// The deep health check to run each time an instance starts, including after a reboot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_start: Option<DeepHealthCheckOnStart>,
}

/// The deep health check that runs each time an instance starts, before the compute node accepts jobs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeepHealthCheckOnStart {
    /// The deep health check profile to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<DeepHealthCheckProfile>,
    /// The action that PCS takes when an instance fails the deep health check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repair_action: Option<RepairAction>,
}

/// `DeepHealthCheckOnStartProfile` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DeepHealthCheckProfile {
    None,
    Quick,
    Medium,
    Long,
}

/// `HealthMonitoringRepairAction` and `DeepHealthCheckOnStartRepairAction` of the service model, which are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RepairAction {
    Auto,
    Replace,
    Isolate,
    None,
}
