//! What a client is told that takes this server for another service of AWS: in the protocol that it speaks, or it would
//! show its user bytes that it cannot read.

use app::model::echo::clip;
use app::model::error::{Error, ValidationReason};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use super::error::Refusal;
use super::protocol::{Protocol, target};
use super::service::{self, Service};
use super::wire::Wire;

/// Of a request that is for no operation of this server: by the header's name or, where there is none, by the service
/// that it is signed for.
pub fn refusal(headers: &HeaderMap) -> Option<Refusal> {
    let service = signed_for(headers);
    let wanted = match target(headers) {
        Some(target) if is_ours(headers, target) => return None,
        Some(target) => target,
        None => service.filter(|service| !is_answered(headers, service))?,
    };
    let error = unanswered(&clip(wanted));
    Some(Refusal::from(error).spoken(Protocol::of(headers, service)))
}

/// Of what is wanted and is not answered.
pub fn unanswered(wanted: &str) -> Error {
    Error::validation(
        ValidationReason::UnknownOperation,
        format!(
            "This server does not answer {wanted}. It answers AWS Parallel Computing Service (aws pcs), of AWS Secrets \
             Manager only get-secret-value for the keys of its clusters, of AWS CloudTrail only lookup-events, of CloudWatch Logs what reads the logs of its \
             clusters or has to do with deliveries of them, and of Amazon CloudWatch only list-metrics, get-metric-data \
             and get-metric-statistics for their metrics. To have all else go to AWS, name this address in \
             AWS_ENDPOINT_URL_PCS, AWS_ENDPOINT_URL_SECRETS_MANAGER, AWS_ENDPOINT_URL_CLOUDTRAIL, \
             AWS_ENDPOINT_URL_CLOUDWATCH_LOGS and AWS_ENDPOINT_URL_CLOUDWATCH instead of AWS_ENDPOINT_URL; what there is to choose from, networks, images and \
             instance types, shows `openpcs catalogue`."
        ),
    )
}

/// Whether the door reads what that service's clients send without naming an operation in a header.
fn is_answered(headers: &HeaderMap, service: &str) -> bool {
    service == Service::Pcs.signing_name() || Wire::of(headers).is_spoken_by(service)
}

/// A name that begins as this service's own do is answered as one of them, known or not.
fn is_ours(headers: &HeaderMap, target: &str) -> bool {
    Service::of_target(target) == Some(Service::Pcs) || service::asked(headers).is_some()
}

/// `KEY/DATE/REGION/SERVICE/aws4_request`.
fn signed_for(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let scope = value.split_once("Credential=")?.1.split(',').next()?;
    scope.split('/').nth(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(service: &str, more: &[(&'static str, &str)]) -> HeaderMap {
        let scope = format!(
            "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/{service}/aws4_request, Signature=0"
        );
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, scope.parse().unwrap());
        for (name, value) in more {
            headers.insert(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn each_client_is_answered_in_its_protocol() {
        let form = (
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8",
        );
        let json = ("content-type", "application/json");
        let target = ("x-amz-target", "DynamoDB_20120810.ListTables");
        let cbor = ("smithy-protocol", "rpc-v2-cbor");
        for (service, more, protocol) in [
            ("s3", &[][..], Protocol::S3),
            ("s3express", &[json], Protocol::S3),
            ("ec2", &[form], Protocol::Ec2),
            ("sts", &[form], Protocol::Xml),
            ("iam", &[form], Protocol::Xml),
            ("cloudformation", &[form], Protocol::Xml),
            ("elasticloadbalancing", &[form], Protocol::Xml),
            ("route53", &[], Protocol::Xml),
            ("cloudfront", &[], Protocol::Xml),
            ("lambda", &[], Protocol::Json),
            ("batch", &[json], Protocol::Json),
            ("dynamodb", &[target], Protocol::Json),
            ("sqs", &[cbor], Protocol::Cbor),
            ("monitoring", &[], Protocol::Json),
        ] {
            let headers = headers(service, more);
            assert_eq!(
                Protocol::of(&headers, signed_for(&headers)),
                protocol,
                "{service}"
            );
            assert!(refusal(&headers).is_some(), "{service}");
        }
        let ours = [("x-amz-target", "AWSParallelComputingService.ListClusters")];
        let secret = [("x-amz-target", "secretsmanager.GetSecretValue")];
        let trail = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents";
        for headers in [
            headers("pcs", &ours),
            headers("cloudtrail", &[("x-amz-target", trail)]),
            headers("secretsmanager", &secret),
            headers("pcs", &[]),
            headers("monitoring", &[cbor]),
            headers("monitoring", &[form]),
            HeaderMap::new(),
        ] {
            assert!(refusal(&headers).is_none(), "{headers:?}");
        }
    }

    #[test]
    fn what_is_repeated_of_the_request_is_bounded() {
        let long = "x".repeat(4000);
        let refusal = refusal(&headers(&long, &[])).unwrap();
        assert!(format!("{refusal:?}").len() < 1000);
    }
}
