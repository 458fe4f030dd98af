//! AWS's services beside EC2, as moto answers for them: an account of a test's own, at a port of this host.

use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::NamedTempFile;

use super::ec2::{cli, tool};
use super::wait_until;

pub struct Moto {
    pub port: u16,
    child: Child,
    _log: NamedTempFile,
}

impl Moto {
    /// At a port that it takes by itself, and tells: one that is chosen for it may be another's by then.
    pub async fn start() -> Moto {
        let log = NamedTempFile::new().unwrap();
        let child = Command::new(tool("moto_server"))
            .args(["-H", "127.0.0.1", "-p", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log.reopen().unwrap())
            .spawn()
            .unwrap();
        let port = wait_until("moto answers", async || {
            let text = std::fs::read_to_string(log.path()).unwrap();
            told(&text).ok_or(text)
        })
        .await;
        Moto {
            port,
            child,
            _log: log,
        }
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

/// The port at which it says that it listens.
fn told(text: &str) -> Option<u16> {
    let (_, told) = text.split_once("Running on http://127.0.0.1:")?;
    told.split_once('\n')?.0.parse().ok()
}
