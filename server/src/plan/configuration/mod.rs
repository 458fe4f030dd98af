//! How the wanted Slurm configuration of a cluster gets in force, and what becomes of each change (C8, N15): pure, and
//! proved without Slurm in `sim.rs`.
//!
//! [`search`] says which changes are tried together, [`switch`] how one try goes, [`going`] who loses what by it, and
//! [`outcome`] what a row is afterwards. What Slurm answers decides the next step, so the first two are asked step by
//! step.

pub mod going;
pub mod outcome;
pub mod rows;
pub mod search;
pub mod switch;

#[cfg(test)]
mod sim;
