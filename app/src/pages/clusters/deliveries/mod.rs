//! Deliveries of a cluster's logs: the wizard that sets one up, and what kinds there are.

mod create;
mod draft;

pub use create::CreateDelivery;

use crate::i18n::Text;

/// "Amazon S3".
pub fn kind_label(t: &'static Text, kind: &str) -> &'static str {
    match kind {
        "CWL" => t.deliveries.cwl,
        "S3" => t.deliveries.s3,
        "FH" => t.deliveries.fh,
        _ => t.deliveries.local,
    }
}
