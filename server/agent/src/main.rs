//! The program `openpcs-agent`: see [`openpcs_agent`].

use std::process::ExitCode;

fn main() -> ExitCode {
    openpcs_agent::main(std::env::args_os().collect())
}
