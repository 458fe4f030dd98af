//! Serving on an address until told to stop.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use nix::sys::resource::{Resource, getrlimit};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tower::{Service, ServiceExt};

use super::connection::{Answer, Asked, Limits, Watched};
use super::front::Ends;
use super::room::{Place, Room, network};

/// How long requests may go on after the stop. Live streams and prologs never end by themselves: their clients come
/// back to the next server.
const GRACE: Duration = Duration::from_secs(2);
/// Open files that are no connections of people, at least: the reconcilers, the database and the logs go on when every
/// connection is taken.
const RESERVED_FILES: u64 = 128;
/// Connections at once, whatever the limit of open files is. Each may hold the head of a request, so all together take
/// some 300 MB at the very worst.
const MOST: u64 = 8192;
/// Bytes read ahead of a connection, and so the largest head of a request: as much as other servers take.
const READ_AHEAD: usize = 16 * 1024;
/// See [`Occasional`].
const SAY_EVERY: Duration = Duration::from_secs(60);
/// Between two attempts, when the system has no room for a connection.
const PAUSE: Duration = Duration::from_millis(100);
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 10\r\nconnection: close\r\n\
    content-type: text/plain\r\ncontent-length: 52\r\n\r\nThe server has all the connections that it can take.";

/// Takes the address, or says which one cannot be had.
pub async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|e| {
        io::Error::new(
            e.kind(),
            format!("cannot listen on {address}: {e}. Choose another address with --listen."),
        )
    })
}

/// Connections of people and programs, as many as the limit of open files allows beside the reserve, and as their heads
/// have room in memory.
pub fn most_connections() -> usize {
    let (limit, reserve) = files();
    (limit - reserve).min(MOST) as usize
}

/// Connections of agents, which have a part of the reserve: so people cannot keep them out, nor jobs the server's own work.
pub fn most_of_agents() -> usize {
    let (_, reserve) = files();
    (reserve / 2).min(MOST) as usize
}

/// The limit of open files, and how many of them are reserved: one of four, or half of a small limit.
fn files() -> (u64, u64) {
    let limit = getrlimit(Resource::RLIMIT_NOFILE).map_or(1024, |(soft, _)| soft);
    (limit, RESERVED_FILES.max(limit / 4).min(limit / 2))
}

/// Where connections come from.
pub trait Listen: Send {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next one, with its two ends where those have addresses.
    fn next(&self) -> impl Future<Output = io::Result<(Self::Stream, Option<Ends>)>> + Send;

    /// Sends as much as costs no waiting.
    fn send_at_once(stream: &Self::Stream, bytes: &[u8]);
}

impl Listen for TcpListener {
    type Stream = TcpStream;

    async fn next(&self) -> io::Result<(TcpStream, Option<Ends>)> {
        let (stream, peer) = self.accept().await?;
        // Without this an answer in two packets waits for the client's acknowledgement of the first.
        if let Err(cause) = stream.set_nodelay(true) {
            tracing::debug!(%cause, "a connection keeps its delay");
        }
        let ends = Ends::new(peer, stream.local_addr().unwrap_or(peer));
        Ok((stream, Some(ends)))
    }

    fn send_at_once(stream: &TcpStream, bytes: &[u8]) {
        _ = stream.try_write(bytes);
    }
}

impl Listen for UnixListener {
    type Stream = UnixStream;

    async fn next(&self) -> io::Result<(UnixStream, Option<Ends>)> {
        let (stream, _) = self.accept().await?;
        Ok((stream, None))
    }

    fn send_at_once(stream: &UnixStream, bytes: &[u8]) {
        _ = stream.try_write(bytes);
    }
}

/// Serves at most `most` connections at once until `stop` is done, and then as long as the last requests need, within
/// the grace.
pub async fn serve<L, S>(
    listener: L,
    doors: S,
    most: usize,
    limits: Limits,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()>
where
    L: Listen,
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let room = Room::new(most);
    let (stopping, stopped) = watch::channel(false);
    let (mut full, mut failed) = (Occasional::default(), Occasional::default());
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.next() => accepted,
            () = &mut stop => break,
        };
        let (stream, ends) = match accepted {
            Ok(accepted) => accepted,
            Err(cause) if is_of_one(&cause) => continue,
            Err(cause) => {
                if failed.now() {
                    tracing::warn!(%cause, "cannot take connections; trying again");
                }
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        if room.is_full() && full.now() {
            let peer = ends.map(|ends| ends.peer);
            tracing::warn!(
                ?peer,
                most,
                "there are as many connections as can be: those that keep the server waiting make way"
            );
        }
        match room.enter(network(ends)).await {
            Some(place) => {
                let served =
                    connection(stream, ends, doors.clone(), limits, place, stopped.clone());
                tokio::spawn(served);
            }
            None => L::send_at_once(&stream, FULL),
        }
    }
    drop((listener, stopped));
    stopping.send_replace(true);
    // All are gone, or out of time.
    let _ = tokio::time::timeout(GRACE, stopping.closed()).await;
    Ok(())
}

/// That connection is gone before it was taken; the next one is another matter.
fn is_of_one(cause: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        cause.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

/// What is said once in a while: whoever fills the server must not fill its log too.
#[derive(Default)]
struct Occasional(Option<Instant>);

impl Occasional {
    fn now(&mut self) -> bool {
        let is_time = self.0.is_none_or(|at| at.elapsed() > SAY_EVERY);
        if is_time {
            self.0 = Some(Instant::now());
        }
        is_time
    }
}

/// Serves one connection until either end has enough, another one needs its place, or the server stops.
async fn connection<S>(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    ends: Option<Ends>,
    doors: S,
    limits: Limits,
    place: Place,
    mut stopped: watch::Receiver<bool>,
) where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let busy = place.busy.clone();
    let io = TokioIo::new(Watched::new(stream, busy.clone(), limits));
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let working = busy.begin();
        let doors = doors.clone();
        let mut request = request.map(|body| Body::new(Asked::new(body, busy.clone())));
        if let Some(ends) = ends {
            request.extensions_mut().insert(ends);
        }
        async move {
            let answer = doors.oneshot(request).await?;
            Ok::<_, Infallible>(answer.map(|body| Answer {
                body,
                _working: working,
            }))
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.idle)
        .max_buf_size(READ_AHEAD);
    let stop = async {
        // An error means that the server's end is gone: that is a stop too.
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };
    let mut serving = std::pin::pin!(http.serve_connection(io, service));
    let served = tokio::select! {
        served = serving.as_mut() => served,
        () = place.left() => return,
        () = stop => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(cause) = served {
        tracing::trace!(%cause, ?ends, "a connection broke off");
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
