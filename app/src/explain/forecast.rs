//! When a job that waits is likely to start, in words; and what Slurm itself tells of it to those who ask `scontrol`.

use super::job_reason::Line;
use super::text::Text;
use super::{fill, span, text};
use crate::i18n::Language;
use crate::model::date::{DAY, exact};
use crate::model::forecast::Forecast;
use crate::model::job::Job;

/// With it begins what OpenPCS writes into a job's `AdminComment`: all else is somebody else's, and stays.
pub const MARK: &str = "OpenPCS: ";
/// Bytes of such a comment.
const LONGEST: usize = 200;

/// For a job's `AdminComment`: the line of a list as plain ASCII in English, with its forecast.
pub fn comment(job: &Job, line: Option<&Line>, now: i64) -> String {
    let t = text(Language::English);
    let forecast = job.forecast(now);
    let forecast = forecast.filter(|_| line.is_none_or(|line| line.has_forecast));
    let forecast = forecast.map(|forecast| match forecast {
        Forecast::AnyMoment => t.forecast.any_moment.to_owned(),
        Forecast::At(at) => fill(t.forecast.about, &[("at", clock(at, now))]),
    });
    let why = line.map(|line| line.why.clone());
    let parts: Vec<String> = [why, forecast].into_iter().flatten().collect();
    if parts.is_empty() {
        return String::new();
    }
    let line = format!("{MARK}{}", parts.join("; "));
    let plain = |c: char| {
        if c == ' ' || c.is_ascii_graphic() {
            c
        } else {
            ' '
        }
    };
    line.chars().map(plain).take(LONGEST).collect()
}

/// "It passes by itself: the job starts about 13:05 UTC, in 4 min 10 s."
pub(super) fn prospect(forecast: Forecast, now: i64, t: &Text) -> String {
    match forecast {
        Forecast::AnyMoment => t.prospect.any_moment.to_owned(),
        Forecast::At(at) => {
            let values = [("at", clock(at, now)), ("time", span(t, at - now))];
            fill(t.prospect.expected, &values)
        }
    }
}

/// "13:05 UTC", of another day "2026-11-29 13:05 UTC".
fn clock(at: i64, now: i64) -> String {
    let text = exact(at);
    let from = if at.div_euclid(DAY) == now.div_euclid(DAY) {
        11
    } else {
        0
    };
    format!("{} UTC", text.get(from..16).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 12 * 3_600_000;

    fn waits(expected_at: i64) -> Job {
        Job {
            state: "PENDING".into(),
            reason: "Resources".into(),
            expected_at,
            ..Job::default()
        }
    }

    #[test]
    fn slurm_is_told_cause_and_time_in_one_plain_line() {
        let said = |at, why: Option<&str>, has_forecast| {
            let line = why.map(|why| Line {
                why: why.into(),
                has_forecast,
            });
            comment(&waits(at), line.as_ref(), NOON)
        };
        assert_eq!(
            said(NOON + 65 * 60_000, Some("All nodes are busy"), true),
            "OpenPCS: All nodes are busy; starts about 13:05 UTC"
        );
        assert_eq!(
            said(NOON + DAY, None, true),
            "OpenPCS: starts about 1970-01-02 12:00 UTC"
        );
        assert_eq!(
            said(NOON - 1, Some("Busy"), true),
            "OpenPCS: Busy; starts any moment"
        );
        // Slurm may think so; it does not start before somebody has done something.
        assert_eq!(
            said(NOON + DAY, Some("Too large"), false),
            "OpenPCS: Too large"
        );
        assert_eq!(said(0, Some("Held"), true), "OpenPCS: Held");
        assert_eq!(said(0, None, true), "");
        let odd = said(0, Some(&format!("a\nb\u{2013}{}", "x".repeat(500))), true);
        assert!(odd.starts_with("OpenPCS: a b x") && odd.len() == LONGEST);
    }

    #[test]
    fn a_page_tells_the_time_and_how_long_until_then() {
        let told = prospect(
            Forecast::At(NOON + 65 * 60_000),
            NOON,
            text(Language::English),
        );
        assert!(
            told.contains("13:05 UTC") && told.contains("1 h 5 min"),
            "{told}"
        );
        let told = prospect(Forecast::AnyMoment, NOON, text(Language::SimplifiedChinese));
        assert!(!told.is_empty());
    }
}
