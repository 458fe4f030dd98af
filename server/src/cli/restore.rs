//! `openpcs restore`: a backup into a new data directory, or back into the one that it is of.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, bail};

use super::backup::{DATABASE, FILES, copy};
use super::{records, store};
use crate::auth::seal;
use crate::config::Store;
use crate::data_dir::{Claim, DataDir};
use crate::db::open::{Address, Found};
use crate::db::{Db, now};

pub async fn run(store: Store, from: PathBuf) -> anyhow::Result<()> {
    let backup = DataDir::open(&from)?;
    let Some(claim) = backup.claim()? else {
        bail!("{} is no backup: it has no database-id", from.display());
    };
    let database = from.join(DATABASE);
    let has_database = database.exists();
    if has_database {
        check_database(&database, &claim).await?;
        if !store.is_default_database() {
            bail!(
                "the backup holds an SQLite database, which goes to {}; leave --database-url out",
                store.database_file().display()
            );
        }
    }
    let dir = DataDir::open_or_make(&store.data_dir)?;
    check_apart(&from, &dir)?;
    let _lock = lock(&dir)?;
    check_target(&dir, &claim)?;
    let before = format!(".before-{}", now());
    let fresh = match has_database {
        true => Some(copy_beside(&database, &store.database_file())?),
        false => None,
    };
    put_keys(&from, &dir, &before)?;
    let clusters = records::restore(&from, &dir)?;
    if clusters > 0 {
        println!(
            "Records of accounting, of {clusters} clusters, are put back when the server starts, where a cluster has none."
        );
    }
    let Some(fresh) = fresh else {
        println!(
            "The keys are in {}. Restore the PostgreSQL database with `pg_restore`, and serve with --database-url.",
            dir.path().display()
        );
        return Ok(());
    };
    put_database(&fresh, &store.database_file(), &before)?;
    // It may be of an earlier release.
    store::found(&store).await?;
    let db = Db::open(&store.database_url()?).await?;
    store::seal(&db, &dir).await?;
    db.close().await;
    println!(
        "Restored into {}. Clusters that are younger than the backup are left alone: `openpcs set-aside list`.",
        dir.path().display()
    );
    Ok(())
}

fn put_keys(from: &Path, dir: &DataDir, before: &str) -> anyhow::Result<()> {
    for name in FILES {
        let (saved, own) = (from.join(name), dir.path().join(name));
        // The directory's own are as good, but a key that does not open the backup's secrets.
        let is_good = match name {
            seal::FILE => fs::read(&own).ok() == fs::read(&saved).ok(),
            _ => own.exists(),
        };
        if saved.exists() && !is_good {
            let fresh = copy_beside(&saved, &own)?;
            keep(&own, before, "")?;
            put(&fresh, &own)?;
        }
    }
    Ok(())
}

/// A copy of what was saved, whole, next to where it is to be: nothing of what is there is touched before.
fn copy_beside(saved: &Path, own: &Path) -> anyhow::Result<PathBuf> {
    let mut fresh = own.as_os_str().to_owned();
    fresh.push(".restored");
    let fresh = PathBuf::from(fresh);
    copy(saved, &fresh)?;
    if let Some(dir) = own.parent() {
        DataDir::at(dir).give(&fresh)?;
    }
    Ok(fresh)
}

/// What was there is kept, with its log under the same name.
fn put_database(fresh: &Path, own: &Path, before: &str) -> anyhow::Result<()> {
    for log in ["-wal", "-shm"] {
        keep(own, before, log)?;
    }
    if keep(own, before, "")? {
        println!(
            "The database that was here is kept as {}{before}.",
            own.display()
        );
    }
    put(fresh, own)
}

fn put(fresh: &Path, own: &Path) -> anyhow::Result<()> {
    fs::rename(fresh, own).with_context(|| format!("cannot write {}", own.display()))
}

/// What is restored is what was saved, and not what is here.
fn check_apart(from: &Path, dir: &DataDir) -> anyhow::Result<()> {
    if fs::canonicalize(from)? == fs::canonicalize(dir.path())? {
        bail!(
            "{} is the data directory itself. Name a directory that `openpcs backup` made with --from, or another data \
             directory with --data-dir",
            from.display()
        );
    }
    Ok(())
}

async fn check_database(file: &Path, claim: &Claim) -> anyhow::Result<()> {
    let address = Address::from_str(&format!("sqlite://{}", file.display()))?;
    match address.look().await? {
        Found::Ours { id: Some(id), .. } if id == claim.id => Ok(()),
        _ => bail!(
            "{} is no backup: its database has another id",
            file.display()
        ),
    }
}

/// Nothing of a server that is not the backup's own is written over.
fn check_target(dir: &DataDir, claim: &Claim) -> anyhow::Result<()> {
    if let Some(own) = dir.claim()? {
        if own.id == claim.id {
            return Ok(());
        }
    } else if dir.clusters()?.is_empty() && !dir.path().join(DATABASE).exists() {
        return Ok(());
    }
    bail!(
        "the data directory {} is of another server than the backup. Name an empty one with --data-dir",
        dir.path().display()
    )
}

/// No server may run on the directory meanwhile.
fn lock(dir: &DataDir) -> anyhow::Result<File> {
    let path = dir.path().join("lock");
    let file = File::create(&path).with_context(|| format!("cannot open {}", path.display()))?;
    dir.give(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("a server uses {}; stop it first", dir.path().display())
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}

/// Moves a file aside, if it is there: `openpcs.db-wal` becomes `openpcs.db.before-…-wal`.
fn keep(path: &Path, before: &str, end: &str) -> anyhow::Result<bool> {
    let named = |middle: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(middle);
        name.push(end);
        PathBuf::from(name)
    };
    let (from, to) = (named(""), named(before));
    if !from.exists() {
        return Ok(false);
    }
    fs::rename(&from, &to).with_context(|| format!("cannot move {}", from.display()))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use openpcs_agent::files;

    use super::*;

    fn write(path: PathBuf, content: &str) -> PathBuf {
        files::write(&path, content.as_bytes(), files::SECRET).unwrap();
        path
    }

    #[test]
    fn what_cannot_be_copied_leaves_all_as_it_was() {
        let root = tempfile::tempdir().unwrap();
        let own = write(root.path().join(DATABASE), "own");
        assert!(copy_beside(&root.path().join("gone"), &own).is_err());
        let names: Vec<_> = fs::read_dir(root.path()).unwrap().collect();
        assert_eq!(names.len(), 1);
        assert_eq!(fs::read_to_string(own).unwrap(), "own");
    }

    #[test]
    fn what_was_there_is_kept_with_its_log() {
        let root = tempfile::tempdir().unwrap();
        let saved = write(root.path().join("saved"), "saved");
        let own = write(root.path().join(DATABASE), "own");
        write(root.path().join("openpcs.db-wal"), "log");
        let fresh = copy_beside(&saved, &own).unwrap();
        put_database(&fresh, &own, ".before-1").unwrap();
        let read = |name: &str| fs::read_to_string(root.path().join(name)).unwrap();
        assert_eq!(read(DATABASE), "saved");
        assert_eq!(read("openpcs.db.before-1"), "own");
        assert_eq!(read("openpcs.db.before-1-wal"), "log");
        assert!(!fresh.exists());
    }

    #[test]
    fn only_a_key_that_does_not_fit_makes_way_and_only_for_another() {
        let root = tempfile::tempdir().unwrap();
        let from = root.path().join("backup");
        files::create_dir(&from).unwrap();
        let dir = DataDir::open_or_make(&root.path().join("data")).unwrap();
        let read = |name: &str| fs::read_to_string(dir.path().join(name)).ok();
        write(dir.path().join(seal::FILE), "own key");
        write(dir.path().join("credentials"), "own credentials");
        put_keys(&from, &dir, ".before-1").unwrap();
        assert_eq!(read(seal::FILE).as_deref(), Some("own key"));

        write(from.join(seal::FILE), "saved key");
        write(from.join("credentials"), "saved credentials");
        put_keys(&from, &dir, ".before-2").unwrap();
        assert_eq!(read(seal::FILE).as_deref(), Some("saved key"));
        assert_eq!(
            read(&format!("{}.before-2", seal::FILE)).as_deref(),
            Some("own key")
        );
        assert_eq!(read("credentials").as_deref(), Some("own credentials"));
    }
}
