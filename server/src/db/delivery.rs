//! Deliveries of logs in the database: sources, destinations, and what connects them.

use app::model::delivery::{DeliveryState, LogType};
use app::model::live::Kind;
use app::model::log_target::Target;
use sqlx::any::AnyRow;
use sqlx::{Any, Executor, Row as _};

use super::{Write, now};

/// A log of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRow {
    pub name: String,
    pub cluster_id: String,
    pub log_type: LogType,
    pub created_at: i64,
}

/// A place that logs can be brought to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestinationRow {
    pub name: String,
    pub resource_arn: String,
    pub target: Target,
    pub policy: Option<String>,
    pub created_at: i64,
}

/// What connects both, with what is known of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRow {
    pub id: String,
    pub source: SourceRow,
    pub destination: DestinationRow,
    pub created_at: i64,
    pub state: DeliveryState,
}

const SOURCE: &str = "select s.name as source, s.cluster_id, s.log_type, s.created_at as source_at from delivery_source s";
const DESTINATION: &str = "select d.name as destination, d.resource_arn, d.policy, d.created_at as destination_at \
                           from delivery_destination d";
const DELIVERY: &str = "select v.id, v.created_at, v.delivered_at, v.delivered_lines, v.error, v.error_since, \
                        s.name as source, s.cluster_id, s.log_type, s.created_at as source_at, \
                        d.name as destination, d.resource_arn, d.policy, d.created_at as destination_at \
                        from delivery v join delivery_source s on s.name = v.source_name \
                        join delivery_destination d on d.name = v.destination_name";

fn source(row: &AnyRow) -> sqlx::Result<SourceRow> {
    let word: String = row.try_get("log_type")?;
    Ok(SourceRow {
        name: row.try_get("source")?,
        cluster_id: row.try_get("cluster_id")?,
        log_type: LogType::parse(&word).ok_or_else(|| unknown("log_type", &word))?,
        created_at: row.try_get("source_at")?,
    })
}

fn destination(row: &AnyRow) -> sqlx::Result<DestinationRow> {
    let arn: String = row.try_get("resource_arn")?;
    Ok(DestinationRow {
        name: row.try_get("destination")?,
        target: Target::parse(&arn).ok_or_else(|| unknown("resource_arn", &arn))?,
        resource_arn: arn,
        policy: row.try_get("policy")?,
        created_at: row.try_get("destination_at")?,
    })
}

fn delivery(row: &AnyRow) -> sqlx::Result<DeliveryRow> {
    let error: Option<String> = row.try_get("error")?;
    let since: Option<i64> = row.try_get("error_since")?;
    Ok(DeliveryRow {
        id: row.try_get("id")?,
        source: source(row)?,
        destination: destination(row)?,
        created_at: row.try_get("created_at")?,
        state: DeliveryState {
            delivered_at: row.try_get("delivered_at")?,
            delivered_lines: row.try_get("delivered_lines")?,
            error: error.zip(since),
        },
    })
}

fn unknown(column: &str, value: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("unknown {column} {value}").into())
}

macro_rules! finders {
    ($($(#[$about:meta])* $name:ident: $select:ident where $condition:literal, $decode:ident -> $row:ty;)+) => {$(
        $(#[$about])*
        pub async fn $name<'e>(
            executor: impl Executor<'e, Database = Any>,
            key: &str,
        ) -> sqlx::Result<Option<$row>> {
            let statement = format!("{} where {}", $select, $condition);
            let row = sqlx::query(&statement).bind(key).fetch_optional(executor).await?;
            row.as_ref().map($decode).transpose()
        }
    )+};
}

finders! {
    /// The source of that name.
    find_source: SOURCE where "s.name = $1", source -> SourceRow;
    /// The destination of that name.
    find_destination: DESTINATION where "d.name = $1", destination -> DestinationRow;
    /// The delivery of that id.
    find: DELIVERY where "v.id = $1", delivery -> DeliveryRow;
}

macro_rules! lists {
    ($($(#[$about:meta])* $name:ident: $select:ident by $key:literal, $decode:ident -> $row:ty;)+) => {$(
        $(#[$about])*
        pub async fn $name<'e>(
            executor: impl Executor<'e, Database = Any>,
            after: &str,
            limit: i64,
        ) -> sqlx::Result<Vec<$row>> {
            let statement = format!("{} where {} > $1 order by {1} limit $2", $select, $key);
            let rows = sqlx::query(&statement).bind(after).bind(limit).fetch_all(executor).await?;
            rows.iter().map($decode).collect()
        }
    )+};
}

lists! {
    /// Sources by name, behind one.
    sources: SOURCE by "s.name", source -> SourceRow;
    /// Destinations by name, behind one.
    destinations: DESTINATION by "d.name", destination -> DestinationRow;
    /// Deliveries by id, behind one.
    page: DELIVERY by "v.id", delivery -> DeliveryRow;
}

/// The source of that log of a cluster.
pub async fn source_of<'e>(
    executor: impl Executor<'e, Database = Any>,
    cluster_id: &str,
    log_type: LogType,
) -> sqlx::Result<Option<SourceRow>> {
    let statement = format!("{SOURCE} where s.cluster_id = $1 and s.log_type = $2");
    let row = sqlx::query(&statement)
        .bind(cluster_id)
        .bind(log_type.as_str())
        .fetch_optional(executor)
        .await?;
    row.as_ref().map(source).transpose()
}

/// Whether that log of a cluster is delivered to anything.
pub async fn delivers<'e>(
    executor: impl Executor<'e, Database = Any>,
    cluster_id: &str,
    log_type: LogType,
) -> sqlx::Result<bool> {
    let count: i64 = sqlx::query_scalar(
        "select count(*) from delivery v join delivery_source s on s.name = v.source_name \
         where s.cluster_id = $1 and s.log_type = $2",
    )
    .bind(cluster_id)
    .bind(log_type.as_str())
    .fetch_one(executor)
    .await?;
    Ok(count > 0)
}

/// Functions that list the deliveries of something, by its name or id.
macro_rules! deliveries {
    ($($(#[$about:meta])* $function:ident by $key:literal;)+) => {$(
        $(#[$about])*
        pub async fn $function<'e>(
            executor: impl Executor<'e, Database = Any>,
            of: &str,
        ) -> sqlx::Result<Vec<DeliveryRow>> {
            let statement = format!("{DELIVERY} where {} = $1 order by v.id", $key);
            let rows = sqlx::query(&statement).bind(of).fetch_all(executor);
            rows.await?.iter().map(delivery).collect()
        }
    )+};
}

deliveries! {
    /// The deliveries of a cluster, by its id.
    of_cluster by "s.cluster_id";
    /// The deliveries of a source, by its name.
    of_source by "s.name";
    /// The deliveries to a destination, by its name.
    of_destination by "d.name";
}

/// A source that is not there yet.
pub async fn insert_source(write: &mut Write, row: &SourceRow) -> sqlx::Result<()> {
    sqlx::query(
        "insert into delivery_source (name, cluster_id, log_type, created_at) values ($1, $2, $3, $4)",
    )
    .bind(&row.name)
    .bind(&row.cluster_id)
    .bind(row.log_type.as_str())
    .bind(row.created_at)
    .execute(&mut *write.tx)
    .await?;
    write
        .changed(Kind::Cluster, &row.cluster_id, &row.cluster_id)
        .await
}

/// A destination, new or to be another place.
pub async fn put_destination(write: &mut Write, name: &str, arn: &str) -> sqlx::Result<()> {
    sqlx::query(
        "insert into delivery_destination (name, resource_arn, created_at) values ($1, $2, $3) \
         on conflict (name) do update set resource_arn = excluded.resource_arn",
    )
    .bind(name)
    .bind(arn)
    .bind(now())
    .execute(&mut *write.tx)
    .await
    .map(drop)
}

/// Who may deliver to the destination; none: nobody is named.
pub async fn put_policy(write: &mut Write, name: &str, policy: Option<&str>) -> sqlx::Result<()> {
    sqlx::query("update delivery_destination set policy = $1 where name = $2")
        .bind(policy)
        .bind(name)
        .execute(&mut *write.tx)
        .await
        .map(drop)
}

/// A delivery of that source to that destination, from now on.
pub async fn insert(
    write: &mut Write,
    id: &str,
    source: &SourceRow,
    destination: &str,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into delivery (id, source_name, destination_name, created_at) values ($1, $2, $3, $4)",
    )
    .bind(id)
    .bind(&source.name)
    .bind(destination)
    .bind(now())
    .execute(&mut *write.tx)
    .await?;
    write
        .changed(Kind::Cluster, &source.cluster_id, &source.cluster_id)
        .await
}

pub async fn delete(write: &mut Write, row: &DeliveryRow) -> sqlx::Result<()> {
    remove(write, "delete from delivery where id = $1", &row.id).await?;
    let id = &row.source.cluster_id;
    write.changed(Kind::Cluster, id, id).await
}

pub async fn delete_source(write: &mut Write, row: &SourceRow) -> sqlx::Result<()> {
    remove(
        write,
        "delete from delivery_source where name = $1",
        &row.name,
    )
    .await?;
    write
        .changed(Kind::Cluster, &row.cluster_id, &row.cluster_id)
        .await
}

pub async fn delete_destination(write: &mut Write, name: &str) -> sqlx::Result<()> {
    remove(
        write,
        "delete from delivery_destination where name = $1",
        name,
    )
    .await
}

/// What a cluster that is gone had: its sources' names and deliveries' ids are free again. Destinations stay.
pub async fn clear(
    write: &mut Write,
    cluster_id: &str,
) -> sqlx::Result<(Vec<String>, Vec<String>)> {
    let rows = sqlx::query("select name from delivery_source where cluster_id = $1")
        .bind(cluster_id)
        .fetch_all(&mut *write.tx)
        .await?;
    let (mut names, mut ids) = (vec![], vec![]);
    for row in rows {
        let name: String = row.try_get("name")?;
        let of = of_source(&mut *write.tx, &name).await?;
        ids.extend(of.into_iter().map(|row| row.id));
        remove(write, "delete from delivery where source_name = $1", &name).await?;
        remove(write, "delete from delivery_source where name = $1", &name).await?;
        names.push(name);
    }
    Ok((names, ids))
}

async fn remove(write: &mut Write, statement: &str, key: &str) -> sqlx::Result<()> {
    let done = sqlx::query(statement).bind(key).execute(&mut *write.tx);
    done.await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Db;

    #[tokio::test]
    async fn a_delivery_is_told_with_its_ends_and_its_state() {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/test.db?mode=rwc", dir.path().display());
        let db = Db::connect(&url).await.unwrap();
        let source = SourceRow {
            name: "s".into(),
            cluster_id: "pcs_a".into(),
            log_type: LogType::Scheduler,
            created_at: 1,
        };
        let mut write = db.write().await.unwrap();
        insert_source(&mut write, &source).await.unwrap();
        let arn = "arn:aws:s3:::bucket/a";
        put_destination(&mut write, "d", arn).await.unwrap();
        insert(&mut write, "id1", &source, "d").await.unwrap();
        write.commit().await.unwrap();

        let row = find(db.pool(), "id1").await.unwrap().unwrap();
        assert_eq!(row.source, source);
        assert_eq!(row.destination.target.kind(), "S3");
        assert_eq!(row.state, DeliveryState::default());

        let mine = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        let own = of_cluster(db.pool(), "pcs_a").await.unwrap();
        assert_eq!(own.len(), 1);
        let none = of_cluster(db.pool(), "pcs_b").await.unwrap();
        assert_eq!(none, []);
        let mut write = db.write().await.unwrap();
        let gone = clear(&mut write, "pcs_a").await.unwrap();
        write.commit().await.unwrap();
        assert_eq!(gone, (mine(&["s"]), mine(&["id1"])));
        assert_eq!(find(db.pool(), "id1").await.unwrap(), None);
        assert!(find_destination(db.pool(), "d").await.unwrap().is_some());
    }
}
