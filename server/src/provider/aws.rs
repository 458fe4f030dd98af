//! The provider whose instances are Amazon EC2's, as far as the server has to know it: the account that it is for, and
//! how it is made. All else is in the crate `openpcs-provider-aws`, which a build without the feature `aws` lacks.

use std::sync::Arc;

use app::model::catalogue::SlurmVersion;
use openpcs_provider::names::Names;
use openpcs_provider::{Provider, ProviderError};

/// What the provider is told of this server.
pub struct Host {
    pub slurm_versions: Vec<SlurmVersion>,
    /// Where nodes call, as `http://ADDR:PORT`.
    pub endpoint: String,
    /// The agents that they can fetch there: architecture and SHA-256.
    pub agents: Vec<(&'static str, String)>,
    pub names: Arc<dyn Names>,
    /// Keys of clusters are put into the account's Secrets Manager.
    pub keeps_keys: bool,
    /// Of the account's CloudWatch, for metrics of clusters; none: they are not put there.
    pub metrics_namespace: Option<String>,
}

#[cfg(feature = "aws")]
pub use built::{Account, policy, unwrap, wrap};

#[cfg(feature = "aws")]
mod built {
    use openpcs_provider_aws::calls::kms;
    use openpcs_provider_aws::client::{Client, loader};
    use openpcs_provider_aws::{AgentBuild, Aws, Settings};

    use super::*;

    /// What the server's role must be allowed.
    pub fn policy(metrics_namespace: Option<&str>) -> Result<serde_json::Value, ProviderError> {
        Ok(openpcs_provider_aws::policy::policy(metrics_namespace))
    }

    /// What KMS makes of a key, by that key of its own.
    pub async fn wrap(kms_key: &str, key: &[u8]) -> Result<Vec<u8>, ProviderError> {
        let client = Client::load(loader()).await?;
        kms::wrap(&client.kms, kms_key, key).await
    }

    /// A key that KMS wrapped.
    pub async fn unwrap(wrapped: &[u8]) -> Result<Vec<u8>, ProviderError> {
        let client = Client::load(loader()).await?;
        kms::unwrap(&client.kms, wrapped).await
    }

    /// An account in a region, as the environment, a profile or the host's instance role say.
    pub struct Account {
        pub id: String,
        pub region: String,
        client: Client,
    }

    impl Account {
        /// Asks AWS whose credentials these are.
        pub async fn find() -> Result<Account, ProviderError> {
            let client = Client::load(loader()).await?;
            Ok(Account {
                id: client.account_id().await?,
                region: client.region.clone(),
                client,
            })
        }

        pub fn provider(self, host: Host) -> Arc<dyn Provider> {
            let agents = host.agents.into_iter();
            let agents = agents.map(|(architecture, sha256)| AgentBuild {
                architecture,
                sha256,
            });
            let settings = Settings {
                slurm_versions: host.slurm_versions,
                endpoint: host.endpoint,
                agents: agents.collect(),
                aws_tags: false,
                keeps_keys: host.keeps_keys,
                metrics_namespace: host.metrics_namespace,
            };
            Arc::new(Aws::new(self.client, settings, host.names))
        }
    }
}

/// There is none in this build.
#[cfg(not(feature = "aws"))]
pub struct Account {
    pub id: String,
    pub region: String,
}

#[cfg(not(feature = "aws"))]
pub fn policy(_metrics_namespace: Option<&str>) -> Result<serde_json::Value, ProviderError> {
    Err(not_built())
}

#[cfg(not(feature = "aws"))]
pub async fn wrap(_kms_key: &str, _key: &[u8]) -> Result<Vec<u8>, ProviderError> {
    Err(not_built())
}

#[cfg(not(feature = "aws"))]
pub async fn unwrap(_wrapped: &[u8]) -> Result<Vec<u8>, ProviderError> {
    Err(not_built())
}

#[cfg(not(feature = "aws"))]
fn not_built() -> ProviderError {
    ProviderError {
        code: "AwsNotBuilt".into(),
        message: "This build has no aws provider. Build it with the feature `aws`, or start with --provider local."
            .into(),
    }
}

#[cfg(not(feature = "aws"))]
impl Account {
    pub async fn find() -> Result<Account, ProviderError> {
        Err(not_built())
    }

    pub fn provider(self, _: Host) -> Arc<dyn Provider> {
        unreachable!("no account is found without the provider")
    }
}
