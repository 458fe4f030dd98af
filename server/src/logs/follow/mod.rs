//! Reads what a daemon writes into its file, also into the files that a rotation made of it, and keeps each line once.
//!
//! A rotation renames the file (`slurmctld.log.1`) or copies and truncates it. Either way what was read of a file is known
//! again by [`Place`]; rotated files are read on before the one that is there now.

pub mod watch;

use std::cmp::Reverse;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use app::model::log::LogLevel;

use super::line::Entry;
use super::place::Place;
use super::store::{LogStore, Stream};

/// So much is read and written at once.
const CHUNK: usize = 1024 * 1024;
/// Of one run; the next one follows at once.
const CHUNKS: usize = 32;
/// A rotated file into which something was written less long ago may be a copy that is not whole yet.
const COPYING: Duration = Duration::from_secs(5);
/// A rotated file into which nothing was written for so long ends with its last line, whole or not.
const SETTLED: Duration = Duration::from_secs(60);

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Followed {
    pub lines: usize,
    /// Whether there is more to read at once.
    pub has_more: bool,
    /// Whether a rotation is under way: the rest is read when it has ended, and no sooner.
    pub waits: bool,
}

/// How a line is read, without its end, behind one of that time and level.
pub type Parse = Arc<dyn Fn(&[u8], (i64, LogLevel)) -> Entry + Send + Sync>;

/// Keeps what is new in that file and those that were rotated from it. Files older than `since` are left alone.
pub async fn follow(
    store: &LogStore,
    stream: &Stream,
    path: &Path,
    since: SystemTime,
    parse: &Parse,
) -> anyhow::Result<Followed> {
    let mut known = store.places(stream.log).await?;
    let mut followed = Followed::default();
    let looked = path.to_owned();
    let sources = tokio::task::spawn_blocking(move || sources(&looked, since)).await?;
    let sources = sources.with_context(|| format!("cannot look at {}", path.display()))?;
    let mut left = CHUNKS;
    for source in &sources {
        if source.may_be_copied(&known)? {
            followed.waits = true;
            break;
        }
        while left > 0 {
            let (source, places) = (source.again()?, known.clone());
            let parse = parse.clone();
            let read = tokio::task::spawn_blocking(move || source.read(&places, &parse)).await??;
            let Some(read) = read else {
                break;
            };
            store
                .append(
                    stream,
                    &read.lines,
                    &known,
                    read.before.as_ref(),
                    &read.place,
                )
                .await?;
            known.retain(|one| Some(one) != read.before.as_ref() && !one.is_same_file(&read.place));
            known.push(read.place);
            followed.lines += read.lines.len();
            left -= 1;
        }
    }
    followed.has_more = left == 0;
    if !followed.has_more {
        for place in &known {
            let is_there = sources.iter().any(|one| place.is_inode_of(&one.about));
            if !is_there {
                store.forget(stream.log, place).await?;
            }
        }
    }
    Ok(followed)
}

/// A file of the daemon's.
struct Source {
    file: File,
    about: Metadata,
    /// Not one that was rotated.
    is_current: bool,
}

struct Read {
    lines: Vec<Entry>,
    /// What was known of the file.
    before: Option<Place>,
    place: Place,
}

/// The file and those rotated from it, the oldest first; none that is not there.
fn sources(path: &Path, since: SystemTime) -> io::Result<Vec<Source>> {
    let mut found = vec![];
    for rotated in rotated(path)? {
        found.extend(Source::open(&rotated, false)?);
    }
    found.retain(|one| one.changed() >= since);
    found.sort_by_key(Source::changed);
    found.extend(Source::open(path, true)?);
    Ok(found)
}

/// `slurmctld.log.1`, `slurmctld.log-20260102`; not what was packed.
fn rotated(path: &Path) -> io::Result<Vec<PathBuf>> {
    let (Some(dir), Some(own)) = (
        path.parent(),
        path.file_name().and_then(|name| name.to_str()),
    ) else {
        return Ok(vec![]);
    };
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
        Err(error) => return Err(error),
    };
    let mut found = vec![];
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let end = name.to_str().and_then(|name| name.strip_prefix(own));
        let end = end.and_then(|end| end.strip_prefix(['.', '-']));
        if end.is_some_and(|end| {
            !end.is_empty() && end.bytes().all(|b| b.is_ascii_digit() || b == b'-')
        }) {
            found.push(entry.path());
        }
    }
    // Of those that were written to within one tick of the clock: `.2` was there before `.1`, a date is its own order.
    found.sort();
    found.sort_by_key(|path| Reverse(number(path)));
    Ok(found)
}

fn number(path: &Path) -> Option<u64> {
    path.extension()?.to_str()?.parse().ok()
}

impl Source {
    /// None: it is not there, or no plain file.
    fn open(path: &Path, is_current: bool) -> io::Result<Option<Source>> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = (nix::fcntl::OFlag::O_NOFOLLOW | nix::fcntl::OFlag::O_NONBLOCK).bits();
        let opened = File::options().read(true).custom_flags(flags).open(path);
        let file = match opened {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let about = file.metadata()?;
        let is_file = about.is_file();
        Ok(is_file.then_some(Source {
            file,
            about,
            is_current,
        }))
    }

    /// As it is now.
    fn again(&self) -> io::Result<Source> {
        let file = self.file.try_clone()?;
        Ok(Source {
            about: file.metadata()?,
            file,
            is_current: self.is_current,
        })
    }

    fn changed(&self) -> SystemTime {
        self.about.modified().unwrap_or(UNIX_EPOCH)
    }

    /// The place of this file among those that are known.
    fn place(&self, known: &[Place]) -> io::Result<Option<Place>> {
        let own = known.iter().filter(|one| one.is_inode_of(&self.about));
        let moved = known.iter().filter(|one| !one.is_inode_of(&self.about));
        for place in own.chain(moved) {
            if place.is_of(&self.file, &self.about)? {
                return Ok(Some(place.clone()));
            }
        }
        Ok(None)
    }

    /// Whether a rotation may still copy a file that is known to this one.
    fn may_be_copied(&self, known: &[Place]) -> io::Result<bool> {
        let is_new = self.changed().elapsed().is_ok_and(|age| age < COPYING);
        if self.is_current || !is_new {
            return Ok(false);
        }
        for place in known {
            if place.is_begun_by(&self.file, &self.about)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The next lines; none: there is none that is whole.
    fn read(&self, known: &[Place], parse: &Parse) -> io::Result<Option<Read>> {
        let before = self.place(known)?;
        let from = before.as_ref().map_or(0, |place| place.offset);
        let left = self.about.len().saturating_sub(from.cast_unsigned());
        let bytes = piece(&self.file, from, left)?;
        let mut last = match &before {
            Some(place) => (place.at, place.level),
            None => (milliseconds(self.changed()), LogLevel::default()),
        };
        let mut skips = before.as_ref().is_some_and(|place| place.skips);
        let mut lines = vec![];
        let mut used = 0;
        for line in bytes.split_inclusive(|b| *b == b'\n') {
            let Some(end) = self.end(line, bytes.len()) else {
                break;
            };
            used += line.len();
            if !std::mem::replace(&mut skips, end == End::Cut) {
                let entry = parse(line.strip_suffix(b"\n").unwrap_or(line), last);
                last = (entry.at, entry.level);
                lines.push(entry);
            }
        }
        if used == 0 {
            return Ok(None);
        }
        let offset = from + i64::try_from(used).unwrap_or_default();
        let place = Place::at(&self.file, &self.about, offset, skips, last)?;
        Ok(Some(Read {
            lines,
            before,
            place,
        }))
    }

    /// How a line ends that was read in a piece of so many bytes; none: it is not whole yet.
    fn end(&self, line: &[u8], piece: usize) -> Option<End> {
        let settled = || self.changed().elapsed().is_ok_and(|since| since >= SETTLED);
        match line.ends_with(b"\n") {
            true => Some(End::Whole),
            false if line.len() == CHUNK => Some(End::Cut),
            false if piece < CHUNK && !self.is_current && settled() => Some(End::Whole),
            false => None,
        }
    }
}

#[derive(PartialEq, Eq)]
enum End {
    Whole,
    /// The line goes on: what is kept of it is kept.
    Cut,
}

/// What is there from that place on, of a file that has so much left.
fn piece(file: &File, from: i64, left: u64) -> io::Result<Vec<u8>> {
    let most = usize::try_from(left).map_or(CHUNK, |left| left.min(CHUNK));
    let mut bytes = vec![0; most];
    let mut filled = 0;
    while filled < most {
        let at = from.cast_unsigned() + filled as u64;
        match file.read_at(&mut bytes[filled..], at)? {
            0 => break,
            count => filled += count,
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

fn milliseconds(at: SystemTime) -> i64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
