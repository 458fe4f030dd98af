//! How deliveries of logs go: their state in the database, and what the timeline tells of it.

use app::explain::What;
use app::model::live::Kind;

use super::connection::Pool;
use super::delivery::{self, DeliveryRow};
use super::{Db, Write, event, now};

/// How many deliveries there are, and of how many something stands in the way.
pub async fn counts(pool: &Pool) -> sqlx::Result<(i64, i64)> {
    sqlx::query_as("select count(*), count(error) from delivery")
        .fetch_one(pool)
        .await
}

/// So many more lines were accepted. Another log of the delivery may still not be: see [`recovered`].
pub async fn delivered(db: &Db, row: &DeliveryRow, lines: i64) -> sqlx::Result<()> {
    let mut write = db.write().await?;
    sqlx::query(
        "update delivery set delivered_at = $1, delivered_lines = delivered_lines + $2 where id = $3",
    )
    .bind(now())
    .bind(lines)
    .bind(&row.id)
    .execute(&mut *write.tx)
    .await?;
    announced(write, row).await
}

/// Nothing stands in the way, though there may be no new lines: the timeline says so where something did.
pub async fn recovered(db: &Db, row: &DeliveryRow) -> sqlx::Result<()> {
    let mut write = db.write().await?;
    if is_failing(&mut write, row).await? != Some(true) {
        return Ok(());
    }
    let name = row.destination.name.clone();
    tell(&mut write, row, &What::DeliveryWorks { name }).await?;
    sqlx::query("update delivery set error = null, error_since = null where id = $1")
        .bind(&row.id)
        .execute(&mut *write.tx)
        .await?;
    announced(write, row).await
}

/// Why lines wait: since now, or since the first error in a row, which the timeline tells.
pub async fn failed(db: &Db, row: &DeliveryRow, why: &str) -> sqlx::Result<()> {
    let mut write = db.write().await?;
    if is_failing(&mut write, row).await? == Some(false) {
        let words = why.to_owned();
        let name = row.destination.name.clone();
        tell(&mut write, row, &What::DeliveryFails { name, words }).await?;
    }
    sqlx::query(
        "update delivery set error = $1, error_since = coalesce(error_since, $2) where id = $3",
    )
    .bind(why)
    .bind(now())
    .bind(&row.id)
    .execute(&mut *write.tx)
    .await?;
    announced(write, row).await
}

/// So many lines will not be delivered.
pub async fn lost(db: &Db, row: &DeliveryRow, lines: u64) -> sqlx::Result<()> {
    let mut write = db.write().await?;
    let name = row.destination.name.clone();
    tell(&mut write, row, &What::LogLinesLost { name, lines }).await?;
    write.commit().await
}

/// None: it is not there any more.
async fn is_failing(write: &mut Write, row: &DeliveryRow) -> sqlx::Result<Option<bool>> {
    let found = delivery::find(&mut *write.tx, &row.id).await?;
    Ok(found.map(|row| row.state.error.is_some()))
}

async fn tell(write: &mut Write, row: &DeliveryRow, what: &What) -> sqlx::Result<()> {
    let id = &row.source.cluster_id;
    event::insert(write, id, Kind::Cluster, id, event::RECONCILER, what).await
}

async fn announced(mut write: Write, row: &DeliveryRow) -> sqlx::Result<()> {
    let id = &row.source.cluster_id;
    write.changed(Kind::Event, id, "").await?;
    write.commit().await
}

#[cfg(test)]
mod tests {
    use app::model::delivery::LogType;

    use super::*;

    #[tokio::test]
    async fn what_stands_in_the_way_is_told_once_and_its_end_too() {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/test.db?mode=rwc", dir.path().display());
        let db = Db::connect(&url).await.unwrap();
        let source = delivery::SourceRow {
            name: "s".into(),
            cluster_id: "pcs_a".into(),
            log_type: LogType::Scheduler,
            created_at: 1,
        };
        let mut write = db.write().await.unwrap();
        delivery::insert_source(&mut write, &source).await.unwrap();
        let arn = "arn:aws:s3:::bucket/a";
        delivery::put_destination(&mut write, "d", arn)
            .await
            .unwrap();
        delivery::insert(&mut write, "id1", &source, "d")
            .await
            .unwrap();
        write.commit().await.unwrap();

        let found = async || delivery::find(db.pool(), "id1").await.unwrap().unwrap();
        let state = async || found().await.state;
        let row = found().await;
        failed(&db, &row, "no").await.unwrap();
        let failing = state().await;
        failed(&db, &row, "again").await.unwrap();
        let still = state().await;
        let since = failing.error.unwrap().1;
        assert_eq!(still.error, Some(("again".into(), since)));
        assert_eq!(counts(db.pool()).await.unwrap(), (1, 1));
        delivered(&db, &row, 3).await.unwrap();
        delivered(&db, &row, 4).await.unwrap();
        assert_eq!(state().await.error, still.error, "another log may not be");
        recovered(&db, &row).await.unwrap();
        let well = state().await;
        assert_eq!((well.delivered_lines, well.error), (7, None));
        failed(&db, &row, "no.").await.unwrap();
        recovered(&db, &row).await.unwrap();
        recovered(&db, &row).await.unwrap();
        let again = state().await;
        assert_eq!((again.delivered_at, again.error), (well.delivered_at, None));
        lost(&db, &row, 5).await.unwrap();
        let told = sqlx::query_scalar("select code from event");
        let told: Vec<String> = told.fetch_all(db.pool()).await.unwrap();
        let count = |code: &str| told.iter().filter(|told| *told == code).count();
        let codes = ["delivery-fails", "delivery-works", "log-lines-lost"];
        assert_eq!(codes.map(count), [2, 2, 1], "{told:?}");
    }
}
