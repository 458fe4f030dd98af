//! Access keys as the verifier needs them: who owns one, and its secret.

use std::sync::Arc;

use app::model::error::{Error, Result};
use app::model::name::Arns;
use async_trait::async_trait;
use zeroize::Zeroizing;

use super::seal::Seal;
use crate::db::Db;
use crate::db::access_key::access_key_get;

/// What an access key's secret is sealed for.
pub const PURPOSE: &str = "access-key";

/// An access key that is in force.
pub struct Key {
    pub secret: Zeroizing<String>,
    pub user_name: String,
    pub user_arn: String,
}

/// Where the verifier finds keys.
#[async_trait]
pub trait KeyStore: Send + Sync {
    /// The key of this id, or none: unknown or deleted.
    async fn key(&self, access_key_id: &str) -> Result<Option<Key>>;
}

/// The keys in the database.
pub struct DatabaseKeys {
    pub db: Db,
    pub seal: Arc<Seal>,
    pub arns: Arns,
}

#[async_trait]
impl KeyStore for DatabaseKeys {
    async fn key(&self, access_key_id: &str) -> Result<Option<Key>> {
        let row = access_key_get(&self.db, access_key_id)
            .await
            .map_err(internal)?;
        row.map(|row| {
            let secret = self
                .seal
                .open(PURPOSE, &row.sealed_secret)
                .map_err(internal)?;
            let secret = std::str::from_utf8(&secret).map_err(internal)?;
            Ok(Key {
                secret: Zeroizing::new(secret.to_owned()),
                user_arn: self.arns.user(&row.user_name),
                user_name: row.user_name,
            })
        })
        .transpose()
    }
}

fn internal(cause: impl std::fmt::Display) -> Error {
    tracing::error!(%cause, "an access key could not be read");
    Error::internal()
}
