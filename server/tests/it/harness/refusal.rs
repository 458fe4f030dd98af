//! Refusals as the SDK's own types: every operation's error in one shape, with the members that the model promises.

use aws_sdk_pcs::Error;
use aws_sdk_pcs::error::SdkError;
use aws_sdk_pcs::types::ValidationExceptionReason;

/// A call that must not succeed.
pub trait Refusal {
    /// The exception.
    fn refused(self) -> Error;
    /// ValidationException that names this field; returns the message of that field.
    fn refused_field(self, field: &str) -> String;
    /// ConflictException about that type of resource; returns the id of the resource in the way and the message.
    fn conflict(self, resource_type: &str) -> (String, String);
    /// ResourceNotFoundException about that type of resource and that identifier.
    fn not_found(self, resource_type: &str, id: &str);
    /// ServiceQuotaExceededException; returns the quota's code and the message.
    fn quota(self) -> (String, String);
}

impl<T: std::fmt::Debug, E, R> Refusal for Result<T, SdkError<E, R>>
where
    Error: From<SdkError<E, R>>,
{
    #[track_caller]
    fn refused(self) -> Error {
        match self {
            Ok(answer) => panic!("not refused: {answer:?}"),
            Err(error) => error.into(),
        }
    }

    #[track_caller]
    fn refused_field(self, field: &str) -> String {
        let Error::ValidationException(e) = self.refused() else {
            panic!("no ValidationException for {field}")
        };
        assert_eq!(
            e.reason,
            ValidationExceptionReason::FieldValidationFailed,
            "{e:?}"
        );
        let found = e.field_list().iter().find(|f| f.name() == field);
        let found = found.unwrap_or_else(|| panic!("{field} is not among the fields of {e:?}"));
        assert!(
            e.message().contains(field),
            "the message does not name the field: {e:?}"
        );
        found.message().to_string()
    }

    #[track_caller]
    fn conflict(self, resource_type: &str) -> (String, String) {
        match self.refused() {
            Error::ConflictException(e) => {
                assert_eq!(e.resource_type(), resource_type, "{e:?}");
                (e.resource_id().into(), e.message().into())
            }
            other => panic!("no ConflictException: {other:?}"),
        }
    }

    #[track_caller]
    fn not_found(self, resource_type: &str, id: &str) {
        match self.refused() {
            Error::ResourceNotFoundException(e) => {
                assert_eq!(
                    (e.resource_type(), e.resource_id()),
                    (resource_type, id),
                    "{e:?}"
                );
            }
            other => panic!("no ResourceNotFoundException: {other:?}"),
        }
    }

    #[track_caller]
    fn quota(self) -> (String, String) {
        match self.refused() {
            Error::ServiceQuotaExceededException(e) => {
                assert_eq!(e.service_code(), "pcs", "{e:?}");
                (
                    e.quota_code().expect("a quota code").into(),
                    e.message().into(),
                )
            }
            other => panic!("no ServiceQuotaExceededException: {other:?}"),
        }
    }
}
