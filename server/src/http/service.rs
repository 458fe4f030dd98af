//! The services of AWS that are answered here, and how a request names one of their operations: one table for all doors.

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
}

impl Service {
    const ALL: [Service; 4] = [
        Service::Pcs,
        Service::SecretsManager,
        Service::CloudWatch,
        Service::Logs,
    ];

    /// What the header X-Amz-Target says before the operation.
    pub fn target(self) -> &'static str {
        match self {
            Service::Pcs => "AWSParallelComputingService.",
            Service::SecretsManager => "secretsmanager.",
            Service::CloudWatch => "GraniteServiceVersion20100801.",
            Service::Logs => "Logs_20140328.",
        }
    }

    /// What its requests are signed for.
    pub fn signing_name(self) -> &'static str {
        match self {
            Service::Pcs => SERVICE,
            Service::SecretsManager => "secretsmanager",
            Service::CloudWatch => "monitoring",
            Service::Logs => "logs",
        }
    }

    /// Of its requests and answers.
    pub fn content_type(self) -> &'static str {
        match self {
            Service::Pcs | Service::CloudWatch => JSON_1_0,
            Service::SecretsManager | Service::Logs => JSON_1_1,
        }
    }

    /// Those that are answered.
    pub fn operations(self) -> &'static [Operation] {
        match self {
            Service::Pcs => Operation::PCS,
            Service::SecretsManager => Operation::SECRETS,
            Service::CloudWatch => Operation::CLOUDWATCH,
            Service::Logs => Operation::LOGS,
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
