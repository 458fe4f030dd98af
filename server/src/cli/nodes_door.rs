//! The listener for nodes that are hosts of their own: at an address of their network, and for nothing else.

use std::future::pending;
use std::net::SocketAddr;

use anyhow::Context;
use tokio::net::TcpListener;

use crate::config::Config;
use crate::http::connection::Limits;
use crate::http::programs::Programs;
use crate::http::serve::{most_of_agents, serve};
use crate::http::{Doors, HttpState};
use crate::service::for_nodes::ForNodes;
use crate::slurm::catalogue;

pub struct NodesDoor {
    listener: TcpListener,
    programs: Programs,
    /// As nodes call it.
    endpoint: String,
    port: u16,
}

impl NodesDoor {
    /// None when all nodes are of this host.
    pub async fn open(config: &Config) -> anyhow::Result<Option<NodesDoor>> {
        let Some(address) = config.nodes_address()? else {
            return Ok(None);
        };
        let listener = bind(address).await?;
        let own = std::env::current_exe()?.with_file_name("openpcs-agent");
        Ok(Some(NodesDoor {
            endpoint: format!("http://{}", listener.local_addr()?),
            port: listener.local_addr()?.port(),
            listener,
            programs: Programs::read(
                &config.agents.directory(),
                &own,
                &catalogue::versions(&config.scheduler_root),
            )?,
        }))
    }

    pub fn for_nodes(&self) -> ForNodes {
        ForNodes {
            endpoint: self.endpoint.clone(),
            port: self.port,
            agents: self.programs.agents(),
            packages: self.programs.packages(),
        }
    }

    /// Serves until it is aborted.
    pub async fn serve(self, state: HttpState) {
        let doors = Doors::for_nodes(state, self.programs);
        let (most, limits) = (most_of_agents(), Limits::default());
        let served = serve(self.listener, doors, most, limits, pending()).await;
        tracing::error!(?served, "the door of nodes is no longer served");
    }
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!(
            "cannot listen on {address} for nodes. Name an address of this host with --advertise, and a free port with \
             --nodes-port"
        )
    })
}
