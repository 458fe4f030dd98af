//! Where a script of nodes is.

/// The code of an error that stays: whoever has the script does not give it.
pub const REFUSED: &str = "ScriptRefused";
/// The code of one that passes.
pub const NOT_FETCHED: &str = "ScriptNotFetched";

/// An object of S3 or a file by TLS.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    /// `s3://BUCKET/KEY` or `https://HOST/PATH`.
    pub address: String,
    /// Of an object.
    pub version: Option<String>,
}
