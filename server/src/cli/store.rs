//! Opening what the server keeps: the data directory, the database that it belongs to, and the key of its secrets.
//!
//! Only `serve` and `migrate` make anything or change the schema, and only `serve` and `adopt` say anew whose a directory is:
//! a server may run while somebody else, often root, asks it something.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::str::FromStr;

use anyhow::{Context, bail};

use super::data_key;
use crate::auth::credentials;
use crate::auth::seal::{self, Seal};
use crate::config::Store;
use crate::data_dir::{Claim, DataDir, mismatch};
use crate::db::access_key::access_key_list;
use crate::db::open::{Address, Found};
use crate::db::{Db, notification_channel, secret};

/// For a server: [`make`], unless that changed the schema under another one.
pub async fn serve(store: &Store) -> anyhow::Result<Db> {
    let address = Address::from_str(&store.database_url()?)?;
    let own = DataDir::at(&store.data_dir).server_id()?;
    if let Some(other) = address.outdated_server(own.as_deref()).await? {
        bail!(
            "the database {address} is of an earlier release of OpenPCS, and the server on the host {} uses it: it is \
             reached at {} or was until seconds ago. Stop it first; or, if the two releases go together, bring the \
             database up to date with `openpcs migrate`.",
            other.host,
            other.url
        );
    }
    let db = make(store).await?;
    set_claim(&DataDir::open(&store.data_dir)?, &address, &db)?;
    Ok(db)
}

/// The data directory and its database, made if they are not there; the schema is brought up to date.
pub async fn make(store: &Store) -> anyhow::Result<Db> {
    let address = Address::from_str(&store.database_url()?)?;
    if !store.data_dir.exists() {
        // A directory is made for a database that can be used.
        address.look().await?;
    }
    let dir = DataDir::open_or_make(&store.data_dir)?;
    check(&dir, &address).await?;
    make_database_file(&dir, store)?;
    let db = Db::connect(&store.database_url()?).await?;
    if dir.claim()?.is_none() {
        set_claim(&dir, &address, &db)?;
    }
    Ok(db)
}

/// The data directory and its database, which must be there and of this release: nothing is made or changed by asking.
pub async fn open(store: &Store) -> anyhow::Result<Db> {
    let address = found(store).await?;
    if address.is_outdated().await? {
        bail!(
            "the database {address} is of an earlier release of OpenPCS than this program. Use the program of the release \
             that serves it; `openpcs serve` and `openpcs migrate` bring it up to date."
        );
    }
    Db::open(&store.database_url()?).await
}

/// The address of the database that must be there.
pub async fn found(store: &Store) -> anyhow::Result<Address> {
    if !store.data_dir.exists() {
        bail!(
            "there is no data directory {}; `openpcs serve` makes it, or name it with --data-dir",
            store.data_dir.display()
        );
    }
    let dir = DataDir::open(&store.data_dir)?;
    let address = Address::from_str(&store.database_url()?)?;
    if check(&dir, &address).await? == Found::Nothing {
        bail!(
            "there is no database at {address}; `openpcs serve` makes it, or name it with --database-url"
        );
    }
    Ok(address)
}

/// Ties the data directory to the database, whatever it belonged to before: for restoring by hand.
pub async fn adopt(store: &Store) -> anyhow::Result<()> {
    let dir = DataDir::open(&store.data_dir)?;
    let address = Address::from_str(&store.database_url()?)?;
    if address.look().await? == Found::Nothing {
        bail!("there is no database at {address}; name the one to adopt with --database-url");
    }
    let db = Db::open(&store.database_url()?).await?;
    set_claim(&dir, &address, &db)?;
    seal(&db, &dir).await?;
    println!(
        "{} belongs to {address} now. Clusters that this database does not know are left alone: `openpcs set-aside list`.",
        dir.path().display()
    );
    Ok(())
}

/// Refuses a database that is not the directory's before anything is changed in either.
pub async fn check(dir: &DataDir, address: &Address) -> anyhow::Result<Found> {
    let found = address.look().await?;
    let claim = dir.claim()?;
    let Some(why) = mismatch(claim.as_ref(), &found, &dir.clusters()?) else {
        return Ok(found);
    };
    bail!(
        "the data directory {} does not go with the database {address}: {why}. Nothing was touched. Name the \
         directory's own database with --database-url (or unset OPENPCS_DATABASE_URL); if that is lost, restore a \
         backup with `openpcs restore`; if you are sure that this is its database, `openpcs adopt` ties them together; \
         to start over, take another --data-dir.",
        dir.path().display()
    )
}

fn set_claim(dir: &DataDir, address: &Address, db: &Db) -> anyhow::Result<()> {
    dir.set_claim(&Claim {
        id: db.id().to_owned(),
        address: address.to_string(),
    })
}

/// SQLite would give its file the mode that the shell's mask leaves, and its log files the mode of its file.
fn make_database_file(dir: &DataDir, store: &Store) -> anyhow::Result<()> {
    if !store.is_default_database() {
        return Ok(());
    }
    let path = store.database_file();
    let made = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(&path);
    made.with_context(|| format!("the database {} cannot be opened", path.display()))?;
    dir.give(&path)
}

/// The key of the database's secrets. A new one is made only while nothing is sealed: beside secrets of another key every
/// request would fail.
pub async fn seal(db: &Db, dir: &DataDir) -> anyhow::Result<Seal> {
    let Some((purpose, sealed)) = sample(db).await? else {
        if let Some(seal) = data_key::open(dir.path()).await? {
            return Ok(seal);
        }
        let seal = Seal::open_or_create(dir.path())?;
        dir.give(&dir.path().join(seal::FILE))?;
        return Ok(seal);
    };
    let remedy = "Put back the file `data-key` that belongs to this database, from a backup or the old data directory. \
                  Without it the access keys and the clusters' keys in the database are lost.";
    let seal = data_key::open(dir.path()).await?.with_context(|| {
        format!(
            "the data key {}/data-key is missing, and the database has secrets that only it opens. {remedy}",
            dir.path().display()
        )
    })?;
    if seal.open(purpose, &sealed).is_err() {
        bail!(
            "the data key {}/data-key is not the one that sealed the secrets in the database. {remedy}",
            dir.path().display()
        );
    }
    Ok(seal)
}

/// A sealed secret and what it is sealed for.
async fn sample(db: &Db) -> anyhow::Result<Option<(&'static str, String)>> {
    let keys = access_key_list(db, None).await?;
    if let Some(key) = keys.into_iter().next() {
        return Ok(Some((credentials::PURPOSE, key.sealed_secret)));
    }
    if let Some(sealed) = secret::any(db).await? {
        return Ok(Some((secret::PURPOSE, sealed)));
    }
    let of_channel = notification_channel::any_secret(db).await?;
    Ok(of_channel.map(|sealed| (notification_channel::PURPOSE, sealed)))
}
