//! The end of the server's own log, beside standard error: whoever looks for the cause of a trouble does not always have that.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

/// Bytes that are kept.
const MOST: usize = 1024 * 1024;

static LAST: Mutex<VecDeque<u8>> = Mutex::new(VecDeque::new());

/// What was logged last, from the beginning of a line.
pub fn text() -> String {
    let last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let bytes: Vec<u8> = last.iter().copied().collect();
    let is_cut = bytes.len() == MOST;
    drop(last);
    let text = String::from_utf8_lossy(&bytes);
    match text.split_once('\n') {
        Some((_, rest)) if is_cut => rest.to_owned(),
        _ => text.into_owned(),
    }
}

/// Writes to standard error and remembers.
pub struct Tee;

impl Write for Tee {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = io::stderr().write(bytes)?;
        remember(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

fn remember(bytes: &[u8]) {
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    last.extend(bytes);
    let over = last.len().saturating_sub(MOST);
    last.drain(..over);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_whole_and_no_more() {
        for n in 0..200_000 {
            remember(format!("line {n}\n").as_bytes());
        }
        let text = text();
        assert!(text.len() <= MOST && text.len() > MOST / 2);
        assert!(text.starts_with("line ") && text.ends_with("line 199999\n"));
    }
}
