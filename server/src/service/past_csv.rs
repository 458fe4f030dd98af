//! Past jobs as a table for spreadsheets and programs, piece by piece: the names of the columns are the same in every
//! language, times are in UTC.
//!
//! A spreadsheet takes what begins with `=` for a formula and runs it, and whoever names a job decides how its name begins:
//! such text is marked as text.

use app::foreign::visible;
use app::model::date::machine;
use app::model::error::Result;
use app::model::page::PageRequest;
use app::model::past_job::*;
use app::port::Ctx;

use super::Service;
use super::past_job::token;
use crate::db::past_job::{self, Found};
use crate::fault::internal;

/// Jobs of one piece.
const MOST: usize = 1000;
const LINE_END: &str = "\r\n";
/// What spreadsheets begin a formula with.
const FORMULA: [char; 4] = ['=', '+', '-', '@'];

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
        let asked = self.asked_of_past(ctx, &of, &page).await?;
        let pool = self.parts.db.pool();
        let found = past_job::list(pool, &asked.wanted, 0, MOST as i64).await;
        let found = found.map_err(internal)?;
        let last = found.last().filter(|_| found.len() == MOST);
        let next = last.map(Found::place).map(|place| token(&place));
        let mut text = match of.after {
            None => COLUMNS.join(",") + LINE_END,
            Some(_) => String::new(),
        };
        for one in found {
            text += &line(&asked.clusters.row(one));
        }
        Ok(PastCsv { text, next })
    }
}

fn line(row: &PastRow) -> String {
    let job = &row.job;
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

/// As `2026-11-28T13:50:56Z`; empty for none.
fn moment(at: i64) -> String {
    match at {
        ..=0 => String::new(),
        at => machine(at),
    }
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
    fn a_line_has_each_column_once() {
        let mut row = PastRow::default();
        row.job.ended_at = 1_795_873_967_000;
        let line = line(&row);
        assert_eq!(line.matches(',').count(), COLUMNS.len() - 1);
        assert!(line.contains(",2026-11-28T13:52:47Z,"), "{line}");
    }
}
