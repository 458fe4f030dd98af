//! Rebooting a node that is a sandbox (N20): what Slurm runs for that ends slurmd, and process 1 starts it again.

use std::path::Path;

use crate::{Result, context, files};

/// Slurm's RebootProgram, in the node's own `/run`.
pub const PROGRAM: &str = "/run/reboot";
/// There from when a reboot is asked for until it begins.
const MARK: &str = "/run/rebooting";
/// The pid is slurmd's: the configuration has the file.
const SCRIPT: &str = "#!/bin/sh\n: > /run/rebooting\nkill \"$(cat /run/slurmd.pid)\"\n";

pub fn provide() -> Result<()> {
    let written = files::write(Path::new(PROGRAM), SCRIPT.as_bytes(), files::PROGRAM);
    context("write the program that reboots", written)
}

/// Told once each time.
pub fn is_asked_for() -> bool {
    std::fs::remove_file(MARK).is_ok()
}
