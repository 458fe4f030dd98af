//! A line of a log as the record that destinations get (L2): the guide's JSON, field by field in its order.

use app::model::log::Log;
use serde::Serialize;
use serde_json::value::RawValue;

use super::names::Origin;

/// Bytes of a record. The least of the destinations' limits is that of Firehose, 1,000 KiB.
pub const MOST: usize = 1_000_000;
/// Put in the place of what is cut off.
const CUT: &str = "… (cut)";

/// A line as it is taken from where lines are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Ascending without end; a line keeps its own.
    pub seq: i64,
    /// Milliseconds since 1970.
    pub at: i64,
    /// As Slurm calls it: `info`, `error`, `debug2` …
    pub level: &'static str,
    /// Without the end of the line.
    pub text: String,
}

/// Of a line that a daemon wrote.
#[derive(Serialize)]
struct Said<'a> {
    resource_id: &'a str,
    resource_type: &'static str,
    event_timestamp: i64,
    log_level: &'a str,
    log_name: &'static str,
    scheduler_type: &'static str,
    scheduler_major_version: &'a str,
    scheduler_patch_version: &'a str,
    node_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_type: Option<&'static str>,
    message: &'a str,
}

/// Of a job that ended.
#[derive(Serialize)]
struct Ended<'a> {
    resource_id: &'a str,
    resource_type: &'static str,
    event_timestamp: i64,
    scheduler_type: &'static str,
    scheduler_major_version: &'a str,
    fields: Fields<'a>,
}

#[derive(Serialize)]
struct Fields<'a> {
    jobcomp: &'a RawValue,
}

const CLUSTER: &str = "PCS_CLUSTER";
const SCHEDULER: &str = "slurm";

/// JSON in one line, without its end, of at most [`MOST`] bytes.
pub fn record(origin: &Origin, log: Log, line: &Line) -> String {
    match log {
        Log::Daemon(daemon) => said(origin, daemon.as_str(), None, line),
        Log::Audit(daemon) => said(origin, daemon.as_str(), Some("audit"), line),
        Log::JobCompletion => ended(origin, line),
    }
}

/// The bytes that a record of that log has at least, beside those of its line.
pub fn frame(log: Log) -> usize {
    const TEXT: &str = "{}";
    let line = Line {
        text: TEXT.into(),
        ..Line::default()
    };
    record(&Origin::default(), log, &line).len() - TEXT.len()
}

/// A record that is none of a log's.
pub fn test_record(origin: &Origin, at: i64, words: &str) -> String {
    let line = Line {
        seq: 0,
        at,
        level: "info",
        text: words.into(),
    };
    said(origin, "test", None, &line)
}

/// The line is the JSON of what the record has of the job: see `logs::jobcomp`.
fn ended(origin: &Origin, line: &Line) -> String {
    let jobcomp: &RawValue = serde_json::from_str(&line.text).unwrap_or(RawValue::NULL);
    let record = Ended {
        resource_id: &origin.cluster_id,
        resource_type: CLUSTER,
        event_timestamp: line.at.div_euclid(1000),
        scheduler_type: SCHEDULER,
        scheduler_major_version: origin.major(),
        fields: Fields { jobcomp },
    };
    // Text and numbers always have a JSON.
    serde_json::to_string(&record).unwrap_or_default()
}

fn said(
    origin: &Origin,
    log_name: &'static str,
    log_type: Option<&'static str>,
    line: &Line,
) -> String {
    let mut message = String::with_capacity(line.text.len() + 1);
    message.push_str(within(&line.text, MOST - 1_000));
    if message.len() < line.text.len() {
        message.push_str(CUT);
    }
    message.push('\n');
    let record = Said {
        resource_id: &origin.cluster_id,
        resource_type: CLUSTER,
        event_timestamp: line.at.div_euclid(1000),
        log_level: line.level,
        log_name,
        scheduler_type: SCHEDULER,
        scheduler_major_version: origin.major(),
        scheduler_patch_version: origin.patch(),
        node_type: "controller_primary",
        log_type,
        message: &message,
    };
    // Text and numbers always have a JSON.
    serde_json::to_string(&record).unwrap_or_default()
}

/// As much of the text as takes so many bytes in JSON.
fn within(text: &str, most: usize) -> &str {
    // A character takes at most six bytes of JSON for one of its own.
    if text.len() <= most / 6 {
        return text;
    }
    let mut taken = 0;
    let cut = text.char_indices().find(|(_, c)| {
        taken += match c {
            '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
            '\0'..='\u{1f}' => 6,
            _ => c.len_utf8(),
        };
        taken > most
    });
    cut.map_or(text, |(at, _)| &text[..at])
}

#[cfg(test)]
mod tests {
    use app::model::delivery::LogType;
    use app::model::log::LogDaemon;

    use super::*;

    fn origin() -> Origin {
        Origin {
            account_id: "111111111111".into(),
            region: "us-east-2".into(),
            cluster_id: "s3431v9rx2".into(),
            version: "23.11.8".into(),
        }
    }

    fn line(text: &str) -> Line {
        Line {
            seq: 1,
            at: 1_721_230_979_614,
            level: "info",
            text: text.into(),
        }
    }

    #[test]
    fn a_record_is_the_guides() {
        let text = "[2024-07-17T15:42:58.614+00:00] Running as primary controller";
        let guide = concat!(
            r#"{"resource_id":"s3431v9rx2","resource_type":"PCS_CLUSTER","event_timestamp":1721230979,"#,
            r#""log_level":"info","log_name":"slurmctld","scheduler_type":"slurm","#,
            r#""scheduler_major_version":"23.11","scheduler_patch_version":"8","#,
            r#""node_type":"controller_primary","#,
            r#""message":"[2024-07-17T15:42:58.614+00:00] Running as primary controller\n"}"#
        );
        assert_eq!(
            record(&origin(), Log::Daemon(LogDaemon::Slurmctld), &line(text)),
            guide
        );
    }

    #[test]
    fn each_type_has_its_fields() {
        for log_type in LogType::ALL {
            for log in log_type.logs() {
                let record = record(&origin(), *log, &line(r#"{"job_id":7}"#));
                let read: serde_json::Map<String, serde_json::Value> =
                    serde_json::from_str(&record).unwrap();
                let mut all = log_type.record_fields().to_vec();
                let places = all
                    .iter()
                    .map(|field| record.find(&format!("\"{field}\":")));
                assert!(places.is_sorted(), "{record}");
                all.sort_unstable();
                let mut keys: Vec<&str> = read.keys().map(String::as_str).collect();
                keys.sort_unstable();
                assert_eq!(keys, all, "{record}");
                if *log == Log::JobCompletion {
                    assert_eq!(read["fields"]["jobcomp"]["job_id"], 7);
                }
            }
        }
    }

    #[test]
    fn no_record_is_shorter_than_its_frame() {
        for log in LogType::ALL.iter().flat_map(|one| one.logs()) {
            for text in ["{}", r#"{"job_id":7,"name":"a\\b"}"#] {
                let length = record(&origin(), *log, &line(text)).len();
                let least = frame(*log) + text.len();
                assert!((least..least + 64).contains(&length), "{log:?} {text}");
            }
        }
    }

    #[test]
    fn what_no_destination_takes_is_cut() {
        let log = Log::Daemon(LogDaemon::Slurmctld);
        for (text, is_cut) in [
            ("a".repeat(MOST / 2), false),
            ("a".repeat(MOST), true),
            ("\u{1b}".repeat(MOST / 5), true),
            ("é\"\\\u{0}".repeat(MOST / 4), true),
            (String::new(), false),
        ] {
            let record = record(&origin(), log, &line(&text));
            assert!(record.len() <= MOST, "{}", record.len());
            let read: serde_json::Value = serde_json::from_str(&record).unwrap();
            let message = read["message"].as_str().unwrap();
            assert_eq!(message.ends_with("… (cut)\n"), is_cut);
            assert!(is_cut || message.trim_end() == text);
        }
    }
}
