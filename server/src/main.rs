//! The program `openpcs`.

use std::process::ExitCode;

use clap::Parser;
use openpcs_server::{cli, config::Cli};

/// A request is a hundred small allocations: glibc's allocator takes a tenth of the server's time for them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match cli::run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("openpcs: {e:#}");
            ExitCode::FAILURE
        }
    }
}
