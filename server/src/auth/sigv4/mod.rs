//! AWS Signature Version 4 (S1): verified at the API's door, made by `openpcs connect`.
//!
//! Written here because the libraries at hand do not fit: the one that verifies fixes the skew at 15 minutes and
//! ignores the life of presigned addresses, the ones that sign only sign.

mod canonical;
mod proof;
pub mod sign;
mod verify;

pub use canonical::decode;
pub use verify::Verifier;

/// The signing name of the service.
pub const SERVICE: &str = "pcs";

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const TERMINATOR: &str = "aws4_request";
const DATE_FORMAT: &str = "%Y%m%dT%H%M%SZ";

/// Why a request is not believed, in AWS's words and with the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error("Missing Authentication Token: sign the request with AWS Signature Version 4.")]
    Missing,
    #[error("{0}")]
    Incomplete(String),
    #[error("{0}")]
    Invalid(String),
    #[error(
        "The security token included in the request is invalid: this server has no access key of that id. \
         `openpcs key list` shows those it has."
    )]
    Unrecognized,
    #[error(
        "The security token included in the request is invalid: this server has no temporary credentials. \
         Unset AWS_SESSION_TOKEN and use an access key of this server."
    )]
    SessionToken,
    #[error("The service could not check the signature because of a fault of its own. Try again.")]
    Internal,
}
