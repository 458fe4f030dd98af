//! What is done once for a database and never again, also when what it made is gone.

use super::{Db, now};

/// The first user, with a password and an access key.
pub const FIRST_START: &str = "first-start";

pub async fn has(db: &Db, name: &str) -> sqlx::Result<bool> {
    let found = sqlx::query("select name from done_once where name = $1")
        .bind(name)
        .fetch_optional(db.pool())
        .await?;
    Ok(found.is_some())
}

pub async fn note(db: &Db, name: &str) -> sqlx::Result<()> {
    sqlx::query("insert into done_once (name, at) values ($1, $2) on conflict (name) do nothing")
        .bind(name)
        .bind(now())
        .execute(&mut *db.writer().await?)
        .await?;
    Ok(())
}
