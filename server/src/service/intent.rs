//! What is done outside the database, as Slurm is told to cancel a job: it is in the audit trail before it is done, and
//! what became of it after. A crash between the two leaves a record that says so; what cannot be written down is not done.

use app::model::error::{Error, Result};
use app::model::operation::Operation;
use app::port::Ctx;
use serde::Serialize;
use serde_json::Value;

use super::Service;
use super::write::{Intent, unwritten};
use crate::db;
use crate::db::audit::{ASKED, AuditRow, DONE, End};
use crate::fault::{internal, is_of_a_full_disk};

impl Service {
    /// Does it, with the intent written down before; if it is refused, or Slurm does not answer in time, the trail has the
    /// words that the caller gets.
    pub(super) async fn intended<T>(
        &self,
        ctx: &Ctx,
        operation: Operation,
        input: &impl Serialize,
        arn: &str,
        effect: impl Future<Output = Result<T>>,
    ) -> Result<(T, Intent)> {
        let id = self.write_row(ctx, operation, input, arn, ASKED).await?;
        match effect.await {
            Ok(done) => Ok((done, Intent(id))),
            Err(refused) => {
                // The answer must say why, whatever the database does.
                if let Err(error) = self.close(&id, &refused).await {
                    tracing::warn!(%error, "the audit trail does not say why it failed");
                }
                Err(refused)
            }
        }
    }

    /// Writes down what changes nothing and still must be known later: who read a key, who entered a cluster.
    pub(super) async fn note(
        &self,
        ctx: &Ctx,
        operation: Operation,
        arn: &str,
        input: &impl Serialize,
    ) -> Result<()> {
        match self.write_row(ctx, operation, input, arn, DONE).await {
            // It is what people do who free the disk.
            Err(error) if is_of_a_full_disk(&error) => {
                let (principal, operation) = (ctx.who.arn(), operation.name());
                tracing::error!(
                    principal,
                    operation,
                    arn,
                    "the disk is full: the audit trail does not have this, only this line"
                );
                Ok(())
            }
            written => written.map(drop),
        }
    }

    /// The new row's id.
    async fn write_row(
        &self,
        ctx: &Ctx,
        operation: Operation,
        input: &impl Serialize,
        arn: &str,
        outcome: &str,
    ) -> Result<String> {
        let mut write = self.parts.db.write().await.map_err(unwritten)?;
        let row = AuditRow {
            ctx,
            operation,
            resource_arn: arn,
            request: serde_json::to_value(input).map_err(internal)?,
            response: Value::Null,
            outcome,
        };
        let id = db::audit::insert(&mut write, row).await.map_err(internal)?;
        write.commit().await.map_err(unwritten)?;
        ctx.notes.recorded();
        Ok(id)
    }

    async fn close(&self, id: &str, refused: &Error) -> sqlx::Result<()> {
        let mut write = self.parts.db.write().await?;
        let end = End::Failed(refused.code(), &refused.message);
        db::audit::close(&mut write, id, end).await?;
        write.commit().await
    }
}
