//! The services of AWS that are answered here, and how a request names one of their operations: one table for all doors.

use app::model::error::{Error, ErrorKind};
use app::model::operation::Operation;
use axum::http::HeaderMap;

use super::protocol::{JSON_1_0, JSON_1_1, target};
use crate::auth::sigv4::SERVICE;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    Pcs,
    SecretsManager,
    /// Of Amazon CloudWatch the metrics.
    CloudWatch,
    /// CloudWatch Logs.
    Logs,
    /// The event history, which the audit trail answers.
    CloudTrail,
}

impl Service {
    const ALL: [Service; 5] = [
        Service::Pcs,
        Service::SecretsManager,
        Service::CloudWatch,
        Service::Logs,
        Service::CloudTrail,
    ];

    /// What the header X-Amz-Target says before the operation.
    pub fn target(self) -> &'static str {
        match self {
            Service::Pcs => "AWSParallelComputingService.",
            Service::SecretsManager => "secretsmanager.",
            Service::CloudWatch => "GraniteServiceVersion20100801.",
            Service::Logs => "Logs_20140328.",
            Service::CloudTrail => "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.",
        }
    }

    /// What its requests are signed for.
    pub fn signing_name(self) -> &'static str {
        match self {
            Service::Pcs => SERVICE,
            Service::SecretsManager => "secretsmanager",
            Service::CloudWatch => "monitoring",
            Service::Logs => "logs",
            Service::CloudTrail => "cloudtrail",
        }
    }

    /// As the audit trail has it.
    pub fn source(self) -> String {
        format!("{}.amazonaws.com", self.signing_name())
    }

    /// The service's own name for a refusal, where it has one: CloudTrail names them after the member that is wrong.
    pub fn code(self, error: &Error) -> Option<&'static str> {
        let (Service::CloudTrail, ErrorKind::Validation { fields, .. }) = (self, &error.kind)
        else {
            return None;
        };
        Some(match fields.first()?.name.as_str() {
            "LookupAttributes" => "InvalidLookupAttributesException",
            "StartTime" | "EndTime" => "InvalidTimeRangeException",
            "MaxResults" => "InvalidMaxResultsException",
            "NextToken" => "InvalidNextTokenException",
            "EventCategory" => "InvalidEventCategoryException",
            _ => return None,
        })
    }

    /// Of its requests and answers.
    pub fn content_type(self) -> &'static str {
        match self {
            Service::Pcs | Service::CloudWatch => JSON_1_0,
            Service::SecretsManager | Service::Logs | Service::CloudTrail => JSON_1_1,
        }
    }

    /// Those that are answered.
    pub fn operations(self) -> &'static [Operation] {
        match self {
            Service::Pcs => Operation::PCS,
            Service::SecretsManager => Operation::SECRETS,
            Service::CloudWatch => Operation::CLOUDWATCH,
            Service::Logs => Operation::LOGS,
            Service::CloudTrail => Operation::TRAIL,
        }
    }

    /// Its operation of that name.
    pub fn named(self, name: &str) -> Option<(Service, Operation)> {
        let mut known = self.operations().iter();
        let operation = known.find(|operation| operation.name() == name)?;
        Some((self, *operation))
    }

    /// The one whose operations begin so, whether or not this one is answered.
    pub fn of_target(target: &str) -> Option<Service> {
        let mut all = Service::ALL.into_iter();
        all.find(|service| target.starts_with(service.target()))
    }
}

/// What a request is for.
pub fn asked(headers: &HeaderMap) -> Option<(Service, Operation)> {
    let target = target(headers)?;
    let service = Service::of_target(target)?;
    service.named(target.strip_prefix(service.target())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked_by(target: &str) -> Option<(Service, Operation)> {
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-target", target.parse().unwrap());
        asked(&headers)
    }

    #[test]
    fn each_service_knows_its_own_operations_and_no_other() {
        for service in Service::ALL {
            for operation in Operation::all() {
                let known = service.operations().contains(&operation);
                let target = format!("{}{}", service.target(), operation.name());
                let expected = known.then_some((service, operation));
                assert_eq!(asked_by(&target), expected, "{target}");
            }
        }
        for unknown in ["", "ListClusters", "DynamoDB_20120810.ListTables"] {
            assert_eq!(asked_by(unknown), None, "{unknown}");
        }
        assert_eq!(asked(&HeaderMap::new()), None);
    }
}
