//! What can be wrong with a field of the form for jobs.

use super::odd_character::named;
use crate::i18n::Text;

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    Missing,
    TooLong(usize),
    OutOfRange(i64, i64),
    /// In which line, of what may have several.
    ControlCharacter {
        line: Option<usize>,
        what: char,
    },
    /// The script's first line names no interpreter.
    NoInterpreter,
    /// Lines that end with a lone carriage return.
    LoneReturns,
    NotAbsolute,
    NotAnArray,
    StartsWithHyphen,
}

impl Problem {
    pub fn text(self, t: &Text) -> String {
        let t = &t.submit_job;
        match self {
            Problem::Missing => t.problem_missing.into(),
            Problem::TooLong(most) => t.problem_too_long(most),
            Problem::OutOfRange(least, most) => t.problem_range(least, most),
            Problem::ControlCharacter { line: None, what } => t.problem_control(named(what)),
            Problem::ControlCharacter {
                line: Some(line),
                what,
            } => t.problem_control_in(line, named(what)),
            Problem::NoInterpreter => t.problem_interpreter.into(),
            Problem::LoneReturns => t.problem_returns.into(),
            Problem::NotAbsolute => t.problem_absolute.into(),
            Problem::NotAnArray => t.problem_array.into(),
            Problem::StartsWithHyphen => t.problem_hyphen.into(),
        }
    }
}
