//! A job's output as it is written: a stream of its own beside the live stream, for the page that shows it; and the whole
//! file, to keep.
//!
//! Each event carries where the next one begins, and a browser that comes back says it: nothing is sent twice.

use std::convert::Infallible;
use std::time::Duration;

use app::model::error::Error;
use app::model::job::{JobOutput, OutputKind, OutputOf};
use app::model::log::{ControllerLogOf, LogDaemon};
use app::port::Backend;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::{
    CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use tokio::io::AsyncReadExt;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tokio_util::io::ReaderStream;

use super::alive::Sessions;
use super::session::SignedIn;
use crate::service::doors::{OpenOutput, Outputs};

/// See `events`.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const LONGEST: Duration = Duration::from_secs(15 * 60);

#[derive(Clone)]
pub struct Source {
    pub outputs: std::sync::Arc<dyn Outputs>,
    pub shutdown: watch::Receiver<bool>,
    pub sessions: Sessions,
}

/// What the address names.
type Named = Path<(String, String, String)>;

fn named((cluster_identifier, job_id, kind): (String, String, String)) -> OutputOf {
    OutputOf {
        cluster_identifier,
        job_id,
        kind: OutputKind::parse(&kind),
        from: None,
        before: None,
    }
}

/// A cluster and a daemon.
type NamedLog = Path<(String, String)>;

/// Of a daemon that has none, slurmctld's.
fn named_log((cluster_identifier, daemon): (String, String)) -> ControllerLogOf {
    ControllerLogOf {
        cluster_identifier,
        daemon: LogDaemon::parse(&daemon).unwrap_or_default(),
        from: None,
        before: None,
    }
}

pub async fn stream(
    State(source): State<Source>,
    Extension(backend): Extension<Backend>,
    Extension(session): Extension<SignedIn>,
    Path(names): Named,
    headers: HeaderMap,
) -> Response {
    let of = OutputOf {
        from: last_event(&headers),
        ..named(names)
    };
    let pieces = async { source.outputs.follow(backend.ctx()?, of).await }.await;
    answer_stream(source, session, pieces)
}

pub async fn log_stream(
    State(source): State<Source>,
    Extension(backend): Extension<Backend>,
    Extension(session): Extension<SignedIn>,
    Path(names): NamedLog,
    headers: HeaderMap,
) -> Response {
    let of = ControllerLogOf {
        from: last_event(&headers),
        ..named_log(names)
    };
    let pieces = async { source.outputs.follow_log(backend.ctx()?, of).await }.await;
    answer_stream(source, session, pieces)
}

/// Where the next piece begins for a browser that comes back.
fn last_event(headers: &HeaderMap) -> Option<i64> {
    let last = headers.get("last-event-id")?.to_str().ok()?;
    last.parse().ok()
}

fn answer_stream(
    source: Source,
    session: SignedIn,
    pieces: Result<BoxStream<'static, JobOutput>, Error>,
) -> Response {
    match pieces {
        Ok(pieces) => {
            let headers = [("x-accel-buffering", "no"), ("cache-control", "no-store")];
            let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
            let mut session = source.sessions.watch(&session);
            let session = async move { session.ended().await };
            let events = events(pieces, source.shutdown, session);
            (headers, Sse::new(events).keep_alive(keep_alive)).into_response()
        }
        // A browser gives a stream up that is answered so; the page has the refusal from its own question.
        Err(refusal) => (app::api::status(&refusal), refusal.message).into_response(),
    }
}

/// The whole file, to keep. Whatever a job wrote is bytes: no browser may take it for a page of ours.
pub async fn file(
    State(source): State<Source>,
    Extension(backend): Extension<Backend>,
    Path(names): Named,
) -> Response {
    let of = named(names);
    answer_file(async { source.outputs.open(backend.ctx()?, &of).await }.await)
}

pub async fn log_file(
    State(source): State<Source>,
    Extension(backend): Extension<Backend>,
    Path(names): NamedLog,
) -> Response {
    let of = named_log(names);
    answer_file(async { source.outputs.open_log(backend.ctx()?, &of).await }.await)
}

pub(super) fn answer_file(opened: Result<OpenOutput, Error>) -> Response {
    match opened {
        Ok(output) => {
            let name = app::paths::encode(&output.name);
            let headers = [
                (CONTENT_TYPE, "application/octet-stream".to_owned()),
                (CONTENT_LENGTH, output.size.to_string()),
                (
                    CONTENT_DISPOSITION,
                    format!("attachment; filename*=UTF-8''{name}"),
                ),
                (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
            ];
            let file = tokio::fs::File::from_std(output.file).take(output.size);
            (headers, Body::from_stream(ReaderStream::new(file))).into_response()
        }
        Err(refusal) => (app::api::status(&refusal), refusal.message).into_response(),
    }
}

fn events(
    mut pieces: BoxStream<'static, JobOutput>,
    mut shutdown: watch::Receiver<bool>,
    session_ended: impl Future<Output = ()>,
) -> impl Stream<Item = Result<Event, Infallible>> {
    async_stream::stream! {
        let mut session_ended = std::pin::pin!(session_ended);
        let end = Instant::now() + LONGEST;
        loop {
            let piece = tokio::select! {
                piece = pieces.next() => piece,
                // The browser comes back, is refused, and gives up.
                () = &mut session_ended => return,
                _ = shutdown.wait_for(|stopping| *stopping) => return,
                () = sleep_until(end) => return,
            };
            let Some(piece) = piece else {
                // Else the browser would come back for more.
                yield Ok(Event::default().event("end").data("{}"));
                return;
            };
            let id = piece.to.to_string();
            // Numbers and strings always serialise.
            if let Ok(event) = Event::default().event("output").id(id).json_data(&piece) {
                yield Ok(event);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_last_event_says_that_nothing_more_comes() {
        let pieces = futures::stream::iter([JobOutput::default()]).boxed();
        let (_keep, shutdown) = watch::channel(false);
        let events: Vec<_> = events(pieces, shutdown, std::future::pending())
            .collect()
            .await;
        assert_eq!(events.len(), 2);
    }

    #[tokio::test]
    async fn a_stop_of_the_server_ends_the_stream() {
        let (stop, shutdown) = watch::channel(false);
        let pieces = futures::stream::pending().boxed();
        let mut events = Box::pin(events(pieces, shutdown, std::future::pending()));
        stop.send_replace(true);
        assert!(events.next().await.is_none());
    }
}
