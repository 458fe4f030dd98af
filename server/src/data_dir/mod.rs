//! The data directory: who may look in, and whose it is.
//!
//! It belongs to one database, whose id it carries in `database-id`. Beside another one the server would take every cluster
//! here for a leftover, so that is refused before anything is touched.

pub mod lock;
pub mod server_id;

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use nix::unistd::{Gid, Uid, chown, geteuid};
use openpcs_agent::files;
use serde::{Deserialize, Serialize};

use crate::db::open::Found;

/// The file that says whose the directory is.
pub const CLAIM: &str = "database-id";
/// What only a data directory has.
const MARKS: [&str; 3] = [CLAIM, "data-key", "openpcs.db"];

/// A directory that is there and closed to others.
#[derive(Clone, Debug)]
pub struct DataDir {
    path: PathBuf,
}

/// The database that a directory belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    pub id: String,
    /// Where the database was last, for people; without a password.
    pub address: String,
}

impl DataDir {
    /// The directory, made if it is not there. One that is there keeps its mode: it may be somebody else's.
    pub fn open_or_make(path: &Path) -> anyhow::Result<DataDir> {
        if !path.exists() {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
            made.with_context(|| format!("the data directory {} cannot be made", path.display()))?;
        }
        Self::open(path)
    }

    /// The directory, which must be there.
    pub fn open(path: &Path) -> anyhow::Result<DataDir> {
        let dir = DataDir { path: path.into() };
        dir.check_mode()
            .with_context(|| format!("the data directory {} cannot be used", path.display()))?;
        Ok(dir)
    }

    /// For a server that has checked it at its start.
    pub fn at(path: &Path) -> DataDir {
        DataDir { path: path.into() }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Other users of the host must not look in (S8). What the server makes in it is closed anyway.
    fn check_mode(&self) -> anyhow::Result<()> {
        let found = fs::metadata(&self.path)?;
        if !found.is_dir() {
            bail!("it is no directory; name another one with --data-dir");
        }
        let mode = found.permissions().mode() & 0o7777;
        let remedy = format!(
            "Close it with `chmod 700 {}`, or name another directory with --data-dir.",
            self.path.display()
        );
        if mode & 0o022 != 0 {
            bail!("others may write in it (mode {mode:o}). {remedy}");
        }
        let is_ours = MARKS.iter().any(|name| self.path.join(name).exists());
        if mode & 0o055 != 0 && !is_ours && fs::read_dir(&self.path)?.next().is_some() {
            bail!(
                "others may look into it (mode {mode:o}), and it holds files of something else. {remedy}"
            );
        }
        Ok(())
    }

    /// Whose the directory is; none: it says nothing.
    pub fn claim(&self) -> anyhow::Result<Option<Claim>> {
        let path = self.path.join(CLAIM);
        match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).map(Some).with_context(|| {
                format!(
                    "{} cannot be read; restore it from a backup",
                    path.display()
                )
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Ties the directory to a database.
    pub fn set_claim(&self, claim: &Claim) -> anyhow::Result<()> {
        if self.claim().ok().flatten().as_ref() == Some(claim) {
            return Ok(());
        }
        let path = self.path.join(CLAIM);
        files::write(&path, &serde_json::to_vec(claim)?, files::SECRET)
            .with_context(|| format!("cannot write {}", path.display()))?;
        self.give(&path)
    }

    /// What root writes into somebody's directory is that one's: its server must be able to read it.
    pub fn give(&self, file: &Path) -> anyhow::Result<()> {
        let (owner, now) = (fs::metadata(&self.path)?, fs::metadata(file)?);
        if !geteuid().is_root() || (owner.uid(), owner.gid()) == (now.uid(), now.gid()) {
            return Ok(());
        }
        let user = (Uid::from_raw(owner.uid()), Gid::from_raw(owner.gid()));
        chown(file, Some(user.0), Some(user.1))
            .with_context(|| format!("{} cannot be given to its owner", file.display()))
    }

    /// The clusters that have anything here.
    pub fn clusters(&self) -> io::Result<Vec<String>> {
        files::dir_names(&self.path.join("clusters"))
    }
}

/// Why a directory and a database do not belong together; none: they do, or nothing speaks against it.
pub fn mismatch(claim: Option<&Claim>, found: &Found, on_disk: &[String]) -> Option<String> {
    let (id, known) = match found {
        Found::Nothing => (None, &[][..]),
        Found::Ours { id, clusters } => (id.as_ref(), clusters.as_slice()),
    };
    let unknown: Vec<&str> = on_disk
        .iter()
        .filter(|id| !known.contains(id))
        .map(String::as_str)
        .collect();
    match (claim, id) {
        (Some(claim), Some(id)) if claim.id == *id => None,
        (Some(claim), Some(_)) => Some(format!(
            "it belongs to another database, the one that was at {}",
            claim.address
        )),
        (Some(claim), None) if *found == Found::Nothing => Some(format!(
            "it belongs to the database that was at {}, and this one is empty",
            claim.address
        )),
        // Of an earlier release, or the directory was tied by hand: what it knows decides.
        _ if unknown.is_empty() => None,
        _ => Some(format!(
            "it has clusters that this database does not know ({})",
            unknown.join(", ")
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(id: Option<&str>, clusters: &[&str]) -> Found {
        Found::Ours {
            id: id.map(str::to_owned),
            clusters: clusters.iter().map(|&c| c.to_owned()).collect(),
        }
    }

    #[test]
    fn a_directory_takes_only_its_own_database() {
        let claim = Claim {
            id: "one".into(),
            address: "sqlite:///srv/one.db".into(),
        };
        let none: &[&str] = &[];
        let (same, other) = (ours(Some("one"), &["a"]), ours(Some("two"), &["a", "b"]));
        let old = ours(None, &["a"]);
        for (claimed, found, on_disk, right) in [
            (false, &Found::Nothing, none, true),
            (false, &Found::Nothing, &["a"][..], false),
            (false, &old, &["a"], true),
            (false, &old, &["a", "b"], false),
            (false, &other, none, true),
            (true, &same, &["a"], true),
            // A restored backup: younger clusters are set aside.
            (true, &same, &["a", "b"], true),
            (true, &other, &["a"], false),
            (true, &other, none, false),
            (true, &Found::Nothing, none, false),
            (true, &old, &["a"], true),
            (true, &old, &["b"], false),
        ] {
            let on_disk: Vec<String> = on_disk.iter().map(|&c| c.to_owned()).collect();
            let refusal = mismatch(claimed.then_some(&claim), found, &on_disk);
            assert_eq!(
                refusal.is_none(),
                right,
                "{claimed} {found:?} {on_disk:?}: {refusal:?}"
            );
        }
    }

    fn dir_with(mode: u32, file: Option<&str>) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        if let Some(name) = file {
            fs::write(dir.path().join(name), "").unwrap();
        }
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(mode)).unwrap();
        dir
    }

    #[test]
    fn a_directory_keeps_its_mode_and_is_refused_where_others_come_in() {
        for (mode, file, right) in [
            (0o700, Some("photo"), true),
            (0o755, None, true),
            (0o755, Some("photo"), false),
            (0o750, Some("photo"), false),
            (0o755, Some("openpcs.db"), true),
            (0o1777, None, false),
            (0o770, Some("openpcs.db"), false),
        ] {
            let dir = dir_with(mode, file);
            let opened = DataDir::open_or_make(dir.path());
            assert_eq!(opened.is_ok(), right, "{mode:o} {file:?}: {opened:?}");
            if let Err(refusal) = opened {
                assert!(format!("{refusal:#}").contains("chmod 700"), "{refusal:#}");
            }
            let after = fs::metadata(dir.path()).unwrap().permissions().mode();
            assert_eq!(after & 0o7777, mode);
        }
    }

    #[test]
    fn what_root_writes_is_the_directorys_owners() {
        if !geteuid().is_root() {
            return eprintln!("skipped: only root can give files away");
        }
        let dir = dir_with(0o700, Some("lock"));
        let nobody = (Uid::from_raw(65_534), Gid::from_raw(65_533));
        chown(dir.path(), Some(nobody.0), Some(nobody.1)).unwrap();
        let data = DataDir::open(dir.path()).unwrap();
        let claim = |address: &str| Claim {
            id: "one".into(),
            address: address.into(),
        };
        // Also where it was somebody else's before.
        for address in ["sqlite:///srv/one.db", "sqlite:///link/one.db"] {
            data.set_claim(&claim(address)).unwrap();
            let found = fs::metadata(dir.path().join(CLAIM)).unwrap();
            assert_eq!((found.uid(), found.gid()), (65_534, 65_533));
            assert_eq!(found.permissions().mode() & 0o777, files::SECRET);
        }
        data.give(&dir.path().join("lock")).unwrap();
        let found = fs::metadata(dir.path().join("lock")).unwrap();
        assert_eq!((found.uid(), found.gid()), (65_534, 65_533));
    }

    #[test]
    fn only_a_directory_that_was_not_there_is_made() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b");
        assert!(DataDir::open(&path).is_err() && !path.exists());
        DataDir::open_or_make(&path).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}
