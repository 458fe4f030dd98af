//! `openpcs backup`: a directory with all that the server could not make again.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, bail};
use openpcs_agent::files;
use sqlx::Connection;

use super::{records, store};
use crate::auth::{private_file, seal};
use crate::config::Store;
use crate::data_dir::{CLAIM, DataDir};
use crate::db::open::{Address, Found};

/// The database's name in a backup, and in a data directory.
pub const DATABASE: &str = "openpcs.db";
/// The other files of a data directory that are not made again.
pub const FILES: [&str; 4] = [seal::FILE, CLAIM, "credentials", "admin-password"];

pub async fn run(store: Store, to: PathBuf) -> anyhow::Result<()> {
    let dir = DataDir::open(&store.data_dir)?;
    let address = Address::from_str(&store.database_url()?)?;
    if store::check(&dir, &address).await? == Found::Nothing {
        bail!("there is no database at {address}: nothing to back up");
    }
    make_empty(&to)?;
    // The key first: secrets that are sealed meanwhile are sealed with it.
    for name in FILES {
        let own = dir.path().join(name);
        // `admin-password` may have been removed, for good reason.
        if own.exists() {
            copy(&own, &to.join(name))?;
        }
    }
    let clusters = records::backup(&dir, &to).await?;
    match address.file {
        Some(_) => {
            copy_database(&address, &to.join(DATABASE)).await?;
            println!("The backup is in {}.", to.display());
        }
        None => println!(
            "The keys are in {}. The database {address} is not: back it up with `pg_dump`, after this.",
            to.display()
        ),
    }
    if clusters > 0 {
        println!("The records of accounting are in it, of {clusters} clusters.");
    }
    Ok(())
}

fn make_empty(to: &Path) -> anyhow::Result<()> {
    files::create_dir(to).with_context(|| format!("{} cannot be made", to.display()))?;
    let mode = fs::metadata(to)?.permissions().mode() & 0o777;
    if fs::read_dir(to)?.next().is_some() || mode & 0o077 != 0 {
        bail!(
            "{} is not empty, or others may look in; name a directory that is not there yet",
            to.display()
        );
    }
    Ok(())
}

pub fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let content = private_file::read(from)?;
    files::write(to, &content, files::SECRET)
        .with_context(|| format!("cannot write {}", to.display()))
}

/// One moment of the database, whoever writes meanwhile.
async fn copy_database(address: &Address, to: &Path) -> anyhow::Result<()> {
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to);
    made.with_context(|| format!("cannot write {}", to.display()))?;
    let mut connection = address.connect().await?;
    let copied = sqlx::query("vacuum into $1")
        .bind(to.display().to_string())
        .execute(&mut connection)
        .await;
    connection.close().await.ok();
    copied.with_context(|| format!("the database {address} cannot be copied"))?;
    fs::File::open(to)?.sync_all()?;
    Ok(())
}
