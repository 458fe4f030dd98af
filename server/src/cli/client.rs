//! A call of this program to a running server, signed like the API.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use anyhow::{Context, bail};
use chrono::Utc;
use http::{Method, Request};
use openpcs_agent::answer::{NONCE, PROOF, PROVE_TO, PeerId, is_proven, new_nonce};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::credentials_file::{PROFILE, Profile};
use crate::auth::sigv4::sign::Signer;
use crate::config::{Reach, default_data_dir};

const TIMEOUT: Duration = Duration::from_secs(30);
/// For what takes the server time to make.
const DOWNLOAD: Duration = Duration::from_secs(15 * 60);

pub struct Client {
    endpoint: String,
    signer: Signer,
    agent: ureq::Agent,
}

/// Nobody answers at that address.
#[derive(Debug, thiserror::Error)]
#[error("no server answers at {0}; is `openpcs serve` running?")]
pub struct Unanswered(String);

/// The address of something of a cluster.
pub fn cluster_path(cluster: &str, what: &str) -> anyhow::Result<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if cluster.is_empty() || !cluster.chars().all(allowed) {
        bail!(
            "{cluster:?} is neither a cluster's name nor its id; `aws pcs list-clusters` shows them"
        );
    }
    Ok(format!("/openpcs/v1/clusters/{cluster}/{what}"))
}

impl Client {
    pub fn new(reach: &Reach) -> anyhow::Result<Client> {
        let profile = credentials(reach)?;
        let region = reach.region.clone().or(profile.region);
        Ok(Client {
            endpoint: reach.endpoint.trim_end_matches('/').into(),
            signer: Signer {
                region: region.unwrap_or_else(|| "us-east-1".into()),
                access_key_id: profile.access_key_id,
                secret: profile.secret,
            },
            agent: ureq::Agent::config_builder()
                .timeout_global(Some(TIMEOUT))
                .http_status_as_error(false)
                .build()
                .into(),
        })
    }

    pub fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        understood(&self.call(Method::GET, path, String::new())?)
    }

    pub fn get_text(&self, path: &str) -> anyhow::Result<String> {
        self.call(Method::GET, path, String::new())
    }

    pub fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> anyhow::Result<T> {
        understood(&self.call(Method::POST, path, serde_json::to_string(body)?)?)
    }

    /// Writes what is there, however long it is; how many bytes. It is for people and nothing of it is acted on: who answered
    /// need not prove anything.
    pub fn download(&self, path: &str, to: &mut impl io::Write) -> anyhow::Result<u64> {
        let endpoint = &self.endpoint;
        let request = Request::builder().uri(format!("{endpoint}{path}"));
        let mut request = request.body(String::new()).with_context(|| {
            format!("{endpoint} is no address of a server; it is like http://127.0.0.1:8765")
        })?;
        self.signer.sign(&mut request, Utc::now())?;
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .timeout_global(Some(DOWNLOAD))
            .http_status_as_error(false)
            .build()
            .into();
        let mut response = agent
            .run(request.map(drop))
            .with_context(|| Unanswered(endpoint.clone()))?;
        let status = response.status();
        if status.is_success() {
            let read = io::copy(&mut response.body_mut().as_reader(), to);
            return read.context("the server's answer broke off");
        }
        let text = response.body_mut().read_to_string().unwrap_or_default();
        match serde_json::from_str::<Refused>(&text) {
            Ok(refused) => bail!("{}", refused.message),
            Err(_) => bail!("the server at {endpoint} answered {status}; is it an OpenPCS server?"),
        }
    }

    /// The answer's text; a refusal is an error in the server's words.
    fn call(&self, method: Method, path: &str, body: String) -> anyhow::Result<String> {
        let endpoint = &self.endpoint;
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{endpoint}{path}"))
            .body(body)
            .with_context(|| {
                format!("{endpoint} is no address of a server; it is like http://127.0.0.1:8765")
            })?;
        let nonce = new_nonce();
        let peer = PeerId::AccessKey(self.signer.access_key_id.clone());
        request.headers_mut().insert(NONCE, nonce.parse()?);
        request
            .headers_mut()
            .insert(PROVE_TO, peer.to_string().parse()?);
        self.signer.sign(&mut request, Utc::now())?;
        // A GET has no body at all, not an empty one.
        let answer = if request.body().is_empty() {
            self.agent.run(request.map(drop))
        } else {
            self.agent.run(request)
        };
        let mut response = answer.with_context(|| Unanswered(endpoint.clone()))?;
        let status = response.status();
        let text = response.body_mut().read_to_string();
        match text {
            Ok(text) if status.is_success() && self.is_proven(&nonce, &response, &text) => Ok(text),
            Ok(_) if status.is_success() => bail!(
                "who answered at {endpoint} could not prove to be the server of this access key; nothing of the answer \
                 was used. See which program listens there, and whether server and `openpcs` are of one version"
            ),
            Ok(text) => match serde_json::from_str::<Refused>(&text) {
                Ok(refused) => bail!("{}", refused.message),
                Err(_) => {
                    bail!("the server at {endpoint} answered {status}; is it an OpenPCS server?")
                }
            },
            Err(cause) => Err(cause).context("the server's answer broke off"),
        }
    }

    /// The answer is acted on, `connect` even runs what it names: so it must be of one who knows our secret.
    fn is_proven(&self, nonce: &str, answer: &Answer, text: &str) -> bool {
        let given = answer.headers().get(PROOF).and_then(|p| p.to_str().ok());
        let status = answer.status().as_u16();
        is_proven(
            &self.signer.secret,
            nonce,
            status,
            text.as_bytes(),
            given.unwrap_or_default(),
        )
    }
}

type Answer = http::Response<ureq::Body>;

fn understood<T: DeserializeOwned>(text: &str) -> anyhow::Result<T> {
    serde_json::from_str(text)
        .context("the server's answer is not understood; is it of the same version?")
}

/// The text of a file, or of standard input for `-`.
pub fn read_file(path: &Path) -> anyhow::Result<String> {
    if path == Path::new("-") {
        return std::io::read_to_string(std::io::stdin()).context("standard input cannot be read");
    }
    fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

#[derive(Deserialize)]
struct Refused {
    message: String,
}

/// The first of: the named data directory, the AWS variables, the default data directory, the AWS credentials file.
fn credentials(reach: &Reach) -> anyhow::Result<Profile> {
    if let Some(dir) = &reach.data_dir {
        let file = dir.join("credentials");
        return from_file(&file, PROFILE).with_context(|| {
            format!(
                "{} has no profile [{PROFILE}] that you may read",
                file.display()
            )
        });
    }
    let set = |name| std::env::var(name).ok().filter(|v| !v.is_empty());
    if let (Some(access_key_id), Some(secret)) =
        (set("AWS_ACCESS_KEY_ID"), set("AWS_SECRET_ACCESS_KEY"))
    {
        return Ok(Profile {
            access_key_id,
            secret: Zeroizing::new(secret),
            region: set("AWS_DEFAULT_REGION"),
        });
    }
    let shared = set("AWS_SHARED_CREDENTIALS_FILE")
        .map(PathBuf::from)
        .or_else(|| set("HOME").map(|home| Path::new(&home).join(".aws/credentials")));
    let name = set("AWS_PROFILE").unwrap_or_else(|| PROFILE.into());
    from_file(&default_data_dir().join("credentials"), PROFILE)
        .or_else(|| from_file(&shared?, &name))
        .context(
            "there are no credentials: name the server's data directory with --data-dir, or set AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY to a key of `openpcs key create`",
        )
}

fn from_file(file: &Path, profile: &str) -> Option<Profile> {
    let text = Zeroizing::new(fs::read_to_string(file).ok()?);
    Profile::find(&text, profile)
}
