//! The queries that clusters, compute node groups and queues share: the same columns, another table.

use app::model::live::Kind;
use app::model::setting::ErrorInfo;
use app::model::status::Status;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::any::AnyRow;
use sqlx::{Any, Executor, Row as _};

use super::connection::Pool;
use super::placement::{self, Owner, Placement};
use super::{Write, now};

/// Equality by meaning (N21): how a spec is spelled does not count. See `db/meaning.rs`.
pub trait Meaning: Clone + PartialEq {
    /// The one spelling that all with the same meaning share. For comparing and showing only: people get back what
    /// they wrote.
    fn plain(&self) -> Self;

    fn means(&self, other: &Self) -> bool {
        self.plain() == other.plain()
    }
}

/// Of `errorInfo`: the server that ran this was given up as lost, with all that it had of it.
pub const GIVEN_UP: &str = "ServerForgotten";

/// A noun with a table of its own.
pub trait Noun: Meaning + Serialize + DeserializeOwned + Send + Sync + Unpin + 'static {
    const TABLE: &'static str;
    const KIND: Kind;
}

/// A row of that table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<S> {
    pub id: String,
    pub cluster_id: String,
    pub name: String,
    pub status: Status,
    pub generation: i64,
    /// What is wanted.
    pub spec: S,
    /// What was last in force; none until the first success.
    pub applied_spec: Option<S>,
    /// Where its daemons listen; none before the first is to start. Written by [`placement::put`] only.
    pub placement: Option<Placement>,
    pub error_info: Vec<ErrorInfo>,
    pub created_at: i64,
    pub modified_at: i64,
}

/// The value of ours that a column has as JSON.
pub(super) fn from_json<T: DeserializeOwned>(row: &AnyRow, column: &str) -> sqlx::Result<T> {
    let text: String = row.try_get(column)?;
    serde_json::from_str(&text).map_err(|e| sqlx::Error::ColumnDecode {
        index: column.into(),
        source: Box::new(e),
    })
}

/// JSON of a value of ours; such values have only string keys and always serialise.
pub(super) fn to_json(value: &impl Serialize) -> sqlx::Result<String> {
    serde_json::to_string(value).map_err(|e| sqlx::Error::Encode(Box::new(e)))
}

impl<S: Noun> Row<S> {
    fn decode(row: &AnyRow) -> sqlx::Result<Self> {
        let status: String = row.try_get("status")?;
        let applied: Option<String> = row.try_get("applied_spec")?;
        Ok(Row {
            id: row.try_get("id")?,
            cluster_id: row.try_get("cluster_id")?,
            name: row.try_get("name")?,
            status: Status::parse(&status)
                .ok_or_else(|| sqlx::Error::Decode(format!("status {status}").into()))?,
            generation: row.try_get("generation")?,
            spec: from_json(row, "spec")?,
            applied_spec: applied
                .map(|_| from_json(row, "applied_spec"))
                .transpose()?,
            placement: Placement::decode(row)?,
            error_info: from_json(row, "error_info")?,
            created_at: row.try_get("created_at")?,
            modified_at: row.try_get("modified_at")?,
        })
    }

    /// A new row, CREATING.
    pub fn new(id: String, cluster_id: String, name: String, spec: S) -> Self {
        let at = now();
        Row {
            id,
            cluster_id,
            name,
            status: Status::Creating,
            generation: 1,
            spec,
            applied_spec: None,
            placement: None,
            error_info: vec![],
            created_at: at,
            modified_at: at,
        }
    }
}

impl<S: Noun> Row<S> {
    /// The row as it is to be with another spec: UPDATING, or RESUMING where it was SUSPENDED; or as it was but for the spelling where that means the same
    /// as what is in force (N21).
    pub fn respecified(&self, spec: S) -> Self {
        let is_in_force = self.status == Status::Active && self.spec.means(&spec);
        if is_in_force {
            return Row {
                spec: spec.clone(),
                applied_spec: Some(spec),
                ..self.clone()
            };
        }
        Row {
            spec,
            status: match self.status {
                Status::Suspended => Status::Resuming,
                _ => Status::Updating,
            },
            error_info: vec![],
            ..self.clone()
        }
    }
}

async fn fetch<'e, S: Noun>(
    executor: impl Executor<'e, Database = Any>,
    condition: &str,
    binds: &[&str],
) -> sqlx::Result<Vec<Row<S>>> {
    let sql = format!(
        "select *, {} from {} where {condition} order by created_at, id",
        placement::columns(S::TABLE),
        S::TABLE
    );
    let mut query = sqlx::query(&sql);
    for bind in binds {
        query = query.bind(*bind);
    }
    query
        .fetch_all(executor)
        .await?
        .iter()
        .map(Row::decode)
        .collect()
}

/// The resource of that id or name within its cluster (for a cluster, `cluster_id` is none).
pub async fn find<'e, S: Noun>(
    executor: impl Executor<'e, Database = Any>,
    cluster_id: Option<&str>,
    identifier: &str,
) -> sqlx::Result<Option<Row<S>>> {
    let rows = match cluster_id {
        Some(cluster) => {
            fetch(
                executor,
                "(id = $1 or name = $1) and cluster_id = $2",
                &[identifier, cluster],
            )
            .await?
        }
        None => fetch(executor, "id = $1 or name = $1", &[identifier]).await?,
    };
    Ok(rows.into_iter().next())
}

/// All resources of a cluster, or all clusters, oldest first.
pub async fn list<'e, S: Noun>(
    executor: impl Executor<'e, Database = Any>,
    cluster_id: Option<&str>,
) -> sqlx::Result<Vec<Row<S>>> {
    match cluster_id {
        Some(id) => fetch(executor, "cluster_id = $1", &[id]).await,
        None => fetch(executor, "1 = 1", &[]).await,
    }
}

/// A page of at most `limit`, after the id `after`, in id order: stable while rows come and go.
pub async fn page<S: Noun>(
    pool: &Pool,
    cluster_id: Option<&str>,
    after: &str,
    limit: i64,
) -> sqlx::Result<Vec<Row<S>>> {
    let sql = format!(
        "select *, {} from {} where id > $1 and ($2 = '' or cluster_id = $2) order by id limit $3",
        placement::columns(S::TABLE),
        S::TABLE
    );
    sqlx::query(&sql)
        .bind(after)
        .bind(cluster_id.unwrap_or_default())
        .bind(limit)
        .fetch_all(pool)
        .await?
        .iter()
        .map(Row::decode)
        .collect()
}

/// Inserts a new row. A name that is taken is a unique violation.
pub async fn insert<S: Noun>(write: &mut Write, row: &Row<S>) -> sqlx::Result<()> {
    let sql = format!(
        "insert into {} (id, cluster_id, name, status, generation, spec, applied_spec, error_info, created_at, \
         modified_at) values ($1, $2, $3, $4, $5, $6, null, '[]', $7, $8)",
        S::TABLE
    );
    sqlx::query(&sql)
        .bind(&row.id)
        .bind(&row.cluster_id)
        .bind(&row.name)
        .bind(row.status.as_str())
        .bind(row.generation)
        .bind(to_json(&row.spec)?)
        .bind(row.created_at)
        .bind(row.modified_at)
        .execute(&mut *write.tx)
        .await?;
    write.changed(S::KIND, &row.cluster_id, &row.id).await
}

/// Writes status, specs and errors back if the row still has the generation it was read with; `false` when somebody
/// was faster. The generation grows only with `bump`: a person's change, not a reconciler's report.
pub async fn update<S: Noun>(write: &mut Write, row: &Row<S>, bump: bool) -> sqlx::Result<bool> {
    let sql = format!(
        "update {} set status = $1, spec = $2, applied_spec = $3, error_info = $4, modified_at = $5, generation = $6 \
         where id = $7 and generation = $8",
        S::TABLE
    );
    let applied = row.applied_spec.as_ref().map(to_json).transpose()?;
    let modified = if bump { now() } else { row.modified_at };
    let done = sqlx::query(&sql)
        .bind(row.status.as_str())
        .bind(to_json(&row.spec)?)
        .bind(applied)
        .bind(to_json(&row.error_info)?)
        .bind(modified)
        .bind(row.generation + i64::from(bump))
        .bind(&row.id)
        .bind(row.generation)
        .execute(&mut *write.tx)
        .await?;
    write.changed(S::KIND, &row.cluster_id, &row.id).await?;
    Ok(done.rows_affected() == 1)
}

impl<S> Row<S> {
    /// Suspended for ever, with the server that ran it.
    pub fn is_given_up(&self) -> bool {
        let mut codes = self
            .error_info
            .iter()
            .filter_map(|info| info.code.as_deref());
        self.status == Status::Suspended && codes.any(|code| code == GIVEN_UP)
    }
}

impl<S: Noun> Row<S> {
    /// As the owner of its place.
    pub fn owner(&self) -> Owner<'_> {
        Owner {
            kind: S::KIND,
            cluster_id: &self.cluster_id,
            id: &self.id,
        }
    }

    /// The server on whose host its daemons run; empty before one has claimed it.
    pub fn server(&self) -> &str {
        self.placement.as_ref().map_or("", |place| &place.server)
    }

    /// Where its daemons listen, as far as there is any yet.
    pub fn ports(&self) -> &[u16] {
        self.placement.as_ref().map_or(&[], |place| &place.ports)
    }
}

/// Removes the row; the last thing that happens to a resource.
pub async fn delete<S: Noun>(write: &mut Write, row: &Row<S>) -> sqlx::Result<()> {
    placement::delete(write, &row.id).await?;
    let sql = format!("delete from {} where id = $1", S::TABLE);
    sqlx::query(&sql)
        .bind(&row.id)
        .execute(&mut *write.tx)
        .await?;
    write.changed(S::KIND, &row.cluster_id, &row.id).await
}
