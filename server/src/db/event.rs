//! The timeline in the database.

use app::explain::What;
use app::i18n::Language;
use app::model::event::{Event, EventTone};
use app::model::live::Kind;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, Row};

use super::audit::record::{Record, cluster_resource};
use super::connection::Pool;
use super::{Db, Write, audit, now};

/// Who did what nobody asked for.
pub const RECONCILER: &str = "reconciler";

/// A row of the table: the event, and its code and parameters read.
pub struct EventRow {
    pub id: String,
    pub at: i64,
    pub resource_type: String,
    pub resource_id: String,
    pub code: String,
    /// None for rows of before there were codes.
    pub what: Option<What>,
    pub message: String,
    pub actor: String,
}

impl EventRow {
    /// As a reader of that language sees it; how long it lasted is the caller's to know.
    pub fn event(&self, language: Language, until: i64) -> Event {
        let what = self.what.as_ref();
        Event {
            id: self.id.clone(),
            at: self.at,
            until,
            resource_type: self.resource_type.clone(),
            resource_id: self.resource_id.clone(),
            resource_name: String::new(),
            code: self.code.clone(),
            message: what.map_or_else(|| self.message.clone(), |what| what.text(language)),
            tone: what.map_or(EventTone::Neutral, What::tone),
            actor: self.actor.clone(),
        }
    }
}

/// Notes what was done to a resource, and by whom: the ARN of a user, the id of an instance, or [`RECONCILER`].
pub async fn insert(
    write: &mut Write,
    cluster_id: &str,
    kind: Kind,
    resource_id: &str,
    actor: &str,
    what: &What,
) -> sqlx::Result<()> {
    let (code, parameters) = parts(what)?;
    sqlx::query(
        "insert into event (id, at, cluster_id, resource_type, resource_id, message, actor, code, parameters) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(crate::random::random_hex(16))
    .bind(now())
    .bind(cluster_id)
    .bind(kind.as_str())
    .bind(resource_id)
    .bind(what.english())
    .bind(actor)
    .bind(code)
    .bind(parameters)
    .execute(&mut *write.tx)
    .await?;
    if actor == RECONCILER {
        done(write, cluster_id, kind, resource_id, what).await?;
    }
    write.changed(Kind::Event, cluster_id, "").await
}

/// What the service did by itself: for the audit trail alone, which outlives the timeline and the cluster.
pub async fn done(
    write: &mut Write,
    cluster_id: &str,
    kind: Kind,
    resource_id: &str,
    what: &What,
) -> sqlx::Result<()> {
    let (code, parameters) = parts(what)?;
    let details = serde_json::json!({
        "clusterId": cluster_id,
        "resourceType": kind.as_str(),
        "resourceId": resource_id,
        "parameters": serde_json::from_str(&parameters).unwrap_or(serde_json::Value::Null),
        "message": what.english(),
    });
    let resource = cluster_resource(cluster_id, kind, resource_id);
    let record = Record::of_service(event_name(&code), &resource, details);
    audit::chain::append(write, record).await
}

/// Code and parameters.
fn parts(what: &What) -> sqlx::Result<(String, String)> {
    let parts = what.parts();
    parts.map_err(|error| sqlx::Error::Encode(Box::new(error)))
}

/// `node-starts` as CloudTrail names events: `NodeStarts`.
fn event_name(code: &str) -> String {
    let mut name = String::with_capacity(code.len());
    for word in code.split('-') {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name += letters.as_str();
    }
    name
}

fn decode(row: &AnyRow) -> sqlx::Result<EventRow> {
    let code: String = row.try_get("code")?;
    let parameters: String = row.try_get("parameters")?;
    Ok(EventRow {
        id: row.try_get("id")?,
        at: row.try_get("at")?,
        resource_type: row.try_get("resource_type")?,
        resource_id: row.try_get("resource_id")?,
        what: What::of_parts(&code, &parameters),
        code,
        message: row.try_get("message")?,
        actor: row.try_get("actor")?,
    })
}

/// Which part of a cluster's timeline.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    All,
    Of(Kind, &'a str),
    /// All of one kind.
    Kind(Kind),
    /// A group's own events and those of its nodes, by what their names begin with, `compute-1-`.
    Group(&'a str, &'a str),
}

/// A place in a timeline; several events may have the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub at: i64,
    pub id: String,
}

impl Cursor {
    pub fn of(row: &EventRow) -> Cursor {
        Cursor {
            at: row.at,
            id: row.id.clone(),
        }
    }

    /// Than which all is older.
    pub fn newest() -> Cursor {
        Cursor {
            at: i64::MAX,
            id: String::new(),
        }
    }

    /// Than which what happened since that moment is newer.
    pub fn since(at: i64) -> Cursor {
        Cursor {
            at: at - 1,
            id: String::new(),
        }
    }

    /// Than which nothing is older.
    fn oldest() -> Cursor {
        Cursor {
            at: i64::MIN,
            id: String::new(),
        }
    }
}

/// What holds of the rows of a part, and what stands for `$1` and so on in it.
struct Wanted<'a> {
    /// A part of two resources is two questions: each is answered from an index, in order.
    conditions: &'static [&'static str],
    binds: Vec<&'a str>,
}

impl<'a> Part<'a> {
    fn wanted(self, cluster_id: &'a str) -> Wanted<'a> {
        match self {
            Part::All => Wanted {
                conditions: &["cluster_id = $1"],
                binds: vec![cluster_id],
            },
            Part::Of(kind, id) => Wanted {
                conditions: &["cluster_id = $1 and resource_type = $2 and resource_id = $3"],
                binds: vec![cluster_id, kind.as_str(), id],
            },
            Part::Kind(kind) => Wanted {
                conditions: &["cluster_id = $1 and resource_type = $2"],
                binds: vec![cluster_id, kind.as_str()],
            },
            // What follows in the name of a node of this group is its number: `compute-1-` also begins the nodes of a
            // group `compute-1-gpu`. As in the index.
            Part::Group(id, prefix) => Wanted {
                conditions: &[
                    "cluster_id = $1 and resource_type = 'compute-node-group' and resource_id = $2",
                    "cluster_id = $1 and resource_type = 'node' \
                     and rtrim(resource_id, '0123456789') = $3",
                ],
                binds: vec![cluster_id, id, prefix],
            },
        }
    }
}

impl<'a> Wanted<'a> {
    /// The SQL of a question: its rows, and what is done to them; its own parameters are numbered from `{1}`.
    fn sql(&self, rows: &str, rest: &str) -> String {
        let of = |condition: &&str| rows.replace("{part}", condition);
        let all: Vec<String> = self.conditions.iter().map(of).collect();
        let sql = format!("{} {rest}", all.join(" union all "));
        let number = |n: usize| format!("${}", self.binds.len() + n);
        sql.replace("{1}", &number(1))
            .replace("{2}", &number(2))
            .replace("{3}", &number(3))
    }

    fn bound<'q>(self, sql: &'q str) -> Query<'q, Any, AnyArguments<'q>>
    where
        'a: 'q,
    {
        let query = sqlx::query(sql);
        let binds = self.binds.into_iter();
        binds.fold(query, |query, bind| query.bind(bind))
    }
}

/// Rows, and their order.
type Rows = (&'static str, &'static str);

const OLDER: Rows = (
    "select * from event where {part} and at <= {1} and (at < {1} or id > {2})",
    "order by at desc, id limit {3}",
);
const NEWER: Rows = (
    "select * from event where {part} and at >= {1} and (at > {1} or id < {2})",
    "order by at, id desc limit {3}",
);
const PLACE: Rows = (
    "select at, id from event where {part}",
    "order by at desc, id limit 1 offset {1}",
);

/// The events before a place, newest first.
pub async fn older(
    pool: &Pool,
    cluster_id: &str,
    part: Part<'_>,
    than: &Cursor,
    limit: i64,
) -> sqlx::Result<Vec<EventRow>> {
    beside(pool, OLDER, cluster_id, part, than, limit).await
}

/// The events after a place, oldest first.
pub async fn newer(
    pool: &Pool,
    cluster_id: &str,
    part: Part<'_>,
    than: &Cursor,
    limit: i64,
) -> sqlx::Result<Vec<EventRow>> {
    beside(pool, NEWER, cluster_id, part, than, limit).await
}

async fn beside(
    pool: &Pool,
    (rows, rest): Rows,
    cluster_id: &str,
    part: Part<'_>,
    cursor: &Cursor,
    limit: i64,
) -> sqlx::Result<Vec<EventRow>> {
    let wanted = part.wanted(cluster_id);
    let sql = wanted.sql(rows, rest);
    let query = wanted.bound(&sql);
    let rows = query.bind(cursor.at).bind(&cursor.id).bind(limit);
    rows.fetch_all(pool).await?.iter().map(decode).collect()
}

/// The place behind so many of the newest.
pub async fn place(
    pool: &Pool,
    cluster_id: &str,
    part: Part<'_>,
    behind: i64,
) -> sqlx::Result<Cursor> {
    if behind == 0 {
        return Ok(Cursor::newest());
    }
    let wanted = part.wanted(cluster_id);
    let sql = wanted.sql(PLACE.0, PLACE.1);
    let query = wanted.bound(&sql);
    let Some(row) = query.bind(behind - 1).fetch_optional(pool).await? else {
        return Ok(Cursor::oldest());
    };
    Ok(Cursor {
        at: row.try_get("at")?,
        id: row.try_get("id")?,
    })
}

pub async fn count(pool: &Pool, cluster_id: &str, part: Part<'_>) -> sqlx::Result<i64> {
    let wanted = part.wanted(cluster_id);
    let sql = wanted.sql("select count(*) as events from event where {part}", "");
    let rows = wanted.bound(&sql).fetch_all(pool).await?;
    rows.iter().map(|row| row.try_get::<i64, _>("events")).sum()
}

/// Forgets what happened before that time.
pub async fn prune(db: &Db, before: i64) -> sqlx::Result<()> {
    db.prune("delete from event where at < $1", before).await
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn put(db: &Db, at: i64, kind: Kind, resource: &str) {
        sqlx::query(
            "insert into event (id, at, cluster_id, resource_type, resource_id, message, actor, code, parameters) \
             values ($1, $2, 'c', $3, $4, 'something', 'reconciler', '', '')",
        )
        .bind(crate::random::random_hex(16))
        .bind(at)
        .bind(kind.as_str())
        .bind(resource)
        .execute(&mut *db.writer().await.unwrap())
        .await
        .unwrap();
    }

    async fn filled(dir: &std::path::Path) -> Db {
        let url = format!("sqlite://{}/test.db?mode=rwc", dir.display());
        let db = Db::connect(&url).await.unwrap();
        for n in 0..60 {
            // Four at the same time.
            for node in ["a-1", "a-2", "a-gpu-1", "A-1"] {
                put(&db, n, Kind::Node, node).await;
            }
            put(&db, n, Kind::ComputeNodeGroup, "pcs_a").await;
            put(&db, n, Kind::ComputeNodeGroup, "a-1").await;
        }
        db
    }

    #[tokio::test]
    async fn pages_put_together_are_the_timeline() {
        let dir = tempfile::tempdir().unwrap();
        let db = filled(dir.path()).await;
        let pool = db.pool();
        for (part, resources) in [
            (Part::All, 6),
            (Part::Of(Kind::Node, "a-1"), 1),
            (Part::Of(Kind::Node, "a"), 0),
            (Part::Group("pcs_a", "a-"), 3),
        ] {
            let count = count(pool, "c", part).await.unwrap();
            assert_eq!(count, resources * 60, "{part:?}");
            let whole = older(pool, "c", part, &Cursor::newest(), 1000)
                .await
                .unwrap();
            let mut places: Vec<Cursor> = whole.iter().map(Cursor::of).collect();
            let mut together = vec![];
            for page in 0..count.div_euclid(7) + 1 {
                let from = place(pool, "c", part, page * 7).await.unwrap();
                let rows = older(pool, "c", part, &from, 7).await.unwrap();
                together.extend(rows.iter().map(Cursor::of));
                if page > 0 && !rows.is_empty() {
                    let before = newer(pool, "c", part, &Cursor::of(&rows[0]), 1)
                        .await
                        .unwrap();
                    assert_eq!(Cursor::of(&before[0]), from, "{part:?}");
                }
            }
            assert_eq!(together, places, "{part:?}");
            places.sort_by(|a, b| (b.at, &a.id).cmp(&(a.at, &b.id)));
            places.dedup();
            assert_eq!(together, places, "{part:?}");
        }
    }

    #[tokio::test]
    async fn a_page_is_read_from_an_index_and_never_sorted() {
        let dir = tempfile::tempdir().unwrap();
        let db = filled(dir.path()).await;
        for (part, indexes) in [
            (Part::All, &["event_by_time"][..]),
            (Part::Of(Kind::Node, "a-1"), &["event_by_resource"]),
            (
                Part::Group("pcs_a", "a-"),
                &["event_by_resource", "event_by_node_group"],
            ),
        ] {
            for ((rows, rest), is_place) in [(OLDER, false), (NEWER, false), (PLACE, true)] {
                let wanted = part.wanted("c");
                let sql = wanted.sql(rows, rest);
                let sql = format!("explain query plan {sql}");
                let mut query = wanted.bound(&sql).bind(5_i64);
                if !is_place {
                    query = query.bind("x").bind(1_i64);
                }
                let rows = query.fetch_all(db.pool()).await;
                let lines = rows.unwrap();
                let lines = lines.iter().map(|row| row.get::<String, _>("detail"));
                let plan = lines.collect::<Vec<String>>().join("; ");
                let is_used = |index: &&str| plan.contains(*index);
                assert!(indexes.iter().all(is_used), "{part:?}: {plan}");
                let is_other = |index: &&str| !indexes.contains(index) && is_used(index);
                let all = ["event_by_time", "event_by_resource", "event_by_node_group"];
                assert!(!all.iter().any(is_other), "{part:?}: {plan}");
                assert!(!plan.contains("TEMP B-TREE"), "{part:?}: {plan}");
                assert!(!plan.contains("SCAN"), "{part:?}: {plan}");
            }
        }
    }
}
