//! Plain HTTP requests: for what no SDK would ever send.

use chrono::{DateTime, Utc};
use http::Request;
use openpcs_server::auth::sigv4::sign::Signer;
use serde_json::Value;
use zeroize::Zeroizing;

use super::server::AccessKey;

/// What came back.
pub struct Answer {
    pub status: u16,
    pub request_id: Option<String>,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("not JSON ({e}): {}", self.text))
    }

    /// The exception's name.
    pub fn code(&self) -> String {
        self.json()["__type"]
            .as_str()
            .unwrap_or_default()
            .to_string()
    }

    pub fn message(&self) -> String {
        self.json()["message"]
            .as_str()
            .unwrap_or_default()
            .to_string()
    }

    /// Refused, with that exception and with the id under which the server's log has the request.
    #[track_caller]
    pub fn refused(&self, code: &str) {
        assert_eq!(
            (self.status, self.code().as_str()),
            (400, code),
            "{}",
            self.text
        );
        assert!(self.request_id.as_ref().is_some_and(|id| !id.is_empty()));
        assert!(!self.message().is_empty());
    }

    /// Refused with that status and exception.
    #[track_caller]
    pub fn refused_as(&self, status: u16, code: &str) {
        assert_eq!(
            (self.status, self.code().as_str()),
            (status, code),
            "{}",
            self.text
        );
    }

    /// Refused for that member of the request.
    #[track_caller]
    pub fn refused_field(&self, field: &str) {
        self.refused("ValidationException");
        let body = self.json();
        let fields = body["fieldList"].as_array().cloned().unwrap_or_default();
        assert!(
            fields.iter().any(|f| f["name"] == field),
            "no {field} in {body}"
        );
    }
}

/// A client that signs as the administrator, or as it is told.
pub struct Http {
    endpoint: String,
    key: AccessKey,
    client: reqwest::Client,
}

/// Signs for another region or time than the right ones.
pub fn signed_for(
    key: &AccessKey,
    region: &str,
    request: &mut Request<Vec<u8>>,
    at: DateTime<Utc>,
) {
    let secret = Zeroizing::new(key.secret.clone());
    Signer {
        access_key_id: key.id.clone(),
        secret,
        region: region.into(),
    }
    .sign(request, at)
    .unwrap();
}

impl Http {
    pub fn new(endpoint: String, key: AccessKey) -> Self {
        // A test never waits for ever, and never through a proxy of the machine.
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(super::DEADLINE)
            .build()
            .unwrap();
        Self {
            endpoint,
            key,
            client,
        }
    }

    pub fn key(&self) -> &AccessKey {
        &self.key
    }

    /// An unsigned request of that operation.
    pub fn request(&self, operation: &str, body: impl Into<Vec<u8>>) -> Request<Vec<u8>> {
        Request::post(format!("{}/", self.endpoint))
            .header("content-type", "application/x-amz-json-1.0")
            .header(
                "x-amz-target",
                format!("AWSParallelComputingService.{operation}"),
            )
            .body(body.into())
            .unwrap()
    }

    pub fn sign(&self, request: &mut Request<Vec<u8>>) {
        signed_for(&self.key, "us-east-1", request, Utc::now());
    }

    /// A rightly signed request with that body.
    pub async fn call(&self, operation: &str, body: impl Into<Vec<u8>>) -> Answer {
        let mut request = self.request(operation, body);
        self.sign(&mut request);
        self.send(request).await
    }

    /// A rightly signed request for a document beside the API: a change if it has a body.
    pub async fn document(&self, path: &str, body: Option<&serde_json::Value>) -> Answer {
        let uri = format!("{}/openpcs/v1/{path}", self.endpoint);
        let request = match body {
            Some(_) => Request::post(uri),
            None => Request::get(uri),
        };
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let mut request = request.body(body.into_bytes()).unwrap();
        self.sign(&mut request);
        self.send(request).await
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: Request<Vec<u8>>) -> Answer {
        let request = reqwest::Request::try_from(request).unwrap();
        answer(self.client.execute(request).await.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        answer(
            self.client
                .get(format!("{}{path}", self.endpoint))
                .send()
                .await
                .unwrap(),
        )
        .await
    }
}

async fn answer(response: reqwest::Response) -> Answer {
    let request_id = response
        .headers()
        .get("x-amzn-requestid")
        .map(|v| v.to_str().unwrap().to_string());
    Answer {
        status: response.status().as_u16(),
        request_id,
        text: response.text().await.unwrap(),
    }
}
