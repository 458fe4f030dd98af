//! The program `openpcs-agent`: see [`openpcs_server::agent`].

use std::process::ExitCode;

fn main() -> ExitCode {
    openpcs_server::agent::main(std::env::args_os().collect())
}
