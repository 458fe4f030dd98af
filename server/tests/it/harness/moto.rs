//! AWS's services beside EC2, as moto answers for them: an account of a test's own, at a port of this host.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::ec2::{cli, tool};
use super::wait_until;

pub struct Moto {
    pub port: u16,
    child: Child,
}

impl Moto {
    pub async fn start() -> Moto {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let child = Command::new(tool("moto_server"))
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let moto = Moto { port, child };
        wait_until("moto answers", async || {
            let connected = tokio::net::TcpStream::connect(("127.0.0.1", port)).await;
            connected.map(|_| ()).map_err(|error| error.to_string())
        })
        .await;
        moto
    }

    /// The real AWS CLI against this account.
    pub fn aws(&self, arguments: &[&str]) -> Value {
        cli(&format!("http://127.0.0.1:{}", self.port), arguments)
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
