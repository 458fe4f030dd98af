//! Tags in the database, by the ARN of what they tag.

use std::collections::BTreeMap;

use sqlx::{Any, Executor, Row};

use super::Write;

pub async fn list<'e>(
    executor: impl Executor<'e, Database = Any>,
    resource_arn: &str,
) -> sqlx::Result<BTreeMap<String, String>> {
    let rows = sqlx::query("select key, value from tag where resource_arn = $1")
        .bind(resource_arn)
        .fetch_all(executor)
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get("key")?, row.try_get("value")?)))
        .collect()
}

pub async fn put(
    write: &mut Write,
    resource_arn: &str,
    tags: &BTreeMap<String, String>,
) -> sqlx::Result<()> {
    for (key, value) in tags {
        sqlx::query(
            "insert into tag (resource_arn, key, value) values ($1, $2, $3) \
             on conflict (resource_arn, key) do update set value = excluded.value",
        )
        .bind(resource_arn)
        .bind(key)
        .bind(value)
        .execute(&mut *write.tx)
        .await?;
    }
    Ok(())
}

pub async fn remove(write: &mut Write, resource_arn: &str, keys: &[String]) -> sqlx::Result<()> {
    for key in keys {
        sqlx::query("delete from tag where resource_arn = $1 and key = $2")
            .bind(resource_arn)
            .bind(key)
            .execute(&mut *write.tx)
            .await?;
    }
    Ok(())
}

/// Removes all tags of a resource that is gone.
pub async fn clear(write: &mut Write, resource_arn: &str) -> sqlx::Result<()> {
    sqlx::query("delete from tag where resource_arn = $1")
        .bind(resource_arn)
        .execute(&mut *write.tx)
        .await?;
    Ok(())
}
