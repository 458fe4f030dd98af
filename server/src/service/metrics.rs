//! What `/metrics` tells, and whom: what was counted since the start, and how things are at the moment (M2).

use std::fmt;
use std::time::{Duration, Instant};

use app::model::error::{Error, Result};
use async_trait::async_trait;
use prometheus_client::encoding::prometheus_text::encode;
use subtle::ConstantTimeEq;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::Service;
use super::doors::Metrics;
use super::gauges::process;
use crate::fault::internal;

/// They are put together this often at most, whoever asks: in between the last answer stands.
const EVERY: Duration = Duration::from_secs(1);

/// What anybody may read whom the server answers, and what only those may who show the token.
#[derive(Clone, Default)]
struct Told {
    all: String,
    /// None until somebody who shows it asks.
    of_clusters: Option<String>,
}

/// Who may read them, and the last answer.
pub struct ServerMetrics {
    service: Service,
    token: Zeroizing<String>,
    is_open: bool,
    last: Mutex<Option<(Instant, Told)>>,
}

impl ServerMetrics {
    /// `is_open`: nobody but the server's host asks, so a token is not needed.
    pub fn new(service: Service, token: Zeroizing<String>, is_open: bool) -> ServerMetrics {
        ServerMetrics {
            service,
            token,
            is_open,
            last: Mutex::default(),
        }
    }

    fn admit(&self, bearer: Option<&str>) -> Result<()> {
        let is_right = |shown: &str| bool::from(shown.as_bytes().ct_eq(self.token.as_bytes()));
        if bearer.map_or(self.is_open, is_right) {
            return Ok(());
        }
        Err(Error::access_denied(
            "Metrics are for those who show the token of this server: send `Authorization: Bearer TOKEN` with what is in \
             the file metrics-token of its data directory.",
        ))
    }

    async fn told(&self) -> std::result::Result<Told, fmt::Error> {
        Ok(Told {
            all: self.service.metrics_text().await?,
            of_clusters: None,
        })
    }

    async fn of_clusters(&self) -> std::result::Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.service.measured_gauges().await)?;
        Ok(text)
    }
}

impl Service {
    /// What anybody may read whom the server answers.
    pub(super) async fn metrics_text(&self) -> std::result::Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, self.itself.meter.registry())?;
        encode(&mut text, &self.gauges().await)?;
        encode(&mut text, &process())?;
        Ok(text)
    }
}

#[async_trait]
impl Metrics for ServerMetrics {
    async fn metrics(&self, bearer: Option<&str>) -> Result<String> {
        self.admit(bearer)?;
        let mut last = self.last.lock().await;
        let fresh = last.take().filter(|(at, _)| at.elapsed() < EVERY);
        let told = match fresh {
            Some(fresh) => fresh,
            None => (Instant::now(), self.told().await.map_err(internal)?),
        };
        let (_, Told { all, of_clusters }) = last.insert(told);
        if bearer.is_none() {
            return Ok(all.clone());
        }
        let of_clusters = match of_clusters {
            Some(text) => text,
            None => of_clusters.insert(self.of_clusters().await.map_err(internal)?),
        };
        Ok(format!("{all}{of_clusters}"))
    }
}
