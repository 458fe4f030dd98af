//! The subcommands, one file each.

mod apply;
mod audit;
mod backup;
mod catalogue;
mod client;
mod connect;
mod credentials_file;
mod data_key;
mod diagnose;
mod export;
mod first_start;
mod host_user;
mod iam_policy;
mod key;
mod metrics;
mod migrate;
mod nodes_door;
mod notification;
mod package_slurm;
mod plan;
mod records;
mod restore;
mod serve;
mod server;
mod set_aside;
mod store;
mod token;
mod user;
mod why;

use std::fs;
use std::path::Path;

use anyhow::Context;
use chrono::{DateTime, SecondsFormat};
use zeroize::Zeroizing;

use crate::auth::password;
use crate::config::{Cli, Command};

pub fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        // It becomes another program, which must not inherit a runtime's threads.
        Command::Connect(connect) => connect::run(&connect),
        Command::Token(token) => token::run(&token),
        Command::Why(why) => why::run(&why),
        Command::Plan(plan) => plan::run(&plan),
        Command::Export(export) => export::run(&export),
        Command::Apply(apply) => apply::run(&apply),
        Command::Metrics(metrics) => metrics::run(&metrics),
        Command::Diagnose(diagnose) => diagnose::run(&diagnose),
        Command::Server(server) => server::run(&server),
        Command::Notification(asked) => notification::run(&asked),
        Command::Serve(config) => on_runtime(serve::run(*config)),
        Command::Migrate(store) => on_runtime(migrate::run(store)),
        Command::Backup { store, to } => on_runtime(backup::run(store, to)),
        Command::Restore { store, from } => on_runtime(restore::run(store, from)),
        Command::Adopt(store) => on_runtime(async move { store::adopt(&store).await }),
        Command::SetAside { store, command } => on_database(set_aside::run(store, command)),
        Command::Audit { store, command } => on_database(audit::run(store, command)),
        Command::User { store, command } => on_database(user::run(store, command)),
        Command::Key { store, command } => on_database(key::run(store, command)),
        Command::IamPolicy(metrics) => iam_policy::run(&metrics),
        Command::PackageSlurm(asked) => package_slurm::run(&asked),
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

/// The same for what asks the service in this process: it tells whoever runs the command where a server would log.
fn on_database(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::ERROR)
        .with_ansi(false)
        .with_writer(std::io::stderr)
        .init();
    on_runtime(work)
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

fn show_time(millis: i64) -> String {
    DateTime::from_timestamp_millis(millis).map_or_else(String::new, |t| {
        t.to_rfc3339_opts(SecondsFormat::Secs, true)
    })
}
