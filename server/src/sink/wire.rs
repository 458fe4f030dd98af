//! How AWS's services are called by the sinks: a signed request, its answer. Who signs and connects is the caller's matter,
//! so that sinks know no SDK and tests need no AWS.

use async_trait::async_trait;
use serde_json::Value;

use super::Failure;

#[derive(Clone, Debug)]
pub struct Call {
    /// As in a signature: `logs`, `s3`, `firehose`.
    pub service: &'static str,
    /// None: the one that this server is for.
    pub region: Option<String>,
    pub method: &'static str,
    /// Encoded, with the slash.
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    /// At most some MiB are read.
    pub body: Vec<u8>,
}

#[async_trait]
pub trait Wire: Send + Sync {
    /// Fails where there is no answer: whether the call was heard is not known then.
    async fn call(&self, call: &Call) -> Result<Answer, Failure>;
}

/// Calls an operation of a service that speaks AWS JSON 1.1: `Logs_20140328.PutLogEvents`.
pub async fn json(
    wire: &dyn Wire,
    service: &'static str,
    region: &str,
    target: &str,
    input: &Value,
) -> Result<Value, Failure> {
    let call = Call {
        service,
        region: Some(region.to_owned()),
        method: "POST",
        path: "/".into(),
        headers: vec![
            ("content-type", "application/x-amz-json-1.1".into()),
            ("x-amz-target", target.into()),
        ],
        body: input.to_string().into_bytes(),
    };
    let answer = wire.call(&call).await?;
    let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if (200..300).contains(&answer.status) {
        return Ok(said);
    }
    let operation = target.rsplit('.').next().unwrap_or(target);
    let text = |name: &str| said[name].as_str();
    let code = text("__type").unwrap_or_default();
    let code = code.rsplit('#').next().unwrap_or_default();
    let words = text("message").or(text("Message")).unwrap_or_default();
    let action = format!("{service}:{operation}");
    Err(refused(&action, answer.status, code, words))
}

/// Why AWS refused, and what to do about it.
pub fn refused(action: &str, status: u16, code: &str, words: &str) -> Failure {
    if code.is_empty() {
        let message = format!("{action} was answered {status}. It is tried again.");
        return Failure::new("SinkBroken", message);
    }
    let words: String = words.chars().take(400).collect();
    let said = match words.trim_end_matches('.') {
        "" => code.to_owned(),
        words => format!("{code}: {words}"),
    };
    let remedy = match code {
        "AccessDenied" | "AccessDeniedException" => {
            "Allow it in the policy of the server's role and of the destination."
        }
        "ResourceNotFoundException" | "NoSuchBucket" => {
            "Create the destination, or choose another one for the delivery."
        }
        "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "SignatureDoesNotMatch"
        | "UnrecognizedClientException" => "Check the server's AWS credentials and its clock.",
        _ => "It is tried again.",
    };
    Failure::new(code, format!("AWS refused {action}: {said}. {remedy}"))
}
