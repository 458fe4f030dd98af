//! Asks Slurm.
