//! The one service layer behind both doors: rules, authorization, quotas, idempotency, audit.
//!
//! Nothing happens here but writing down what is wanted; side effects belong to `reconcile`. To add an operation: a line
//! for it in its noun's file of `app::port`, the work in the file of the same noun here.

mod access_key;
mod alternate;
mod attempt;
pub mod audit;
mod blueprint;
mod boot;
mod causes;
pub mod change;
mod claim;
mod cloudwatch;
mod cloudwatch_check;
pub(crate) mod cluster;
mod cluster_delivery;
mod cluster_gauges;
mod cluster_view;
mod compute_node_group;
mod console;
mod delivery;
mod delivery_check;
mod delivery_test;
mod delivery_view;
pub mod diagnostics;
mod done_to;
pub mod doors;
mod duty;
mod event;
pub mod follow;
pub mod for_nodes;
mod gate;
mod gauges;
mod home;
pub mod hooks;
pub mod instance;
mod instance_log;
mod intent;
mod job;
mod job_find;
mod job_list;
mod job_submit;
mod job_target;
mod job_timeline;
mod key;
mod known;
mod log_line;
mod log_search;
mod login;
mod metric;
mod metric_data;
pub mod metrics;
mod names;
mod node;
mod node_list;
mod node_log;
mod notice;
mod notification;
mod notification_check;
mod offer;
pub mod once;
pub mod output;
mod page;
mod past_csv;
mod past_job;
mod past_search;
pub mod people;
mod placement;
mod plan;
mod qos_check;
mod queue;
mod resource;
mod secret;
mod server;
pub mod set_aside;
pub mod settings;
pub mod shape;
mod shares;
mod shares_check;
pub mod submit;
pub mod system;
mod tag;
mod token;
mod trail;
mod upgrade_check;
mod user;
mod version;
mod write;

use std::sync::Arc;
use std::time::Duration;

use app::i18n::Language;
use app::model::error::{Error, ErrorKind, Result};
use app::model::operation::Operation;
use app::model::status::Status;
use openpcs_provider::ProviderError;
use tokio::time::Instant;

use crate::db::cluster::ClusterRow;
use crate::fault::internal;
use crate::live::names::Names;
use crate::parts::Parts;
use crate::slurm::client::Client;

/// How long a controller may take to begin anew before somebody who asks it is told that it does not run.
const RESTART: Duration = Duration::from_secs(15);
const PAUSE: Duration = Duration::from_millis(50);

/// What the operations need. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    pub parts: Parts,
    /// Submissions under way, by their token.
    pub submissions: once::Once,
    /// Addresses of nodes, as nodes ask for them.
    pub names: Names,
    /// Who writes what is read into the audit trail.
    pub recorder: audit::Recorder,
    /// What the server knows of itself.
    pub itself: Arc<system::Itself>,
}

/// For `map_err` on the provider: its message is for people.
fn provider_error(error: ProviderError) -> Error {
    tracing::error!(
        code = error.code,
        cause = error.message,
        "the provider refused"
    );
    Error::new(
        ErrorKind::Internal,
        format!("{} ({})", error.message, error.code),
    )
}

/// Runs work to its end even if whoever asked for it is gone: what was done outside is then also written down.
pub(crate) async fn whole<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    use tracing::Instrument as _;
    let done = tokio::spawn(work.in_current_span()).await;
    done.map_err(internal)?
}

impl Service {
    /// Waits while an update has the cluster's controller begin anew: what is asked of it then is late, and not refused.
    async fn after_restart(&self, cluster: &ClusterRow) -> Result<()> {
        let controllers = &self.parts.controllers;
        let until = Instant::now() + RESTART;
        while cluster.status == Status::Updating
            && Instant::now() < until
            && !controllers.running(&cluster.id).map_err(internal)?
        {
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    /// How to ask the cluster's Slurm now.
    async fn slurm(&self, cluster: &ClusterRow) -> Result<Client> {
        home::check(
            &self.parts.db,
            &self.parts.server,
            &self.parts.homes,
            cluster,
        )
        .await?;
        let version = cluster.slurm_version();
        let client = self
            .parts
            .controllers
            .client(&cluster.id, version)
            .map_err(internal)?;
        if let Some(client) = client {
            return Ok(client);
        }
        resource::check_usable(Language::English, cluster)?;
        let message = format!(
            "Cluster {} is {}: its controller does not run. Wait until it does, and try again.",
            cluster.name, cluster.status
        );
        Err(resource::refused(cluster, message))
    }
}

/// Checks an input as the API's door does: a form of the console comes by another door.
fn well_formed(operation: Operation, input: &impl serde::Serialize) -> Result<()> {
    shape::check(operation, &serde_json::to_value(input).map_err(internal)?)
}

/// Milliseconds since 1970 as the model's ISO 8601 timestamp.
fn timestamp(ms: i64) -> String {
    chrono::DateTime::from_timestamp_millis(ms)
        .unwrap_or_default()
        .to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod gate_tests;
#[cfg(test)]
mod refusal_tests;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_iso_8601_in_utc() {
        assert_eq!(timestamp(1_700_000_000_123), "2023-11-14T22:13:20.123Z");
    }
}
