//! Instances of Amazon EC2 as nodes. A crate of its own, so that the server can be built without it and its SDK.
//!
//! What needs no answer of EC2 is a pure function here: reading and composing user data, deriving a group's launch
//! template, telling what an error means. `calls` are the calls themselves, `client` is how they are made, `delivery`
//! sends logs, `offers` what an
//! account has to choose from, `script` fetches what nodes run, and `aws` the provider that is made of all this.

pub mod aws;
pub mod calls;
pub mod client;
pub mod delivery;
pub mod errors;
pub mod offers;
pub mod policy;
mod refusal;
pub mod script;
pub mod template;
pub mod user_data;

pub use aws::{AgentBuild, Aws, Settings, actions};
pub use refusal::{Refusal, Warning};
