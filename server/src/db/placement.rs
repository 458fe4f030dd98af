//! Where daemons listen: of a cluster its controller, of a group its nodes. Given by the reconcilers when a daemon is to
//! start, and no part of what anybody wants.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr};

use app::model::live::Kind;
use serde_json::Value;
use sqlx::any::AnyRow;
use sqlx::{Any, AnyConnection, Executor, Row as _};

use super::Write;
use super::connection::Connection;

/// An address, and a port for each daemon. Nodes of one host are told apart by port, because slurmd cannot be given an
/// address of its own without root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    pub address: IpAddr,
    /// The server on whose host they run; empty in rows of earlier releases.
    pub server: String,
    /// The controller's, or those of the group's nodes, `GROUP-1` first.
    pub ports: Vec<u16>,
}

impl Placement {
    /// On the host of that server, or with nodes of its own addresses, for which that of the host stands.
    pub fn at(address: IpAddr, server: &str, ports: Vec<u16>) -> Self {
        Placement {
            server: server.into(),
            address,
            ports,
        }
    }

    /// From a row that was read with [`columns`].
    pub(super) fn decode(row: &AnyRow) -> sqlx::Result<Option<Self>> {
        let address: Option<String> = row.try_get("address")?;
        let ports: Option<String> = row.try_get("ports")?;
        let (Some(address), Some(ports)) = (address, ports) else {
            return Ok(None);
        };
        Ok(Some(Placement {
            address: address.parse().map_err(|e| broken("address", e))?,
            server: row.try_get("server")?,
            ports: list(&ports)?,
        }))
    }
}

fn broken(column: &str, cause: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::ColumnDecode {
        index: column.into(),
        source: Box::new(cause),
    }
}

fn list(ports: &str) -> sqlx::Result<Vec<u16>> {
    serde_json::from_str(ports).map_err(|e| broken("ports", e))
}

/// The placement of a resource, as columns of its query.
pub(super) fn columns(table: &str) -> String {
    format!(
        "(select address from placement where owner = {table}.id) as address, \
         (select server from placement where owner = {table}.id) as server, \
         (select ports from placement where owner = {table}.id) as ports"
    )
}

/// The ports that are given away on the host of that server.
pub async fn taken<'e>(
    executor: impl Executor<'e, Database = Any>,
    server: &str,
) -> sqlx::Result<HashSet<u16>> {
    // What nobody has claimed yet may be here.
    let rows = sqlx::query("select ports from placement where server in ($1, '')")
        .bind(server)
        .fetch_all(executor)
        .await?;
    let mut taken = HashSet::new();
    for row in &rows {
        taken.extend(list(row.try_get("ports")?)?);
    }
    Ok(taken)
}

/// The place of a resource as it is now.
pub async fn find(connection: &mut Connection, owner: &str) -> sqlx::Result<Option<Placement>> {
    let row = sqlx::query("select address, server, ports from placement where owner = $1")
        .bind(owner)
        .fetch_optional(connection)
        .await?;
    row.as_ref().map_or(Ok(None), Placement::decode)
}

/// Whose place it is.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    pub kind: Kind,
    pub cluster_id: &'a str,
    pub id: &'a str,
}

const REPLACE: &str =
    "do update set address = excluded.address, server = excluded.server, ports = excluded.ports";
const KEEP: &str = "do nothing";

/// Gives a resource its place, or another one.
pub async fn put(write: &mut Write, owner: Owner<'_>, placement: &Placement) -> sqlx::Result<()> {
    insert(
        &mut *write.tx,
        (owner.id, owner.cluster_id),
        placement,
        REPLACE,
    )
    .await?;
    write.changed(owner.kind, owner.cluster_id, owner.id).await
}

async fn insert<'e>(
    executor: impl Executor<'e, Database = Any>,
    (owner, cluster_id): (&str, &str),
    placement: &Placement,
    if_known: &str,
) -> sqlx::Result<()> {
    let sql = format!(
        "insert into placement (owner, cluster_id, address, server, ports) values ($1, $2, $3, $4, $5) \
         on conflict (owner) {if_known}"
    );
    sqlx::query(&sql)
        .bind(owner)
        .bind(cluster_id)
        .bind(placement.address.to_string())
        .bind(&placement.server)
        .bind(format!("{:?}", placement.ports))
        .execute(executor)
        .await?;
    Ok(())
}

/// All daemons of a cluster are on the host of that server.
pub async fn move_all(write: &mut Write, cluster_id: &str, server: &str) -> sqlx::Result<()> {
    sqlx::query("update placement set server = $1 where cluster_id = $2")
        .bind(server)
        .bind(cluster_id)
        .execute(&mut *write.tx)
        .await?;
    Ok(())
}

/// Forgets the place of a resource that goes.
pub(super) async fn delete(write: &mut Write, owner: &str) -> sqlx::Result<()> {
    sqlx::query("delete from placement where owner = $1")
        .bind(owner)
        .execute(&mut *write.tx)
        .await?;
    Ok(())
}

/// Earlier releases kept the ports in what was wanted: daemons that run there stay where they are.
pub async fn adopt(connection: &mut AnyConnection) -> sqlx::Result<()> {
    for table in ["cluster", "compute_node_group"] {
        let sql = format!(
            "select id, cluster_id, spec, applied_spec from {table} where id not in (select owner from placement)"
        );
        for row in sqlx::query(&sql).fetch_all(&mut *connection).await? {
            let (id, cluster_id): (String, String) =
                (row.try_get("id")?, row.try_get("cluster_id")?);
            let spec: String = row.try_get("spec")?;
            let applied: Option<String> = row.try_get("applied_spec")?;
            // A change under way has more or fewer of the same.
            let specs = [Some(spec), applied].into_iter().flatten();
            let all = specs.map(|spec| ports_of_before(&spec));
            let ports = all.max_by_key(Vec::len).unwrap_or_default();
            if !ports.is_empty() {
                let place = Placement::at(Ipv4Addr::LOCALHOST.into(), "", ports);
                insert(&mut *connection, (&id, &cluster_id), &place, KEEP).await?;
            }
        }
    }
    Ok(())
}

/// A group's list, or of a cluster's object its controller's.
fn ports_of_before(spec: &str) -> Vec<u16> {
    let spec: Value = serde_json::from_str(spec).unwrap_or_default();
    let ports = match &spec["ports"] {
        Value::Object(of_cluster) => Value::from_iter(of_cluster.get("controller").cloned()),
        list => list.clone(),
    };
    serde_json::from_value(ports).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_of_earlier_releases_are_found() {
        let table: [(&str, &[u16]); 5] = [
            (
                r#"{"ports":{"controller":20000,"first_node":20001,"nodes":32}}"#,
                &[20000],
            ),
            (r#"{"ports":[20005,20007]}"#, &[20005, 20007]),
            (r#"{"ports":[]}"#, &[]),
            (r#"{"size":"SMALL"}"#, &[]),
            ("", &[]),
        ];
        for (spec, ports) in table {
            assert_eq!(ports_of_before(spec), ports, "{spec}");
        }
    }
}
