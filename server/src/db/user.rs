//! Users in the database.

use sqlx::any::AnyRow;
use sqlx::{Any, Executor, Row};

use super::{Db, Write};

#[derive(Clone)]
pub struct UserRow {
    pub name: String,
    /// argon2id, as a PHC string.
    pub password_hash: String,
    pub created_at: i64,
}

fn decode(row: &AnyRow) -> sqlx::Result<UserRow> {
    Ok(UserRow {
        name: row.try_get("name")?,
        password_hash: row.try_get("password_hash")?,
        created_at: row.try_get("created_at")?,
    })
}

/// A name that is taken is a unique violation.
pub async fn user_create(write: &mut Write, row: &UserRow) -> sqlx::Result<()> {
    sqlx::query("insert into user_account (name, password_hash, created_at) values ($1, $2, $3)")
        .bind(&row.name)
        .bind(&row.password_hash)
        .bind(row.created_at)
        .execute(&mut *write.tx)
        .await?;
    Ok(())
}

pub async fn user_get<'e>(
    executor: impl Executor<'e, Database = Any>,
    name: &str,
) -> sqlx::Result<Option<UserRow>> {
    let row = sqlx::query("select * from user_account where name = $1")
        .bind(name)
        .fetch_optional(executor)
        .await?;
    row.as_ref().map(decode).transpose()
}

pub async fn user_list(db: &Db) -> sqlx::Result<Vec<UserRow>> {
    let rows = sqlx::query("select * from user_account order by name")
        .fetch_all(db.pool())
        .await?;
    rows.iter().map(decode).collect()
}

/// Removes the user and the user's access keys; false if there was none.
pub async fn user_delete(write: &mut Write, name: &str) -> sqlx::Result<bool> {
    sqlx::query("delete from access_key where user_name = $1")
        .bind(name)
        .execute(&mut *write.tx)
        .await?;
    let done = sqlx::query("delete from user_account where name = $1")
        .bind(name)
        .execute(&mut *write.tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// False if there is no such user.
pub async fn user_set_password(
    write: &mut Write,
    name: &str,
    password_hash: &str,
) -> sqlx::Result<bool> {
    let done = sqlx::query("update user_account set password_hash = $1 where name = $2")
        .bind(password_hash)
        .bind(name)
        .execute(&mut *write.tx)
        .await?;
    Ok(done.rows_affected() == 1)
}
