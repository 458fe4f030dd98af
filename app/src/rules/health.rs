//! What a group may ask for of health checks (N19).

use crate::i18n::Text;
use crate::model::catalogue::InstanceType;
use crate::model::error::{Error, Result};
use crate::model::health::*;

const FIELD: &str = "instanceHealthChecks";

/// Each part that is named says what it wants; a part that wants nothing has nothing to repair.
pub fn check(
    t: &'static Text,
    asked: &InstanceHealthChecks,
    instance_type: &InstanceType,
) -> Result<()> {
    if *asked == InstanceHealthChecks::default() {
        return Err(Error::field(FIELD, t.group_rules.health_empty));
    }
    if let Some(monitoring) = &asked.health_monitoring {
        let is_none = |mode| mode == HealthMonitoringMode::None;
        let path = format!("{FIELD}.healthMonitoring");
        let repair = monitoring.repair_action;
        one(t, &path, "mode", monitoring.mode.map(is_none), repair)?;
    }
    if let Some(deep) = &asked.deep_health_checks {
        let path = format!("{FIELD}.deepHealthChecks.onStart");
        let Some(on_start) = &deep.on_start else {
            return Err(Error::field(path, t.group_rules.health_part_needed));
        };
        let is_none = |profile| profile == DeepHealthCheckProfile::None;
        let repair = on_start.repair_action;
        one(t, &path, "profile", on_start.profile.map(is_none), repair)?;
        if asked.deep().is_some() {
            let message = match instance_type.gpus {
                0 => t.group_rules.health_gpus(&instance_type.id),
                _ => t.group_rules.health_deep.to_owned(),
            };
            return Err(Error::field(format!("{path}.profile"), message));
        }
    }
    Ok(())
}

/// `is_none`: whether the part's own member is NONE, if it is there.
fn one(
    t: &'static Text,
    path: &str,
    member: &str,
    is_none: Option<bool>,
    repair: Option<RepairAction>,
) -> Result<()> {
    let refuse = |member: &str, why: &str| Err(Error::field(format!("{path}.{member}"), why));
    match is_none {
        None => refuse(member, t.group_rules.health_part_needed),
        Some(true) if repair.is_some() => refuse("repairAction", t.group_rules.health_repair),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::english;

    fn instance_type(gpus: i64) -> InstanceType {
        InstanceType {
            id: "c6i.large".into(),
            name: "c6i.large".into(),
            architecture: "x86_64".into(),
            vcpus: 2,
            cores: 1,
            memory_mib: 4096,
            gpus,
            gpu_name: None,
            efa: false,
        }
    }

    #[test]
    fn each_part_says_what_it_wants() {
        for (asked, gpus, field) in [
            (r#"{"healthMonitoring": {"mode": "NONE"}}"#, 0, None),
            (r#"{"healthMonitoring": {"mode": "STANDARD"}}"#, 0, None),
            (
                r#"{"healthMonitoring": {"mode": "STANDARD", "repairAction": "ISOLATE"}}"#,
                0,
                None,
            ),
            (
                r#"{"deepHealthChecks": {"onStart": {"profile": "NONE"}}}"#,
                0,
                None,
            ),
            (
                r#"{"deepHealthChecks": {"onStart": {"profile": "LONG", "repairAction": "REPLACE"}}}"#,
                4,
                Some("onStart.profile"),
            ),
            ("{}", 0, Some("instanceHealthChecks")),
            (
                r#"{"healthMonitoring": {}}"#,
                0,
                Some("healthMonitoring.mode"),
            ),
            (
                r#"{"healthMonitoring": {"repairAction": "AUTO"}}"#,
                0,
                Some("healthMonitoring.mode"),
            ),
            (
                r#"{"healthMonitoring": {"mode": "NONE", "repairAction": "AUTO"}}"#,
                0,
                Some("healthMonitoring.repairAction"),
            ),
            (
                r#"{"deepHealthChecks": {}}"#,
                4,
                Some("deepHealthChecks.onStart"),
            ),
            (
                r#"{"deepHealthChecks": {"onStart": {}}}"#,
                4,
                Some("onStart.profile"),
            ),
            (
                r#"{"deepHealthChecks": {"onStart": {"profile": "NONE", "repairAction": "AUTO"}}}"#,
                4,
                Some("onStart.repairAction"),
            ),
            (
                r#"{"deepHealthChecks": {"onStart": {"profile": "LONG"}}}"#,
                0,
                Some("onStart.profile"),
            ),
        ] {
            let parsed = serde_json::from_str(asked).unwrap();
            let outcome = check(english(), &parsed, &instance_type(gpus));
            match field {
                None => assert_eq!(outcome, Ok(()), "{asked}"),
                Some(field) => {
                    let told = outcome.unwrap_err().message;
                    assert!(told.contains(field), "{asked}: {told}");
                }
            }
        }
    }
}
