//! Who signs and sends what the sinks of logs call AWS for.

use async_trait::async_trait;

use crate::sink::Failure;
use crate::sink::wire::{Answer, Call, Wire};

#[cfg(feature = "aws")]
pub use built::Aws;
#[cfg(not(feature = "aws"))]
pub use missing::Missing;

#[cfg(feature = "aws")]
mod built {
    use openpcs_provider_aws::delivery::{self, Sender};

    use super::*;

    /// With credentials, region and endpoint as everywhere.
    pub struct Aws(pub Sender);

    #[async_trait]
    impl Wire for Aws {
        async fn call(&self, call: &Call) -> Result<Answer, Failure> {
            let sent = self.0.send(delivery::Call {
                service: call.service,
                region: call.region.as_deref(),
                method: call.method,
                path: &call.path,
                headers: &call.headers,
                body: &call.body,
            });
            let (status, body) = sent.await.map_err(|error| Failure {
                code: error.code,
                message: error.message,
            })?;
            Ok(Answer { status, body })
        }
    }
}

#[cfg(not(feature = "aws"))]
mod missing {
    use super::*;

    /// Neither TLS nor what signs is in a build without AWS.
    pub struct Missing;

    #[async_trait]
    impl Wire for Missing {
        async fn call(&self, call: &Call) -> Result<Answer, Failure> {
            let message = format!(
                "This build of the server cannot call AWS's {}. Build it with the feature `aws`, or deliver to a directory.",
                call.service
            );
            Err(Failure::new("AwsNotBuilt", message))
        }
    }
}
