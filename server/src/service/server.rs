//! The servers that share the database, and giving one up: its clusters can then be deleted without it.

use app::explain::What;
use app::model::error::{Error, Result};
use app::model::live::Kind;
use app::model::operation::Operation;
use app::model::server::*;
use app::model::setting::ErrorInfo;
use app::model::status::Status;
use app::port::{Ctx, Servers};
use async_trait::async_trait;
use openpcs_provider::lease::TERM_MS;

use super::Service;
use super::cluster::contents;
use super::write::Change;
use crate::auth::policy::Authorize as _;
use crate::db::cluster::{ClusterRow, ClusterSpec};
use crate::db::connection::Connection;
use crate::db::resource::{self, GIVEN_UP, Noun, Row};
use crate::db::server::{self, Seen, ServerRow};
use crate::db::{forgotten, instance, lease};
use crate::fault::internal;

const RESOURCE_TYPE: &str = "Server";

#[async_trait]
impl Servers for Service {
    async fn list_servers(&self, ctx: &Ctx) -> Result<Vec<Server>> {
        ctx.authorize(Operation::ListServers, "*")?;
        self.servers().await.map_err(internal)
    }

    async fn forget_server(
        &self,
        ctx: &Ctx,
        input: ForgetServerRequest,
    ) -> Result<ForgetServerResponse> {
        let (id, arn) = (&input.server_id, self.parts.arns.server(&input.server_id));
        let operation = Operation::ForgetServer;
        ctx.authorize(operation, &arn)?;
        self.change(ctx, operation, &input, None, async |mut change| {
            let known = server::find(&mut *change.write.tx, id).await;
            let lost = known.map_err(internal)?.ok_or_else(|| missing(id))?;
            let is_own = *id == self.parts.server.id;
            let forgotten = server::forget(&self.parts.db, &mut change.write, id).await;
            if is_own || !forgotten.map_err(internal)? {
                return Err(lives(&lost));
            }
            let clusters = of_server(&mut change.write.tx, id).await?;
            for cluster in &clusters {
                give_up(&mut change, cluster, &lost).await?;
            }
            let answer = ForgetServerResponse {
                host: lost.host,
                clusters: clusters.iter().map(named).collect(),
            };
            change.commit(&arn, answer).await
        })
        .await
    }
}

impl Service {
    pub(super) async fn servers(&self) -> sqlx::Result<Vec<Server>> {
        let pool = self.parts.db.pool();
        let clusters = resource::list::<ClusterSpec>(pool, None).await?;
        let server = |Seen {
                          server,
                          seen_at,
                          lives,
                      }| {
            let own = clusters.iter().filter(|row| row.server() == server.id);
            Server {
                clusters: own.map(named).collect(),
                id: server.id,
                host: server.host,
                url: server.url,
                seen_at,
                lives,
            }
        };
        let all = server::all(&self.parts.db, pool).await?;
        Ok(all.into_iter().map(server).collect())
    }
}

fn missing(id: &str) -> Error {
    let message = format!(
        "There is no server {id}. `openpcs server list` shows those that use this database."
    );
    Error::not_found(RESOURCE_TYPE, id, message)
}

/// Whoever lives looks after its clusters.
fn lives(server: &ServerRow) -> Error {
    let message = format!(
        "The server on the host {} lives, or did less than {} seconds ago: it is reached at {}. Only one that is silent can \
         be given up: stop it first, if it is to go.",
        server.host,
        TERM_MS / 1_000,
        server.url
    );
    Error::conflict(RESOURCE_TYPE, &server.id, message)
}

fn named(row: &ClusterRow) -> ServerCluster {
    ServerCluster {
        id: row.id.clone(),
        name: row.name.clone(),
    }
}

async fn of_server(db: &mut Connection, id: &str) -> Result<Vec<ClusterRow>> {
    let mut all: Vec<ClusterRow> = resource::list(db, None).await.map_err(internal)?;
    all.retain(|row| row.server() == id);
    Ok(all)
}

/// From now on it can only be deleted, and nobody runs it: also not that server, should it come back.
async fn give_up(change: &mut Change, cluster: &ClusterRow, lost: &ServerRow) -> Result<()> {
    let (groups, queues) = contents(&mut change.write.tx, cluster).await?;
    suspend(change, cluster, lost).await?;
    for group in &groups {
        suspend(change, group, lost).await?;
    }
    for queue in &queues {
        suspend(change, queue, lost).await?;
    }
    let host = lost.host.clone();
    let (write, id) = (&mut change.write, &cluster.id);
    let written = async {
        for row in instance::live(&mut *write.tx, id).await? {
            instance::set_ended(write, &row).await?;
        }
        lease::delete(write, id).await?;
        forgotten::put(write, id, lost).await
    };
    written.await.map_err(internal)?;
    let what = What::ServerForgotten { host };
    change.event(id, Kind::Cluster, id, &what).await
}

/// What is being deleted goes on to be.
async fn suspend<S: Noun>(change: &mut Change, row: &Row<S>, lost: &ServerRow) -> Result<()> {
    let message = format!(
        "The server that ran this was given up as lost, with its host {}. It can only be deleted; what is left of it on \
         that host stays there.",
        lost.host
    );
    let status = match row.status {
        Status::Deleting => Status::Deleting,
        _ => Status::Suspended,
    };
    let row = Row {
        status,
        error_info: vec![ErrorInfo {
            code: Some(GIVEN_UP.into()),
            message: Some(message),
        }],
        ..row.clone()
    };
    let written = resource::update(&mut change.write, &row, true).await;
    written.map(drop).map_err(internal)
}
