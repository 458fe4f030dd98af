//! Deliveries of a cluster's logs: the wizard that sets one up, and what logs and kinds of destinations there are.

mod create;
mod draft;

pub use create::CreateDelivery;

use crate::i18n::Text;
use crate::model::delivery::LogType;

/// "Job completion".
pub fn log_label(t: &'static Text, log_type: LogType) -> &'static str {
    match log_type {
        LogType::Scheduler => t.deliveries.scheduler,
        LogType::SchedulerAudit => t.deliveries.audit,
        LogType::JobCompletion => t.deliveries.jobcomp,
    }
}

/// "Amazon S3".
pub fn kind_label(t: &'static Text, kind: &str) -> &'static str {
    match kind {
        "CWL" => t.deliveries.cwl,
        "S3" => t.deliveries.s3,
        "FH" => t.deliveries.fh,
        _ => t.deliveries.local,
    }
}
