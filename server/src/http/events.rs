//! The live stream (U3): says what kind of thing changed; the page asks again for what it shows.

use std::collections::HashSet;
use std::convert::Infallible;
use std::time::Duration;

use app::model::live::{Change, Kind};
use app::port::Backend;
use axum::Extension;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::alive::{Alive, Sessions};
use super::session::SignedIn;
use crate::service::change::{Changes, Watch};

/// Changes within this time go out together: far below the second that is promised, far above the rate at which a
/// page could ask again.
const GATHER: Duration = Duration::from_millis(200);
/// Proxies cut connections on which nothing happens.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// A stream ends after this, and the browser opens it anew: so no stream outlives what it was opened for by long.
const LONGEST: Duration = Duration::from_secs(15 * 60);

#[derive(Clone)]
pub struct Source {
    pub changes: Changes,
    pub shutdown: watch::Receiver<bool>,
    pub sessions: Sessions,
}

/// Without a session the stream says only that there is none.
pub async fn stream(
    State(source): State<Source>,
    Extension(backend): Extension<Backend>,
    session: Option<Extension<SignedIn>>,
) -> Response {
    let reader = match (backend.ctx, session) {
        (Some(ctx), Some(Extension(session))) => match source.changes.watch(&ctx) {
            Ok(changes) => Some((changes, source.sessions.watch(&session))),
            // A browser gives a stream up that is answered so.
            Err(refusal) => return (app::api::status(&refusal), refusal.message).into_response(),
        },
        _ => None,
    };
    // A proxy that buffers would hold changes back.
    let headers = [("x-accel-buffering", "no"), ("cache-control", "no-store")];
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    let events = events(source.shutdown, reader);
    (headers, Sse::new(events).keep_alive(keep_alive)).into_response()
}

fn events(
    mut shutdown: watch::Receiver<bool>,
    reader: Option<(Watch, Alive)>,
) -> impl Stream<Item = Result<Event, Infallible>> {
    async_stream::stream! {
        let Some((mut changes, mut session)) = reader else {
            yield Ok(named("signed-out"));
            return;
        };
        yield Ok(named("hello"));
        // What changed between the rendering of the page and now, after a moment for the last to be noted.
        sleep(GATHER).await;
        match changes.recent() {
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
async fn gather(changes: &mut Watch) -> Gathered {
    let first = match changes.next().await {
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
        match changes.next_now() {
            Ok(change) => add(change),
            Err(TryRecvError::Lagged(_)) => return Gathered::Lagged,
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
    use app::model::name::Arns;
    use app::port::{Ctx, Principal, Why};
    use tokio::sync::broadcast;

    use super::*;

    fn watch(told: &broadcast::Sender<Change>) -> Watch {
        let arns = Arns::default();
        let who = Principal::User {
            name: "admin".into(),
            arn: arns.user("admin"),
        };
        let changes = Changes::follow(told.clone(), arns);
        let watch = changes.watch(&Ctx::new(who, Why::Console, "r".into()));
        watch.unwrap()
    }

    fn change(kind: Kind) -> Change {
        Change {
            kind,
            cluster_id: "pcs_a".into(),
            resource_id: String::new(),
        }
    }

    #[tokio::test]
    async fn a_burst_is_one_event_per_kind() {
        let (sender, _) = broadcast::channel(16);
        let mut changes = watch(&sender);
        for kind in [Kind::Node, Kind::Node, Kind::Job] {
            sender.send(change(kind)).unwrap();
        }
        let Gathered::Changes(changes) = gather(&mut changes).await else {
            panic!("nothing gathered");
        };
        assert_eq!(changes, [change(Kind::Node), change(Kind::Job)]);
    }

    #[tokio::test]
    async fn a_reader_that_fell_behind_is_told_to_ask_again() {
        let (sender, _) = broadcast::channel(2);
        let mut changes = watch(&sender);
        for _ in 0..10 {
            sender.send(change(Kind::Node)).unwrap();
        }
        assert!(matches!(gather(&mut changes).await, Gathered::Lagged));
    }
}
