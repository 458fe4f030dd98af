//! The records of accounting in a backup: a file of statements for each cluster that has any.
//!
//! They are put back by the server itself, before a cluster's slurmdbd starts, where a cluster has none: see
//! [`crate::slurm::database`].

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use openpcs_agent::files;

use crate::data_dir::DataDir;
use crate::slurm::database::{kept, records_file, restore_dir};

/// Of a backup.
const DIRECTORY: &str = "accounting";

/// Writes them into the backup; of how many clusters.
pub async fn backup(dir: &DataDir, to: &Path) -> anyhow::Result<usize> {
    let all = kept(dir.path()).context("the records of accounting cannot be found")?;
    if all.is_empty() {
        return Ok(0);
    }
    let to = to.join(DIRECTORY);
    files::create_dir(&to)?;
    for (id, records) in &all {
        let path = to.join(records_file(id));
        let made = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(files::SECRET)
            .open(&path);
        let file = made.with_context(|| format!("cannot write {}", path.display()))?;
        let written = file.try_clone()?;
        records.dump(id, file).await.with_context(|| {
            format!(
                "{} has no records of the cluster {id}: its accounting database must run, which the server sees to. Remove \
                 the directory and try again",
                to.display()
            )
        })?;
        written.sync_all()?;
    }
    Ok(all.len())
}

/// Puts those of a backup where the server finds them; of how many clusters.
pub fn restore(from: &Path, dir: &DataDir) -> anyhow::Result<usize> {
    let from = from.join(DIRECTORY);
    if !from.exists() {
        return Ok(0);
    }
    let to = restore_dir(dir.path());
    let names = files::names(&from)?;
    files::create_dir(&to)?;
    for above in [to.parent(), Some(&to)].into_iter().flatten() {
        dir.give(above)?;
    }
    for name in &names {
        // Whole before it has its name.
        let (fresh, own) = (to.join(format!("{name}.restored")), to.join(name));
        fs::copy(from.join(name), &fresh)
            .with_context(|| format!("cannot write {}", fresh.display()))?;
        fs::File::open(&fresh)?.sync_all()?;
        dir.give(&fresh)?;
        fs::rename(&fresh, &own).with_context(|| format!("cannot write {}", own.display()))?;
    }
    Ok(names.len())
}
