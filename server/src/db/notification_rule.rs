//! Rules of notifications in the database.

use app::model::live::Kind;
use app::model::notification::{Rule, RuleSettings};
use sqlx::any::AnyRow;
use sqlx::{Any, Executor, Row as _};

use super::resource::{from_json, to_json};
use super::{Write, now};

/// New, or in the place of the one before, whose beginning it keeps.
pub async fn put(write: &mut Write, id: &str, settings: &RuleSettings) -> sqlx::Result<()> {
    sqlx::query(
        "insert into notification_rule (id, channel_id, since, settings) values ($1, $2, $3, $4) \
         on conflict (id) do update set channel_id = excluded.channel_id, settings = excluded.settings",
    )
    .bind(id)
    .bind(&settings.channel_id)
    .bind(now())
    .bind(to_json(settings)?)
    .execute(&mut *write.tx)
    .await?;
    write.changed(Kind::Notification, "", id).await
}

/// With what waits of it.
pub async fn delete(write: &mut Write, id: &str) -> sqlx::Result<()> {
    for sql in [
        "delete from notification_rule where id = $1",
        "delete from notification where rule_id = $1 and state in ('waiting', 'held')",
    ] {
        sqlx::query(sql).bind(id).execute(&mut *write.tx).await?;
    }
    write.changed(Kind::Notification, "", id).await
}

pub async fn all<'e>(executor: impl Executor<'e, Database = Any>) -> sqlx::Result<Vec<Rule>> {
    let rows = sqlx::query("select * from notification_rule order by id")
        .fetch_all(executor)
        .await?;
    rows.iter().map(decode).collect()
}

fn decode(row: &AnyRow) -> sqlx::Result<Rule> {
    Ok(Rule {
        id: row.try_get("id")?,
        since: row.try_get("since")?,
        settings: from_json(row, "settings")?,
    })
}
