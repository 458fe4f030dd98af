//! Calls to the server, and the check that it was the server that answered.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use ureq::http::StatusCode;
use ureq::unversioned::resolver::DefaultResolver;

use super::socket::SocketConnector;
use crate::answer::{NONCE, PROOF, PROVE_TO, PeerId, is_proven, new_nonce};

/// What an endpoint begins with that is a socket of this host.
const SOCKET: &str = "unix:";
/// A socket needs no address, but a request does.
const NOWHERE: &str = "http://127.0.0.1";

/// A server that can be called.
pub struct Client {
    agent: ureq::Agent,
    endpoint: String,
    address: String,
    id: String,
    proof_key: String,
}

/// What came back: a status, whatever it is, and the body.
pub struct Reply {
    pub status: StatusCode,
    pub body: String,
}

impl Reply {
    /// The body of a success; else a message for the log.
    pub fn success(self) -> Result<String, String> {
        match self.status.is_success() {
            true => Ok(self.body),
            false => Err(format!(
                "the server answered {}: {}",
                self.status, self.body
            )),
        }
    }
}

type Answer = ureq::http::Response<ureq::Body>;
type Post = ureq::RequestBuilder<ureq::typestate::WithBody>;

impl Client {
    /// `id` is the instance's or the cluster's, to which the server proves itself with that key.
    pub fn new(endpoint: &str, id: &str, proof_key: &str, timeout: Duration) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            // The control plane is never behind the proxy that jobs may use.
            .proxy(None)
            .build();
        let socket = endpoint.strip_prefix(SOCKET).map(PathBuf::from);
        let address = match socket {
            Some(_) => NOWHERE,
            None => endpoint.trim_end_matches('/'),
        };
        Self {
            agent: match socket {
                Some(path) => ureq::Agent::with_parts(
                    config,
                    SocketConnector { path },
                    DefaultResolver::default(),
                ),
                None => config.into(),
            },
            endpoint: endpoint.into(),
            address: address.into(),
            id: id.into(),
            proof_key: proof_key.into(),
        }
    }

    /// An operation of the service, unsigned: only registering is allowed so.
    pub fn operation(&self, name: &str, input: &impl Serialize) -> Result<Reply, String> {
        let target = format!("AWSParallelComputingService.{name}");
        let request = self.post("/").header("x-amz-target", target);
        self.send(request.content_type("application/x-amz-json-1.0"), input)
    }

    /// One of the server's own calls for agents.
    pub fn call(&self, path: &str, token: &str, input: &impl Serialize) -> Result<Reply, String> {
        let bearer = format!("Bearer {token}");
        let request = self.post(path).header("authorization", bearer);
        self.send(request.content_type("application/json"), input)
    }

    /// The same without a message.
    pub fn get(&self, path: &str, token: &str) -> Result<Reply, String> {
        self.hello()?;
        let request = self.agent.get(format!("{}{path}", self.address));
        let request = request.header("authorization", format!("Bearer {token}"));
        self.believed(|nonce, peer| request.header(NONCE, nonce).header(PROVE_TO, peer).call())
    }

    fn post(&self, path: &str) -> Post {
        self.agent.post(format!("{}{path}", self.address))
    }

    fn send(&self, request: Post, input: &impl Serialize) -> Result<Reply, String> {
        let body = serde_json::to_string(input).map_err(|error| error.to_string())?;
        self.hello()?;
        self.believed(|nonce, peer| {
            let request = request.header(NONCE, nonce).header(PROVE_TO, peer);
            request.send(body)
        })
    }

    /// What we send holds a secret: whoever waits at this address gets it only after a proof.
    fn hello(&self) -> Result<(), String> {
        let hello = format!("{}/instance/v1/proof", self.address);
        let hello = self.agent.get(hello);
        self.believed(|nonce, peer| hello.header(NONCE, nonce).header(PROVE_TO, peer).call())
            .map(drop)
    }

    /// Asks, and takes the answer if its proof is right.
    fn believed(
        &self,
        ask: impl FnOnce(&str, &str) -> Result<Answer, ureq::Error>,
    ) -> Result<Reply, String> {
        let nonce = new_nonce();
        let peer = PeerId::Agent(self.id.clone()).to_string();
        let mut answer = ask(&nonce, &peer).map_err(|error| error.to_string())?;
        let body = answer
            .body_mut()
            .read_to_string()
            .map_err(|error| error.to_string())?;
        let status = answer.status();
        let given = answer.headers().get(PROOF).and_then(|p| p.to_str().ok());
        let given = given.unwrap_or_default();
        if !is_proven(
            &self.proof_key,
            &nonce,
            status.as_u16(),
            body.as_bytes(),
            given,
        ) {
            return Err(format!(
                "who answered at {} could not prove to be the server of {} ({status})",
                self.endpoint, self.id
            ));
        }
        Ok(Reply { status, body })
    }
}
