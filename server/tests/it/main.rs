//! The integration tests: one binary, so that they are linked once.

#![allow(clippy::unwrap_used)]

mod agent;
mod sandbox;
