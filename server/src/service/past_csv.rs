//! Past jobs as a table for spreadsheets and programs, piece by piece: the names of the columns are the same in every
//! language, those of times name the zone that was asked for, and each time says how far it is from UTC.
//!
//! A spreadsheet takes what begins with `=` for a formula and runs it, and whoever names a job decides how its name begins:
//! such text is marked as text.

use app::foreign::visible;
use app::model::echo::clip;
use app::model::error::{Error, Result};
use app::model::page::PageRequest;
use app::model::past_job::*;
use app::port::Ctx;
use chrono::{DateTime, SecondsFormat};
use chrono_tz::Tz;

use super::Service;
use super::past_job::token;
use super::past_search::{PATIENCE, Searched, Window, search};
use crate::db::past_job::Found;
use crate::fault::internal;

/// Jobs of one piece.
const MOST: usize = 1000;
const LINE_END: &str = "\r\n";
/// What spreadsheets begin a formula with.
const FORMULA: [char; 4] = ['=', '+', '-', '@'];

/// The columns of times.
const TIMES: [&str; 3] = ["submitted", "started", "ended"];

const COLUMNS: [&str; 27] = [
    "cluster_id",
    "cluster",
    "job",
    "name",
    "user",
    "account",
    "queue",
    "qos",
    "state",
    "exit_code",
    "signal",
    "submitted",
    "started",
    "ended",
    "elapsed_seconds",
    "time_limit_minutes",
    "asked_nodes",
    "asked_cpus",
    "asked_memory_mib",
    "nodes",
    "cpus",
    "used_cpu_seconds",
    "used_memory_mib",
    "node_list",
    "working_directory",
    "comment",
    "restarts",
];

impl Service {
    pub(super) async fn past_csv(
        &self,
        ctx: &Ctx,
        of: PastJobsOf,
        page: PageRequest,
    ) -> Result<PastCsv> {
        let zone = zone(of.time_zone.as_deref())?;
        let asked = self.asked_of_past(ctx, &of, &page).await?;
        let pool = self.parts.db.pool();
        let window = Window {
            skip: 0,
            rows: MOST as i64,
            most: MOST as i64,
        };
        // A piece may well be empty where next to nothing is found.
        let searched = search(pool, &asked.wanted, window, PATIENCE).await;
        let Searched { rows, until, .. } = searched.map_err(internal)?;
        let last = rows.last().filter(|_| rows.len() == MOST);
        let next = last.map(Found::place).or(until);
        let next = next.map(|place| token(&place));
        let mut text = match of.after {
            None => head(zone),
            Some(_) => String::new(),
        };
        for one in rows {
            text += &line(&asked.clusters.row(one), zone);
        }
        Ok(PastCsv { text, next })
    }
}

fn zone(name: Option<&str>) -> Result<Tz> {
    let Some(name) = name else {
        return Ok(Tz::UTC);
    };
    name.parse().map_err(|_| {
        let message = format!(
            "There is no time zone {}. Give a name of the IANA's, as Europe/Berlin, or none for UTC.",
            clip(name)
        );
        Error::field("of.timeZone", message)
    })
}

fn head(zone: Tz) -> String {
    let names = COLUMNS.map(|name| match TIMES.contains(&name) {
        true => format!("{name} ({zone})"),
        false => name.to_owned(),
    });
    names.join(",") + LINE_END
}

fn line(row: &PastRow, zone: Tz) -> String {
    let job = &row.job;
    let moment = |at| moment(at, zone);
    let number = |number: Option<i64>| number.map_or_else(String::new, |n| n.to_string());
    let cells: [String; COLUMNS.len()] = [
        cell(&row.cluster_id),
        cell(&row.cluster_name),
        cell(&job.id),
        cell(&job.name),
        cell(&job.user),
        cell(&job.account),
        cell(&job.queue),
        cell(&job.quality_of_service),
        cell(&job.state),
        number(job.exit_code),
        number(job.signal),
        moment(job.submitted_at),
        moment(job.started_at),
        moment(job.ended_at),
        job.elapsed_seconds.to_string(),
        number(job.time_limit_minutes),
        job.asked_nodes.to_string(),
        job.asked_cpus.to_string(),
        job.asked_memory_mib.to_string(),
        job.node_count.to_string(),
        job.cpus.to_string(),
        number(job.used_cpu_ms.map(|ms| ms / 1000)),
        number(job.used_memory_mib),
        cell(&job.nodes),
        cell(&job.working_directory),
        cell(&job.comment),
        job.restarts.to_string(),
    ];
    cells.join(",") + LINE_END
}

/// Text of whomever: on one line, what cannot be seen made visible, never a formula.
fn cell(text: &str) -> String {
    let text = visible(text);
    let mark = match text.trim_start().starts_with(FORMULA) {
        true => "'",
        false => "",
    };
    match text.contains([',', '"', ';']) || !mark.is_empty() || text.starts_with(' ') {
        true => format!("\"{mark}{}\"", text.replace('"', "\"\"")),
        false => text.into_owned(),
    }
}

/// As `2026-11-28T13:50:56Z` or `2026-11-28T21:50:56+08:00`; empty for none.
fn moment(at: i64, zone: Tz) -> String {
    let at = Some(at).filter(|at| *at > 0);
    let Some(at) = at.and_then(DateTime::from_timestamp_millis) else {
        return String::new();
    };
    let is_utc = zone == Tz::UTC;
    at.with_timezone(&zone)
        .to_rfc3339_opts(SecondsFormat::Secs, is_utc)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_a_formula_or_ends_its_cell() {
        for (text, shown) in [
            ("plain", "plain"),
            ("", ""),
            ("=1+1", "\"'=1+1\""),
            ("  @SUM(A1)", "\"'  @SUM(A1)\""),
            ("-x", "\"'-x\""),
            ("a,\"b\"", "\"a,\"\"b\"\"\""),
            ("two\r\nlines", "two␍␊lines"),
            ("\t=1", "␉=1"),
            ("12_[4-9]", "12_[4-9]"),
        ] {
            assert_eq!(cell(text), shown);
        }
    }

    #[test]
    fn a_line_has_each_column_once_and_says_in_which_zone_its_times_are() {
        let mut row = PastRow::default();
        row.job.submitted_at = 1_795_873_967_000;
        // In Berlin it is summer.
        row.job.ended_at = 1_785_873_967_000;
        for (name, title, submitted, ended) in [
            (
                None,
                "ended (UTC)",
                "2026-11-28T13:52:47Z",
                "2026-08-04T20:06:07Z",
            ),
            (
                Some("Europe/Berlin"),
                "ended (Europe/Berlin)",
                "2026-11-28T14:52:47+01:00",
                "2026-08-04T22:06:07+02:00",
            ),
        ] {
            let zone = zone(name).unwrap();
            let (head, line) = (head(zone), line(&row, zone));
            assert_eq!(line.matches(',').count(), COLUMNS.len() - 1);
            assert_eq!(head.matches(',').count(), COLUMNS.len() - 1);
            assert!(head.contains(title), "{head}");
            // It never started.
            let times = format!(",{submitted},,{ended},");
            assert!(line.contains(&times), "{line}");
        }
        let said = zone(Some("Mars/Olympus")).unwrap_err();
        assert!(said.message.contains("no time zone"), "{said}");
    }
}
