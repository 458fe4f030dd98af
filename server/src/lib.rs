//! The control plane.
//!
//! One way through: door (`http`) → `auth` → `service` → `db` → `reconcile` → `provider` and `slurm` → status → live.
//! A request only writes down what is wanted; reconcilers make it so.

pub mod agent;
pub mod auth;
pub mod cli;
pub mod config;
pub mod data_dir;
pub mod db;
pub mod follow;
pub mod http;
pub mod plane;
pub mod provider;
pub mod reconcile;
pub mod sandbox;
pub mod service;
pub mod slurm;
