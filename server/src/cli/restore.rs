//! `openpcs restore`: a backup into a new data directory, or back into the one that it is of.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, bail};

use super::backup::{DATABASE, FILES, copy};
use super::store;
use crate::auth::seal;
use crate::config::Store;
use crate::data_dir::{Claim, DataDir};
use crate::db::now;
use crate::db::open::{Address, Found};

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
    let _lock = lock(&dir)?;
    check_target(&dir, &claim)?;
    let before = format!(".before-{}", now());
    put_keys(&from, &dir, &before)?;
    if !has_database {
        println!(
            "The keys are in {}. Restore the PostgreSQL database with `pg_restore`, and serve with --database-url.",
            dir.path().display()
        );
        return Ok(());
    }
    put_database(&database, &store.database_file(), &before)?;
    let db = store::open(&store).await?;
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
        if name == seal::FILE && fs::read(&own).ok() != fs::read(&saved).ok() {
            keep(&own, before, "")?;
        }
        if !own.exists() {
            copy(&saved, &own)?;
        }
    }
    Ok(())
}

/// What was there is kept, with its log under the same name.
fn put_database(from: &Path, own: &Path, before: &str) -> anyhow::Result<()> {
    for log in ["-wal", "-shm"] {
        keep(own, before, log)?;
    }
    if keep(own, before, "")? {
        println!(
            "The database that was here is kept as {}{before}.",
            own.display()
        );
    }
    copy(from, own)
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
