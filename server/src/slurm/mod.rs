//! Everything about Slurm: which versions there are, what its files say, how to ask it, how to keep it running.

pub mod accounts;
pub mod catalogue;
pub mod client;
pub mod conf;
pub mod controller_host;
pub mod database;
pub mod hostlist;
pub mod hosts;
pub mod job_user;
pub mod log;
pub mod output;
pub mod package;
pub mod rest;
pub mod save_signal;
pub mod settings;
pub mod stdio;
pub mod trial;
pub mod upgrade;
pub mod version_dates;
