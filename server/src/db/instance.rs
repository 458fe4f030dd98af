//! Instances in the database: one row per attempt to run a node.

use app::explain::Cause;
use app::model::live::Kind;
use app::model::node::BootStep;
use app::model::notice::Notice;
use sqlx::any::AnyRow;
use sqlx::{Any, Executor, Row as _};

use super::connection::Pool;
use super::resource::to_json;
use super::set_back::{SetBack, is_over};
use super::{Db, Write, now};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InstanceRow {
    pub id: String,
    pub cluster_id: String,
    pub compute_node_group_id: String,
    pub node_name: String,
    pub instance_type: String,
    pub launch_generation: i64,
    /// The cluster's when it was asked for, as `24.11`; rows of before do not have it.
    pub slurm_version: Option<String>,
    /// What the group owned when it was asked for: see [`super::owned_resource`].
    pub owned: Option<String>,
    pub bootstrap_hash: String,
    pub launched_at: i64,
    /// The batch in which it was asked for: see [`openpcs_provider::Batch`].
    pub launch_token: String,
    /// The provider's id of it; none until the provider has said that it started it.
    pub provider_id: Option<String>,
    /// Where it can be reached, if not on this host: what it said when it registered.
    pub address: Option<String>,
    /// Of the random text of its claim: see [`openpcs_agent::protocol::Claim`].
    pub claim_hash: Option<String>,
    /// When the provider is to be asked for it again.
    pub ask_again_at: Option<i64>,
    pub registered_at: Option<i64>,
    pub ready_at: Option<i64>,
    /// When the provider was asked for its end last.
    pub stop_asked_at: Option<i64>,
    pub ended_at: Option<i64>,
    /// Why it ended or is about to, in English; `cause` is the same as data.
    pub reason: Option<String>,
    pub cause: Option<Cause>,
    /// Why a person wants another in its place.
    pub replace_reason: Option<String>,
    /// At once, without waiting for its jobs.
    pub replace_now: bool,
    /// What the provider said of its end beforehand.
    pub notice: Option<Notice>,
    /// When its jobs were told to save what they have.
    pub warned_at: Option<i64>,
    pub steps: Vec<BootStep>,
}

/// Which instance a node was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    pub node: String,
    /// As the provider calls it; ours until it has said so.
    pub id: String,
    pub instance_type: String,
    /// Milliseconds since 1970.
    pub launched_at: i64,
}

impl InstanceRow {
    /// Why it ended or is about to; rows of before have it as text only.
    pub fn cause(&self) -> Option<Cause> {
        let text = self.reason.clone();
        self.cause
            .clone()
            .or_else(|| text.map(|text| Cause::Other { text }))
    }

    /// Whether its end is to be asked for, the first time or, when it takes longer than that, once more.
    pub fn end_is_due(&self, now: i64, stop_ms: i64) -> bool {
        self.stop_asked_at
            .is_none_or(|at| is_over(at, now, stop_ms))
    }
}

/// None of their times is ahead of this clock any more, but for the one that is meant to be.
pub fn right(rows: &mut [InstanceRow], set_back: &mut SetBack, now: i64) {
    set_back.forget(now);
    for row in rows {
        row.launched_at = set_back.past(row.launched_at, now);
        let since = [
            &mut row.registered_at,
            &mut row.ready_at,
            &mut row.stop_asked_at,
            &mut row.ended_at,
            &mut row.warned_at,
        ];
        for at in since.into_iter().flatten() {
            *at = set_back.past(*at, now);
        }
    }
}

/// An instance that is ready, for tests: launched at 1, ready at 3, with the id of its node.
#[cfg(test)]
impl InstanceRow {
    pub fn ready(node: &str) -> Self {
        InstanceRow {
            id: format!("i-{node}"),
            cluster_id: "pcs_c".into(),
            compute_node_group_id: "pcs_g".into(),
            node_name: node.into(),
            instance_type: "c6i.xlarge".into(),
            launch_generation: 1,
            launched_at: 1,
            provider_id: Some(format!("i-{node}")),
            registered_at: Some(2),
            ready_at: Some(3),
            ..InstanceRow::default()
        }
    }
}

fn decode(row: &AnyRow) -> sqlx::Result<InstanceRow> {
    let cause: Option<String> = row.try_get("cause")?;
    let notice: Option<String> = row.try_get("notice")?;
    let replace_now: i64 = row.try_get("replace_now")?;
    Ok(InstanceRow {
        id: row.try_get("id")?,
        cluster_id: row.try_get("cluster_id")?,
        compute_node_group_id: row.try_get("compute_node_group_id")?,
        node_name: row.try_get("node_name")?,
        instance_type: row.try_get("instance_type")?,
        launch_generation: row.try_get("launch_generation")?,
        slurm_version: row.try_get("slurm_version")?,
        owned: row.try_get("owned")?,
        bootstrap_hash: row.try_get("bootstrap_hash")?,
        launched_at: row.try_get("launched_at")?,
        launch_token: row.try_get("launch_token")?,
        provider_id: row.try_get("provider_id")?,
        address: row.try_get("address")?,
        claim_hash: row.try_get("claim_hash")?,
        ask_again_at: row.try_get("ask_again_at")?,
        registered_at: row.try_get("registered_at")?,
        ready_at: row.try_get("ready_at")?,
        stop_asked_at: row.try_get("stop_asked_at")?,
        ended_at: row.try_get("ended_at")?,
        reason: row.try_get("reason")?,
        // One of a newer server is still told by `reason`.
        cause: cause.and_then(|json| serde_json::from_str(&json).ok()),
        replace_reason: row.try_get("replace_reason")?,
        replace_now: replace_now != 0,
        // One of a newer server is for that one to act on.
        notice: notice.and_then(|json| serde_json::from_str(&json).ok()),
        warned_at: row.try_get("warned_at")?,
        steps: super::resource::from_json(row, "steps")?,
    })
}

/// The instances of a cluster that are wanted or whose processes may still live.
pub async fn live<'e>(
    executor: impl Executor<'e, Database = Any>,
    cluster_id: &str,
) -> sqlx::Result<Vec<InstanceRow>> {
    sqlx::query("select * from instance where cluster_id = $1 and ended_at is null order by launched_at, id")
        .bind(cluster_id)
        .fetch_all(executor)
        .await?
        .iter()
        .map(decode)
        .collect()
}

/// The newest instances that ended, for the console's black box.
pub async fn ended(pool: &Pool, cluster_id: &str, limit: i64) -> sqlx::Result<Vec<InstanceRow>> {
    sqlx::query(
        "select * from instance where cluster_id = $1 and ended_at is not null order by ended_at desc limit $2",
    )
    .bind(cluster_id)
    .bind(limit)
    .fetch_all(pool)
    .await?
    .iter()
    .map(decode)
    .collect()
}

/// The newest instances of a cluster, ended or not, by their ids.
pub async fn newest(pool: &Pool, cluster_id: &str, limit: i64) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "select id from instance where cluster_id = $1 order by launched_at desc, id limit $2",
    )
    .bind(cluster_id)
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// Which instance each node of a cluster was, of those that had not ended before that time, in the order of their launches.
pub async fn placed(pool: &Pool, cluster_id: &str, since: i64) -> sqlx::Result<Vec<Placed>> {
    let rows = sqlx::query(
        "select node_name, coalesce(provider_id, id) as known_as, instance_type, launched_at from instance \
         where cluster_id = $1 and (ended_at is null or ended_at >= $2) order by launched_at, id",
    )
    .bind(cluster_id)
    .bind(since)
    .fetch_all(pool)
    .await?;
    let each = rows.iter().map(|row| {
        Ok(Placed {
            node: row.try_get("node_name")?,
            id: row.try_get("known_as")?,
            instance_type: row.try_get("instance_type")?,
            launched_at: row.try_get("launched_at")?,
        })
    });
    each.collect()
}

/// How long the last boots of a group took, in milliseconds, from the launch to when Slurm took the node as up.
pub async fn boot_times(
    pool: &Pool,
    cluster_id: &str,
    group_id: &str,
    limit: i64,
) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(
        "select ready_at - launched_at from instance where cluster_id = $1 and compute_node_group_id = $2 \
         and ready_at is not null order by launched_at desc limit $3",
    )
    .bind(cluster_id)
    .bind(group_id)
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// The instances of a node, newest first.
pub async fn of_node(
    pool: &Pool,
    cluster_id: &str,
    node_name: &str,
    limit: i64,
) -> sqlx::Result<Vec<InstanceRow>> {
    sqlx::query(
        "select * from instance where cluster_id = $1 and node_name = $2 order by launched_at desc, id limit $3",
    )
    .bind(cluster_id)
    .bind(node_name)
    .bind(limit)
    .fetch_all(pool)
    .await?
    .iter()
    .map(decode)
    .collect()
}

/// One instance of a cluster.
pub async fn find(pool: &Pool, cluster_id: &str, id: &str) -> sqlx::Result<Option<InstanceRow>> {
    let row = sqlx::query("select * from instance where cluster_id = $1 and id = $2")
        .bind(cluster_id)
        .bind(id)
        .fetch_optional(pool)
        .await?;
    row.as_ref().map(decode).transpose()
}

/// The instance whose bootstrap id has that hash.
pub async fn by_bootstrap(pool: &Pool, hash: &str) -> sqlx::Result<Option<InstanceRow>> {
    let row = sqlx::query("select * from instance where bootstrap_hash = $1")
        .bind(hash)
        .fetch_optional(pool)
        .await?;
    row.as_ref().map(decode).transpose()
}

/// The newest instance of a group that the provider calls so.
pub async fn by_provider(
    pool: &Pool,
    group_id: &str,
    provider_id: &str,
) -> sqlx::Result<Option<InstanceRow>> {
    let row = sqlx::query(
        "select * from instance where compute_node_group_id = $1 and provider_id = $2 order by launched_at desc limit 1",
    )
    .bind(group_id)
    .bind(provider_id)
    .fetch_optional(pool)
    .await?;
    row.as_ref().map(decode).transpose()
}

/// Names and addresses of a cluster's nodes, by name; the newest instance of a node last.
pub async fn addresses(pool: &Pool, cluster_id: &str) -> sqlx::Result<Vec<(String, String)>> {
    sqlx::query_as(
        "select node_name, address from instance where cluster_id = $1 and ended_at is null and address is not null \
         order by node_name, launched_at, id",
    )
    .bind(cluster_id)
    .fetch_all(pool)
    .await
}

/// When one of any cluster registered last; 0 when none ever did.
pub async fn registered_last(pool: &Pool) -> sqlx::Result<i64> {
    let row = sqlx::query("select max(registered_at) as at from instance")
        .fetch_one(pool)
        .await?;
    Ok(row.try_get::<Option<i64>, _>("at")?.unwrap_or_default())
}

pub async fn insert(write: &mut Write, row: &InstanceRow) -> sqlx::Result<()> {
    sqlx::query(
        "insert into instance (id, cluster_id, compute_node_group_id, node_name, instance_type, launch_generation, \
         bootstrap_hash, launched_at, launch_token, steps, owned, slurm_version) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(&row.id)
    .bind(&row.cluster_id)
    .bind(&row.compute_node_group_id)
    .bind(&row.node_name)
    .bind(&row.instance_type)
    .bind(row.launch_generation)
    .bind(&row.bootstrap_hash)
    .bind(row.launched_at)
    .bind(&row.launch_token)
    .bind(to_json(&row.steps)?)
    .bind(&row.owned)
    .bind(&row.slurm_version)
    .execute(&mut *write.tx)
    .await?;
    write
        .changed(Kind::Node, &row.cluster_id, &row.node_name)
        .await
}

/// The provider has started it.
pub async fn set_launched(write: &mut Write, id: &str, provider_id: &str) -> sqlx::Result<()> {
    sqlx::query("update instance set provider_id = $1, ask_again_at = null where id = $2")
        .bind(provider_id)
        .bind(id)
        .execute(&mut *write.tx)
        .await?;
    Ok(())
}

/// The provider is to be asked for it again then.
pub async fn set_ask_again(write: &mut Write, id: &str, at: i64) -> sqlx::Result<()> {
    sqlx::query("update instance set ask_again_at = $1 where id = $2")
        .bind(at)
        .bind(id)
        .execute(&mut *write.tx)
        .await?;
    Ok(())
}

/// Uses up the bootstrap id: true for the one call that comes first (A8).
pub async fn register(write: &mut Write, row: &InstanceRow) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "update instance set registered_at = $1 where id = $2 and registered_at is null and ended_at is null",
    )
    .bind(now())
    .bind(&row.id)
    .execute(&mut *write.tx)
    .await?;
    write
        .changed(Kind::Node, &row.cluster_id, &row.node_name)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Where it can be reached, and who said so.
pub async fn set_claimed(
    write: &mut Write,
    id: &str,
    address: &str,
    claim_hash: &str,
) -> sqlx::Result<()> {
    sqlx::query("update instance set address = $1, claim_hash = $2 where id = $3")
        .bind(address)
        .bind(claim_hash)
        .bind(id)
        .execute(&mut *write.tx)
        .await?;
    Ok(())
}

/// Its host has started anew: it registers now, with that as its first step, and is yet to be ready. One that was not ready
/// before goes on with its first boot.
pub async fn begin_again(write: &mut Write, row: &InstanceRow, step: BootStep) -> sqlx::Result<()> {
    sqlx::query(
        "update instance set registered_at = $1, ready_at = null, steps = $2 where id = $3",
    )
    .bind(step.at)
    .bind(to_json(&vec![step])?)
    .bind(&row.id)
    .execute(&mut *write.tx)
    .await?;
    write
        .changed(Kind::Node, &row.cluster_id, &row.node_name)
        .await
}

/// Adds a boot step.
pub async fn add_step(write: &mut Write, id: &str, step: BootStep) -> sqlx::Result<()> {
    let Some(row) = sqlx::query("select * from instance where id = $1")
        .bind(id)
        .fetch_optional(&mut *write.tx)
        .await?
    else {
        return Ok(());
    };
    let mut row = decode(&row)?;
    row.steps.push(step);
    sqlx::query("update instance set steps = $1 where id = $2")
        .bind(to_json(&row.steps)?)
        .bind(id)
        .execute(&mut *write.tx)
        .await?;
    write
        .changed(Kind::Node, &row.cluster_id, &row.node_name)
        .await
}

/// Slurm took the node as up.
pub async fn set_ready(write: &mut Write, row: &InstanceRow) -> sqlx::Result<()> {
    sqlx::query("update instance set ready_at = $1 where id = $2 and ready_at is null")
        .bind(now())
        .bind(&row.id)
        .execute(&mut *write.tx)
        .await?;
    add_step(
        write,
        &row.id,
        BootStep {
            name: "ready".into(),
            at: now(),
            detail: None,
        },
    )
    .await
}

/// Notes why the instance is to end, before it is ended; the first reason stays.
pub async fn set_reason(write: &mut Write, row: &InstanceRow, cause: &Cause) -> sqlx::Result<()> {
    sqlx::query("update instance set reason = $1, cause = $2 where id = $3 and reason is null")
        .bind(cause.english())
        .bind(to_json(cause)?)
        .bind(&row.id)
        .execute(&mut *write.tx)
        .await?;
    write
        .changed(Kind::Node, &row.cluster_id, &row.node_name)
        .await
}

/// Somebody wants another instance in the place of this one; whoever asks again may have it sooner.
pub async fn set_replace(
    write: &mut Write,
    row: &InstanceRow,
    reason: &str,
    now: bool,
) -> sqlx::Result<()> {
    sqlx::query(
        "update instance set replace_reason = $1, replace_now = $2 where id = $3 and ended_at is null",
    )
    .bind(reason)
    .bind(i64::from(now))
    .bind(&row.id)
    .execute(&mut *write.tx)
    .await?;
    write
        .changed(Kind::Node, &row.cluster_id, &row.node_name)
        .await
}

/// The provider said beforehand that it will end.
pub async fn set_notice(write: &mut Write, id: &str, notice: &Notice) -> sqlx::Result<()> {
    sqlx::query("update instance set notice = $1 where id = $2")
        .bind(to_json(notice)?)
        .bind(id)
        .execute(&mut *write.tx)
        .await?;
    Ok(())
}

/// Its jobs were told to save what they have.
pub async fn set_warned(write: &mut Write, id: &str) -> sqlx::Result<()> {
    sqlx::query("update instance set warned_at = $1 where id = $2")
        .bind(now())
        .bind(id)
        .execute(&mut *write.tx)
        .await?;
    Ok(())
}

/// The provider was asked for its end.
pub async fn set_stop_asked(write: &mut Write, id: &str) -> sqlx::Result<()> {
    sqlx::query("update instance set stop_asked_at = $1 where id = $2")
        .bind(now())
        .bind(id)
        .execute(&mut *write.tx)
        .await?;
    Ok(())
}

/// Nothing of the instance is left; false when that was known.
pub async fn set_ended(write: &mut Write, row: &InstanceRow) -> sqlx::Result<bool> {
    let done = sqlx::query("update instance set ended_at = $1 where id = $2 and ended_at is null")
        .bind(now())
        .bind(&row.id)
        .execute(&mut *write.tx)
        .await?;
    write
        .changed(Kind::Node, &row.cluster_id, &row.node_name)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets instances that ended before that time.
pub async fn prune(db: &Db, before: i64) -> sqlx::Result<()> {
    db.prune("delete from instance where ended_at < $1", before)
        .await
}
