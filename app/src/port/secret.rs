//! Secrets.

use crate::model::secret::*;

port! {
    /// The keys of clusters.
    Secrets {
        /// Not of `pcs`: people read a key from AWS Secrets Manager.
        GetSecretValue => get_secret_value(input: GetSecretValueRequest) -> GetSecretValueResponse;
    }
}
