//! The server itself.

use crate::model::system::System;

port! {
    /// How the server itself is.
    Systems {
        /// Nothing is written, and it is answered while the database is away.
        GetSystem => system() -> System;
    }
}
