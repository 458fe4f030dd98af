//! Explain (X1): why a job waits, why a node failed, what happened, in plain words of the reader's language.
//!
//! Pure functions of facts that the server gathers, and compiled into the server only: the texts
//! (`locales/explain.*.json`) would double the browser's download. They share one vocabulary of `{placeholders}`,
//! filled in by [`fill`](crate::i18n::fill).

mod asked;
pub mod cause;
pub mod efficiency;
mod ending;
mod entry;
pub mod event;
pub mod forecast;
pub mod job;
mod job_reason;
mod limit;
pub mod node;
pub mod reason;
mod refusal;
pub mod trouble;

pub use cause::Cause;
pub use event::What;
pub use refusal::refusal;
pub use text::RefusalText;

use crate::i18n::{Language, fill};

mod text {
    include!(concat!(env!("OUT_DIR"), "/explain.rs"));

    use crate::i18n::Language;

    pub(super) fn of(language: Language) -> &'static Text {
        match language {
            Language::English => &EN,
            Language::SimplifiedChinese => &ZH_CN,
        }
    }
}
use text::Text;

fn text(language: Language) -> &'static Text {
    text::of(language)
}

/// "1 h 30 min", from milliseconds.
fn span(t: &Text, ms: i64) -> String {
    let seconds = (ms / 1000).max(0);
    let (whole, both, values) = match seconds {
        0..60 => (t.span.seconds, t.span.seconds, [seconds, 0]),
        60..3600 => (
            t.span.whole_minutes,
            t.span.minutes,
            [seconds / 60, seconds % 60],
        ),
        3600..86_400 => (
            t.span.whole_hours,
            t.span.hours,
            [seconds / 3600, seconds % 3600 / 60],
        ),
        _ => (
            t.span.whole_days,
            t.span.days,
            [seconds / 86_400, seconds % 86_400 / 3600],
        ),
    };
    let text = if values[1] == 0 { whole } else { both };
    fill(
        text,
        &[("a", values[0].to_string()), ("b", values[1].to_string())],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_in_two_units() {
        let t = text(Language::English);
        assert_eq!(span(t, 61_000), "1 min 1 s");
        assert_eq!(span(t, 3_600_000), "1 h");
        assert_eq!(span(t, 25 * 3_600_000), "1 d 1 h");
    }
}
