//! Console sessions. The key is the hash of the cookie's value: who reads the database cannot sign in with it.

use super::Db;

/// Writes a new session. `expires_at` is in seconds since 1970.
pub async fn session_create(db: &Db, id: &str, data: &str, expires_at: i64) -> sqlx::Result<()> {
    sqlx::query(
        "insert into session (id, data, expires_at) values ($1, $2, $3)
         on conflict (id) do update set data = excluded.data, expires_at = excluded.expires_at",
    )
    .bind(id)
    .bind(data)
    .bind(expires_at)
    .execute(&mut *db.writer().await?)
    .await?;
    Ok(())
}

/// Writes a session that is there. One that was deleted meanwhile stays so.
pub async fn session_save(db: &Db, id: &str, data: &str, expires_at: i64) -> sqlx::Result<()> {
    sqlx::query("update session set data = $2, expires_at = $3 where id = $1")
        .bind(id)
        .bind(data)
        .bind(expires_at)
        .execute(&mut *db.writer().await?)
        .await?;
    Ok(())
}

/// The data and expiry of a session that has not expired at `now`.
pub async fn session_get(db: &Db, id: &str, now: i64) -> sqlx::Result<Option<(String, i64)>> {
    sqlx::query_as("select data, expires_at from session where id = $1 and expires_at > $2")
        .bind(id)
        .bind(now)
        .fetch_optional(db.pool())
        .await
}

pub async fn session_delete(db: &Db, id: &str) -> sqlx::Result<()> {
    sqlx::query("delete from session where id = $1")
        .bind(id)
        .execute(&mut *db.writer().await?)
        .await?;
    Ok(())
}

/// The ids of the sessions that have not expired at `now`.
pub async fn session_list(db: &Db, now: i64) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar("select id from session where expires_at > $1")
        .bind(now)
        .fetch_all(db.pool())
        .await
}

/// Removes what expired before `now`; for the sweep.
pub async fn session_delete_expired(db: &Db, now: i64) -> sqlx::Result<u64> {
    let deleted = sqlx::query("delete from session where expires_at <= $1")
        .bind(now)
        .execute(&mut *db.writer().await?)
        .await?;
    Ok(deleted.rows_affected())
}
