//! A cluster's keys in the account's Secrets Manager (C10): put there, removed, and whether that is allowed.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_secretsmanager::types::Tag;
use openpcs_provider::{ClusterKey, KeyKind, ProviderError};

use super::instance::CLUSTER;
use crate::client::refused;

/// The actions of IAM that these calls need; a secret is tagged when it is made.
pub const ACTIONS: &[&str] = &[
    "secretsmanager:CreateSecret",
    "secretsmanager:DeleteSecret",
    "secretsmanager:DescribeSecret",
    "secretsmanager:PutSecretValue",
    "secretsmanager:TagResource",
];
const NOT_FOUND: &str = "ResourceNotFoundException";
const EXISTS: &str = "ResourceExistsException";

fn name(kind: KeyKind, cluster_id: &str) -> String {
    format!("{}{cluster_id}", kind.prefix())
}

fn description(key: &ClusterKey<'_>) -> String {
    let what = match key.kind {
        KeyKind::Slurm => "Slurm key",
        KeyKind::Jwt => "key for tokens of the Slurm REST API",
    };
    format!("The {what} of the cluster {}", key.cluster_name)
}

/// Has the cluster's secret say that key; its ARN. The key's version is the secret's, so that the call can be repeated.
pub async fn keep(client: &Client, key: &ClusterKey<'_>) -> Result<String, ProviderError> {
    let action = "secretsmanager:CreateSecret";
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    let create = client.create_secret().name(name(key.kind, key.cluster_id));
    let create = create
        .description(description(key))
        .client_request_token(key.version)
        .secret_string(key.text)
        .tags(tag(CLUSTER, key.cluster_id))
        .tags(tag("AWSPCSManaged", "true"));
    match create.send().await {
        Ok(made) => named(action, made.arn),
        // Of another version.
        Err(error) if is(&error, EXISTS) => change(client, key).await,
        Err(error) => Err(refused(action, error)),
    }
}

async fn change(client: &Client, key: &ClusterKey<'_>) -> Result<String, ProviderError> {
    let action = "secretsmanager:PutSecretValue";
    let put = client
        .put_secret_value()
        .secret_id(name(key.kind, key.cluster_id))
        .client_request_token(key.version)
        .secret_string(key.text);
    let changed = put.send().await.map_err(|error| refused(action, error))?;
    named(action, changed.arn)
}

/// Removes the cluster's secrets at once: nobody needs the keys of a cluster that is gone. None to remove is no error.
pub async fn forget(client: &Client, cluster_id: &str) -> Result<(), ProviderError> {
    for kind in KeyKind::ALL {
        forget_one(client, &name(kind, cluster_id)).await?;
    }
    Ok(())
}

async fn forget_one(client: &Client, name: &str) -> Result<(), ProviderError> {
    let delete = client.delete_secret().secret_id(name);
    match delete.force_delete_without_recovery(true).send().await {
        Err(error) if !is(&error, NOT_FOUND) => Err(refused("secretsmanager:DeleteSecret", error)),
        _ => Ok(()),
    }
}

/// Whether the server may look at its secrets: asked of one that there is not.
pub async fn check(client: &Client) -> Result<(), ProviderError> {
    let describe = client
        .describe_secret()
        .secret_id(name(KeyKind::Slurm, "none"));
    match describe.send().await {
        Err(error) if !is(&error, NOT_FOUND) => {
            Err(refused("secretsmanager:DescribeSecret", error))
        }
        _ => Ok(()),
    }
}

fn is<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>, code: &str) -> bool {
    error.code() == Some(code)
}

fn named(action: &str, arn: Option<String>) -> Result<String, ProviderError> {
    arn.ok_or_else(|| ProviderError {
        code: "AwsUnreadable".into(),
        message: format!("AWS's answer to {action} names no secret. Check AWS_ENDPOINT_URL."),
    })
}
