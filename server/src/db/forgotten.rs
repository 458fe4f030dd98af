//! Clusters whose server will never return, as somebody said: nobody runs them any more, also not that server should it
//! come back after all.

use sqlx::{Any, Executor, Row as _};

use super::server::ServerRow;
use super::{Write, now};

pub async fn put(write: &mut Write, cluster_id: &str, server: &ServerRow) -> sqlx::Result<()> {
    sqlx::query(
        "insert into forgotten (cluster_id, server, host, at) values ($1, $2, $3, $4) on conflict (cluster_id) do nothing",
    )
    .bind(cluster_id)
    .bind(&server.id)
    .bind(&server.host)
    .bind(now())
    .execute(&mut *write.tx)
    .await?;
    Ok(())
}

/// The ids of those clusters.
pub async fn all<'e>(executor: impl Executor<'e, Database = Any>) -> sqlx::Result<Vec<String>> {
    let rows = sqlx::query("select cluster_id from forgotten")
        .fetch_all(executor)
        .await?;
    rows.iter().map(|row| row.try_get("cluster_id")).collect()
}

/// With its cluster.
pub async fn delete(write: &mut Write, cluster_id: &str) -> sqlx::Result<()> {
    sqlx::query("delete from forgotten where cluster_id = $1")
        .bind(cluster_id)
        .execute(&mut *write.tx)
        .await?;
    Ok(())
}
