//! One record that is marked as a test, sent through a delivery's own sink: whether the next lines would arrive.

use std::time::{Duration, Instant};

use app::model::cluster_delivery::TestDeliveryResponse;
use app::model::error::Result;
use tokio::time::timeout;

use super::Service;
use crate::db::cluster::ClusterRow;
use crate::db::delivery::DeliveryRow;
use crate::db::now;
use crate::reconcile::delivery::sink;
use crate::sink::batch::Batch;
use crate::sink::{Attempt, Failure, Sent, Sink};

/// For the destination's answer.
const PATIENCE: Duration = Duration::from_secs(20);

impl Service {
    pub(super) async fn send_test(
        &self,
        cluster: &ClusterRow,
        row: &DeliveryRow,
    ) -> Result<TestDeliveryResponse> {
        let words = format!(
            "This is a test of the delivery {} of {}. Nothing has happened.",
            row.id,
            row.source.log_type.as_str()
        );
        let batch = Batch::test(&self.origin(cluster).await, now(), &words);
        let sink = sink(&self.parts, row);
        let begun = Instant::now();
        let sent = timeout(PATIENCE, send(&sink, &batch)).await;
        let sent = sent.unwrap_or_else(|_| Err(late()));
        Ok(TestDeliveryResponse {
            place: sink.place(&batch),
            error: sent
                .err()
                .map(|failure| failure.message)
                .unwrap_or_default(),
            took_ms: i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX),
        })
    }
}

async fn send(sink: &Sink, batch: &Batch) -> std::result::Result<(), Failure> {
    let attempt = Attempt {
        mark: sink.mark(batch).await?,
        is_repeat: false,
    };
    match sink.send(batch, &attempt).await? {
        Sent::All { refused: 0 } => Ok(()),
        Sent::All { .. } => Err(Failure::new(
            "SinkRefused",
            "The destination answers, and takes no record of this time. Compare its clock with this server's.",
        )),
        Sent::Part { why, .. } => Err(why),
    }
}

fn late() -> Failure {
    let message = format!(
        "The destination did not answer within {} s. See whether this server reaches it.",
        PATIENCE.as_secs()
    );
    Failure::new("SinkLate", message)
}
