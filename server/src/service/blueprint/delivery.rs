//! Where a cluster's logs go, in its document: out of it, and as it says.

use app::model::apply::{ApplyAction, ApplyState, ApplyStep};
use app::model::blueprint::DeliveryBlueprint;
use app::model::cluster_delivery::destination_name;
use app::model::delivery::DeliveryRequest;
use app::model::error::Result;
use app::model::live::Kind;
use app::model::operation::Operation;
use app::model::plan::{FieldChange, Plan};
use app::model::status::Status;
use app::port::{ClusterDeliveries, Ctx};

use super::pass::{Pass, There, step};
use crate::auth::policy::Authorize as _;
use crate::db::cluster::ClusterRow;
use crate::db::delivery::{self as rows, DeliveryRow};
use crate::service::{Service, delivery_check as check, internal};

impl Service {
    /// In the order of their names; left out where they may not be seen.
    pub(super) async fn log_deliveries(
        &self,
        ctx: &Ctx,
        cluster: &ClusterRow,
    ) -> Result<Option<Vec<DeliveryBlueprint>>> {
        if !ctx.may(Operation::DescribeDeliveries, "*") {
            return Ok(None);
        }
        let found = rows::of_cluster(self.parts.db.pool(), &cluster.id).await;
        let found = found.map_err(internal)?;
        let mut all: Vec<DeliveryBlueprint> = found.iter().map(of_row).collect();
        all.sort_by_key(DeliveryBlueprint::name);
        Ok(Some(all))
    }
}

/// A destination that is named after the cluster has no name here: a clone has its own.
fn of_row(row: &DeliveryRow) -> DeliveryBlueprint {
    let (destination, log_type) = (&row.destination, row.source.log_type);
    let own = destination_name(&row.source.cluster_id, log_type, destination.target.kind());
    let name = Some(&destination.name).filter(|name| **name != own);
    DeliveryBlueprint {
        log_type,
        destination_resource_arn: destination.resource_arn.clone(),
        destination_name: name.cloned(),
    }
}

impl Pass<'_> {
    /// Those of the document, and what else there is if that is to go.
    pub(super) async fn deliveries(&self, there: Option<&There>) -> Result<Vec<ApplyStep>> {
        let Some(wanted) = &self.blueprint.log_deliveries else {
            return Ok(vec![]);
        };
        let mut are = vec![];
        if let Some(there) = there {
            let pool = self.service.parts.db.pool();
            let found = rows::of_cluster(pool, &there.cluster.id).await;
            are = found.map_err(internal)?;
        }
        let mut steps = vec![];
        for (index, one) in wanted.iter().enumerate() {
            let is = are.iter().find(|row| of_row(row).name() == one.name());
            steps.push(self.delivery(there, index, one, is).await);
        }
        let is_wanted = |name: &str| wanted.iter().any(|one| one.name() == name);
        for row in are.iter().filter(|_| self.request.prune) {
            let name = of_row(row).name();
            if !is_wanted(&name) {
                let kind = Kind::LogDelivery;
                let planned = step(kind, &name, ApplyAction::Delete, ApplyState::Planned);
                steps.push(self.done(planned, self.remove(row)).await);
            }
        }
        Ok(steps)
    }

    async fn delivery(
        &self,
        there: Option<&There>,
        index: usize,
        wanted: &DeliveryBlueprint,
        is: Option<&DeliveryRow>,
    ) -> ApplyStep {
        let name = wanted.name();
        let step = |action, state| step(Kind::LogDelivery, &name, action, state);
        let action = is.map_or(ApplyAction::Create, |_| ApplyAction::Update);
        if wanted.kind().is_none() {
            let field = format!("logDeliveries[{index}].destinationResourceArn");
            let error = check::no_place(&field, &wanted.destination_resource_arn);
            return step(action, ApplyState::Refused { error });
        }
        let usable = there.filter(|there| there.cluster.status != Status::Deleting);
        let Some(there) = usable else {
            return step(action, self.waiting_for_cluster());
        };
        let Some(row) = is else {
            let planned = step(action, ApplyState::Planned);
            return self.done(planned, self.set_up(there, wanted)).await;
        };
        if of_row(row) == *wanted {
            return step(ApplyAction::Keep, ApplyState::Done);
        }
        let again = async {
            self.remove(row).await?;
            self.set_up(there, wanted).await
        };
        let planned = step(action, ApplyState::Planned);
        let mut step = self.done(planned, again).await;
        if let Some(plan) = &mut step.plan {
            plan.changes = changes(&of_row(row), wanted);
        }
        step
    }

    async fn set_up(&self, there: &There, wanted: &DeliveryBlueprint) -> Result<()> {
        let input = wanted.set_up(&there.cluster.id);
        let made = self.service.set_up_delivery(self.ctx, input).await;
        made.map(drop)
    }

    async fn remove(&self, row: &DeliveryRow) -> Result<()> {
        let input = DeliveryRequest { id: row.id.clone() };
        let removed = self.service.remove_delivery(self.ctx, input).await;
        removed.map(drop)
    }

    /// Does it, or plans it. What the service refuses is the step's.
    async fn done(&self, mut step: ApplyStep, work: impl Future<Output = Result<()>>) -> ApplyStep {
        if self.request.dry_run {
            step.plan = Some(Plan::default());
            return step;
        }
        step.state = match work.await {
            Ok(()) => ApplyState::Begun,
            Err(error) => ApplyState::Refused { error },
        };
        step
    }
}

fn changes(is: &DeliveryBlueprint, wanted: &DeliveryBlueprint) -> Vec<FieldChange> {
    let arn = |of: &DeliveryBlueprint| Some(of.destination_resource_arn.clone());
    let name = |of: &DeliveryBlueprint| of.destination_name.clone();
    let all = [
        ("destinationResourceArn", arn(is), arn(wanted)),
        ("destinationName", name(is), name(wanted)),
    ];
    let changed = all.into_iter().filter(|(_, before, after)| before != after);
    let change = |(path, before, after): (&str, _, _)| FieldChange {
        path: path.into(),
        before,
        after,
    };
    changed.map(change).collect()
}
