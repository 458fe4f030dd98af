//! Checks of instances' health (N19): a later release makes them; until then only what asks for none is taken.
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
