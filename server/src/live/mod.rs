//! What this server knows of the moment and keeps in memory only: what Slurm said last, who is to be woken, what runs.

pub mod cancelled;
pub mod gate;
pub mod observed;
pub mod pulse;
pub mod wake;
