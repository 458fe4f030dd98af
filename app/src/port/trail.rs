//! The audit trail.

use crate::model::trail::*;

port! {
    /// Who asked for what, and what became of it.
    Trail {
        /// As AWS CloudTrail answers it: the newest first.
        LookupEvents => lookup_events(input: LookupEventsRequest) -> LookupEventsResponse;
        /// For the console and for files: more to search by, and a row's outcome.
        LookupEvents => list_trail(of: TrailOf) -> TrailPage;
        /// Whether each record is as it was written and none is missing.
        LookupEvents => verify_trail() -> TrailCheck;
    }
}
