//! Calls to the server.

use std::time::Duration;

use serde::Serialize;
use ureq::http::StatusCode;

/// A server that can be called.
pub struct Client {
    agent: ureq::Agent,
    endpoint: String,
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

impl Client {
    pub fn new(endpoint: &str, timeout: Duration) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            // The control plane is never behind the proxy that jobs may use.
            .proxy(None)
            .build();
        Self {
            agent: config.into(),
            endpoint: endpoint.trim_end_matches('/').into(),
        }
    }

    /// An operation of the service, unsigned: only registering is allowed so.
    pub fn operation(&self, name: &str, input: &impl Serialize) -> Result<Reply, String> {
        let request = self
            .agent
            .post(format!("{}/", self.endpoint))
            .content_type("application/x-amz-json-1.0")
            .header(
                "x-amz-target",
                format!("AWSParallelComputingService.{name}"),
            );
        send(request, input)
    }

    /// One of the server's own calls for agents.
    pub fn call(&self, path: &str, token: &str, input: &impl Serialize) -> Result<Reply, String> {
        let request = self
            .agent
            .post(format!("{}{path}", self.endpoint))
            .content_type("application/json")
            .header("authorization", format!("Bearer {token}"));
        send(request, input)
    }
}

fn send(
    request: ureq::RequestBuilder<ureq::typestate::WithBody>,
    input: &impl Serialize,
) -> Result<Reply, String> {
    let body = serde_json::to_string(input).map_err(|error| error.to_string())?;
    let mut response = request.send(body).map_err(|error| error.to_string())?;
    let body = response
        .body_mut()
        .read_to_string()
        .map_err(|error| error.to_string())?;
    Ok(Reply {
        status: response.status(),
        body,
    })
}
