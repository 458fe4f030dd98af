//! Where a node learns of its duties and gets its scripts: from the server, which alone fetches them from S3 or the web. So
//! nodes need neither credentials nor TLS nor a way out of their network.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::message::*;
use crate::http::{Client, Reply};
use crate::{Result, say, sealed};

/// The server itself has to wait for where the script is.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);
/// How long the server may be away while a node boots.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long that may be where a script is: the node's time to boot goes on.
const PATIENCE_FOR_SCRIPT: Duration = Duration::from_secs(20);
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
const READY_PAUSE: Duration = Duration::from_secs(1);

/// Who asks, and how.
#[derive(Clone)]
pub struct Server {
    pub endpoint: String,
    pub instance_id: String,
    pub proof_key: String,
    /// The bearer token.
    pub bootstrap_id: String,
}

impl Server {
    pub fn duties(&self) -> Result<Duties> {
        let instance_id = self.instance_id.clone();
        self.ask("duties", &DutiesCall { instance_id }, None)
    }

    pub fn script(&self, source: &Source) -> Result<Vec<u8>> {
        let call = ScriptCall {
            instance_id: self.instance_id.clone(),
            script_source: source.clone(),
        };
        let answer: Content = self.ask("script", &call, Some(source))?;
        STANDARD
            .decode(answer.content)
            .map_err(|_| "the server's answer holds no script".into())
    }

    /// Waits until Slurm has taken the node as up, however long that takes: the server knows when a node takes too long.
    pub fn wait_until_ready(&self) {
        let client = self.client();
        loop {
            match client.get("/instance/v1/ready", &self.bootstrap_id) {
                Ok(reply) if reply.status == 204 => return,
                Ok(reply) if reply.status.is_success() => {}
                Ok(reply) => say(&format!("not ready: {} {}", reply.status, reply.body)),
                Err(message) => say(&format!("cannot ask whether the node is up: {message}")),
            }
            std::thread::sleep(READY_PAUSE);
        }
    }

    fn client(&self) -> Client {
        Client::new(
            &self.endpoint,
            &self.instance_id,
            &self.proof_key,
            CALL_TIMEOUT,
        )
    }

    fn ask<T: DeserializeOwned>(
        &self,
        what: &str,
        call: &impl Serialize,
        of: Option<&Source>,
    ) -> Result<T> {
        let client = self.client();
        let path = format!("/instance/v1/{what}");
        let patience = of.map_or(PATIENCE, |_| PATIENCE_FOR_SCRIPT);
        let body = patiently(patience, || client.call(&path, &self.bootstrap_id, call))?;
        let answer: Option<SealedAnswer> = serde_json::from_str(&body).ok();
        let purpose = purpose(&self.instance_id, of);
        answer
            .and_then(|answer| sealed::open(&self.proof_key, &purpose, &answer.sealed))
            .ok_or_else(|| format!("the server's answer for {what} cannot be opened"))
    }
}

/// Asks until there is an answer; a refusal is one.
fn patiently(patience: Duration, mut ask: impl FnMut() -> Result<Reply>) -> Result<String> {
    let deadline = Instant::now() + patience;
    let mut pause = FIRST_PAUSE;
    loop {
        let message = match ask() {
            Ok(Reply { status, body }) if status.is_success() => return Ok(body),
            Ok(Reply { status, body }) => {
                let told = told(&body).unwrap_or_else(|| format!("{status} {body}"));
                // Throttling is the one refusal of the client's side that passes.
                if status.is_client_error() && !body.contains("ThrottlingException") {
                    return Err(told);
                }
                told
            }
            Err(message) => message,
        };
        if Instant::now() + pause > deadline {
            return Err(message);
        }
        say(&format!("trying again: {message}"));
        std::thread::sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// The message of a refusal.
fn told(body: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    Some(body.get("message")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use ureq::http::StatusCode;

    use super::*;

    fn reply(status: u16, body: &str) -> Result<Reply> {
        Ok(Reply {
            status: StatusCode::from_u16(status).unwrap(),
            body: body.into(),
        })
    }

    #[test]
    fn a_refusal_is_told_in_its_own_words_and_what_passes_is_tried_again() {
        let refused = patiently(PATIENCE, || {
            reply(400, r#"{"__type": "x", "message": "No such key."}"#)
        });
        assert_eq!(refused, Err("No such key.".into()));
        let mut answers = [
            Err("away".into()),
            reply(400, r#"{"__type": "ThrottlingException"}"#),
            reply(200, "yes"),
        ]
        .into_iter();
        assert_eq!(
            patiently(PATIENCE, || answers.next().unwrap()),
            Ok("yes".into())
        );
    }
}
