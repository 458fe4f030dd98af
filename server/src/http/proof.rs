//! Answers with the proof that they are this server's, for whoever asks: see [`openpcs_agent::answer`].

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;

use app::model::error::Error;
use openpcs_agent::answer::{LONGEST_NONCE, NONCE, PROOF, PROVE_TO, PeerId, proof};

use super::error::Refusal;
use crate::auth::credentials::KeyStore;
use crate::auth::seal::Seal;

/// The paths whose answers are short and end by themselves: a stream cannot be proven before its end.
const PROVEN: [&str; 3] = ["/instance/", "/controller/", "/openpcs/"];

/// Where the keys of proofs come from.
pub struct Prover {
    pub seal: Arc<Seal>,
    pub keys: Arc<dyn KeyStore>,
}

/// What a request asks for.
pub struct Wanted {
    nonce: String,
    peer: PeerId,
}

impl Wanted {
    /// None when the request asks for no proof, or not as it should: it then gets a plain answer.
    pub fn by(request: &Request) -> Option<Wanted> {
        let nonce = text(request.headers(), NONCE)?;
        let path = request.uri().path();
        if path != "/" && !PROVEN.iter().any(|start| path.starts_with(start)) {
            return None;
        }
        let peer = PeerId::parse(text(request.headers(), PROVE_TO)?)?;
        (nonce.len() <= LONGEST_NONCE).then(|| Wanted {
            nonce: nonce.into(),
            peer,
        })
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

impl Prover {
    /// The same answer, with its proof; without one when there is no such key.
    pub async fn prove(&self, wanted: Wanted, response: Response) -> Response {
        let Some(key) = self.key(&wanted.peer).await else {
            return response;
        };
        let (mut parts, body) = response.into_parts();
        let Ok(body) = body.collect().await else {
            return Refusal::from(Error::internal()).into_response();
        };
        let body = body.to_bytes();
        let proof = proof(&key, &wanted.nonce, parts.status.as_u16(), &body);
        if let Ok(proof) = HeaderValue::from_str(&proof) {
            parts.headers.insert(PROOF, proof);
        }
        Response::from_parts(parts, Body::from(body))
    }

    async fn key(&self, peer: &PeerId) -> Option<String> {
        match peer {
            PeerId::Agent(id) => Some(self.seal.agent_key(id)),
            PeerId::AccessKey(id) => {
                let key = self.keys.key(id).await.ok()??;
                Some(key.secret.as_str().to_owned())
            }
        }
    }
}
