//! One `moto_server` for a test, gone with it: its memory is one for all who ask it.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::config::{BehaviorVersion, Credentials, Region};
use tempfile::NamedTempFile;
use tokio::process::{Child, Command};

pub struct Moto {
    pub address: SocketAddr,
    _log: NamedTempFile,
    _process: Child,
}

/// It answers within a second or two on a quiet machine.
const STARTS_WITHIN: Duration = Duration::from_secs(60);

impl Moto {
    /// At a port that it takes by itself, and tells: one that is chosen for it may be another moto's by then.
    pub async fn start() -> Moto {
        let tools = std::env::var("OPENPCS_TOOLS").unwrap_or_else(|_| "/opt/openpcs".into());
        let log = NamedTempFile::new().unwrap();
        let process = Command::new(format!("{tools}/moto/bin/moto_server"))
            .args(["-H", "127.0.0.1", "-p", "0"])
            .stdout(Stdio::null())
            .stderr(log.reopen().unwrap())
            .kill_on_drop(true)
            .spawn()
            .expect("`.setup/test` installs it");
        let up = async {
            loop {
                if let Some(address) = told(&log) {
                    return address;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let address = tokio::time::timeout(STARTS_WITHIN, up).await;
        Moto {
            address: address.expect("moto_server answers"),
            _log: log,
            _process: process,
        }
    }
}

/// Where it says that it listens.
fn told(log: &NamedTempFile) -> Option<SocketAddr> {
    let text = std::fs::read_to_string(log.path()).unwrap();
    let (_, told) = text.split_once("Running on http://")?;
    told.split_once('\n')?.0.parse().ok()
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
