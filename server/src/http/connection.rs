//! One connection: how long it may be silent, and what each of its requests is told of it.
//!
//! Three clocks, [`Limits`]. None of them runs while a request is at work: what waits there (a prolog, a live stream) has
//! limits of its own.
//!
//! A connection waits for its client while its next request is not whole or its answer is not taken: [`Busy::waits_since`].

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How long a connection may be silent.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For the head of a request, from its first byte to its last; for the first one, from the beginning.
    pub head: Duration,
    /// Between two requests.
    pub idle: Duration,
    /// For a client to take the next bytes of an answer.
    pub stalled: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            head: Duration::from_secs(10),
            // Longer than proxies keep a connection (60 s in most): else they would now and then send a request into one
            // that is just being closed.
            idle: Duration::from_secs(75),
            stalled: Duration::from_secs(75),
        }
    }
}

/// Whether a request of the connection is at work: from its head to the end of its answer.
#[derive(Clone, Default)]
pub struct Busy(Arc<State>);

struct State {
    at_work: AtomicBool,
    /// Requests whose head was read.
    heads: AtomicU64,
    /// For the rest of a request, from the answer before it.
    request: Wait,
    /// For the client to take the next bytes of an answer.
    answer: Wait,
}

impl Default for State {
    fn default() -> State {
        State {
            at_work: AtomicBool::default(),
            heads: AtomicU64::default(),
            request: Wait(Mutex::new(Some(Instant::now()))),
            answer: Wait(Mutex::new(None)),
        }
    }
}

/// Waiting for the client, since then.
struct Wait(Mutex<Option<Instant>>);

impl Wait {
    fn since(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes on if it does already.
    fn begin(&self) {
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        since.get_or_insert_with(Instant::now);
    }

    fn end(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Busy {
    pub fn begin(&self) -> Working {
        self.0.heads.fetch_add(1, Ordering::Relaxed);
        self.0.at_work.store(true, Ordering::Relaxed);
        Working(self.clone())
    }

    /// The request is whole, or no more of it is wanted.
    pub fn received(&self) {
        self.0.request.end();
    }

    /// Since when the server waits for the client, unless the client waits for the server.
    pub fn waits_since(&self) -> Option<Instant> {
        self.0.request.since().or_else(|| self.0.answer.since())
    }
}

/// A request at work, until this is dropped.
pub struct Working(Busy);

impl Drop for Working {
    fn drop(&mut self) {
        self.0.0.at_work.store(false, Ordering::Relaxed);
        self.0.0.request.begin();
    }
}

/// The body of a request, which tells when it is whole.
pub struct Asked<B: HttpBody> {
    body: B,
    busy: Busy,
}

impl<B: HttpBody> Asked<B> {
    pub fn new(body: B, busy: Busy) -> Asked<B> {
        let asked = Asked { body, busy };
        asked.look();
        asked
    }

    fn look(&self) {
        if self.body.is_end_stream() {
            self.busy.received();
        }
    }
}

impl<B: HttpBody> Drop for Asked<B> {
    fn drop(&mut self) {
        self.busy.received();
    }
}

impl<B: HttpBody + Unpin> HttpBody for Asked<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        self.look();
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of an answer: its request is at work until it ends.
pub struct Answer {
    pub body: Body,
    pub _working: Working,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A connection whose clocks run, but for the idle time: hyper alone knows when it waits for a head.
pub struct Watched<IO> {
    io: IO,
    limits: Limits,
    busy: Busy,
    /// Runs for the head after so many.
    head: Clock,
    heads: u64,
    stalled: Clock,
}

impl<IO> Watched<IO> {
    pub fn new(io: IO, busy: Busy, limits: Limits) -> Watched<IO> {
        let mut head = Clock(None);
        head.start(limits.head);
        Watched {
            io,
            limits,
            busy,
            head,
            heads: 0,
            stalled: Clock(None),
        }
    }

    /// The outcome of a write: one that waits for the client too long fails.
    fn taken<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled.stop();
            self.busy.0.answer.end();
            return written;
        }
        self.busy.0.answer.begin();
        self.stalled.start(self.limits.stalled);
        ready!(self.stalled.poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Watched<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.io).poll_read(cx, buffer);
        let heads = self.busy.0.heads.load(Ordering::Relaxed);
        if std::mem::replace(&mut self.heads, heads) != heads {
            self.head.stop();
        }
        if self.busy.0.at_work.load(Ordering::Relaxed) {
            return read;
        }
        if read.is_ready() {
            if buffer.filled().len() > before {
                let limit = self.limits.head;
                self.head.start(limit);
            }
            return read;
        }
        ready!(self.head.poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Watched<IO> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.taken(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, slices);
        self.taken(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// Rings once, if it was started and not stopped.
struct Clock(Option<Pin<Box<Sleep>>>);

impl Clock {
    /// Goes on if it runs already.
    fn start(&mut self, after: Duration) {
        self.0.get_or_insert_with(|| Box::pin(sleep(after)));
    }

    fn stop(&mut self) {
        self.0 = None;
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.0 {
            Some(sleep) => sleep.as_mut().poll(cx),
            None => Poll::Pending,
        }
    }
}
