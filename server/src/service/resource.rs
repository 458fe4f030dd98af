//! What clusters, compute node groups and queues share as resources: their names in refusals, how they are found and
//! listed, and when they may be changed.

use app::explain::refusal;
use app::i18n::Language;
use app::model::echo::clip;
use app::model::error::{Error, Result};
use app::model::name::Arns;
use app::rules::status::{self, Action};
use sqlx::{Any, Executor};

use super::page::Pages;
use super::timestamp;
use crate::db::cluster::ClusterRow;
use crate::db::connection::Connection;
use crate::db::resource::{self, Noun, Row};
use crate::fault::internal;
use crate::parts::Parts;

/// A noun of the API.
pub trait Resource: Noun {
    /// `resourceType` of the service model's exceptions.
    const TYPE: &'static str;
    /// In a sentence.
    const WORDS: &'static str;

    /// The ARN of the one with that id in that cluster.
    fn arn(arns: &Arns, cluster_id: &str, id: &str) -> String;
}

/// The group or queue of that name or id.
pub async fn find_in<'e, S: Resource>(
    db: impl Executor<'e, Database = Any>,
    cluster: &ClusterRow,
    identifier: &str,
) -> Result<Row<S>> {
    let found = resource::find(db, Some(&cluster.id), identifier).await;
    found
        .map_err(internal)?
        .ok_or_else(|| missing::<S>(cluster, identifier))
}

/// There is no such group or queue.
pub fn missing<S: Resource>(cluster: &ClusterRow, identifier: &str) -> Error {
    let message = format!(
        "Cluster {} has no {} {}.",
        cluster.name,
        S::WORDS,
        clip(identifier)
    );
    Error::not_found(S::TYPE, identifier, message)
}

/// The groups or queues of a cluster.
pub async fn all_of<S: Resource>(db: &mut Connection, cluster_id: &str) -> Result<Vec<Row<S>>> {
    let all = resource::list(&mut *db, Some(cluster_id)).await;
    all.map_err(internal)
}

/// A page of a cluster's groups or queues, or of all clusters, and the token of the next one.
pub async fn page_of<S: Resource>(
    parts: &Parts,
    cluster_id: Option<&str>,
    max_results: Option<i64>,
    next_token: Option<&str>,
) -> Result<(Vec<Row<S>>, Option<String>)> {
    let pages = Pages::of::<S>(&parts.seal, cluster_id);
    let (limit, after) = pages.page(max_results, next_token)?;
    let mut rows = resource::page(parts.db.pool(), cluster_id, &after, limit + 1)
        .await
        .map_err(internal)?;
    let next_token = pages.cut(&mut rows, limit)?;
    Ok((rows, next_token))
}

/// The same row inside the transaction: it may have changed or gone since it was looked up.
async fn reread<S: Resource>(db: &mut Connection, row: &Row<S>) -> Result<Row<S>> {
    let found = resource::find(&mut *db, Some(&row.cluster_id), &row.id).await;
    found.map_err(internal)?.ok_or_else(|| {
        let message = format!("{} has just been deleted.", row.name);
        Error::not_found(S::TYPE, &row.id, message)
    })
}

/// As it is inside the transaction, if it may be updated now and nobody else has changed it since `since`, the `modifiedAt`
/// that a form began from.
pub async fn updatable<S: Resource>(
    language: Language,
    db: &mut Connection,
    found: &Row<S>,
    since: Option<&str>,
) -> Result<Row<S>> {
    changeable(language, db, Action::Update, found, since).await
}

/// The same of one kind of change.
pub async fn changeable<S: Resource>(
    language: Language,
    db: &mut Connection,
    action: Action,
    found: &Row<S>,
    since: Option<&str>,
) -> Result<Row<S>> {
    let row = reread(db, found).await?;
    let name = &row.name;
    if since.is_some_and(|since| since != timestamp(row.modified_at)) {
        let values = [("name", name.clone())];
        let message = refusal(language, |t| t.changed_meanwhile, &values);
        return Err(refused(&row, message));
    }
    check_possible(language, action, &row)?;
    Ok(row)
}

/// Refuses what the status does not allow.
pub fn check_possible<S: Resource>(language: Language, action: Action, row: &Row<S>) -> Result<()> {
    let (status, shown) = (row.status, row.status.as_str());
    if row.is_given_up() && action != Action::Delete {
        let why = language.text().rules.status_given_up(&row.name, shown);
        return Err(refused(row, why));
    }
    match status::refusal(language.text(), action, &row.name, status, shown) {
        None => Ok(()),
        Some(why) => Err(refused(row, why)),
    }
}

/// That something has the name already: `whose` says so in a sentence.
pub fn taken<S: Resource>(language: Language, twin: &Row<S>, whose: &str) -> Error {
    let remedy = status::taken(language.text(), twin.status);
    let values = [("whose", whose.to_owned()), ("remedy", remedy.to_owned())];
    refused(twin, refusal(language, |t| t.name_taken, &values))
}

/// The cluster as it is inside the transaction, if groups and queues can be made in it.
pub async fn usable_cluster(
    language: Language,
    db: &mut Connection,
    found: &ClusterRow,
) -> Result<ClusterRow> {
    let cluster = reread(db, found).await?;
    check_usable(language, &cluster)?;
    Ok(cluster)
}

/// Groups, queues and jobs need a cluster that is there and stays (N1).
pub fn check_usable(language: Language, cluster: &ClusterRow) -> Result<()> {
    check_possible(language, Action::Use, cluster)
}

/// What cannot be while the row is as it is.
pub fn refused<S: Resource>(row: &Row<S>, message: impl Into<String>) -> Error {
    Error::conflict(S::TYPE, &row.id, message)
}
