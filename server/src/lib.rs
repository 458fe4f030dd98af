//! The control plane.
//!
//! One way through: door (`http`) → `auth` → `service` → `db` → `reconcile` → `provider` and `slurm` → status → live.
//! A request only writes down what is wanted; reconcilers make it so. A room uses only those below its own:
//! `tests/it/layers.rs` has their order.

pub mod auth;
pub mod cli;
pub mod config;
pub mod data_dir;
pub mod db;
pub mod fault;
pub mod http;
pub mod live;
pub mod logs;
pub mod notify;
pub mod parts;
pub mod plan;
pub mod plane;
pub mod provider;
pub mod quota;
pub mod random;
pub mod reconcile;
pub mod sandbox;
pub mod service;
pub mod sink;
pub mod slurm;
