//! What this server knows of the moment and keeps in memory only: what Slurm said last, who is to be woken, what
//! runs, how the server itself is.

pub mod cancelled;
pub mod gate;
pub mod homes;
pub mod host;
pub mod last_lines;
pub mod meter;
pub mod names;
pub mod observed;
pub mod pulse;
pub mod reach;
pub mod recent;
pub mod status;
pub mod wake;
