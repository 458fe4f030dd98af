//! The program `openpcs`.

use std::process::ExitCode;

use clap::Parser;
use openpcs_server::{cli, config::Cli};

fn main() -> ExitCode {
    match cli::run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("openpcs: {e:#}");
            ExitCode::FAILURE
        }
    }
}
