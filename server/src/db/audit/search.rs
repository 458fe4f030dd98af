//! Reading the trail, the newest first.

use app::model::trail::TrailOf;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::db::connection::Pool;

/// A row as it was written.
pub struct Kept {
    pub number: i64,
    pub id: String,
    pub at: i64,
    pub operation: String,
    pub event_source: String,
    pub user_name: String,
    pub principal: String,
    pub access_key: String,
    pub resource_arn: String,
    pub error_code: String,
    pub read_only: bool,
    pub record: String,
}

/// A column that one value is looked up in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Id,
    Source,
    AccessKey,
    /// The kind of a resource is what its ARN has in it.
    ResourceArn,
}

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub of: TrailOf,
    pub key: Option<(Key, String)>,
}

/// The newest of these, at most so many.
pub async fn newest(pool: &Pool, wanted: &Wanted, limit: i64) -> sqlx::Result<Vec<Kept>> {
    let of = &wanted.of;
    let mut sql = "select * from audit where number < $1 and at >= $2 and at < $3".to_owned();
    let mut texts: Vec<String> = vec![];
    let mut also = |condition: &str, value: String| {
        texts.push(value);
        sql += &format!(
            " and {}",
            condition.replace("{}", &format!("${}", texts.len() + 3))
        );
    };
    if !of.user.is_empty() {
        also("user_name = {}", of.user.clone());
    }
    if !of.operation.is_empty() {
        also("operation = {}", of.operation.clone());
    }
    if !of.resource.is_empty() {
        also("resource_arn like {} escape '!'", anywhere(&of.resource));
    }
    match &wanted.key {
        Some((Key::Id, value)) => also("id = {}", value.clone()),
        Some((Key::Source, value)) => also("event_source = {}", value.clone()),
        Some((Key::AccessKey, value)) => also("access_key = {}", value.clone()),
        Some((Key::ResourceArn, value)) => also("resource_arn like {} escape '!'", value.clone()),
        None => {}
    }
    match of.outcome.as_str() {
        "allowed" => sql += " and error_code = ''",
        "refused" => sql += " and error_code <> ''",
        _ => {}
    }
    match of.read_only.as_str() {
        "true" => sql += " and read_only = 1",
        "false" => sql += " and read_only = 0",
        _ => {}
    }
    sql += &format!(" order by number desc limit ${}", texts.len() + 4);
    let mut query = sqlx::query(&sql)
        .bind(of.before.unwrap_or(i64::MAX))
        .bind(of.from.unwrap_or(i64::MIN))
        .bind(of.to.unwrap_or(i64::MAX));
    for text in &texts {
        query = query.bind(text);
    }
    let rows = query.bind(limit).fetch_all(pool).await?;
    rows.iter().map(kept).collect()
}

/// The pattern of all that has this in it.
pub fn anywhere(text: &str) -> String {
    let plain = text
        .replace('!', "!!")
        .replace('%', "!%")
        .replace('_', "!_");
    format!("%{plain}%")
}

fn kept(row: &AnyRow) -> sqlx::Result<Kept> {
    Ok(Kept {
        number: row.try_get("number")?,
        id: row.try_get("id")?,
        at: row.try_get("at")?,
        operation: row.try_get("operation")?,
        event_source: row.try_get("event_source")?,
        user_name: row.try_get("user_name")?,
        principal: row.try_get("principal")?,
        access_key: row.try_get("access_key")?,
        resource_arn: row.try_get("resource_arn")?,
        error_code: row.try_get("error_code")?,
        read_only: row.try_get::<i64, _>("read_only")? != 0,
        record: row.try_get("record")?,
    })
}
