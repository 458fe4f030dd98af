//! The integration tests: one binary, so that they are linked once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails where it does not get what it needs"
)]

mod accounting;
mod accounts;
mod agent;
mod audit;
mod aws_cli;
mod backup;
mod bad_input;
mod canary;
mod capacity;
mod clients;
mod cloud;
mod cloudwatch;
mod cluster;
mod compute_node_group;
mod console;
mod contract;
mod data_key;
mod database;
mod delivery_api;
mod delivery_console;
mod delivery_engine;
mod delivery_logs;
mod delivery_sinks;
mod diagnose;
mod doors;
mod explain;
mod faults;
mod forecast;
mod foreign_bytes;
mod given_accounting;
mod gpus;
mod harness;
mod isolation;
mod job_parts;
mod job_submit;
mod job_table;
mod kill;
mod kill_mix;
mod layers;
mod licence;
mod lifecycle;
mod lists;
mod lives;
mod log;
mod mail;
mod metric;
mod metric_cloudwatch;
mod notification;
mod outputs;
mod pages;
mod parked;
mod past_jobs;
mod plan;
mod queue;
mod quota;
mod rest;
mod same_again;
mod sandbox;
mod scaling;
mod secret;
mod seff;
mod servers;
mod settings;
mod sigv4;
mod slurm_upgrade;
mod start;
mod store;
mod submit;
mod suspended;
mod system;
mod tag;
mod topology;
mod troubleshooting;
mod tutorial;
mod tutorial_ec2;
mod update;
mod upgrade;
mod warm;
