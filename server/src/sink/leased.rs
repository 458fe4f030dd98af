//! A wire for the deliveries of one cluster that another process may take over: a call begins only while this one has it.

use async_trait::async_trait;
use openpcs_provider::lease::{self, Lease, Lost};

use super::Failure;
use super::wire::{Answer, Call, Wire};

pub struct Leased<W> {
    pub inner: W,
    /// None where no other process can have the cluster.
    pub lease: Option<Lease>,
}

#[async_trait]
impl<W: Wire> Wire for Leased<W> {
    async fn call(&self, call: &Call) -> Result<Answer, Failure> {
        lease::check(self.lease.as_ref())?;
        self.inner.call(call).await
    }
}

impl From<Lost> for Failure {
    fn from(lost: Lost) -> Failure {
        Failure::new("SinkLeaseLost", lost.to_string())
    }
}
