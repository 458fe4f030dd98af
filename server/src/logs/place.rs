//! How far a file has been read, and how it is known again: by its inode, and by what it begins with and what is before the
//! place. So a file that was moved or copied by a rotation is read on, and one that was truncated is read anew.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};

use app::model::log::LogLevel;
use sha2::{Digest as _, Sha256};
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::line::level_at;

/// So many bytes at a file's beginning, and before the place, must be what they were.
const PROOF: i64 = 1024;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub device: i64,
    pub inode: i64,
    /// The next byte to read.
    pub offset: i64,
    head: Vec<u8>,
    tail: Vec<u8>,
    /// Whether the place is within a line of which the beginning is kept and the rest left out.
    pub skips: bool,
    /// The time and level of the last line: those without a time have the same.
    pub at: i64,
    pub level: LogLevel,
}

impl Place {
    /// Of a file that has been read to there.
    pub fn at(
        file: &File,
        about: &Metadata,
        offset: i64,
        skips: bool,
        (at, level): (i64, LogLevel),
    ) -> io::Result<Place> {
        let (device, inode) = identity(about);
        Ok(Place {
            device,
            inode,
            offset,
            head: head(file, offset)?,
            tail: tail(file, offset)?,
            skips,
            at,
            level,
        })
    }

    /// Whether this is the file, moved or not, and has all that was read of it.
    pub fn is_of(&self, file: &File, about: &Metadata) -> io::Result<bool> {
        let reaches = i64::try_from(about.len()).unwrap_or(i64::MAX) >= self.offset;
        Ok(reaches
            && head(file, self.offset)? == self.head
            && tail(file, self.offset)? == self.tail)
    }

    /// Whether this file has the beginning of what was read, and not yet all of it.
    pub fn is_begun_by(&self, file: &File, about: &Metadata) -> io::Result<bool> {
        let reaches = i64::try_from(about.len()).unwrap_or(i64::MAX) >= self.offset;
        Ok(!reaches && head(file, self.offset)? == self.head)
    }

    /// What proves that a file has what was read.
    pub(super) fn tail(&self) -> &[u8] {
        &self.tail
    }

    /// Whether the file that was there has this inode.
    pub fn is_inode_of(&self, about: &Metadata) -> bool {
        identity(about) == (self.device, self.inode)
    }

    pub fn is_same_file(&self, other: &Place) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }

    pub(super) fn of_row(row: &SqliteRow) -> sqlx::Result<Place> {
        Ok(Place {
            device: row.try_get("device")?,
            inode: row.try_get("inode")?,
            offset: row.try_get("offset")?,
            head: row.try_get("head")?,
            tail: row.try_get("tail")?,
            skips: row.try_get("skips")?,
            at: row.try_get("at")?,
            level: level_at(row.try_get("level")?),
        })
    }

    pub(super) async fn put(&self, daemon: &str, to: &mut SqliteConnection) -> sqlx::Result<()> {
        sqlx::query(
            "INSERT OR REPLACE INTO place (daemon, head, tail, device, inode, offset, skips, at, level) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(daemon)
        .bind(&self.head)
        .bind(&self.tail)
        .bind(self.device)
        .bind(self.inode)
        .bind(self.offset)
        .bind(self.skips)
        .bind(self.at)
        .bind(self.level as i64)
        .execute(to)
        .await?;
        Ok(())
    }
}

/// SQLite's numbers have a sign; the bits are the same.
fn identity(about: &Metadata) -> (i64, i64) {
    (about.dev().cast_signed(), about.ino().cast_signed())
}

fn head(file: &File, offset: i64) -> io::Result<Vec<u8>> {
    digest(file, 0, offset.min(PROOF))
}

fn tail(file: &File, offset: i64) -> io::Result<Vec<u8>> {
    digest(file, (offset - PROOF).max(0), offset)
}

fn digest(file: &File, from: i64, to: i64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(to - from).unwrap_or_default()];
    match file.read_exact_at(&mut bytes, from.cast_unsigned()) {
        Ok(()) => Ok(Sha256::digest(&bytes).to_vec()),
        // Truncated meanwhile: it is none that is known.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(vec![]),
        Err(error) => Err(error),
    }
}
