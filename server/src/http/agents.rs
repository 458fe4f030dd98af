//! The door of this host's agents: a socket in a directory that only the server's user can enter, so that nobody else
//! can take its place while the server is away.
//!
//! The socket has a directory of its own, because sandboxes see that directory and nothing else of the server's: a
//! socket bound alone would be the one of a server that has ended.

use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};

use axum::ServiceExt;
use axum::extract::Request;
use axum::response::Response;
use tokio::net::UnixListener;
use tower::Service;

use openpcs_agent::{files, place};

/// Where agents find the socket, for a server with this data directory.
pub fn socket_file(data_dir: &Path) -> PathBuf {
    place::dir(data_dir).join("server.sock")
}

/// Takes the socket's place. Whoever has the lock of the data directory may: what stands there is of a server that ended.
pub fn bind(data_dir: &Path) -> io::Result<UnixListener> {
    let path = socket_file(data_dir);
    files::create_dir(&place::dir(data_dir))?;
    files::remove_file(&path)?;
    let place = place::Place::of(&path)?;
    UnixListener::bind(place.short())
}

/// Serves until it is aborted.
pub async fn serve<S>(listener: UnixListener, doors: S)
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    if let Err(error) = axum::serve(listener, doors.into_make_service()).await {
        tracing::error!(%error, "the agents' socket is no longer served");
    }
}
