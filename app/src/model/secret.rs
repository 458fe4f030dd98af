//! A cluster's key as AWS Secrets Manager answers it (C10): login nodes of people's own get it so.
//!
//! Members and words are those of the public service model `secretsmanager` 2017-10-17.

use serde::{Deserialize, Serialize};

/// `GetSecretValueRequest` of that model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetSecretValueRequest {
    /// The ARN or name of the secret.
    pub secret_id: String,
    /// The version to retrieve; none: the current one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
    /// `AWSCURRENT`, the only stage that there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_stage: Option<String>,
}

/// `GetSecretValueResponse` of that model.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetSecretValueResponse {
    #[serde(rename = "ARN")]
    pub arn: String,
    pub name: String,
    pub version_id: String,
    /// The key of `auth/slurm`, as base64.
    pub secret_string: String,
    pub version_stages: Vec<String>,
    /// Seconds since 1970.
    pub created_date: f64,
}
