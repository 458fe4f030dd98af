//! The timeline.

use crate::model::event::{Event, EventsOf};
use crate::model::page::{PageOf, PageRequest};

port! {
    /// What happened.
    Events {
        /// Of all events that are kept of a cluster and what is in it, or of one resource, newest first. The columns of
        /// [`crate::list::event`].
        ListEvents => list_events(of: EventsOf, page: PageRequest) -> PageOf<Event>;
    }
}
