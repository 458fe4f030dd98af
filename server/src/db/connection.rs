//! The pool and its connections as all others use them. A statement has a deadline: a connection that a failover or a
//! router forgot says nothing for ever, and whoever waited on it would hold a writer's turn or a place in the pool. And
//! what is stored is text that both databases take.
//!
//! A connection on which a statement did not end as it should is closed: nobody knows its state.

use std::borrow::Cow;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use sqlx::any::{AnyArguments, AnyPoolOptions, AnyQueryResult, AnyRow, AnyStatement, AnyTypeInfo};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, Connection as _, Describe, Either, Execute, Executor};
use sqlx_core::any::AnyValueKind;
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout, timeout_at};

/// What PostgreSQL cannot store, and what stands in its place: programs and clients may say anything.
const NUL: char = '\0';
const REPLACEMENT: &str = "\u{FFFD}";

/// How long a connection may take to say that it lives: it is asked before it is used again and after.
const SIGN_OF_LIFE: Duration = Duration::from_secs(2);

/// How long one waits for the database.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For the answer to one statement. More than a lock may be waited for.
    pub statement: Duration,
    /// For the end of a writing transaction, from the moment that it has its turn.
    pub turn: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            statement: Duration::from_secs(20),
            turn: Duration::from_secs(30),
        }
    }
}

/// The database did not answer in time: whether it did what it was told is not known.
#[derive(Debug, thiserror::Error)]
#[error("the database did not answer within {} ms; the connection is closed", .0.as_millis())]
struct Silent(Duration);

/// The connections of this server. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Pool {
    inner: AnyPool,
    limits: Limits,
}

/// One of them.
#[derive(Debug)]
pub struct Connection {
    inner: PoolConnection<Any>,
    limits: Limits,
    /// No statement may end later.
    until: Option<Instant>,
    /// A statement was begun and did not end as it should.
    is_lost: bool,
}

/// A connection that is silent is not used again.
pub fn look_before_use(options: AnyPoolOptions) -> AnyPoolOptions {
    options
        .test_before_acquire(false)
        .before_acquire(|connection, _| {
            Box::pin(async move {
                let answered = timeout(SIGN_OF_LIFE, connection.ping()).await;
                answered.unwrap_or_else(|_| Err(silent(SIGN_OF_LIFE)))?;
                Ok(true)
            })
        })
}

impl Pool {
    pub fn new(inner: AnyPool, limits: Limits) -> Pool {
        Pool { inner, limits }
    }

    pub fn limits(&self) -> Limits {
        self.limits
    }

    pub async fn acquire(&self) -> sqlx::Result<Connection> {
        Ok(Connection {
            inner: self.inner.acquire().await?,
            limits: self.limits,
            until: None,
            is_lost: false,
        })
    }

    pub async fn close(&self) {
        self.inner.close().await;
    }

    pub fn size(&self) -> u32 {
        self.inner.size()
    }

    pub fn num_idle(&self) -> usize {
        self.inner.num_idle()
    }

    pub fn most(&self) -> u32 {
        self.inner.options().get_max_connections()
    }
}

impl Connection {
    /// From now on all statements together have that long.
    pub(super) fn limit(&mut self, time: Duration) {
        self.until = Some(Instant::now() + time);
    }

    /// Not used again, whatever state it is in.
    pub(super) fn close_on_drop(&mut self) {
        self.is_lost = true;
    }

    async fn run<'e, T>(
        &'e mut self,
        begin: impl FnOnce(&'e mut AnyConnection) -> BoxFuture<'e, sqlx::Result<T>>,
    ) -> sqlx::Result<T> {
        let time = self.limits.statement;
        let soonest = Instant::now() + time;
        let deadline = self.until.map_or(soonest, |until| until.min(soonest));
        // Also where nobody waits for the answer any more.
        self.is_lost = true;
        if deadline <= Instant::now() {
            return Err(silent(time));
        }
        let answered = timeout_at(deadline, begin(&mut self.inner)).await;
        let answer = answered.unwrap_or_else(|_| Err(silent(time)));
        self.is_lost = answer.as_ref().is_err_and(is_of_the_connection);
        answer
    }

    /// What a statement gives, all of it: an answer that is read row by row would have no end to wait for.
    async fn all<'e, 'q: 'e>(
        &'e mut self,
        query: impl Execute<'q, Any> + 'q,
    ) -> sqlx::Result<Vec<Either<AnyQueryResult, AnyRow>>> {
        let query = storable(query)?;
        self.run(|connection| connection.fetch_many(query).try_collect().boxed())
            .await
    }

    async fn first<'e, 'q: 'e>(
        &'e mut self,
        query: impl Execute<'q, Any> + 'q,
    ) -> sqlx::Result<Option<AnyRow>> {
        let query = storable(query)?;
        self.run(|connection| connection.fetch_optional(query))
            .await
    }
}

fn silent(time: Duration) -> sqlx::Error {
    sqlx::Error::AnyDriverError(Box::new(Silent(time)))
}

/// Whether it says that the connection is of no use. A refusal of the database is an answer like others.
fn is_of_the_connection(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::AnyDriverError(cause) => cause.is::<Silent>(),
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::WorkerCrashed => true,
        _ => false,
    }
}

/// The statement with texts that can be stored.
fn storable<'q>(
    mut query: impl Execute<'q, Any>,
) -> sqlx::Result<(&'q str, Option<AnyArguments<'q>>)> {
    let mut arguments = query.take_arguments().map_err(sqlx::Error::Encode)?;
    for value in arguments.iter_mut().flat_map(|all| &mut all.values.0) {
        if let AnyValueKind::Text(text) = value
            && text.contains(NUL)
        {
            *text = Cow::Owned(text.replace(NUL, REPLACEMENT));
        }
    }
    Ok((query.sql(), arguments))
}

/// Asked whether it lives before others get it; a silent one would keep its place in the pool.
impl Drop for Connection {
    fn drop(&mut self) {
        if self.is_lost {
            self.inner.close_on_drop();
        } else if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(timeout(SIGN_OF_LIFE, self.inner.return_to_pool()));
        }
    }
}

type Rows<'e> = BoxStream<'e, sqlx::Result<Either<AnyQueryResult, AnyRow>>>;

fn rows<'e>(
    all: impl Future<Output = sqlx::Result<Vec<Either<AnyQueryResult, AnyRow>>>> + Send + 'e,
) -> Rows<'e> {
    let each = |all: Vec<_>| stream::iter(all.into_iter().map(Ok));
    stream::once(all).map_ok(each).try_flatten().boxed()
}

impl<'c> Executor<'c> for &'c mut Connection {
    type Database = Any;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> Rows<'e>
    where
        'c: 'e,
        E: 'q + Execute<'q, Any>,
    {
        rows(self.all(query))
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, sqlx::Result<Option<AnyRow>>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Any>,
    {
        Box::pin(self.first(query))
    }

    fn prepare_with<'e, 'q: 'e>(
        self,
        sql: &'q str,
        parameters: &'e [AnyTypeInfo],
    ) -> BoxFuture<'e, sqlx::Result<AnyStatement<'q>>>
    where
        'c: 'e,
    {
        Box::pin(self.run(|connection| connection.prepare_with(sql, parameters)))
    }

    fn describe<'e, 'q: 'e>(self, sql: &'q str) -> BoxFuture<'e, sqlx::Result<Describe<Any>>>
    where
        'c: 'e,
    {
        Box::pin(self.run(|connection| connection.describe(sql)))
    }
}

impl<'p> Executor<'p> for &'_ Pool {
    type Database = Any;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> Rows<'e>
    where
        'p: 'e,
        E: 'q + Execute<'q, Any>,
    {
        let pool = self.clone();
        rows(async move { pool.acquire().await?.all(query).await })
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, sqlx::Result<Option<AnyRow>>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Any>,
    {
        let pool = self.clone();
        Box::pin(async move { pool.acquire().await?.first(query).await })
    }

    fn prepare_with<'e, 'q: 'e>(
        self,
        sql: &'q str,
        parameters: &'e [AnyTypeInfo],
    ) -> BoxFuture<'e, sqlx::Result<AnyStatement<'q>>>
    where
        'p: 'e,
    {
        let pool = self.clone();
        Box::pin(async move { pool.acquire().await?.prepare_with(sql, parameters).await })
    }

    fn describe<'e, 'q: 'e>(self, sql: &'q str) -> BoxFuture<'e, sqlx::Result<Describe<Any>>>
    where
        'p: 'e,
    {
        let pool = self.clone();
        Box::pin(async move { pool.acquire().await?.describe(sql).await })
    }
}
