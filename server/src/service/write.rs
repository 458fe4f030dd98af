//! A change from its first check to its commit: the answer to a repeated client token, the desired state, the audit
//! row, the event and the change row are one transaction.

use std::collections::BTreeMap;

use app::explain::What;
use app::model::error::{Error, ErrorKind, Result};
use app::model::live::Kind;
use app::model::operation::Operation;
use app::model::status::Status;
use app::port::Ctx;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Service;
use crate::db::audit::{AuditRow, DONE, End};
use crate::db::idempotency::Remembered;
use crate::db::resource::{self, Noun, Row};
use crate::db::writer::is_busy;
use crate::db::{self, Db, Write};
use crate::fault::internal;

/// When a caller who found the database busy had better come back.
const RETRY_SECONDS: i64 = 2;

/// The id of an open row of the audit trail: see `service/intent.rs`.
pub struct Intent(pub String);

/// A change under way. Dropped without [`Change::commit`], nothing of it stays.
pub struct Change {
    pub write: Write,
    ctx: Ctx,
    operation: Operation,
    token: Option<String>,
    request: Value,
    request_hash: String,
    /// The token was reserved before, and whoever did it did not come back with an answer.
    is_reserved: bool,
    /// It is in the audit trail already.
    intent: Option<Intent>,
}

/// Either the remembered answer of an earlier identical request, or a change to make.
#[allow(
    clippy::large_enum_variant,
    reason = "one of them lives for the length of a request"
)]
pub enum Begun<R> {
    Answered(R),
    New(Change),
}

impl Service {
    /// See [`change`].
    pub(super) async fn change<I: Serialize, R: DeserializeOwned>(
        &self,
        ctx: &Ctx,
        operation: Operation,
        input: &I,
        token: Option<&str>,
        work: impl AsyncFnOnce(Change) -> Result<R>,
    ) -> Result<R> {
        change(&self.parts.db, ctx, operation, input, token, work).await
    }
}

/// The work on a change that it is given to commit. Who asks again with the same token gets the same answer without it.
pub(super) async fn change<I: Serialize, R: DeserializeOwned>(
    db: &Db,
    ctx: &Ctx,
    operation: Operation,
    input: &I,
    token: Option<&str>,
    work: impl AsyncFnOnce(Change) -> Result<R>,
) -> Result<R> {
    match begin(db, ctx, operation, input, token).await? {
        Begun::Answered(answer) => Ok(answer),
        Begun::New(change) => work(change).await,
    }
}

/// Opens the transaction and looks whether this request was made before.
pub(super) async fn begin<I: Serialize, R: DeserializeOwned>(
    db: &Db,
    ctx: &Ctx,
    operation: Operation,
    input: &I,
    token: Option<&str>,
) -> Result<Begun<R>> {
    let request = serde_json::to_value(input).map_err(internal)?;
    let canonical = serde_json::to_vec(input).map_err(internal)?;
    let request_hash = hex::encode(Sha256::digest(canonical));
    let mut write = db.write().await.map_err(unwritten)?;
    let mut is_reserved = false;
    if let Some(token) = token {
        let principal = ctx.who.arn();
        let known = db::idempotency::get(&mut write, principal, operation.name(), token)
            .await
            .map_err(internal)?;
        if let Some(known) = known {
            if known.request_hash != request_hash {
                return Err(Error::field(
                    "clientToken",
                    "This token was used with another request. Use a new token for a new request.",
                ));
            }
            if let Some(response) = known.response {
                let answer = serde_json::from_str(&response).map_err(internal)?;
                return Ok(Begun::Answered(answer));
            }
            is_reserved = true;
        }
    }
    Ok(Begun::New(Change {
        write,
        ctx: ctx.clone(),
        operation,
        token: token.map(str::to_owned),
        request,
        request_hash,
        is_reserved,
        intent: None,
    }))
}

impl Change {
    /// This change is what was intended.
    pub fn fulfil(&mut self, intent: Intent) {
        self.intent = Some(intent);
    }

    /// Puts a new resource with its tags into the database, and into the timeline.
    pub async fn create<S: Noun>(
        &mut self,
        row: &Row<S>,
        arn: &str,
        tags: Option<&BTreeMap<String, String>>,
    ) -> Result<()> {
        resource::insert(&mut self.write, row)
            .await
            .map_err(internal)?;
        if let Some(tags) = tags {
            db::tag::put(&mut self.write, arn, tags)
                .await
                .map_err(internal)?;
        }
        let (noun, name) = (S::KIND, row.name.clone());
        self.event_of(row, What::Create { noun, name }).await
    }

    /// Writes what is wanted now. What means the same as before is only spelled anew: nobody's timeline or nodes hear of
    /// it.
    pub async fn update<S: Noun>(&mut self, row: &Row<S>) -> Result<()> {
        if !matches!(row.status, Status::Updating | Status::Resuming) {
            let written = resource::update(&mut self.write, row, false).await;
            return written.map(drop).map_err(internal);
        }
        let (noun, name) = (S::KIND, row.name.clone());
        self.rewrite(row, What::Update { noun, name }).await
    }

    /// Writes that the resource is to go.
    pub async fn delete<S: Noun>(&mut self, row: &mut Row<S>) -> Result<()> {
        row.status = Status::Deleting;
        let (noun, name) = (S::KIND, row.name.clone());
        self.rewrite(row, What::Delete { noun, name }).await
    }

    async fn rewrite<S: Noun>(&mut self, row: &Row<S>, what: What) -> Result<()> {
        resource::update(&mut self.write, row, true)
            .await
            .map_err(internal)?;
        self.event_of(row, what).await
    }

    async fn event_of<S: Noun>(&mut self, row: &Row<S>, what: What) -> Result<()> {
        self.event(&row.cluster_id, S::KIND, &row.id, &what).await
    }

    /// Notes in the timeline what was asked for.
    pub async fn event(
        &mut self,
        cluster_id: &str,
        kind: Kind,
        resource_id: &str,
        what: &What,
    ) -> Result<()> {
        let actor = self.ctx.who.arn();
        db::event::insert(&mut self.write, cluster_id, kind, resource_id, actor, what)
            .await
            .map_err(internal)
    }

    /// Reserves the token for an answer to come and commits; whether it was reserved before.
    pub async fn reserve(mut self, token: &str) -> Result<bool> {
        if self.is_reserved {
            return Ok(true);
        }
        let (principal, operation) = (self.ctx.who.arn(), self.operation.name());
        let reserved = Remembered {
            request_hash: self.request_hash,
            response: None,
        };
        db::idempotency::put(&mut self.write, principal, operation, token, &reserved)
            .await
            .map_err(internal)?;
        self.write.commit().await.map_err(unwritten)?;
        Ok(false)
    }

    /// Writes audit row and answer, and commits.
    pub async fn commit<R: Serialize>(mut self, resource_arn: &str, response: R) -> Result<R> {
        let answer = serde_json::to_value(&response).map_err(internal)?;
        self.audit(resource_arn, answer).await.map_err(internal)?;
        let principal = self.ctx.who.arn();
        if let Some(token) = &self.token {
            let remembered = Remembered {
                request_hash: self.request_hash,
                response: Some(serde_json::to_string(&response).map_err(internal)?),
            };
            db::idempotency::put(
                &mut self.write,
                principal,
                self.operation.name(),
                token,
                &remembered,
            )
            .await
            .map_err(internal)?;
        }
        self.write.commit().await.map_err(unwritten)?;
        self.ctx.notes.recorded();
        Ok(response)
    }
}

impl Change {
    async fn audit(&mut self, resource_arn: &str, response: Value) -> sqlx::Result<()> {
        if let Some(Intent(id)) = &self.intent {
            return db::audit::close(&mut self.write, id, End::Done(response)).await;
        }
        let row = AuditRow {
            ctx: &self.ctx,
            operation: self.operation,
            resource_arn,
            request: self.request.take(),
            response,
            outcome: DONE,
        };
        db::audit::insert(&mut self.write, row).await.map(drop)
    }
}

/// Nothing was written: whether it may succeed a moment later.
pub(super) fn unwritten(error: sqlx::Error) -> Error {
    if !is_busy(&error) {
        return internal(error);
    }
    tracing::warn!(%error, "the database is busy");
    Error::new(
        ErrorKind::Throttling {
            retry_after_seconds: RETRY_SECONDS,
        },
        "The database is busy: other changes did not end in time. Nothing was changed; try again.",
    )
}
