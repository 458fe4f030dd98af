//! The nouns: what a person, a tool and the database agree on. No input or output happens here.

pub mod apply;
#[cfg(feature = "ssr")]
pub mod blueprint;
pub mod catalogue;
pub mod cluster;
pub mod compute_node_group;
pub mod error;
pub mod event;
pub mod explanation;
pub mod help;
pub mod instance;
pub mod job;
pub mod lifecycle;
pub mod limits;
pub mod live;
pub mod name;
pub mod node;
pub mod operation;
pub mod plan;
pub mod queue;
pub mod setting;
pub mod sight;
pub mod status;
pub mod submit;
pub mod tag;
pub mod user;
