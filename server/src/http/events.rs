//! The live stream (U3): says what kind of thing changed; the page asks again for what it shows.

use std::collections::HashSet;
use std::convert::Infallible;
use std::time::Duration;

use app::model::live::{Change, Kind};
use axum::Extension;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::Stream;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, sleep, sleep_until};

use super::alive::{Alive, Sessions};
use super::session::SignedIn;
use crate::live::recent::Recent;

/// Changes within this time go out together: far below the second that is promised, far above the rate at which a
/// page could ask again.
const GATHER: Duration = Duration::from_millis(200);
/// Proxies cut connections on which nothing happens.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// A stream ends after this, and the browser opens it anew: so no stream outlives what it was opened for by long.
const LONGEST: Duration = Duration::from_secs(15 * 60);

#[derive(Clone)]
pub struct Source {
    pub changes: broadcast::Sender<Change>,
    pub recent: Recent,
    pub shutdown: watch::Receiver<bool>,
    pub sessions: Sessions,
}

/// Without a session the stream says only that there is none.
pub async fn stream(
    State(source): State<Source>,
    session: Option<Extension<SignedIn>>,
) -> impl IntoResponse {
    let session = session.map(|Extension(session)| source.sessions.watch(&session));
    // A proxy that buffers would hold changes back.
    let headers = [("x-accel-buffering", "no"), ("cache-control", "no-store")];
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    (
        headers,
        Sse::new(events(source, session)).keep_alive(keep_alive),
    )
}

fn events(source: Source, session: Option<Alive>) -> impl Stream<Item = Result<Event, Infallible>> {
    async_stream::stream! {
        let Some(mut session) = session else {
            yield Ok(named("signed-out"));
            return;
        };
        let mut changes = source.changes.subscribe();
        let mut shutdown = source.shutdown;
        yield Ok(named("hello"));
        // What changed between the rendering of the page and now, after a moment for the last to be noted.
        sleep(GATHER).await;
        match source.recent.changes() {
            Some(recent) if recent.is_empty() => {}
            Some(recent) => yield Ok(changed(&recent)),
            None => yield Ok(named("resync")),
        }
        let end = Instant::now() + LONGEST;
        loop {
            let gathered = tokio::select! {
                gathered = gather(&mut changes) => gathered,
                () = session.ended() => Gathered::SignedOut,
                // An error means that the server's end is gone: that is a shutdown too.
                _ = shutdown.wait_for(|stopping| *stopping) => return,
                () = sleep_until(end) => return,
            };
            match gathered {
                Gathered::Changes(changes) => yield Ok(changed(&changes)),
                Gathered::Lagged => yield Ok(named("resync")),
                Gathered::SignedOut => {
                    yield Ok(named("signed-out"));
                    return;
                }
                Gathered::Closed => return,
            }
        }
    }
}

enum Gathered {
    Changes(Vec<Change>),
    /// The session is over.
    SignedOut,
    /// Some were lost: the page must ask for everything again.
    Lagged,
    Closed,
}

/// Waits for a change and for those that follow at once; one for each kind and cluster is enough.
async fn gather(changes: &mut broadcast::Receiver<Change>) -> Gathered {
    let first = match changes.recv().await {
        Ok(change) => change,
        Err(RecvError::Lagged(_)) => return Gathered::Lagged,
        Err(RecvError::Closed) => return Gathered::Closed,
    };
    sleep(GATHER).await;
    let mut seen: HashSet<(Kind, String)> = HashSet::new();
    let mut all = Vec::new();
    let mut add = |change: Change| {
        if seen.insert((change.kind, change.cluster_id.clone())) {
            all.push(change);
        }
    };
    add(first);
    loop {
        match changes.try_recv() {
            Ok(change) => add(change),
            Err(broadcast::error::TryRecvError::Lagged(_)) => return Gathered::Lagged,
            Err(_) => return Gathered::Changes(all),
        }
    }
}

fn named(name: &str) -> Event {
    // A browser drops an event without data.
    Event::default().event(name).data("{}")
}

fn changed(changes: &[Change]) -> Event {
    // Plain strings always serialise; should that ever change, the page reloads everything.
    Event::default()
        .event("change")
        .json_data(changes)
        .unwrap_or_else(|_| named("resync"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(kind: Kind) -> Change {
        Change {
            kind,
            cluster_id: "pcs_a".into(),
            resource_id: String::new(),
        }
    }

    #[tokio::test]
    async fn a_burst_is_one_event_per_kind() {
        let (sender, mut receiver) = broadcast::channel(16);
        for kind in [Kind::Node, Kind::Node, Kind::Job] {
            sender.send(change(kind)).unwrap();
        }
        let Gathered::Changes(changes) = gather(&mut receiver).await else {
            panic!("nothing gathered");
        };
        assert_eq!(changes, [change(Kind::Node), change(Kind::Job)]);
    }

    #[tokio::test]
    async fn a_reader_that_fell_behind_is_told_to_ask_again() {
        let (sender, mut receiver) = broadcast::channel(2);
        for _ in 0..10 {
            sender.send(change(Kind::Node)).unwrap();
        }
        assert!(matches!(gather(&mut receiver).await, Gathered::Lagged));
    }
}
