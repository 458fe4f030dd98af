//! What to do about what is seen: pure functions, which reconcilers carry out and previews show.

pub mod configuration;
pub mod controller;
pub mod grounds;
pub mod job_components;
pub mod metric;
pub mod metric_outbox;
pub mod metric_part;
pub mod missing;
pub mod node;
pub mod node_phase;
pub mod node_view;
pub mod notice;
pub mod notification;
pub mod pool;
pub mod queue_facts;
pub mod start;
pub mod stranded;
pub mod upgrade;
