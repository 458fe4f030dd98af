//! Runs of scripts in nodes' lives, as nodes report them.

use app::model::lifecycle::ScriptRun;
use sqlx::Row as _;

use super::connection::Pool;
use super::instance::InstanceRow;
use super::resource::to_json;
use super::{Db, Write, now};

/// A node reported it.
pub async fn insert(write: &mut Write, of: &InstanceRow, run: &ScriptRun) -> sqlx::Result<()> {
    sqlx::query(
        "insert into script_run (instance_id, number, cluster_id, node_name, at, run) values ($1, \
         (select coalesce(max(number), 0) + 1 from script_run where instance_id = $6), $2, $3, $4, $5)",
    )
    .bind(&of.id)
    .bind(&of.cluster_id)
    .bind(&of.node_name)
    .bind(now())
    .bind(to_json(run)?)
    .bind(&of.id)
    .execute(&mut *write.tx)
    .await?;
    Ok(())
}

/// The newest runs on a node, newest first, each with its instance. What a newer server wrote may be left out.
pub async fn of_node(
    pool: &Pool,
    cluster_id: &str,
    node_name: &str,
    limit: i64,
) -> sqlx::Result<Vec<(String, ScriptRun)>> {
    let rows = sqlx::query(
        "select instance_id, run from script_run where cluster_id = $1 and node_name = $2 \
         order by at desc, number desc limit $3",
    )
    .bind(cluster_id)
    .bind(node_name)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    let mut runs = vec![];
    for row in rows {
        let run: String = row.try_get("run")?;
        if let Ok(run) = serde_json::from_str(&run) {
            runs.push((row.try_get("instance_id")?, run));
        }
    }
    Ok(runs)
}

/// Forgets what was reported before that time.
pub async fn prune(db: &Db, before: i64) -> sqlx::Result<()> {
    db.prune("delete from script_run where at < $1", before)
        .await
}

#[cfg(test)]
mod tests {
    use app::model::lifecycle::{OnError, Stage};

    use super::*;

    #[tokio::test]
    async fn runs_are_kept_in_their_order() {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/test.db?mode=rwc", dir.path().display());
        let db = Db::connect(&url).await.unwrap();
        let run = |name: &str| ScriptRun {
            stage: Stage::NodeReady,
            name: name.into(),
            started_at: 1,
            ended_at: 2,
            failure: Some("exit status 3".into()),
            on_error: OnError::Continue,
            log: "é\nlast".into(),
        };
        let of = InstanceRow::ready("work-1");
        let mut write = db.write().await.unwrap();
        for name in ["a", "b", "c"] {
            insert(&mut write, &of, &run(name)).await.unwrap();
        }
        write.commit().await.unwrap();
        let found = of_node(db.pool(), &of.cluster_id, "work-1", 2).await;
        let wanted = ["c", "b"].map(|name| (of.id.clone(), run(name)));
        assert_eq!(found.unwrap(), wanted);
        prune(&db, now() + 1).await.unwrap();
        let found = of_node(db.pool(), &of.cluster_id, "work-1", 9).await;
        assert_eq!(found.unwrap(), []);
    }
}
