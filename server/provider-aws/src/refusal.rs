//! Why something of the customer's cannot be used, in words for people.

use std::fmt;

use app::model::error::FieldError;

/// One member that is wrong, why, and what to do. Members of a launch template begin with `LaunchTemplateData`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub field: String,
    pub reason: String,
    pub remedy: String,
}

impl Refusal {
    pub fn new(
        field: impl Into<String>,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Refusal {
        Refusal {
            field: field.into(),
            reason: reason.into(),
            remedy: remedy.into(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.field, self.reason, self.remedy)
    }
}

impl From<Refusal> for FieldError {
    fn from(refusal: Refusal) -> FieldError {
        FieldError {
            message: format!("{} {}", refusal.reason, refusal.remedy),
            name: refusal.field,
        }
    }
}

/// What is taken as it is, and may not do what its author hopes for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    pub field: String,
    pub text: String,
}
