//! The one error of the product: the seven exceptions of the service model, agnostic to the door they leave by.
//!
//! Every message names the field or resource, the reason and the remedy. A private cause never comes here: the
//! service logs it with the request id and answers [`Error::internal`].

use serde::{Deserialize, Serialize};

use super::echo::bounded;

/// More findings than this help nobody.
pub const FINDINGS_MAX: usize = 20;
/// Characters of one finding, of a member's path, of a resource's id, and of a message with all its findings. Ours are
/// shorter, but for what they repeat.
const FINDING_MAX: usize = 1_000;
const PATH_MAX: usize = 300;
const ID_MAX: usize = 300;
const MESSAGE_MAX: usize = 20_000;

/// One member of the request that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The member's path in the request, as `slurmConfiguration.slurmCustomSettings[0].parameterName`.
    pub name: String,
    pub message: String,
}

/// Why a request is not valid, in the model's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ValidationReason {
    UnknownOperation,
    CannotParse,
    FieldValidationFailed,
    Other,
}

/// The members that only one exception carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum ErrorKind {
    Validation {
        reason: ValidationReason,
        fields: Vec<FieldError>,
    },
    AccessDenied,
    Conflict {
        resource_id: String,
        resource_type: String,
    },
    ResourceNotFound {
        resource_id: String,
        resource_type: String,
    },
    ServiceQuotaExceeded {
        quota_code: String,
        resource_id: Option<String>,
        resource_type: Option<String>,
    },
    Throttling {
        retry_after_seconds: i64,
    },
    Internal,
}

/// What went wrong, for the person who asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    #[serde(flatten)]
    pub kind: ErrorKind,
    pub message: String,
}

const NOT_SIGNED_IN: &str = "You are not signed in. Sign in to go on.";

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error {
            kind,
            message: bounded(message.into(), MESSAGE_MAX),
        }
    }

    /// One field is wrong.
    pub fn field(name: impl Into<String>, message: impl Into<String>) -> Error {
        Error::fields(vec![FieldError {
            name: name.into(),
            message: message.into(),
        }])
    }

    /// Several fields are wrong; the message repeats them, for tools that show only the message. Those that are more than
    /// help are only counted.
    pub fn fields(mut fields: Vec<FieldError>) -> Error {
        let more = fields.len().saturating_sub(FINDINGS_MAX);
        fields.truncate(FINDINGS_MAX);
        for field in &mut fields {
            field.name = bounded(std::mem::take(&mut field.name), PATH_MAX);
            field.message = bounded(std::mem::take(&mut field.message), FINDING_MAX);
        }
        let mut message = fields
            .iter()
            .map(|f| format!("{}: {}", f.name, f.message))
            .collect::<Vec<_>>()
            .join("; ");
        if more > 0 {
            message += &format!("; and {more} more.");
        }
        Error::new(
            ErrorKind::Validation {
                reason: ValidationReason::FieldValidationFailed,
                fields,
            },
            message,
        )
    }

    /// The request is wrong as a whole.
    pub fn validation(reason: ValidationReason, message: impl Into<String>) -> Error {
        Error::new(
            ErrorKind::Validation {
                reason,
                fields: vec![],
            },
            message,
        )
    }

    pub fn access_denied(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::AccessDenied, message)
    }

    /// Nobody is signed in: the browser goes to the sign-in page.
    pub fn not_signed_in() -> Error {
        Error::access_denied(NOT_SIGNED_IN)
    }

    pub fn is_not_found(&self) -> bool {
        matches!(self.kind, ErrorKind::ResourceNotFound { .. })
    }

    pub fn is_not_signed_in(&self) -> bool {
        self.kind == ErrorKind::AccessDenied && self.message == NOT_SIGNED_IN
    }

    /// Something stands in the way; `resource_type` is `CLUSTER`, `COMPUTE_NODE_GROUP` or `QUEUE`.
    pub fn conflict(
        resource_type: &str,
        resource_id: impl Into<String>,
        message: impl Into<String>,
    ) -> Error {
        Error::new(
            ErrorKind::Conflict {
                resource_id: bounded(resource_id.into(), ID_MAX),
                resource_type: resource_type.into(),
            },
            message,
        )
    }

    pub fn not_found(
        resource_type: &str,
        resource_id: impl Into<String>,
        message: impl Into<String>,
    ) -> Error {
        Error::new(
            ErrorKind::ResourceNotFound {
                resource_id: bounded(resource_id.into(), ID_MAX),
                resource_type: resource_type.into(),
            },
            message,
        )
    }

    pub fn quota(quota_code: &str, message: impl Into<String>) -> Error {
        Error::new(
            ErrorKind::ServiceQuotaExceeded {
                quota_code: quota_code.into(),
                resource_id: None,
                resource_type: None,
            },
            message,
        )
    }

    /// Ours, not the caller's. The cause is in the server's log under the request id.
    pub fn internal() -> Error {
        Error::new(
            ErrorKind::Internal,
            "The service could not do this because of a fault of its own. Try again; if it stays, look up the \
             request id in the server's log.",
        )
    }

    /// For doors that show nothing but the message: a fault of ours names the request under which the log tells more.
    pub fn of_request(mut self, id: &str) -> Error {
        if self.kind == ErrorKind::Internal {
            self.message += &format!(" Request id: {id}.");
        }
        self
    }

    /// The exception's name in the service model.
    pub fn code(&self) -> &'static str {
        match self.kind {
            ErrorKind::Validation { .. } => "ValidationException",
            ErrorKind::AccessDenied => "AccessDeniedException",
            ErrorKind::Conflict { .. } => "ConflictException",
            ErrorKind::ResourceNotFound { .. } => "ResourceNotFoundException",
            ErrorKind::ServiceQuotaExceeded { .. } => "ServiceQuotaExceededException",
            ErrorKind::Throttling { .. } => "ThrottlingException",
            ErrorKind::Internal => "InternalServerException",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_does_not_grow_with_what_it_repeats() {
        let long = "x\u{7}".repeat(5_000);
        let one = FieldError {
            name: long.clone(),
            message: long.clone(),
        };
        for error in [
            Error::fields(vec![one; 1_000]),
            Error::not_found("CLUSTER", &long, &long),
            Error::conflict("CLUSTER", &long, &long),
            Error::access_denied(&long),
        ] {
            let text = serde_json::to_string(&error).unwrap();
            assert!(text.len() < 300_000, "{}", text.len());
            assert!(!error.message.contains('\u{7}'));
        }
        let few = vec![
            FieldError {
                name: "a".into(),
                message: "Wrong.".into()
            };
            FINDINGS_MAX + 2
        ];
        let error = Error::fields(few);
        assert!(error.message.ends_with("a: Wrong.; and 2 more."), "{error}");
    }

    #[test]
    fn only_a_fault_of_ours_names_its_request() {
        let ours = Error::internal().of_request("r-1");
        assert!(ours.message.ends_with("Request id: r-1."), "{ours}");
        let theirs = Error::field("name", "Choose another.");
        assert_eq!(theirs.clone().of_request("r-1"), theirs);
    }
}
