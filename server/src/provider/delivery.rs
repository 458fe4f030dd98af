//! Who signs and sends what the sinks of logs call AWS for.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::OnceCell;

use crate::sink::Failure;
use crate::sink::wire::{Answer, Call, Wire};

#[cfg(feature = "aws")]
pub use built::Aws;
#[cfg(not(feature = "aws"))]
pub use missing::Missing;

/// One for all deliveries of this process, made when the first calls: nobody else waits for AWS. Clones are one.
#[derive(Clone, Default)]
pub struct OneWire(Arc<OnceCell<Box<dyn Wire>>>);

#[async_trait]
impl Wire for OneWire {
    async fn call(&self, call: &Call) -> Result<Answer, Failure> {
        self.0.get_or_init(wire).await.call(call).await
    }
}

#[cfg(feature = "aws")]
async fn wire() -> Box<dyn Wire> {
    Box::new(Aws(openpcs_provider_aws::delivery::Sender::load().await))
}

#[cfg(not(feature = "aws"))]
async fn wire() -> Box<dyn Wire> {
    Box::new(Missing)
}

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
