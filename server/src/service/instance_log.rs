//! What instances log: those of other hosts send it, and it is told of after their end, too.

use app::model::error::{Error, Result};
use app::model::node::NodeLog;
use openpcs_agent::protocol::{LOG_BYTES, LogReport};

use super::instance::refused;
use super::{Service, provider_error};
use crate::fault::internal;
use crate::logs::instances;

/// Of a text in bytes: what is no UTF-8 has become longer.
const TEXT_BYTES: u64 = 3 * LOG_BYTES;

/// The log to keep, if it is within the bounds: an instance's word must not fill the disk, nor be the way to another file.
fn log_of(report: LogReport) -> Result<NodeLog> {
    if !instances::is_name(&report.name) {
        let message =
            "The name of a log has 1 to 128 letters, digits and -_. and begins with no dot.";
        return Err(Error::field("name", message));
    }
    if report.text.len() as u64 > TEXT_BYTES {
        let message = format!("The text of a log has up to {TEXT_BYTES} bytes: send its end.");
        return Err(Error::field("text", message));
    }
    Ok(NodeLog {
        name: report.name,
        text: report.text,
        is_cut: report.is_cut,
    })
}

impl Service {
    /// The end of a log that an instance sends; its bootstrap id is the proof.
    pub(super) async fn keep_log(&self, bearer: &str, report: LogReport) -> Result<()> {
        let row = self.instance_of(bearer).await?;
        if row.id != report.instance_id {
            return Err(refused());
        }
        let log = log_of(report)?;
        let of = instances::of(self.parts.controllers.data_dir(), &row.id);
        let kept = tokio::task::spawn_blocking(move || instances::keep(&of, &log));
        kept.await.map_err(internal)?.map_err(internal)
    }

    /// What the provider has of an instance's logs, and what was sent of them. While the provider does not answer, what was
    /// sent is better than nothing.
    pub(super) async fn logs_of(&self, cluster_id: &str, id: &str) -> Result<Vec<NodeLog>> {
        let of = instances::of(self.parts.controllers.data_dir(), id);
        let sent = tokio::task::spawn_blocking(move || instances::sent(&of));
        let sent = sent.await.map_err(internal)?;
        let mut logs = match self.parts.provider.logs(cluster_id, id).await {
            Err(error) if sent.is_empty() => return Err(provider_error(error)),
            told => told.unwrap_or_default(),
        };
        let others = sent.into_iter();
        let others: Vec<NodeLog> = others
            .filter(|log| logs.iter().all(|told| told.name != log.name))
            .collect();
        logs.extend(others);
        Ok(logs)
    }
}

#[cfg(test)]
mod tests {
    use app::model::error::ErrorKind;

    use super::*;

    #[test]
    fn logs_are_bounded_in_name_and_size() {
        let report = |name: &str, bytes: u64| LogReport {
            instance_id: "i-1".into(),
            name: name.into(),
            text: "a".repeat(usize::try_from(bytes).unwrap()),
            is_cut: false,
        };
        for (name, bytes, field) in [
            ("slurmd.log", 0, None),
            ("slurmd.log", TEXT_BYTES, None),
            ("slurmd.log", TEXT_BYTES + 1, Some("text")),
            ("../slurmd.log", 1, Some("name")),
        ] {
            let told = log_of(report(name, bytes)).err().map(|error| error.kind);
            let told = told.map(|kind| match kind {
                ErrorKind::Validation { fields, .. } => fields[0].name.clone(),
                other => format!("{other:?}"),
            });
            assert_eq!(told.as_deref(), field, "{name} {bytes}");
        }
    }
}
