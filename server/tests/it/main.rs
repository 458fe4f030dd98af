//! The integration tests: one binary, so that they are linked once.

#![allow(clippy::unwrap_used)]

mod agent;
mod aws_cli;
mod bad_input;
mod cluster;
mod compute_node_group;
mod console;
mod database;
mod doors;
mod explain;
mod faults;
mod harness;
mod kill;
mod pages;
mod plan;
mod queue;
mod quota;
mod sandbox;
mod scaling;
mod secret;
mod sigv4;
mod start;
mod tag;
mod tutorial;
mod update;
