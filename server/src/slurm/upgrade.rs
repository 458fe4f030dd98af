//! What a controller keeps of itself while another version of Slurm is tried in its place, so that it can go back:
//!
//! ```text
//! DATA/clusters/CLUSTER_ID/controller/upgrade/   begun.json     how far it has come; there from its beginning to its end
//!                                                state/ …       StateSaveLocation and the marks beside it, in-force.json
//! DATA/clusters/CLUSTER_ID/controller/slurmdbd.version          the version that wrote the records of accounts, once
//!                                                               there was another
//! ```
//!
//! Everything may be done twice: a server that was killed is followed by one that begins the step again.

use std::io;
use std::path::{Path, PathBuf};

use openpcs_agent::files;
use openpcs_agent::state::MARKS;
use serde::{Deserialize, Serialize};

const STATE: &str = "state";
const IN_FORCE: &str = "in-force.json";

/// How far it has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Begun {
    /// The version that is tried, as `25.11`.
    pub to: String,
    pub stage: BegunStage,
    /// When the stage began, in milliseconds since 1970.
    pub at: i64,
    /// The sizes of the agent's log and of the tried daemon's when it began: what follows is about it.
    pub agent_log: u64,
    pub own_log: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BegunStage {
    Accounts,
    Controller,
    /// Going back from one of them, for these words.
    Back {
        accounts: bool,
        words: String,
    },
}

/// The files of one controller.
pub struct UpgradeFiles {
    /// The controller's directory.
    dir: PathBuf,
}

impl UpgradeFiles {
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    fn kept(&self) -> PathBuf {
        self.dir.join("upgrade")
    }

    fn begun_file(&self) -> PathBuf {
        self.kept().join("begun.json")
    }

    fn version_file(&self) -> PathBuf {
        self.dir.join("slurmdbd.version")
    }

    pub fn begun(&self) -> io::Result<Option<Begun>> {
        match files::read(&self.begun_file())? {
            Some(text) => Ok(Some(serde_json::from_slice(&text)?)),
            None => Ok(None),
        }
    }

    pub fn note(&self, begun: &Begun) -> io::Result<()> {
        files::create_dir(&self.kept())?;
        let text = serde_json::to_vec(begun)?;
        files::write(&self.begun_file(), &text, files::PLAIN)
    }

    /// Copies the state that slurmctld has saved; it must not run.
    pub fn keep_state(&self) -> io::Result<()> {
        let kept = self.kept();
        files::create_dir(&kept)?;
        files::remove_dir(&kept.join(STATE))?;
        copy(&self.dir.join(STATE), &kept.join(STATE))?;
        for name in MARKS.into_iter().chain([IN_FORCE]) {
            same(&self.dir.join(name), &kept.join(name))?;
        }
        Ok(())
    }

    /// Whatever the tried one has saved, it begins with the copy again; it must not run.
    pub fn put_state_back(&self) -> io::Result<()> {
        let (kept, state) = (self.kept(), self.dir.join(STATE));
        files::remove_dir(&state)?;
        copy(&kept.join(STATE), &state)?;
        for name in MARKS.into_iter().chain([IN_FORCE]) {
            same(&kept.join(name), &self.dir.join(name))?;
        }
        Ok(())
    }

    /// It is over, one way or the other.
    pub fn forget(&self) -> io::Result<()> {
        // Without it the rest is nobody's.
        files::remove_file(&self.begun_file())?;
        files::remove_dir(&self.kept())
    }

    /// The version of slurmdbd, where it may not be slurmctld's.
    pub fn accounts_version(&self) -> io::Result<Option<String>> {
        let text = files::read(&self.version_file())?;
        Ok(text.map(|text| String::from_utf8_lossy(&text).trim().to_owned()))
    }

    /// Its records are that version's from now on, whatever becomes of the controller.
    pub fn set_accounts_version(&self, version: &str) -> io::Result<()> {
        files::write(&self.version_file(), version.as_bytes(), files::PLAIN)
    }
}

/// The one file is as the other, or is not there either.
fn same(from: &Path, to: &Path) -> io::Result<()> {
    match files::read(from)? {
        Some(text) => files::write(to, &text, files::SECRET),
        None => files::remove_file(to),
    }
}

/// A directory with all in it.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    files::create_dir(to)?;
    for entry in std::fs::read_dir(from)? {
        let (entry, kind) = entry.and_then(|entry| Ok((entry.path(), entry.file_type()?)))?;
        let Some(name) = entry.file_name() else {
            continue;
        };
        match kind.is_dir() {
            true => copy(&entry, &to.join(name))?,
            false => std::fs::copy(&entry, to.join(name)).map(drop)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_back_and_what_came_since_is_gone() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path();
        let write = |name: &str, text: &str| {
            let file = dir.join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        };
        let read = |name: &str| std::fs::read_to_string(dir.join(name)).ok();
        write("state/job_state", "old");
        write("state/hash.1/job.11/script", "#!");
        write(IN_FORCE, "old");
        let upgrade = UpgradeFiles::new(dir);
        assert_eq!(upgrade.begun().unwrap(), None);
        upgrade.keep_state().unwrap();
        let begun = Begun {
            to: "25.11".into(),
            stage: BegunStage::Controller,
            at: 1,
            agent_log: 2,
            own_log: 3,
        };
        upgrade.note(&begun).unwrap();
        assert_eq!(upgrade.begun().unwrap(), Some(begun));

        write("state/job_state", "new");
        write("state/newer", "");
        write(IN_FORCE, "new");
        write(MARKS[0], "");
        std::fs::remove_dir_all(dir.join("state/hash.1")).unwrap();
        upgrade.put_state_back().unwrap();
        upgrade.put_state_back().unwrap();
        assert_eq!(read("state/job_state").as_deref(), Some("old"));
        assert_eq!(read("state/hash.1/job.11/script").as_deref(), Some("#!"));
        assert_eq!(read(IN_FORCE).as_deref(), Some("old"));
        assert_eq!((read("state/newer"), read(MARKS[0])), (None, None));
        upgrade.forget().unwrap();
        assert_eq!(upgrade.begun().unwrap(), None);
    }
}
