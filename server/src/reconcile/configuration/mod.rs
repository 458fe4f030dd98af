//! Puts the wanted Slurm configuration of a cluster in force, and says of each change whether Slurm took it (C8, N15).
//!
//! The cluster, its groups and its queues share one `slurm.conf`. Which changes are tried, and what becomes of them, says
//! [`crate::plan::configuration`]; here it is done.

use std::collections::BTreeMap;

use app::model::delivery::LogType;

use super::{Parts, placement};
use crate::db::cluster::ClusterRow;
use crate::db::{delivery, resource};
use crate::plan::configuration::outcome::{Outcome, Refusal};
use crate::plan::configuration::rows::{Rows, is_pending};
use crate::plan::configuration::search::{Search, Step};
use crate::slurm::client::Client;

mod changed;
mod heal;
mod input;
mod resolve;
mod settle;
pub mod slurmdbd;
mod switch;
mod trial;

pub use input::{render, render_slurmrestd};
use settle::Settle;
use switch::Switch;
pub use trial::trial_of_new;

/// The rows that make up the configuration, with all that it takes.
pub async fn rows(parts: &Parts, cluster: &ClusterRow) -> anyhow::Result<Rows> {
    let mut groups = resource::list(parts.db.pool(), Some(&cluster.id)).await?;
    resolve::missing(parts, &mut groups).await?;
    Ok(Rows {
        cluster: cluster.clone(),
        groups,
        queues: resource::list(parts.db.pool(), Some(&cluster.id)).await?,
        places: BTreeMap::new(),
        is_audited: delivery::delivers(parts.db.pool(), &cluster.id, LogType::SchedulerAudit)
            .await?,
    })
}

/// Makes what is wanted be in force; rows learn what became of them.
pub async fn reconcile(parts: &Parts, client: &Client, rows: &Rows) -> anyhow::Result<()> {
    let mut rows = rows.clone();
    let mut hopeless = place(parts, &mut rows).await?;
    hopeless.extend(resolve::type_gone(&rows.groups));
    let rows = &rows;
    let switch = Switch {
        parts,
        client,
        rows,
    };
    let outcome = search(&switch, &hopeless).await?;
    let settle = Settle {
        parts,
        client,
        rows,
    };
    settle.settle(&outcome).await
}

/// Tries changes until it is known what becomes of each; those that are `hopeless` are not even tried.
async fn search<'a>(
    switch: &Switch<'a>,
    hopeless: &'a BTreeMap<String, Refusal>,
) -> anyhow::Result<Outcome<'a>> {
    let refused = hopeless.iter();
    let refused = refused.map(|(id, why)| (id.as_str(), why.clone()));
    let mut search = Search::new(switch.rows.pending(), refused.collect());
    loop {
        match search.step() {
            Step::Try(changes) => search.answered(switch.apply(&changes).await?),
            Step::Settle(outcome) => return Ok(outcome),
            Step::Stuck(words) => {
                anyhow::bail!("Slurm refuses the configuration that is in force: {words}")
            }
        }
    }
}

/// Gives the nodes that groups have or are to have their places; the changed groups for which there is no room, with the
/// reason.
async fn place(parts: &Parts, rows: &mut Rows) -> anyhow::Result<BTreeMap<String, Refusal>> {
    let mut refused = BTreeMap::new();
    for group in &mut rows.groups {
        let in_force = group.applied_spec.as_ref().map_or(0, |spec| spec.nodes());
        let is_pending = is_pending(group.status);
        let wanted = if is_pending { group.spec.nodes() } else { 0 };
        match placement::ensure(parts, group, in_force.max(wanted)).await? {
            Ok(place) => group.placement = Some(place),
            Err(no_room) if is_pending => {
                refused.insert(group.id.clone(), Refusal::NoRoom(no_room.to_string()));
            }
            Err(no_room) => anyhow::bail!("group {}: {no_room}", group.name),
        }
    }
    Ok(refused)
}
