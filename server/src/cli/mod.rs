//! The subcommands, one file each.

mod apply;
mod catalogue;
mod client;
mod connect;
mod credentials_file;
mod export;
mod first_start;
mod key;
mod migrate;
mod plan;
mod serve;
mod user;

use std::fs::{self, DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::Context;
use zeroize::Zeroizing;

use crate::auth::password;
use crate::config::{Cli, Command, Store};
use crate::db::Db;

pub fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        // It becomes another program, which must not inherit a runtime's threads.
        Command::Connect(connect) => connect::run(&connect),
        Command::Plan(plan) => plan::run(&plan),
        Command::Export(export) => export::run(&export),
        Command::Apply(apply) => apply::run(&apply),
        Command::Serve(config) => on_runtime(serve::run(config)),
        Command::Migrate(store) => on_runtime(migrate::run(store)),
        Command::User { store, command } => on_runtime(user::run(store, command)),
        Command::Key { store, command } => on_runtime(key::run(store, command)),
        Command::Catalogue {
            scheduler_root,
            json,
        } => catalogue::run(&scheduler_root, json),
    }
}

fn on_runtime(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let done = runtime.block_on(work);
    // A hash or a look-up that still runs on a thread of its own must not hold up the end.
    runtime.shutdown_background();
    done
}

/// The database of this data directory, its schema brought up to date.
async fn open(store: &Store) -> anyhow::Result<Db> {
    make_data_dir(&store.data_dir)?;
    make_database_file(store)?;
    Db::connect(&store.database_url()?)
        .await
        .context("the database cannot be opened")
}

/// Other users of the host must not look in (S8).
fn make_data_dir(path: &Path) -> anyhow::Result<()> {
    let make = || {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))
    };
    make().with_context(|| format!("the data directory {} cannot be made", path.display()))
}

/// SQLite would give its file the mode that the shell's mask leaves, and its log files the mode of its file.
fn make_database_file(store: &Store) -> anyhow::Result<()> {
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
    Ok(())
}

/// The password in a file, or a new one.
fn password_from(file: Option<&Path>) -> anyhow::Result<Zeroizing<String>> {
    let Some(path) = file else {
        return Ok(password::new_password());
    };
    let text = fs::read_to_string(path)
        .with_context(|| format!("the password file {} cannot be read", path.display()))?;
    let text = Zeroizing::new(text);
    Ok(Zeroizing::new(
        text.trim_end_matches(['\r', '\n']).to_owned(),
    ))
}
