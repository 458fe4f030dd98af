//! What to do about what is seen: pure functions, which reconcilers carry out and previews show.

pub mod configuration;
pub mod controller;
pub mod missing;
pub mod node;
pub mod notice;
pub mod pool;
pub mod start;
pub mod stranded;
pub mod upgrade;
