//! Passwords of the users in the database, for the console's sign-in.

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::password;
use crate::db::user::{UserRow, user_get};
use crate::db::{Db, happening};

/// A user as a session remembers them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub name: String,
    /// Differs after each change of the password: a session begun before it is over.
    pub stamp: String,
}

/// The users were not to be read: whether somebody is signed in is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the users cannot be read")]
pub struct Unreadable;

/// Knows users and their passwords.
#[async_trait]
pub trait Passwords: Send + Sync {
    /// The user, if the password is theirs. Takes the same time for a name that nobody has.
    async fn verify(&self, user: &str, password: &str) -> Result<Option<Account>, Unreadable>;
    /// The user as they are now; none once deleted.
    async fn account(&self, user: &str) -> Result<Option<Account>, Unreadable>;
    /// A password was wrong: whoever is to be told of many is.
    async fn failed(&self) {}
}

pub struct DatabaseUsers {
    pub db: Db,
}

#[async_trait]
impl Passwords for DatabaseUsers {
    /// Takes as long for a user who does not exist as for one who does.
    async fn verify(&self, user: &str, password: &str) -> Result<Option<Account>, Unreadable> {
        let row = user_get(self.db.pool(), user).await.map_err(unreadable)?;
        let stored = row.as_ref().map(|row| row.password_hash.clone());
        let right = password::verify(Zeroizing::new(password.to_owned()), stored).await;
        Ok(row.filter(|_| right).map(account))
    }

    async fn account(&self, user: &str) -> Result<Option<Account>, Unreadable> {
        let row = user_get(self.db.pool(), user).await.map_err(unreadable)?;
        Ok(row.map(account))
    }

    /// Only whoever waited for a hash gets here, so that strangers cannot make many writes.
    async fn failed(&self) {
        if let Err(error) = happening::sign_in_failed(&self.db).await {
            tracing::warn!(%error, "a failed sign-in was not counted");
        }
    }
}

fn unreadable(error: sqlx::Error) -> Unreadable {
    tracing::error!(%error, "cannot look a user up");
    Unreadable
}

/// The hash of a password has its salt in it: its own hash tells nothing and is another with each password.
fn account(row: UserRow) -> Account {
    Account {
        stamp: hex::encode(Sha256::digest(row.password_hash)),
        name: row.name,
    }
}
