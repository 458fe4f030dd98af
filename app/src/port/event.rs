//! The timeline.

use crate::model::event::{Event, EventsOf};

port! {
    /// What happened.
    Events {
        /// The newest events of a cluster and all in it, or of one resource, newest first, 200 at most.
        ListEvents => list_events(of: EventsOf) -> Vec<Event>;
    }
}
