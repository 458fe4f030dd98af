//! What is our fault: the cause is logged, and who asked learns only that; or that a disk is full, for that is what somebody
//! can do something about.

use app::model::error::{Error, ErrorKind};

/// Logs what really happened and answers that it is our fault.
pub fn internal(cause: impl std::fmt::Display) -> Error {
    let cause = format!("{cause:#}");
    tracing::error!(cause, "internal error");
    match is_disk_full(&cause) {
        true => Error::new(ErrorKind::Internal, DISK_FULL),
        false => Error::internal(),
    }
}

const DISK_FULL: &str = "The disk with the server's data or its database is full, so nothing was changed. Free space on it: \
                         `df` on the server's host tells how much there is. Then try again; nothing needs to be restarted.";

/// Whether nothing was changed for want of room.
pub fn is_of_a_full_disk(error: &Error) -> bool {
    error.message == DISK_FULL
}

/// Whether these words say that a disk is full: those of the system, of SQLite and of PostgreSQL (whose own are those of the
/// system, with its code). They come from far below, through errors of many types.
pub fn is_disk_full(words: &str) -> bool {
    [
        "No space left on device",
        "(os error 28)",
        "Disk quota exceeded",
        "database or disk is full",
    ]
    .iter()
    .any(|known| words.contains(known))
}

#[cfg(test)]
mod tests {
    use std::io;

    use anyhow::Context;

    use super::*;

    #[test]
    fn a_full_disk_is_told_with_what_to_do() {
        let full = || io::Error::from_raw_os_error(28);
        let deep: anyhow::Result<()> = Err(full()).context("cannot write slurm.conf");
        for error in [
            internal(full()),
            internal(deep.unwrap_err()),
            internal("error returned from database: (code: 13) database or disk is full"),
            internal(
                "error returned from database: could not extend file \"base/1\": No space left on device",
            ),
        ] {
            assert_eq!(error.kind, ErrorKind::Internal);
            assert!(is_of_a_full_disk(&error), "{error}");
        }
        let other = internal("no such table");
        assert!(other == Error::internal() && !is_of_a_full_disk(&other));
    }
}
