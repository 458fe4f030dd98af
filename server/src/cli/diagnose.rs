//! `openpcs diagnose`: a bundle of what helps to find the cause of a trouble, in a file that only its owner reads. Where no
//! server answers, it is made here of what the data directory has.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use chrono::Utc;
use tempfile::TempDir;

use super::client::{Client, Unanswered};
use super::{on_database, store};
use crate::config::Diagnose;
use crate::service::diagnostics::without_server::WithoutServer;

pub fn run(options: &Diagnose) -> anyhow::Result<()> {
    let path = options.output.clone().unwrap_or_else(default_name);
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path);
    let mut file = made.with_context(|| format!("{} cannot be made", path.display()))?;
    match write(options, &path, &mut file) {
        Ok(bytes) => {
            println!("{} ({bytes} bytes)", path.display());
            eprintln!(
                "README.txt in it says what is where. Look through it before you give it away."
            );
            Ok(())
        }
        Err(error) => {
            // Half of a bundle is none; should it stay, the error says more than that.
            let _ = fs::remove_file(&path);
            Err(error)
        }
    }
}

/// How many bytes.
fn write(options: &Diagnose, path: &Path, file: &mut File) -> anyhow::Result<u64> {
    let client = match Client::new(&options.reach) {
        Ok(client) => client,
        // Without credentials nobody can be asked: a server that never came up has made none.
        Err(why) => return without_server(options, path, file, why),
    };
    match client.download(&address(options), file) {
        Err(why) if why.is::<Unanswered>() => without_server(options, path, file, why),
        done => done,
    }
}

fn without_server(
    options: &Diagnose,
    path: &Path,
    file: &mut File,
    why: anyhow::Error,
) -> anyhow::Result<u64> {
    let store = options.store();
    if fs::read_dir(&store.data_dir).is_err() {
        return Err(why.context(format!(
            "there is no data directory {} that you may read either: name the server's with --data-dir",
            store.data_dir.display()
        )));
    }
    let why = format!("{why:#}");
    eprintln!(
        "{why}\nThe bundle is made of the data directory {} instead. It lacks what only a running server knows: its log \
         (standard error of `openpcs serve`), its options, and what Slurm answers.",
        store.data_dir.display()
    );
    // Beside the bundle, for the data directory may have no room.
    let beside = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    let within = TempDir::with_prefix_in(".openpcs-diagnostics-", beside.unwrap_or(Path::new(".")));
    let within = within.context("there is no room for the parts of the bundle")?;
    let mut bytes = 0;
    on_database(async {
        let database = store::open(&store).await;
        let database = database.map_err(|error| format!("{error:#}"));
        if let Err(why) = &database {
            eprintln!("It lacks what the database knows, too: {why}");
        }
        let asked = WithoutServer {
            data_dir: &store.data_dir,
            why,
            database,
            cluster: options.cluster.as_deref(),
        };
        let mut made = asked.collect(within.path()).await?;
        bytes = io::copy(&mut made.file, file)?;
        Ok(())
    })?;
    Ok(bytes)
}

fn default_name() -> PathBuf {
    let time = Utc::now().format("%Y%m%dT%H%M%SZ");
    format!("openpcs-diagnostics-{time}.tar.gz").into()
}

fn address(options: &Diagnose) -> String {
    let path = "/openpcs/v1/diagnostics";
    match &options.cluster {
        Some(cluster) => format!("{path}?cluster={}", app::paths::encode(cluster)),
        None => path.to_owned(),
    }
}
