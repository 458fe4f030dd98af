//! Renders Slurm's files.
