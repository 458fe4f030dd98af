//! The end of a log: what a person needs to see when something died.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::fcntl::OFlag;

/// How much of a file is looked at for its last lines.
const WINDOW: u64 = 8 * 1024;
/// How much of a log a person is shown.
const SHOWN: u64 = 128 * 1024;

/// The last lines of a file, or nothing when it cannot be read.
pub fn last_lines(path: &Path, count: usize) -> String {
    let text = read_end(path, WINDOW)
        .map(|(text, _)| text)
        .unwrap_or_default();
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

/// The end of a log for a person to read, and whether there is more before it.
pub fn end_of(path: &Path) -> std::io::Result<(String, bool)> {
    end_within(path, SHOWN)
}

/// The same of so many bytes at most.
pub fn end_within(path: &Path, window: u64) -> std::io::Result<(String, bool)> {
    let (text, is_cut) = read_end(path, window)?;
    // Half a line says nothing.
    let text = match text.split_once('\n') {
        Some((_, rest)) if is_cut => rest.to_owned(),
        _ => text,
    };
    Ok((text, is_cut))
}

fn read_end(path: &Path, window: u64) -> std::io::Result<(String, bool)> {
    // The directory may be a job's to write in: what stands there must be the log itself, not a way to another file.
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
    let mut file = File::options()
        .read(true)
        .custom_flags(flags.bits())
        .open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(std::io::ErrorKind::InvalidInput.into());
    }
    let length = found.len();
    file.seek(SeekFrom::Start(length.saturating_sub(window)))?;
    let mut bytes = Vec::new();
    file.take(window).read_to_end(&mut bytes)?;
    Ok((
        String::from_utf8_lossy(&bytes).into_owned(),
        length > window,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_to_another_file_is_no_log() {
        let dir = tempfile::tempdir().unwrap();
        let (log, link) = (dir.path().join("slurmd.log"), dir.path().join("agent.log"));
        std::fs::write(&log, "one\ntwo\n").unwrap();
        std::os::unix::fs::symlink(&log, &link).unwrap();
        assert_eq!(last_lines(&log, 1), "two");
        assert_eq!(last_lines(&link, 1), "");
        assert!(end_of(&link).is_err());
    }
}
