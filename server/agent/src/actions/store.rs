//! What a node keeps of its scripts from boot to boot: the scripts themselves, and in which boot each ran last.

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::message::{Caching, Script, Source, Stage, When};
use crate::{Result, context, files};

/// Only root, or whoever runs the agent, may run it.
const RUNNABLE: u32 = 0o700;
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

pub struct Store {
    dir: PathBuf,
    /// Another one each time that the node boots.
    boot: String,
}

impl Store {
    pub fn new(dir: PathBuf, boot: String) -> Store {
        Store { dir, boot }
    }

    /// The kernel's name of this boot: an agent that starts anew is still in the same.
    pub fn boot_of_host() -> Result<String> {
        let found = context("read the boot's number", std::fs::read_to_string(BOOT_ID))?;
        Ok(found.trim().to_owned())
    }

    /// Whether the script is to run in this boot.
    pub fn is_due(&self, stage: Stage, script: &Script) -> bool {
        match std::fs::read_to_string(self.path(stage, script, "ran")) {
            Ok(last) => script.execution_policy == When::EveryBoot && last != self.boot,
            Err(_) => true,
        }
    }

    /// It has run, however it ended.
    pub fn note_run(&self, stage: Stage, script: &Script) -> Result<()> {
        let path = self.path(stage, script, "ran");
        let noted = self.keep(&path, self.boot.as_bytes(), files::PLAIN);
        context("note that a script was run", noted)
    }

    /// The script as a file that can be run: fetched, unless one of an earlier boot is good enough.
    pub fn file(
        &self,
        stage: Stage,
        script: &Script,
        caching: Caching,
        fetch: impl FnOnce(&Source) -> Result<Vec<u8>>,
    ) -> Result<PathBuf> {
        let path = self.path(stage, script, "script");
        let source = &script.script_source;
        if caching == Caching::CacheOnce && self.is_kept(&path, source) {
            return Ok(path);
        }
        let content = fetch(source)?;
        check(source, &content)?;
        let kept = self.keep(&path, &content, RUNNABLE);
        context("keep a script", kept)?;
        Ok(path)
    }

    fn keep(&self, path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
        files::create_dir(&self.dir)?;
        files::write(path, content, mode)
    }

    fn is_kept(&self, path: &Path, source: &Source) -> bool {
        let kept = std::fs::read(path);
        kept.is_ok_and(|content| check(source, &content).is_ok())
    }

    /// Told apart by where the script is from: a group's other script of the same name is another one.
    fn path(&self, stage: Stage, script: &Script, what: &str) -> PathBuf {
        let source = &script.script_source;
        let version = source.s3_version_id.as_deref().unwrap_or_default();
        let from = format!("{}\n{version}", source.script_location);
        let from = hex::encode(Sha256::digest(from));
        let from = from.get(..16).unwrap_or_default();
        let name = file_name(&script.name);
        self.dir
            .join(format!("{}-{name}-{from}.{what}", stage.name()))
    }
}

/// Whether it is what the group's settings say.
fn check(source: &Source, content: &[u8]) -> Result<()> {
    let Some(wanted) = &source.checksum else {
        return Ok(());
    };
    let found = hex::encode(Sha256::digest(content));
    match found.eq_ignore_ascii_case(wanted) {
        true => Ok(()),
        false => Err(format!(
            "the script is not what its checksum says: its SHA-256 is {found}, not {wanted}"
        )),
    }
}

/// A script's name as part of a file's: names have spaces.
pub fn file_name(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    name.chars()
        .map(|c| if is_plain(c) { c } else { '_' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(when: When, checksum: Option<&str>) -> Script {
        Script {
            name: "a b".into(),
            script_source: Source {
                script_location: "s3://bucket/a".into(),
                s3_version_id: None,
                checksum: checksum.map(str::to_owned),
            },
            arguments: vec![],
            on_error: Default::default(),
            execution_policy: when,
        }
    }

    #[test]
    fn a_script_runs_in_the_first_boot_or_once_in_each() {
        let dir = tempfile::tempdir().unwrap();
        let boot = |name: &str| Store::new(dir.path().into(), name.into());
        let stage = Stage::NodeReady;
        for (when, again) in [(When::FirstBootOnly, false), (When::EveryBoot, true)] {
            let mut script = script(when, None);
            script.name = format!("{when:?}");
            assert!(boot("1").is_due(stage, &script));
            boot("1").note_run(stage, &script).unwrap();
            assert!(!boot("1").is_due(stage, &script), "the agent starts anew");
            assert_eq!(boot("2").is_due(stage, &script), again);
            assert!(boot("1").is_due(Stage::NodeBootstrapped, &script));
        }
    }

    #[test]
    fn what_is_kept_is_used_unless_it_is_to_be_fetched_or_was_changed() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path().join("scripts"), "1".into());
        let sum = hex::encode(Sha256::digest("one"));
        let stage = Stage::NodeBootstrapped;
        let get = |checksum: Option<&str>, caching, content: &str| -> Result<String> {
            let script = script(When::EveryBoot, checksum);
            let path = store.file(stage, &script, caching, |_| Ok(content.into()))?;
            Ok(std::fs::read_to_string(path).unwrap())
        };
        assert_eq!(get(None, Caching::CacheOnce, "one"), Ok("one".into()));
        assert_eq!(get(None, Caching::CacheOnce, "two"), Ok("one".into()));
        assert_eq!(get(Some(&sum), Caching::CacheOnce, ""), Ok("one".into()));
        assert_eq!(get(None, Caching::RefreshOnReboot, "2"), Ok("2".into()));
        // It is not the one that is kept any more, and is fetched.
        assert_eq!(get(Some(&sum), Caching::CacheOnce, "one"), Ok("one".into()));
        let other = hex::encode(Sha256::digest("other"));
        let told = get(Some(&other), Caching::CacheOnce, "one").unwrap_err();
        assert!(told.contains(&sum) && told.contains(&other), "{told}");
    }
}
