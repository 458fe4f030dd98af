//! One `moto_server` for a test, gone with it: its memory is one for all who ask it.

use std::net::{SocketAddr, TcpListener};
use std::process::Stdio;
use std::time::Duration;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::config::{BehaviorVersion, Credentials, Region};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

pub struct Moto {
    pub address: SocketAddr,
    _process: Child,
}

/// It answers within a second or two on a quiet machine.
const STARTS_WITHIN: Duration = Duration::from_secs(60);

impl Moto {
    pub async fn start() -> Moto {
        let tools = std::env::var("OPENPCS_TOOLS").unwrap_or_else(|_| "/opt/openpcs".into());
        let address = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let process = Command::new(format!("{tools}/moto/bin/moto_server"))
            .args(["-H", "127.0.0.1", "-p", &address.port().to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("`.setup/test` installs it");
        let up = async {
            while TcpStream::connect(address).await.is_err() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(STARTS_WITHIN, up)
            .await
            .expect("moto_server answers");
        Moto {
            address,
            _process: process,
        }
    }
}

/// A client of whoever listens there. Nothing of the machine's own settings is asked for.
pub fn client(address: SocketAddr) -> Client {
    let config = aws_sdk_ec2::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(format!("http://{address}"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}
