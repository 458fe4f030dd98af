//! `openpcs diagnose`: a bundle of what helps to find the cause of a trouble, in a file that only its owner reads.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use anyhow::Context;
use chrono::Utc;

use super::client::Client;
use crate::config::Diagnose;

pub fn run(options: &Diagnose) -> anyhow::Result<()> {
    let client = Client::new(&options.reach)?;
    let path = options.output.clone().unwrap_or_else(default_name);
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path);
    let mut file = made.with_context(|| format!("{} cannot be made", path.display()))?;
    match client.download(&address(options), &mut file) {
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
