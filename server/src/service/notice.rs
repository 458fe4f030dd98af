//! What an instance reports of its provider's notices, understood: they come as they stand in the metadata service of EC2.

use app::model::notice::{Notice, NoticeKind};
use chrono::{DateTime, NaiveDateTime};
use openpcs_agent::protocol::{REBALANCE_NOTICE, SCHEDULED_NOTICE, SPOT_NOTICE};
use serde::Deserialize;

/// What EC2 promises between its notice and the end.
const PROMISED_MS: i64 = 120_000;

/// `{"action": "terminate", "time": "2017-09-18T08:22:00Z"}`
#[derive(Default, Deserialize)]
#[serde(default)]
struct Spot {
    action: String,
    time: String,
}

/// One of a list: `{"NotBefore": "21 Jan 2019 09:00:43 GMT", "Code": "system-reboot", "State": "active", …}`
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Planned {
    code: String,
    #[serde(default)]
    not_before: String,
    #[serde(default)]
    state: String,
}

/// None when the step tells of none, or of one that is over.
pub fn of_step(name: &str, detail: &str, now: i64) -> Option<Notice> {
    match name {
        SPOT_NOTICE => Some(interruption(detail, now)),
        REBALANCE_NOTICE => Some(Notice {
            kind: NoticeKind::Rebalance,
            until: None,
            time: String::new(),
            what: String::new(),
        }),
        SCHEDULED_NOTICE => planned(detail),
        _ => None,
    }
}

/// However it is worded, the instance goes.
fn interruption(detail: &str, now: i64) -> Notice {
    let told: Spot = serde_json::from_str(detail).unwrap_or_default();
    let until = DateTime::parse_from_rfc3339(&told.time);
    Notice {
        kind: NoticeKind::Interruption,
        until: Some(until.map_or(now + PROMISED_MS, |until| until.timestamp_millis())),
        time: told.time,
        what: told.action,
    }
}

/// The first of those that are still to come.
fn planned(detail: &str) -> Option<Notice> {
    let told: Vec<Planned> = serde_json::from_str(detail).ok()?;
    let to_come = told.into_iter().filter(|it| it.state == "active");
    let notices = to_come.map(|it| Notice {
        kind: NoticeKind::Scheduled,
        until: NaiveDateTime::parse_from_str(&it.not_before, "%d %b %Y %H:%M:%S GMT")
            .ok()
            .map(|until| until.and_utc().timestamp_millis()),
        time: it.not_before,
        what: it.code,
    });
    notices.min_by_key(|notice| notice.until.unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spot_notice_counts_however_it_is_worded() {
        let told = r#"{"action": "terminate", "time": "1970-01-01T00:10:00Z"}"#;
        let notice = of_step(SPOT_NOTICE, told, 5).unwrap();
        assert_eq!(notice.until, Some(600_000));
        assert_eq!(notice.what, "terminate");
        for odd in ["", "no-time-yet", r#"{"action": 3}"#, r#"{"time": "soon"}"#] {
            let notice = of_step(SPOT_NOTICE, odd, 5).unwrap();
            assert_eq!(notice.until, Some(5 + PROMISED_MS), "{odd}");
        }
    }

    #[test]
    fn of_what_is_planned_the_first_counts_that_is_to_come() {
        let told = r#"[
            {"NotBefore": "1 Jan 1970 00:00:01 GMT", "Code": "system-reboot", "State": "completed"},
            {"NotBefore": "01 Jan 1970 00:00:09 GMT", "Code": "instance-stop", "State": "active"},
            {"NotBefore": "01 Jan 1970 00:00:05 GMT", "Code": "instance-retirement", "State": "active"}]"#;
        let notice = of_step(SCHEDULED_NOTICE, told, 0).unwrap();
        assert_eq!(
            (notice.until, notice.what.as_str()),
            (Some(5_000), "instance-retirement")
        );
        for none in [
            "",
            "[]",
            "{}",
            r#"[{"Code": "system-reboot", "State": "canceled"}]"#,
        ] {
            assert_eq!(of_step(SCHEDULED_NOTICE, none, 0), None, "{none}");
        }
        let unsaid = of_step(SCHEDULED_NOTICE, r#"[{"Code": "x", "State": "active"}]"#, 0);
        assert_eq!(unsaid.unwrap().until, None);
    }

    #[test]
    fn other_steps_are_no_notices() {
        assert_eq!(of_step("slurmd-started", "", 0), None);
        let advice = of_step(REBALANCE_NOTICE, "{}", 0).unwrap();
        assert_eq!(advice.kind, NoticeKind::Rebalance);
    }
}
