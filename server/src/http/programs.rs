//! The agent's program for nodes that have none in their image. It is no secret, and they know by its hash that it is ours.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path as Named, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

/// As EC2 calls them.
const ARCHITECTURES: [&str; 2] = ["x86_64", "arm64"];

/// What there was when the server started: the hash that nodes were told stays true while a new release is installed.
#[derive(Clone, Default)]
pub struct Programs(Arc<BTreeMap<&'static str, Program>>);

struct Program {
    sha256: String,
    bytes: Bytes,
}

impl Programs {
    /// `openpcs-agent-ARCHITECTURE` in the directory; for this host's own architecture else the agent of this host.
    pub fn read(dir: &Path, own: &Path) -> io::Result<Programs> {
        let mut found = BTreeMap::new();
        for architecture in ARCHITECTURES {
            let path = dir.join(format!("openpcs-agent-{architecture}"));
            let path = match path.exists() || architecture != this_host() {
                true => &path,
                false => own,
            };
            match std::fs::read(path) {
                Ok(bytes) => {
                    let sha256 = hex::encode(Sha256::digest(&bytes));
                    let bytes = bytes.into();
                    found.insert(architecture, Program { sha256, bytes });
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    let message = format!("cannot read {}: {error}", path.display());
                    return Err(io::Error::new(error.kind(), message));
                }
            }
        }
        Ok(Programs(Arc::new(found)))
    }

    /// Each architecture that nodes may have, with the SHA-256 of its program in hexadecimal.
    pub fn list(&self) -> Vec<(&'static str, String)> {
        let programs = self.0.iter();
        programs
            .map(|(architecture, program)| (*architecture, program.sha256.clone()))
            .collect()
    }
}

fn this_host() -> &'static str {
    match std::env::consts::ARCH {
        "aarch64" => "arm64",
        other => other,
    }
}

/// `GET /instance/v1/agent/{architecture}`
pub async fn get(State(programs): State<Programs>, Named(architecture): Named<String>) -> Response {
    match programs.0.get(architecture.as_str()) {
        Some(program) => {
            let kind = [(CONTENT_TYPE, "application/octet-stream")];
            (kind, program.bytes.clone()).into_response()
        }
        None => {
            let kind = [(CONTENT_TYPE, "text/plain; charset=utf-8")];
            let message = "This server has no openpcs-agent for that architecture. Put openpcs-agent-x86_64 or \
                           openpcs-agent-arm64 into its --agents-dir and restart it.\n";
            (StatusCode::NOT_FOUND, kind, message).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_its_own_agent_and_others_what_was_put_there() {
        let dir = tempfile::tempdir().unwrap();
        let own = dir.path().join("openpcs-agent");
        assert!(Programs::read(dir.path(), &own).unwrap().list().is_empty());
        std::fs::write(&own, "own").unwrap();
        let list = |name: &str| {
            std::fs::write(dir.path().join(name), name).unwrap();
            Programs::read(dir.path(), &own).unwrap().list()
        };
        let hash = |text: &str| hex::encode(Sha256::digest(text));
        let own_hash = (this_host(), hash("own"));
        assert_eq!(list("other"), [own_hash]);
        list("openpcs-agent-x86_64");
        let both = list("openpcs-agent-arm64");
        let named = |name: &'static str| (name, hash(&format!("openpcs-agent-{name}")));
        assert_eq!(both, [named("arm64"), named("x86_64")]);
    }
}
