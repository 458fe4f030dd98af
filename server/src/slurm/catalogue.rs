//! Slurm versions and settings.
