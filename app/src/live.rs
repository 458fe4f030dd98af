//! The live stream: one `EventSource` per page load, and a version per kind of thing that goes up whenever one of
//! them changes. A resource that depends on the version refetches itself; nothing polls.

use leptos::prelude::*;

use crate::model::live::Kind;

/// What every page finds in its context.
#[derive(Clone, Copy)]
pub struct Live {
    versions: [RwSignal<u64>; Kind::ALL.len()],
    /// Whether the stream is up. True until it has been seen to break, so that no page starts with an alarm.
    pub connected: RwSignal<bool>,
    /// The server said that the session is over.
    pub signed_out: RwSignal<bool>,
}

impl Live {
    /// Opens the stream (in the browser; the server renders version 0) and puts itself into the context.
    pub fn provide() -> Live {
        let live = Live {
            versions: std::array::from_fn(|_| RwSignal::new(0)),
            connected: RwSignal::new(true),
            signed_out: RwSignal::new(false),
        };
        provide_context(live);
        #[cfg(feature = "hydrate")]
        stream::begin(live);
        live
    }

    pub fn version(&self, kind: Kind) -> u64 {
        self.versions[kind as usize].get()
    }

    #[cfg(feature = "hydrate")]
    fn changed(&self, kind: Kind) {
        self.versions[kind as usize].update(|version| *version += 1);
    }

    #[cfg(feature = "hydrate")]
    fn all_changed(&self) {
        Kind::ALL.into_iter().for_each(|kind| self.changed(kind));
    }
}

/// The version of one kind, for the source of a resource.
pub fn version(kind: Kind) -> u64 {
    use_context::<Live>().map_or(0, |live| live.version(kind))
}

#[cfg(feature = "hydrate")]
mod stream {
    use std::time::Duration;

    use leptos::prelude::*;
    use wasm_bindgen::JsCast;
    use wasm_bindgen::closure::Closure;
    use web_sys::{Event, EventSource, MessageEvent};

    use super::Live;
    use crate::alive::once_alive;
    use crate::browser;
    use crate::model::live::{Change, Kind};
    use crate::paths;

    /// The server tells what changed in the last half minute before the stream; to take over a page may take longer.
    const TOLD: i64 = 15_000;
    /// A server that is being restarted refuses at first, upon which a browser gives up for good.
    const REOPEN_AFTER: Duration = Duration::from_secs(2);

    pub fn begin(live: Live) {
        let begun = browser::now();
        once_alive(move || {
            open(live);
            if browser::now() - begun > TOLD {
                live.all_changed();
            }
        });
    }

    fn open(live: Live) {
        let Ok(source) = EventSource::new(paths::EVENTS) else {
            return;
        };
        on(&source, "hello", move |_| {
            // What changed while the stream was down is not known.
            if !live.connected.get_untracked() {
                live.connected.set(true);
                live.all_changed();
            }
        });
        on(&source, "resync", move |_| live.all_changed());
        on(&source, "change", move |event| {
            let data = event
                .dyn_ref::<MessageEvent>()
                .and_then(|message| message.data().as_string())
                .unwrap_or_default();
            let changes: Vec<Change> = serde_json::from_str(&data).unwrap_or_default();
            for kind in Kind::ALL {
                if changes.iter().any(|change| change.kind == kind) {
                    live.changed(kind);
                }
            }
        });
        on(&source, "signed-out", move |_| live.signed_out.set(true));
        on(&source, "error", {
            let source = source.clone();
            move |_| {
                live.connected.set(false);
                if source.ready_state() == EventSource::CLOSED {
                    set_timeout(move || open(live), REOPEN_AFTER);
                }
            }
        });
    }

    fn on(source: &EventSource, event: &str, handler: impl Fn(Event) + 'static) {
        let handler = Closure::<dyn Fn(Event)>::new(handler);
        let _ = source.add_event_listener_with_callback(event, handler.as_ref().unchecked_ref());
        handler.forget(); // the stream lives as long as the page
    }
}
