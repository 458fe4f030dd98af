//! The directory that becomes the archive: what is put in is filtered and counted, and README.txt says what is where.

use std::fmt::{Display, Write as _};
use std::fs::{self, DirBuilder, File};
use std::io::{self, Seek};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use openpcs_agent::files;
use serde::Serialize;

use super::filter::Filter;
use crate::db::now;
use crate::service::doors::OpenOutput;
use crate::service::timestamp;

/// Bytes of all parts together, before they are compressed, and of one of them.
const MOST: usize = 50 * 1024 * 1024;
const MOST_OF_ONE: usize = 4 * 1024 * 1024;
/// Its name: one that a killed server left is made anew.
const DIR: &str = "diagnostics";
/// The only directory in the archive.
const ROOT: &str = "openpcs-diagnostics";
const HEAD: &str = "What helps to find the cause of a trouble of an OpenPCS server. Passwords, keys and tokens are not in it, nor \
is anything of what jobs run, carry in their environment or write. Names of clusters, groups, queues, nodes, users and hosts are.\n\n";

pub struct Bundle {
    dir: PathBuf,
    filter: Filter,
    left: usize,
    /// Of README.txt.
    lines: String,
}

impl Bundle {
    /// In a directory that only the server's user can look into.
    pub fn begin(within: &Path, filter: Filter) -> io::Result<Bundle> {
        let dir = within.join(DIR);
        if dir.exists() {
            fs::remove_dir_all(&dir)?;
        }
        let bundle = Bundle {
            dir,
            filter,
            left: MOST,
            lines: format!("{HEAD}Made {}.\n\n", timestamp(now())),
        };
        bundle.make(&bundle.dir.join(ROOT))?;
        Ok(bundle)
    }

    fn make(&self, dir: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)
    }

    /// What is to be known of the whole bundle.
    pub fn say(&mut self, words: &str) {
        let words = self.filter.clean(words);
        // Writing to a String cannot fail.
        let _ = writeln!(self.lines, "{words}\n");
    }

    /// A part, its end where it is too long.
    pub fn put(&mut self, name: &str, about: &str, text: &str) {
        let text = self.filter.clean(end_of(text, MOST_OF_ONE));
        if text.len() > self.left {
            return self.lacks(name, about, "the bundle is full");
        }
        let path = self.dir.join(ROOT).join(name);
        let parent = path.parent().unwrap_or(&self.dir);
        let written = self
            .make(parent)
            .and_then(|()| files::write(&path, text.as_bytes(), files::SECRET));
        match written {
            Ok(()) => {
                self.left -= text.len();
                self.line(name, about, &format!("{} bytes", text.len()));
            }
            Err(error) => self.lacks(name, about, error),
        }
    }

    /// A part that cannot be had, and why.
    pub fn lacks(&mut self, name: &str, about: &str, why: impl Display) {
        let why = self.filter.clean(&why.to_string());
        self.line(name, about, &format!("NOT THERE: {}", why.trim()));
    }

    fn line(&mut self, name: &str, about: &str, what: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.lines, "{name}\n    {about} ({what})");
    }

    /// What the service answers, as JSON.
    pub fn answer<T: Serialize>(
        &mut self,
        name: &str,
        about: &str,
        answer: Result<T, impl Display>,
    ) {
        match answer {
            Ok(answer) => match serde_json::to_value(answer) {
                Ok(mut value) => {
                    self.filter.clean_value(&mut value);
                    self.put(name, about, &format!("{value:#}\n"));
                }
                Err(error) => self.lacks(name, about, error),
            },
            Err(error) => self.lacks(name, about, error),
        }
    }

    /// The archive: a file without a name, that is gone when nobody reads it any more.
    pub async fn pack(self) -> anyhow::Result<OpenOutput> {
        let name = format!("openpcs-diagnostics-{}.tar.gz", timestamp(now()));
        let packed = tokio::task::spawn_blocking(move || self.archive());
        let file = packed.await??;
        Ok(OpenOutput {
            name: name.replace(':', ""),
            size: file.metadata()?.len(),
            file,
        })
    }

    fn archive(self) -> anyhow::Result<File> {
        let readme = self.dir.join(ROOT).join("README.txt");
        files::write(&readme, self.lines.as_bytes(), files::SECRET)?;
        let mut file = tempfile::tempfile_in(&self.dir)?;
        let mut tar = Command::new("tar");
        tar.args(["--create", "--gzip", "--owner=0", "--group=0"])
            .args(["--numeric-owner", "--sort=name", "--directory"])
            .arg(&self.dir)
            .arg(ROOT)
            .stdin(Stdio::null())
            .stdout(file.try_clone()?);
        let done = tar.stderr(Stdio::piped()).output()?;
        anyhow::ensure!(
            done.status.success(),
            "tar: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        file.rewind()?;
        Ok(file)
    }
}

impl Drop for Bundle {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.dir) {
            tracing::warn!(dir = %self.dir.display(), %error, "a bundle of diagnostics was left");
        }
    }
}

/// The last bytes of it, from the beginning of a character.
fn end_of(text: &str, most: usize) -> &str {
    let mut start = text.len().saturating_sub(most);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn it_is_bounded_closed_and_says_what_is_missing() {
        let dir = tempfile::tempdir().unwrap();
        let mut bundle = Bundle::begin(dir.path(), Filter::default()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&dir.path().join(DIR)), 0o700);
        bundle.put("a/one.txt", "One", "small");
        assert_eq!(
            mode(&dir.path().join("diagnostics/openpcs-diagnostics/a/one.txt")),
            0o600
        );
        let long = format!("{}\n", "é".repeat(60)).repeat(100);
        // As if all the rest were there.
        bundle.left = long.len();
        for n in 0..2 {
            bundle.put(&format!("{n}.txt"), "Long", &long);
        }
        bundle.answer::<()>("b.json", "Two", Err("the database is silent"));
        assert!(bundle.lines.contains("the bundle is full"));
        assert!(bundle.lines.contains("NOT THERE: the database is silent"));
        let mut packed = bundle.pack().await.unwrap();
        assert!(packed.size < MOST as u64 && packed.name.ends_with(".tar.gz"));
        let mut magic = [0; 2];
        packed.file.read_exact(&mut magic).unwrap();
        assert_eq!(magic, [0x1f, 0x8b]);
        assert!(!dir.path().join(DIR).exists(), "nothing is left");
    }

    #[test]
    fn the_end_begins_with_a_character() {
        assert_eq!(end_of("aé", 1), "");
        assert_eq!(end_of("aéb", 3), "éb");
        assert_eq!(end_of("ab", 9), "ab");
    }
}
