//! Leases: of several servers on one database, one reconciles.

use super::{Db, now};

/// How long a server may be silent before another one reconciles in its place.
pub const LEASE_MS: i64 = 15_000;

/// Takes or renews the lease for `ttl_ms`; true while this holder has it.
pub async fn acquire(db: &Db, name: &str, holder: &str, ttl_ms: i64) -> sqlx::Result<bool> {
    let at = now();
    let done = sqlx::query(
        "insert into lease (name, holder, expires_at) values ($1, $2, $3) on conflict (name) do update \
         set holder = excluded.holder, expires_at = excluded.expires_at \
         where lease.holder = excluded.holder or lease.expires_at < $4",
    )
    .bind(name)
    .bind(holder)
    .bind(at + ttl_ms)
    .bind(at)
    .execute(&mut *db.writer().await?)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives the lease back, so that the next server need not wait for it to expire.
pub async fn release(db: &Db, name: &str, holder: &str) -> sqlx::Result<()> {
    sqlx::query("delete from lease where name = $1 and holder = $2")
        .bind(name)
        .bind(holder)
        .execute(&mut *db.writer().await?)
        .await?;
    Ok(())
}
