//! The program `openpcs-agent`: what runs beside Slurm on nodes and controllers. No database, no AWS SDK, no tokio.

pub mod protocol;
