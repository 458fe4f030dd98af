//! A control plane under test: the server, its database, and a client of the administrator.

use app::model::catalogue::Catalogue;
use aws_sdk_pcs::Client;
use aws_sdk_pcs::config::{BehaviorVersion, Config, Credentials, Region, retry::RetryConfig};
use aws_sdk_pcs::types::*;
use tokio::sync::OnceCell;

use super::http::Http;
use super::{Database, Postgres, Server, gone, leftovers, processes, wait_until};

pub struct TestPlane {
    pub server: Server,
    pub postgres: Option<Postgres>,
    client: Client,
    catalogue: Catalogue,
    shared: OnceCell<Cluster>,
    finished: bool,
}

impl TestPlane {
    pub async fn start(database: Database) -> Self {
        let postgres = database.is_postgres().then(Postgres::start);
        let server = Server::new(postgres.as_ref().map(Postgres::url));
        Self::on(server, postgres).await
    }

    /// On a server that was prepared in another way.
    pub async fn on(server: Server, postgres: Option<Postgres>) -> Self {
        let catalogue = catalogue(&server);
        Self::of_account(server, postgres, catalogue).await
    }

    /// On a server whose clusters are made of that.
    pub async fn of_account(
        mut server: Server,
        postgres: Option<Postgres>,
        catalogue: Catalogue,
    ) -> Self {
        server.start().await;
        let client = client(&server);
        Self {
            server,
            postgres,
            client,
            catalogue,
            shared: OnceCell::new(),
            finished: false,
        }
    }

    /// The SDK as the administrator uses it. It does not retry: a test wants to see each answer.
    pub fn admin(&self) -> &Client {
        &self.client
    }

    pub fn http(&self) -> Http {
        Http::new(self.server.endpoint(), self.server.access_key())
    }

    /// What the server keeps its rows in.
    pub async fn database(&self) -> sqlx::AnyPool {
        sqlx::any::install_default_drivers();
        let file = self.server.data().join("openpcs.db");
        let url = match &self.postgres {
            Some(postgres) => postgres.url(),
            None => format!("sqlite://{}", file.display()),
        };
        sqlx::AnyPool::connect(&url).await.unwrap()
    }

    /// The timeline of all clusters, in English.
    pub async fn events(&self) -> Vec<String> {
        let pool = self.database().await;
        let messages = sqlx::query_scalar("select message from event");
        let messages = messages.fetch_all(&pool).await.unwrap();
        pool.close().await;
        messages
    }

    /// `openpcs` with these arguments, on this server's data directory and database.
    pub fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = self.server.openpcs();
        command
            .args(arguments)
            .arg("--data-dir")
            .arg(self.server.data());
        if let Some(postgres) = &self.postgres {
            command.args(["--database-url", &postgres.url()]);
        }
        command
    }

    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// A cluster that many checks of one plane use, made when first asked for.
    pub async fn shared_cluster(&self) -> &Cluster {
        self.shared
            .get_or_init(|| self.cluster("shared", 600))
            .await
    }

    /// `kill -9` of the server, and a new one on what the old one left.
    pub async fn crash(&mut self) {
        self.server.kill();
        self.server.start().await;
    }

    pub async fn get_cluster(&self, cluster: &str) -> Cluster {
        self.client
            .get_cluster()
            .cluster_identifier(cluster)
            .send()
            .await
            .unwrap()
            .cluster
            .unwrap()
    }

    pub async fn get_group(&self, cluster: &str, group: &str) -> ComputeNodeGroup {
        let get = self
            .client
            .get_compute_node_group()
            .cluster_identifier(cluster)
            .compute_node_group_identifier(group);
        get.send().await.unwrap().compute_node_group.unwrap()
    }

    pub async fn get_queue(&self, cluster: &str, queue: &str) -> Queue {
        let get = self
            .client
            .get_queue()
            .cluster_identifier(cluster)
            .queue_identifier(queue);
        get.send().await.unwrap().queue.unwrap()
    }

    pub async fn wait_cluster(&self, cluster: &str, wanted: ClusterStatus) -> Cluster {
        wait_until(&format!("cluster {cluster} is {wanted}"), async || {
            let found = self.get_cluster(cluster).await;
            settled(found.status.as_str(), wanted.as_str(), found.error_info())?;
            Ok(found)
        })
        .await
    }

    pub async fn wait_group(
        &self,
        cluster: &str,
        group: &str,
        wanted: ComputeNodeGroupStatus,
    ) -> ComputeNodeGroup {
        wait_until(&format!("group {group} is {wanted}"), async || {
            let found = self.get_group(cluster, group).await;
            settled(found.status.as_str(), wanted.as_str(), found.error_info())?;
            Ok(found)
        })
        .await
    }

    pub async fn wait_queue(&self, cluster: &str, queue: &str, wanted: QueueStatus) -> Queue {
        wait_until(&format!("queue {queue} is {wanted}"), async || {
            let found = self.get_queue(cluster, queue).await;
            settled(found.status.as_str(), wanted.as_str(), found.error_info())?;
            Ok(found)
        })
        .await
    }

    pub async fn delete_queue(&self, cluster: &str, queue: &str) {
        let name = || (cluster.to_string(), queue.to_string());
        let ((c, q), (c2, q2)) = (name(), name());
        self.client
            .delete_queue()
            .cluster_identifier(c)
            .queue_identifier(q)
            .send()
            .await
            .unwrap();
        let get = self
            .client
            .get_queue()
            .cluster_identifier(c2)
            .queue_identifier(q2);
        wait_until(&format!("queue {queue} is gone"), async || {
            gone(get.clone().send().await)
        })
        .await;
    }

    pub async fn delete_group(&self, cluster: &str, group: &str) {
        let delete = self
            .client
            .delete_compute_node_group()
            .cluster_identifier(cluster);
        delete
            .compute_node_group_identifier(group)
            .send()
            .await
            .unwrap();
        let get = self
            .client
            .get_compute_node_group()
            .cluster_identifier(cluster)
            .compute_node_group_identifier(group);
        wait_until(&format!("group {group} is gone"), async || {
            gone(get.clone().send().await)
        })
        .await;
    }

    pub async fn delete_cluster(&self, cluster: &str) {
        self.client
            .delete_cluster()
            .cluster_identifier(cluster)
            .send()
            .await
            .unwrap();
        let get = self.client.get_cluster().cluster_identifier(cluster);
        wait_until(&format!("cluster {cluster} is gone"), async || {
            gone(get.clone().send().await)
        })
        .await;
    }

    /// Deletes a cluster with all that is in it.
    pub async fn delete_all_of(&self, cluster: &str) {
        for queue in self
            .client
            .list_queues()
            .cluster_identifier(cluster)
            .max_results(100)
            .send()
            .await
            .unwrap()
            .queues
        {
            self.delete_queue(cluster, &queue.id).await;
        }
        let groups = self
            .client
            .list_compute_node_groups()
            .cluster_identifier(cluster)
            .max_results(100)
            .send()
            .await
            .unwrap();
        for group in groups.compute_node_groups {
            self.delete_group(cluster, &group.id).await;
        }
        self.delete_cluster(cluster).await;
    }

    /// Deletes everything, ends the server, and fails if anything is left of it.
    pub async fn finish(mut self) {
        for cluster in self.client.list_clusters().send().await.unwrap().clusters {
            self.delete_all_of(&cluster.id).await;
        }
        self.nothing_is_left().await;
        self.server.stop();
        let log = self.server.log();
        assert!(!log.contains("panicked"), "the server panicked:\n{log}");
        assert!(
            !log.contains(&self.server.access_key().secret),
            "the log has the administrator's secret"
        );
        self.finished = true;
    }

    /// Ends the test of a server that was killed: what it left is another one's.
    pub fn leave(mut self) {
        self.finished = true;
    }

    /// Of the clusters that were: no process but the server's own, no directory.
    pub async fn nothing_is_left(&self) {
        wait_until(
            "no process or directory of a deleted cluster is left",
            async || {
                let mut processes = processes(self.server.root());
                processes.retain(|(_, line)| !line.contains(" serve "));
                let directories = leftovers::cluster_directories(&self.server.data());
                if processes.is_empty() && directories.is_empty() {
                    return Ok(());
                }
                Err(format!("{processes:?} {directories:?}"))
            },
        )
        .await;
    }
}

impl Drop for TestPlane {
    fn drop(&mut self) {
        assert!(
            self.finished || std::thread::panicking(),
            "the test did not call finish()"
        );
    }
}

fn client(server: &Server) -> Client {
    let key = server.access_key();
    // A connection for each request: one that is kept could be to a server that was killed.
    let http = aws_smithy_http_client::Builder::new()
        .pool_max_idle_per_host(0)
        .build_http();
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http)
        .endpoint_url(server.endpoint())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new(key.id, key.secret, None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

fn catalogue(server: &Server) -> Catalogue {
    let output = server
        .openpcs()
        .args(["catalogue", "--json"])
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"))
}

/// As wanted; a failure that is not the wanted one will not go away by waiting.
fn settled(status: &str, wanted: &str, errors: &[ErrorInfo]) -> Result<(), String> {
    if status == wanted {
        return Ok(());
    }
    assert!(
        !status.ends_with("_FAILED"),
        "{status} instead of {wanted}: {errors:?}"
    );
    Err(format!("{status} {errors:?}"))
}
