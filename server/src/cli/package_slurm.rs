//! `openpcs package-slurm`: the package of Slurm that nodes fetch whose image has none.

use openpcs_agent::protocol::this_architecture;

use crate::config::PackageSlurm;
use crate::slurm::package;

pub fn run(asked: &PackageSlurm) -> anyhow::Result<()> {
    let to = asked.agents_dir.directory();
    let made = package::make(
        &asked.scheduler_root,
        &asked.version,
        this_architecture(),
        &to,
    )?;
    let bytes = made.metadata()?.len();
    println!("{} ({} MB)", made.display(), bytes.div_ceil(1_000_000));
    eprintln!("A server that is started from now on offers it to its nodes.");
    Ok(())
}
