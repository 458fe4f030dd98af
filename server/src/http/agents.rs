//! The door of this host's agents: a socket in a directory that only the server's user can enter, so that nobody else
//! can take its place while the server is away.
//!
//! The socket has a directory of its own, because sandboxes see that directory and nothing else of the server's: a
//! socket bound alone would be the one of a server that has ended. Where jobs run as the server's user they reach it too:
//! so its connections have limits as those of strangers have.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::extract::Request;
use axum::response::Response;
use tokio::net::UnixListener;
use tower::Service;

use openpcs_agent::{files, place};

use super::connection::Limits;
use super::serve::{self, most_of_agents};
use crate::live::homes::Homes;

/// Where agents find the socket, for a server with this data directory.
pub fn socket_file(data_dir: &Path) -> PathBuf {
    place::dir(data_dir).join("server.sock")
}

/// Takes the socket's place. Whoever has the lock of the data directory and is believed to speak for its server may:
/// what stands there is of a process that ended, or that must not be reached any more.
pub fn bind(data_dir: &Path) -> io::Result<UnixListener> {
    let path = socket_file(data_dir);
    files::create_dir(&place::dir(data_dir))?;
    files::remove_file(&path)?;
    let place = place::Place::of(&path)?;
    UnixListener::bind(place.short())
}

/// How often it is looked whether the socket is still there.
const LOOK: Duration = Duration::from_secs(1);

/// Serves until it is aborted. The socket's place is taken anew when another process had it, once that one is gone, or when
/// somebody removed it.
pub async fn serve<S>(mut listener: UnixListener, data_dir: PathBuf, homes: Homes, doors: S)
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let path = socket_file(&data_dir);
    loop {
        let own = number(&path);
        let (most, limits) = (most_of_agents(), Limits::default());
        let serving = serve::serve(listener, doors.clone(), most, limits, pending());
        tokio::select! {
            served = serving => {
                tracing::error!(?served, "the agents' socket is no longer served");
                return;
            }
            () = until_due(&path, own, &homes) => {}
        }
        listener = loop {
            match bind(&data_dir) {
                Ok(listener) => break listener,
                Err(error) => tracing::warn!(%error, "agents cannot reach this server"),
            }
            tokio::time::sleep(LOOK).await;
        };
        tracing::info!("agents reach this server again");
    }
}

/// Waits until something else, or nothing, stands where the socket was, and no other process may have that place.
async fn until_due(path: &Path, own: Option<u64>, homes: &Homes) {
    loop {
        tokio::time::sleep(LOOK).await;
        if homes.is_believed() && number(path) != own {
            return;
        }
    }
}

fn number(path: &Path) -> Option<u64> {
    std::fs::symlink_metadata(path)
        .ok()
        .map(|found| found.ino())
}
