//! A key of the server's, wrapped by one of the account's KMS that never leaves it (C13).

use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use openpcs_provider::ProviderError;

use crate::client::refused;

/// The actions of IAM that these calls need.
pub const ACTIONS: &[&str] = &["kms:Decrypt", "kms:Encrypt"];
/// What KMS is told with each call: what was wrapped for something else is not unwrapped.
pub const CONTEXT: (&str, &str) = ("openpcs", "data-key");

/// What KMS makes of a key, by its own of that id, ARN or alias.
pub async fn wrap(client: &Client, kms_key: &str, key: &[u8]) -> Result<Vec<u8>, ProviderError> {
    let action = "kms:Encrypt";
    let call = client.encrypt().key_id(kms_key).plaintext(Blob::new(key));
    let call = call.encryption_context(CONTEXT.0, CONTEXT.1);
    let answer = call.send().await.map_err(|error| refused(action, error))?;
    told(action, answer.ciphertext_blob)
}

/// The key again. KMS knows by which of its own it was wrapped.
pub async fn unwrap(client: &Client, wrapped: &[u8]) -> Result<Vec<u8>, ProviderError> {
    let action = "kms:Decrypt";
    let call = client.decrypt().ciphertext_blob(Blob::new(wrapped));
    let call = call.encryption_context(CONTEXT.0, CONTEXT.1);
    let answer = call.send().await.map_err(|error| refused(action, error))?;
    told(action, answer.plaintext)
}

fn told(action: &str, blob: Option<Blob>) -> Result<Vec<u8>, ProviderError> {
    let blob = blob.ok_or_else(|| ProviderError {
        code: "AwsUnreadable".into(),
        message: format!("AWS's answer to {action} has no key. Check AWS_ENDPOINT_URL."),
    })?;
    Ok(blob.into_inner())
}
