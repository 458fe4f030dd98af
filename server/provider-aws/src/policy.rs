//! The policy of the server's role: what the provider calls, and no more (least privilege).
//!
//! Instances are ended only with a cluster's tag, roles are passed only to EC2 and only those of the names that the guide
//! asks for ("IAM instance profiles": beginning with `AWSPCS`, or of the path `/aws-pcs/`), and of secrets only those of
//! clusters are touched; KMS is asked of the data key only, and metrics are put into one namespace. Nodes' scripts may be in any bucket, and logs
//! may be delivered to any log group, stream and bucket: whoever knows theirs narrows the resource. What is asked of other services needs no permission.

use serde_json::{Value, json};

use crate::aws::actions;
use crate::calls::{kms, metric, secret};
use crate::delivery;
use crate::offers::READ_PARAMETERS;
use crate::script;
use openpcs_provider::KeyKind;

const PASS_ROLE: &str = "iam:PassRole";
const TERMINATE: &str = "ec2:TerminateInstances";

/// As JSON for `aws iam put-role-policy --policy-document`. `metrics_namespace`: none where no metrics are sent.
pub fn policy(metrics_namespace: Option<&str>) -> Value {
    let free: Vec<&str> = actions()
        .into_iter()
        .filter(|action| ![PASS_ROLE, TERMINATE, READ_PARAMETERS, metric::PUT].contains(action))
        .filter(|action| !secret::ACTIONS.contains(action) && !kms::ACTIONS.contains(action))
        .filter(|action| !script::ACTIONS.contains(action) && !delivery::ACTIONS.contains(action))
        .collect();
    let (context, data_key) = kms::CONTEXT;
    let mut policy = json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "LookAndLaunch",
                "Effect": "Allow",
                "Action": free,
                "Resource": "*",
            },
            {
                "Sid": "EndNodes",
                "Effect": "Allow",
                "Action": TERMINATE,
                "Resource": "arn:*:ec2:*:*:instance/*",
                "Condition": { "StringLike": { "aws:ResourceTag/pcs:cluster-id": "*" } },
            },
            {
                "Sid": "FetchScripts",
                "Effect": "Allow",
                "Action": script::ACTIONS,
                "Resource": "arn:*:s3:::*/*",
            },
            {
                "Sid": "DeliverLogs",
                "Effect": "Allow",
                "Action": delivery::ACTIONS,
                "Resource": [
                    "arn:*:logs:*:*:log-group:*",
                    "arn:*:firehose:*:*:deliverystream/*",
                    "arn:*:s3:::*/AWSLogs/*",
                ],
            },
            {
                "Sid": "KeepKeysOfClusters",
                "Effect": "Allow",
                "Action": secret::ACTIONS,
                "Resource": KeyKind::ALL.map(|kind| format!("arn:*:secretsmanager:*:*:secret:{}*", kind.prefix())),
            },
            {
                "Sid": "ReadWhichImagesArePublic",
                "Effect": "Allow",
                "Action": READ_PARAMETERS,
                "Resource": "arn:*:ssm:*:*:parameter/aws/service/*",
            },
            {
                "Sid": "WrapTheDataKey",
                "Effect": "Allow",
                "Action": kms::ACTIONS,
                "Resource": "arn:*:kms:*:*:key/*",
                "Condition": { "StringEquals": { format!("kms:EncryptionContext:{context}"): data_key } },
            },
            {
                "Sid": "PassTheRolesOfNodes",
                "Effect": "Allow",
                "Action": PASS_ROLE,
                "Resource": ["arn:*:iam::*:role/AWSPCS*", "arn:*:iam::*:role/aws-pcs/*"],
                "Condition": { "StringLike": { "iam:PassedToService": "ec2.amazonaws.com*" } },
            },
        ],
    });
    if let (Some(namespace), Some(all)) = (metrics_namespace, policy["Statement"].as_array_mut()) {
        // CloudWatch knows no resources here: the namespace is what bounds it.
        all.push(json!({
            "Sid": "SendMetrics",
            "Effect": "Allow",
            "Action": metric::PUT,
            "Resource": "*",
            "Condition": { "StringEquals": { "cloudwatch:namespace": namespace } },
        }));
    }
    policy
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_action_is_allowed_once() {
        let policy = policy(Some("OpenPCS"));
        let statements = policy["Statement"].as_array().unwrap();
        let of = |statement: &Value| match &statement["Action"] {
            Value::Array(many) => many.clone(),
            one => vec![one.clone()],
        };
        let allowed: Vec<Value> = statements.iter().flat_map(of).collect();
        let names: BTreeSet<&str> = allowed.iter().filter_map(Value::as_str).collect();
        assert_eq!(names, actions());
        assert_eq!(names.len(), allowed.len());
    }

    #[test]
    fn what_changes_what_others_have_is_bounded() {
        let policy = policy(Some("OpenPCS"));
        for statement in policy["Statement"].as_array().unwrap() {
            let is_free = statement["Resource"] == "*" && statement["Condition"].is_null();
            let text = statement["Action"].to_string();
            assert_eq!(is_free, text.contains("ec2:DescribeInstances"), "{text}");
        }
    }

    #[test]
    fn who_sends_no_metrics_need_not_be_allowed_to() {
        let sends = policy(Some("Mine")).to_string();
        assert!(
            sends.contains(r#""cloudwatch:namespace":"Mine""#),
            "{sends}"
        );
        assert!(!policy(None).to_string().contains("cloudwatch"));
    }
}
