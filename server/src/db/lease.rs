//! Who runs a cluster: a process of a server, as long as that server's row says that the process lives.
//!
//! Leases are taken and checked in writing transactions, and of those there is one at a time: what a transaction sees at
//! its beginning is so until it commits. On SQLite there are none: its file is open to one process.

use openpcs_provider::lease::{Lease, Lost, TERM_MS};
use sqlx::any::AnyRow;
use sqlx::{Any, Executor, Row as _};

use super::connection::Connection;
use super::server::ServerRow;
use super::{Db, Write};

/// In the place of a cluster's id: who sends notifications. No cluster has such an id.
pub const NOTIFICATIONS: &str = "notifications";
/// And who sends metrics to the provider's account.
pub const METRICS: &str = "metrics";
/// What one of all servers does.
const SOLE: [&str; 2] = [NOTIFICATIONS, METRICS];

/// A lease as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseRow {
    pub cluster_id: String,
    pub server: String,
    pub process: String,
    pub epoch: i64,
    /// Whether the holder lives, as far as anybody knows.
    pub is_held: bool,
}

impl LeaseRow {
    pub fn is_of(&self, me: &ServerRow) -> bool {
        self.server == me.id && self.process == me.process
    }

    fn decode(row: &AnyRow) -> sqlx::Result<LeaseRow> {
        let alive: i64 = row.try_get("alive")?;
        Ok(LeaseRow {
            cluster_id: row.try_get("cluster_id")?,
            server: row.try_get("server")?,
            process: row.try_get("process")?,
            epoch: row.try_get("epoch")?,
            is_held: alive > 0,
        })
    }
}

/// All of them.
pub async fn all(db: &Db) -> sqlx::Result<Vec<LeaseRow>> {
    fetch(db, db.pool(), "").await
}

/// Of that cluster, or with an empty id of all.
async fn fetch<'e>(
    db: &Db,
    executor: impl Executor<'e, Database = Any>,
    cluster_id: &str,
) -> sqlx::Result<Vec<LeaseRow>> {
    let sql = format!(
        "select cluster_id, server, process, epoch, (select count(*) from server where server.id = cluster_lease.server \
         and server.process = cluster_lease.process and server.seen_at > {} - {TERM_MS}) as alive \
         from cluster_lease where $1 = '' or cluster_id = $1",
        db.clock()
    );
    let rows = sqlx::query(&sql)
        .bind(cluster_id)
        .fetch_all(executor)
        .await?;
    rows.iter().map(LeaseRow::decode).collect()
}

/// Takes the cluster for this process unless another one holds it; the new epoch.
pub async fn take(
    db: &Db,
    write: &mut Write,
    cluster_id: &str,
    me: &ServerRow,
) -> sqlx::Result<Option<i64>> {
    let before = fetch(db, &mut *write.tx, cluster_id).await?.pop();
    match before {
        Some(lease) if lease.is_of(me) => return Ok(Some(lease.epoch)),
        Some(lease) if lease.is_held => return Ok(None),
        _ => {}
    }
    let row = sqlx::query(
        "insert into cluster_lease (cluster_id, server, process, epoch) values ($1, $2, $3, 1) on conflict (cluster_id) do \
         update set server = excluded.server, process = excluded.process, epoch = cluster_lease.epoch + 1 returning epoch",
    )
    .bind(cluster_id)
    .bind(&me.id)
    .bind(&me.process)
    .fetch_one(&mut *write.tx)
    .await?;
    row.try_get("epoch").map(Some)
}

/// Fails unless the lease is still of that epoch: nobody can change that before the transaction ends.
pub(super) async fn confirm(tx: &mut Connection, lease: &Lease) -> sqlx::Result<()> {
    let held = sqlx::query("select epoch from cluster_lease where cluster_id = $1 and epoch = $2")
        .bind(&*lease.cluster_id)
        .bind(lease.epoch)
        .fetch_optional(tx)
        .await?;
    match held {
        Some(_) => Ok(()),
        None => Err(sqlx::Error::AnyDriverError(Box::new(Lost))),
    }
}

/// With its cluster.
pub async fn delete(write: &mut Write, cluster_id: &str) -> sqlx::Result<()> {
    sqlx::query("delete from cluster_lease where cluster_id = $1")
        .bind(cluster_id)
        .execute(&mut *write.tx)
        .await?;
    Ok(())
}

/// Forgets those of clusters that are gone: one may have been taken while its cluster went.
pub async fn prune(db: &Db) -> sqlx::Result<()> {
    sqlx::query(
        "delete from cluster_lease where cluster_id not in ($1, $2) \
         and not exists (select 1 from cluster where cluster.id = cluster_lease.cluster_id)",
    )
    .bind(SOLE[0])
    .bind(SOLE[1])
    .execute(&mut *db.writer().await?)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use openpcs_provider::lease::Beat;

    use super::super::server;
    use super::*;

    fn process(name: &str) -> ServerRow {
        ServerRow {
            id: format!("server-of-{name}"),
            url: String::new(),
            host: String::new(),
            process: name.into(),
        }
    }

    async fn took(db: &Db, me: &ServerRow) -> Option<i64> {
        let mut write = db.write().await.unwrap();
        let epoch = take(db, &mut write, "pcs_a", me).await.unwrap();
        write.commit().await.unwrap();
        epoch
    }

    /// As if it had said its last word that long before.
    async fn age(db: &Db, of: &ServerRow, ms: i64) {
        let sql = format!(
            "update server set seen_at = {} - $1 where id = $2",
            db.clock()
        );
        let aged = sqlx::query(&sql).bind(ms).bind(&of.id);
        aged.execute(&mut *db.writer().await.unwrap())
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn a_lease_has_one_holder_for_as_long_as_that_one_lives() {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/a.db?mode=rwc", dir.path().display());
        let db = Db::connect(&url).await.unwrap();
        let (first, second) = (process("1"), process("2"));
        for one in [&first, &second] {
            assert!(server::beat(&db, one, "").await.unwrap());
        }
        assert_eq!(took(&db, &first).await, Some(1));
        assert_eq!(took(&db, &first).await, Some(1), "it has it");
        assert_eq!(took(&db, &second).await, None);
        let lease = |epoch| Lease {
            cluster_id: "pcs_a".into(),
            epoch,
            beat: Beat::default(),
            chain: 0,
        };
        let old = db.under(lease(1));
        old.write().await.unwrap();

        // Minutes ahead or behind: what counts is the database's clock.
        age(&db, &first, -300_000).await;
        assert_eq!(took(&db, &second).await, None);
        age(&db, &first, TERM_MS + 1).await;
        let alive = server::all(&db, db.pool()).await.unwrap();
        let alive: Vec<(&str, bool)> = alive
            .iter()
            .map(|s| (s.server.process.as_str(), s.lives))
            .collect();
        assert_eq!(alive, [("1", false), ("2", true)]);
        assert!(!all(&db).await.unwrap()[0].is_held);
        // Nobody took it yet, so what the holder writes does no harm.
        old.write().await.unwrap();
        assert_eq!(took(&db, &second).await, Some(2));
        let refused = old.write().await.err().unwrap();
        assert!(
            refused.to_string().contains("nothing was done"),
            "{refused}"
        );
        db.under(lease(2)).write().await.unwrap();

        // It is back, and comes too late.
        assert!(server::beat(&db, &first, "").await.unwrap());
        assert_eq!(took(&db, &first).await, None);
        server::leave(&db, &second).await.unwrap();
        assert_eq!(took(&db, &first).await, Some(3));

        let mut write = db.write().await.unwrap();
        delete(&mut write, "pcs_a").await.unwrap();
        write.commit().await.unwrap();
        assert!(db.under(lease(3)).write().await.is_err(), "it was deleted");
    }
}
