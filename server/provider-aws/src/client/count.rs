//! Counts each try of a call, and whether AWS took it.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::FinalizerInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use openpcs_provider::calls::{Answered, note};

/// What AWS's services call it, each in its own way.
const THROTTLED: [&str; 4] = [
    "RequestLimitExceeded",
    "Throttling",
    "TooManyRequests",
    "SlowDown",
];

#[derive(Debug)]
pub struct Count;

impl Intercept for Count {
    fn name(&self) -> &'static str {
        "Count"
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(called) = cfg.load::<Metadata>() else {
            return Ok(());
        };
        let response = context.response();
        let status = response.map(|response| response.status().as_u16());
        let body = response.and_then(|response| response.body().bytes());
        let operation = format!(
            "{}:{}",
            called.service().to_lowercase().replace(' ', ""),
            called.name()
        );
        note(operation, answered(status, body.unwrap_or_default()));
        Ok(())
    }
}

/// By the status, none where no answer came, and the words of a refusal.
fn answered(status: Option<u16>, body: &[u8]) -> Answered {
    match status {
        Some(200..=399) => Answered::Done,
        Some(429) => Answered::Throttled,
        Some(_) => {
            let words = String::from_utf8_lossy(body);
            match THROTTLED.iter().any(|word| words.contains(word)) {
                true => Answered::Throttled,
                false => Answered::Failed,
            }
        }
        None => Answered::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_was_too_many_is_told_from_one_that_failed() {
        let ec2 = b"<Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors>";
        let kms = br#"{"__type":"ThrottlingException"}"#;
        assert_eq!(answered(Some(503), ec2), Answered::Throttled);
        assert_eq!(answered(Some(400), kms), Answered::Throttled);
        assert_eq!(answered(Some(429), b""), Answered::Throttled);
        assert_eq!(
            answered(Some(403), b"UnauthorizedOperation"),
            Answered::Failed
        );
        assert_eq!(answered(Some(200), b"Throttling"), Answered::Done);
        assert_eq!(answered(None, b""), Answered::Failed);
    }
}
