//! Instances of Amazon EC2 as nodes. A crate of its own, so that the server can be built without it and its SDK.
//!
//! What needs no answer of EC2 is a pure function here: reading and composing user data, deriving a group's launch
//! template, telling what an error means. `calls` are the calls themselves.

pub mod calls;
pub mod errors;
mod refusal;
pub mod template;
pub mod user_data;

pub use refusal::{Refusal, Warning};
