//! Sessions in our database, for `tower-sessions`.

use std::time::Duration;

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

use crate::db::Db;
use crate::db::session::{session_create, session_delete, session_get, session_save};

/// How long an answer waits until it is written that its session was used.
const PATIENCE: Duration = Duration::from_millis(500);

#[derive(Clone)]
pub struct DatabaseStore {
    pub db: Db,
}

/// The trait asks for it; a pool has nothing to tell.
impl std::fmt::Debug for DatabaseStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DatabaseStore")
    }
}

/// Under which the database has a session.
pub fn key(id: &Id) -> String {
    hex::encode(Sha256::digest(id.to_string()))
}

fn data(record: &Record) -> Result<String> {
    serde_json::to_string(&record.data).map_err(|e| Error::Encode(e.to_string()))
}

fn backend(error: sqlx::Error) -> Error {
    Error::Backend(error.to_string())
}

#[async_trait]
impl SessionStore for DatabaseStore {
    /// Of a session that is there only its last use is ever written anew. The answer to a request neither waits long for
    /// that nor fails with it: the next request writes it.
    async fn save(&self, record: &Record) -> Result<()> {
        let (db, id, data) = (self.db.clone(), key(&record.id), data(record)?);
        let expires_at = record.expiry_date.unix_timestamp();
        let written = tokio::spawn(async move {
            if let Err(error) = session_save(&db, &id, &data, expires_at).await {
                tracing::warn!(%error, "cannot write that a session was used");
            }
        });
        let _ = tokio::time::timeout(PATIENCE, written).await;
        Ok(())
    }

    /// A new id has 128 random bits: it is never there yet.
    async fn create(&self, record: &mut Record) -> Result<()> {
        let expires_at = record.expiry_date.unix_timestamp();
        session_create(&self.db, &key(&record.id), &data(record)?, expires_at)
            .await
            .map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let Some((data, expires_at)) = session_get(&self.db, &key(id), now)
            .await
            .map_err(backend)?
        else {
            return Ok(None);
        };
        Ok(Some(Record {
            id: *id,
            data: serde_json::from_str(&data).map_err(|e| Error::Decode(e.to_string()))?,
            expiry_date: OffsetDateTime::from_unix_timestamp(expires_at)
                .map_err(|e| Error::Decode(e.to_string()))?,
        }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        session_delete(&self.db, &key(id)).await.map_err(backend)
    }
}
