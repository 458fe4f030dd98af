//! AWS Signature Version 4 (S1): verified at the API's door, made by `openpcs connect`.
//!
//! Written here because the libraries at hand do not fit: the one that verifies fixes the skew at 15 minutes and
//! ignores the life of presigned addresses, the ones that sign only sign.

mod canonical;
mod proof;
pub mod sign;
mod verify;

pub use verify::{Denied, Verifier};

/// The signing name of the service.
pub const SERVICE: &str = "pcs";
/// The signing name of AWS Secrets Manager, whose door for a cluster's key is here too.
pub const SECRETS: &str = "secretsmanager";

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const TERMINATOR: &str = "aws4_request";
const DATE_FORMAT: &str = "%Y%m%dT%H%M%SZ";
