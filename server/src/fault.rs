//! What is our fault: the cause is logged, and who asked learns only that.

use app::model::error::Error;

/// Logs what really happened and answers that it is our fault.
pub fn internal(cause: impl std::fmt::Display) -> Error {
    tracing::error!(%cause, "internal error");
    Error::internal()
}
