//! Export, import and clone of a cluster (X8).
//!
//! Applying is a pass, not a process: each call compares the document with what is there, begins what can begin now
//! through the ordinary operations (so with their authorization, checks and audit), and says what is left. Nothing is
//! remembered between calls; whoever wants it finished calls again, and says what earlier calls have begun.

mod compare;
mod delivery;
mod document;
mod export;
mod pass;
#[cfg(test)]
mod tests;

use app::model::apply::{ApplyOutcome, ApplyRequest, Format};
use app::model::blueprint::{Blueprint, DeliveryBlueprint};
use app::model::error::{Error, Result};
use app::model::operation::Operation;
use app::port::{Ctx, Documents};
use async_trait::async_trait;

use super::Service;

#[async_trait]
impl Documents for Service {
    async fn export_cluster(
        &self,
        ctx: &Ctx,
        identifier: String,
        format: Format,
    ) -> Result<String> {
        let operation = Operation::ExportCluster;
        let cluster = self.cluster_for(ctx, operation, &identifier).await?;
        document::write(&self.blueprint(ctx, &cluster).await?, format)
    }

    async fn apply(&self, ctx: &Ctx, request: ApplyRequest) -> Result<ApplyOutcome> {
        let mut blueprint = document::read(&request.document)?;
        if let Some(name) = &request.name {
            blueprint.cluster.name = name.clone();
        }
        check_names(&blueprint)?;
        pass::Pass {
            service: self,
            ctx,
            blueprint: &blueprint,
            request: &request,
        }
        .run()
        .await
    }
}

/// Each group, queue and delivery once: of two with one name, the second would undo the first for ever.
fn check_names(blueprint: &Blueprint) -> Result<()> {
    let groups = blueprint.compute_node_groups.iter();
    let queues = blueprint.queues.iter();
    check_unique("computeNodeGroups", groups.map(|g| g.name.as_str()))?;
    check_unique("queues", queues.map(|q| q.name.as_str()))?;
    let deliveries = blueprint.log_deliveries.iter().flatten();
    let names: Vec<String> = deliveries.map(DeliveryBlueprint::name).collect();
    check_unique("logDeliveries", names.iter().map(String::as_str))
}

fn check_unique<'a>(list: &str, names: impl Iterator<Item = &'a str>) -> Result<()> {
    let mut seen = std::collections::HashSet::new();
    for (i, name) in names.enumerate() {
        if !seen.insert(name) {
            let message = format!("{name} stands twice in the document. Name it once.");
            return Err(Error::field(format!("{list}[{i}].name"), message));
        }
    }
    Ok(())
}
