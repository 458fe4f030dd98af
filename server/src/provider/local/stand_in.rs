//! Stands in for a node that died, until the next instance has its port.
//!
//! slurmctld tries for ten seconds to reach a node that refuses connections, so what it has to say to an instance that
//! has gone (kill this job) would reach the next one of the same name and end the job's next run. A connection that is
//! taken and closed is tried no more.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

/// Longer than slurmctld tries.
const LASTS: Duration = Duration::from_secs(15);

/// The nodes that are stood in for, by cluster and name.
#[derive(Default)]
pub struct StandIns(Mutex<HashMap<(String, String), JoinHandle<()>>>);

impl StandIns {
    /// Takes the port if it is free: a node whose slurmd still lives listens itself.
    pub async fn begin(&self, cluster_id: &str, node: &str, port: u16) {
        let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await else {
            return;
        };
        let task = tokio::spawn(async move {
            // The end of the time is the end of it.
            let _ = tokio::time::timeout(LASTS, hang_up(listener)).await;
        });
        let mut all = self.0.lock().await;
        all.retain(|_, task| !task.is_finished());
        all.insert((cluster_id.into(), node.into()), task);
    }

    /// Gives the port back.
    pub async fn end(&self, cluster_id: &str, node: &str) {
        let found = self
            .0
            .lock()
            .await
            .remove(&(cluster_id.into(), node.into()));
        if let Some(task) = found {
            task.abort();
            // Only then is the listener closed.
            let _ = task.await;
        }
    }
}

async fn hang_up(listener: TcpListener) {
    loop {
        if let Err(error) = listener.accept().await {
            tracing::debug!(%error, "a connection to a dead node is not taken");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn what_is_sent_to_a_dead_node_is_taken_until_the_next_one_comes() {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = free.local_addr().unwrap();
        let all = StandIns::default();
        all.begin("c", "a-1", address.port()).await;
        assert!(all.0.lock().await.is_empty(), "the node listens itself");
        drop(free);
        all.begin("c", "a-1", address.port()).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        assert_eq!(stream.read(&mut [0]).await.unwrap_or_default(), 0);
        all.end("c", "a-1").await;
        assert!(TcpStream::connect(address).await.is_err());
        TcpListener::bind(address).await.unwrap();
    }
}
