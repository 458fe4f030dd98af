//! One line of a log: its time and level as Slurm writes them, its words made safe to show.

use app::model::log::LogLevel;
use chrono::{DateTime, Local, NaiveDateTime, TimeZone as _};

use crate::slurm::log::stamped;

/// Of a line's words, so many bytes are kept.
pub const LONGEST: usize = 16 * 1024;

/// How Slurm begins the lines of its debug flag `AuditRPCs`.
const AUDIT: &str = "AUDIT_RPCS:";

/// What of a line is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Milliseconds since 1970.
    pub at: i64,
    pub level: LogLevel,
    /// It says who called what, not what happened.
    pub is_audit: bool,
    /// All of the line, its time too, bounded and without control characters.
    pub text: String,
}

/// Reads a line, without its end. One that has no time goes on with what was before, and inherits its time and level.
pub fn parse(bytes: &[u8], (at, level): (i64, LogLevel)) -> Entry {
    let text = safe(bytes);
    let (at, level, is_audit) = match stamped(&text) {
        Some((time, words)) => (
            time_of(time).unwrap_or(at),
            level_of(words),
            words.starts_with(AUDIT),
        ),
        None => (at, level, false),
    };
    Entry {
        at,
        level,
        is_audit,
        text,
    }
}

/// Invalid UTF-8 becomes U+FFFD, control characters the pictures of themselves; what is too long is cut, and says so.
fn safe(bytes: &[u8]) -> String {
    safe_within(bytes, LONGEST)
}

/// The same of so many bytes.
pub(super) fn safe_within(bytes: &[u8], most: usize) -> String {
    let kept = &bytes[..bytes.len().min(most)];
    let shown = String::from_utf8_lossy(kept).into_owned();
    let mut text: String = match shown.chars().any(is_control) {
        true => shown.chars().map(picture).collect(),
        false => shown,
    };
    let cut = bytes.len() - kept.len();
    if cut > 0 {
        text.push_str(&format!(" … [{cut} bytes more]"));
    }
    text
}

fn is_control(c: char) -> bool {
    c.is_control() && c != '\t'
}

fn picture(c: char) -> char {
    match c {
        '\t' => c,
        '\u{7f}' => '\u{2421}',
        c if c < ' ' => {
            char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

/// As `LogTimeFormat` writes it, with a zone or in this host's.
pub(super) fn time_of(time: &str) -> Option<i64> {
    if let Ok(zoned) = DateTime::parse_from_rfc3339(time) {
        return Some(zoned.timestamp_millis());
    }
    let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f%z"];
    if let Ok(zoned) = DateTime::parse_from_str(time, formats[1]) {
        return Some(zoned.timestamp_millis());
    }
    let plain = NaiveDateTime::parse_from_str(time, formats[0]).ok()?;
    Local
        .from_local_datetime(&plain)
        .earliest()
        .map(|at| at.timestamp_millis())
}

fn level_of(words: &str) -> LogLevel {
    let first = words.split_once(':').map_or("", |(first, _)| first);
    match first {
        "fatal" => LogLevel::Fatal,
        "error" => LogLevel::Error,
        "warning" => LogLevel::Warning,
        "debug" | "debug2" | "debug3" | "debug4" | "debug5" => LogLevel::Debug,
        _ => LogLevel::Info,
    }
}

/// The level of that number.
pub(super) fn level_at(number: i64) -> LogLevel {
    let number = usize::try_from(number).unwrap_or_default();
    LogLevel::ALL.get(number).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_levels_are_read_as_slurm_writes_them() {
        let at = 1_721_230_978_614;
        for (line, time, level) in [
            (
                "[2024-07-17T15:42:58.614+00:00] error: no",
                at,
                LogLevel::Error,
            ),
            ("[2024-07-17T15:42:58.614Z] fatal: no", at, LogLevel::Fatal),
            (
                "[2024-07-17T15:42:58.614+00:00] debug3: x",
                at,
                LogLevel::Debug,
            ),
            (
                "[2024-07-17T15:42:58.614+00:00] warning: x",
                at,
                LogLevel::Warning,
            ),
            (
                "[2024-07-17T15:42:58.614+00:00] Running: x",
                at,
                LogLevel::Info,
            ),
            ("[never] error: x", 7, LogLevel::Error),
            ("goes on", 7, LogLevel::Debug),
        ] {
            let parsed = parse(line.as_bytes(), (7, LogLevel::Debug));
            assert_eq!((parsed.at, parsed.level), (time, level), "{line}");
            assert_eq!(parsed.text, line);
        }
        let local = parse(b"[2024-07-17T15:42:58.614] x", (0, LogLevel::Info)).at;
        assert!((local - at).abs() <= 14 * 3_600_000);
    }

    #[test]
    fn lines_of_who_called_what_are_known() {
        let call = "AUDIT_RPCS: [10.0.0.1:40102] msg_type=REQUEST_PING uid=0";
        for (line, is_audit) in [
            (format!("[2024-07-17T15:42:58.614] {call}"), true),
            (
                format!("[2024-07-17T15:42:58.614] error: job {call}"),
                false,
            ),
            (call.to_owned(), false),
        ] {
            let parsed = parse(line.as_bytes(), (0, LogLevel::Info));
            assert_eq!(parsed.is_audit, is_audit, "{line}");
        }
    }

    #[test]
    fn hostile_bytes_are_kept_bounded_and_safe() {
        let text = |bytes: &[u8]| parse(bytes, (0, LogLevel::Info)).text;
        assert_eq!(
            text(b"a\x1b[31mb\xff\0\tc\x7f"),
            "a\u{241b}[31mb\u{fffd}\u{2400}\tc\u{2421}"
        );
        assert_eq!(text(b"<script>"), "<script>");
        let long = text(&vec![b'x'; 1_000_000]);
        assert!(
            long.ends_with("[983616 bytes more]"),
            "{}",
            &long[LONGEST..]
        );
        assert!(long.len() < LONGEST + 64);
    }
}
