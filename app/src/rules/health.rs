//! What a group may ask for of health checks (N19): in this release only that there are none, in the model's words.

use crate::i18n::Text;
use crate::model::error::{Error, Result};
use crate::model::health::*;

const FIELD: &str = "instanceHealthChecks";

/// Each part that is named says what it wants, and what it wants is NONE.
pub fn check(t: &'static Text, asked: &InstanceHealthChecks) -> Result<()> {
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
        Some(false) => refuse(member, t.group_rules.health),
        Some(true) if repair.is_some() => refuse("repairAction", t.group_rules.health_repair),
        Some(true) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::english;

    #[test]
    fn only_what_asks_for_nothing_is_taken() {
        for (asked, field) in [
            (r#"{"healthMonitoring": {"mode": "NONE"}}"#, None),
            (
                r#"{"deepHealthChecks": {"onStart": {"profile": "NONE"}}}"#,
                None,
            ),
            (
                r#"{"healthMonitoring": {"mode": "NONE"}, "deepHealthChecks": {"onStart": {"profile": "NONE"}}}"#,
                None,
            ),
            ("{}", Some("instanceHealthChecks")),
            (r#"{"healthMonitoring": {}}"#, Some("healthMonitoring.mode")),
            (
                r#"{"healthMonitoring": {"mode": "STANDARD"}}"#,
                Some("healthMonitoring.mode"),
            ),
            (
                r#"{"healthMonitoring": {"mode": "NONE", "repairAction": "AUTO"}}"#,
                Some("healthMonitoring.repairAction"),
            ),
            (
                r#"{"deepHealthChecks": {}}"#,
                Some("deepHealthChecks.onStart"),
            ),
            (
                r#"{"deepHealthChecks": {"onStart": {}}}"#,
                Some("onStart.profile"),
            ),
            (
                r#"{"deepHealthChecks": {"onStart": {"profile": "LONG"}}}"#,
                Some("onStart.profile"),
            ),
        ] {
            let outcome = check(english(), &serde_json::from_str(asked).unwrap());
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
