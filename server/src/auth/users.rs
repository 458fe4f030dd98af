//! Passwords of the users in the database, for the console's sign-in.

use async_trait::async_trait;
use zeroize::Zeroizing;

use super::password;
use crate::db::Db;
use crate::db::user::user_get;
use crate::http::session::Passwords;

pub struct DatabaseUsers {
    pub db: Db,
}

#[async_trait]
impl Passwords for DatabaseUsers {
    /// Takes as long for a user who does not exist as for one who does.
    async fn verify(&self, user: &str, password: &str) -> Option<String> {
        let row = match user_get(&self.db, user).await {
            Ok(row) => row,
            Err(error) => {
                tracing::error!(%error, "cannot look a user up");
                return None;
            }
        };
        let stored = row.as_ref().map(|row| row.password_hash.clone());
        let right = password::verify(Zeroizing::new(password.to_owned()), stored).await;
        row.filter(|_| right).map(|row| row.name)
    }
}
