//! Rules, authorization, quotas, idempotency, audit.

pub mod id;
pub mod shape;
