//! Serving on an address until told to stop.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::ServiceExt;
use axum::extract::Request;
use axum::response::Response;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tower::Service;

/// How long requests may go on after the stop. Live streams and prologs never end by themselves: their clients come
/// back to the next server.
const GRACE: Duration = Duration::from_secs(2);

/// Takes the address, or says which one cannot be had.
pub async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|e| {
        io::Error::new(
            e.kind(),
            format!("cannot listen on {address}: {e}. Choose another address with --listen."),
        )
    })
}

/// Serves until `stop` is done, and then as long as the last requests need, within the grace.
pub async fn serve<S>(
    listener: TcpListener,
    doors: S,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let stopping = Arc::new(Notify::new());
    let told = stopping.clone();
    // Without this an answer in two packets waits for the client's acknowledgement of the first.
    let listener = listener.tap_io(|stream| {
        if let Err(cause) = stream.set_nodelay(true) {
            tracing::debug!(%cause, "a connection keeps its delay");
        }
    });
    let server =
        axum::serve(listener, doors.into_make_service()).with_graceful_shutdown(async move {
            stop.await;
            told.notify_one();
        });
    tokio::select! {
        ended = server => ended,
        () = async { stopping.notified().await; tokio::time::sleep(GRACE).await } => Ok(()),
    }
}

/// Done when the program is asked to end, by Ctrl-C or by the system. Listens from the moment of the call.
pub fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
