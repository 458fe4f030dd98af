//! What nodes fetch that have none in their image: the agent's program, and Slurm. It is no secret, and they know by its
//! hash that it is ours.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use app::model::catalogue::SlurmVersion;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path as Named, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

use openpcs_agent::protocol::this_architecture;

use crate::slurm::package;

/// As EC2 calls them.
const ARCHITECTURES: [&str; 2] = ["x86_64", "arm64"];

/// What there was when the server started: the hash that nodes were told stays true while a new release is installed.
#[derive(Clone, Default)]
pub struct Programs(Arc<Found>);

#[derive(Default)]
struct Found {
    agents: BTreeMap<&'static str, Program>,
    /// By version and architecture.
    packages: BTreeMap<(String, &'static str), Program>,
}

struct Program {
    sha256: String,
    bytes: Bytes,
}

impl Programs {
    /// `openpcs-agent-ARCHITECTURE` in the directory, for this host's own architecture else the agent of this host; and the
    /// packages of these versions of Slurm.
    pub fn read(dir: &Path, own: &Path, versions: &[SlurmVersion]) -> io::Result<Programs> {
        let mut found = Found::default();
        for architecture in ARCHITECTURES {
            let path = dir.join(format!("openpcs-agent-{architecture}"));
            let path = match path.exists() || architecture != this_architecture() {
                true => &path,
                false => own,
            };
            let agent = Program::read(path)?.map(|agent| (architecture, agent));
            found.agents.extend(agent);
            for version in versions {
                let path = dir.join(package::file_name(&version.id, architecture));
                let key = (version.id.clone(), architecture);
                found
                    .packages
                    .extend(Program::read(&path)?.map(|it| (key, it)));
            }
        }
        Ok(Programs(Arc::new(found)))
    }

    /// Each architecture that nodes may have, with the SHA-256 of its agent in hexadecimal.
    pub fn agents(&self) -> Vec<(&'static str, String)> {
        let agents = self.0.agents.iter();
        agents
            .map(|(architecture, agent)| (*architecture, agent.sha256.clone()))
            .collect()
    }

    /// The version and architecture of each Slurm, with the SHA-256 of its package.
    pub fn packages(&self) -> Vec<(String, &'static str, String)> {
        let packages = self.0.packages.iter();
        packages
            .map(|((version, of), package)| (version.clone(), *of, package.sha256.clone()))
            .collect()
    }
}

impl Program {
    /// None where there is no such file.
    fn read(path: &Path) -> io::Result<Option<Program>> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(Some(Program {
                sha256: hex::encode(Sha256::digest(&bytes)),
                bytes: bytes.into(),
            })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                let message = format!("cannot read {}: {error}", path.display());
                Err(io::Error::new(error.kind(), message))
            }
        }
    }
}

/// `/instance/v1/agent/{architecture}` and `/instance/v1/slurm/{version}/{architecture}`, without a secret.
pub fn routes(programs: Programs) -> Router {
    Router::new()
        .route("/instance/v1/agent/{architecture}", get(agent))
        .route("/instance/v1/slurm/{version}/{architecture}", get(slurm))
        .with_state(programs)
}

async fn agent(State(programs): State<Programs>, Named(of): Named<String>) -> Response {
    let lacking = "This server has no openpcs-agent for that architecture. Put openpcs-agent-x86_64 or \
                   openpcs-agent-arm64 into its --agents-dir and restart it.\n";
    answer(programs.0.agents.get(of.as_str()), lacking)
}

async fn slurm(
    State(programs): State<Programs>,
    Named((version, architecture)): Named<(String, String)>,
) -> Response {
    let mut packages = programs.0.packages.iter();
    let package = packages.find(|((v, of), _)| *v == version && *of == architecture);
    let lacking = "This server has no package of that Slurm for that architecture. Make it there with `openpcs \
                   package-slurm` and restart it.\n";
    answer(package.map(|(_, package)| package), lacking)
}

fn answer(program: Option<&Program>, lacking: &'static str) -> Response {
    match program {
        Some(program) => {
            let kind = [(CONTENT_TYPE, "application/octet-stream")];
            (kind, program.bytes.clone()).into_response()
        }
        None => {
            let kind = [(CONTENT_TYPE, "text/plain; charset=utf-8")];
            (StatusCode::NOT_FOUND, kind, lacking).into_response()
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
        let read = || Programs::read(dir.path(), &own, &[]).unwrap();
        assert!(read().agents().is_empty());
        std::fs::write(&own, "own").unwrap();
        let list = |name: &str| {
            std::fs::write(dir.path().join(name), name).unwrap();
            read().agents()
        };
        let hash = |text: &str| hex::encode(Sha256::digest(text));
        let own_hash = (this_architecture(), hash("own"));
        assert_eq!(list("other"), [own_hash]);
        list("openpcs-agent-x86_64");
        let both = list("openpcs-agent-arm64");
        let named = |name: &'static str| (name, hash(&format!("openpcs-agent-{name}")));
        assert_eq!(both, [named("arm64"), named("x86_64")]);
    }

    #[test]
    fn slurm_is_offered_that_was_packaged_and_is_known() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["slurm-24.11-arm64.tar.gz", "slurm-99.11-arm64.tar.gz"] {
            std::fs::write(dir.path().join(name), name).unwrap();
        }
        let versions = crate::slurm::catalogue::versions(dir.path());
        let programs = Programs::read(dir.path(), &dir.path().join("none"), &versions).unwrap();
        let hash = hex::encode(Sha256::digest("slurm-24.11-arm64.tar.gz"));
        assert_eq!(programs.packages(), [("24.11".to_owned(), "arm64", hash)]);
    }
}
