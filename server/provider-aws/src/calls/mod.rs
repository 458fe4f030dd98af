//! The calls of EC2, each safe to make again: after a lost answer nothing is there twice.

pub mod fleet;
pub mod host;
pub mod inbound_rule;
pub mod instance;
pub mod instance_status;
pub mod instance_topology;
pub mod instance_type;
pub mod kms;
pub mod launch_template;
pub mod metric;
pub mod secret;

use aws_sdk_ec2::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

use openpcs_provider::ProviderError;

use crate::client::answered;
use crate::errors::{Class, class};

/// Why a call failed. The code is EC2's; none when no answer came or none was understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{call}: {message}")]
pub struct CallError {
    pub call: &'static str,
    pub code: Option<String>,
    pub message: String,
}

impl CallError {
    fn of<E>(call: &'static str, error: SdkError<E>) -> CallError
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let code = error.code().map(str::to_owned);
        let message = match error.message() {
            Some(message) => message.to_owned(),
            None => DisplayErrorContext(&error).to_string(),
        };
        CallError {
            call,
            code,
            message,
        }
    }

    pub fn class(&self) -> Class {
        class(self.code.as_deref())
    }

    pub fn is(&self, codes: &[&str]) -> bool {
        self.code
            .as_deref()
            .is_some_and(|code| codes.contains(&code))
    }
}

impl From<CallError> for ProviderError {
    fn from(error: CallError) -> ProviderError {
        let action = format!("ec2:{}", error.call);
        match &error.code {
            Some(code) => answered(&action, code, &error.message),
            None => ProviderError {
                code: "AwsUnanswered".into(),
                message: format!(
                    "AWS gave no answer to {action} that says what became of it: {}",
                    error.message
                ),
            },
        }
    }
}
