//! Puts the wanted Slurm configuration of a cluster in force, and says of each change whether Slurm took it (C8, N15).
//!
//! The cluster, its groups and its queues share one `slurm.conf`. All pending changes are tried together; if Slurm
//! refuses, each is tried alone, so that one person's mistake never holds up another's change.

use std::collections::{BTreeSet, HashMap};

use super::{Parts, placement};
use crate::slurm::client::Client;

mod changed;
mod heal;
mod input;
mod rows;
mod settle;
mod switch;
mod trial;

pub use input::render;
pub use rows::{Rows, Specs};
use settle::Settle;
use switch::Switch;
pub use trial::trial_of_new;

/// Makes what is wanted be in force; rows learn what became of them.
pub async fn reconcile(parts: &Parts, client: &Client, rows: &Rows) -> anyhow::Result<()> {
    let mut rows = rows.clone();
    let mut refused = place(parts, &mut rows).await?;
    let rows = &rows;
    let switch = Switch {
        parts,
        client,
        rows,
    };
    let settle = Settle {
        parts,
        client,
        rows,
    };
    let mut pending = rows.pending();
    pending.retain(|id| !refused.contains_key(*id));
    let mut accepted = BTreeSet::new();
    match switch.apply(&pending).await? {
        Ok(()) => accepted = pending,
        Err(words) if pending.len() == 1 => {
            refused.extend(pending.iter().map(|id| (id.to_string(), words.clone())))
        }
        Err(words) if pending.is_empty() => {
            anyhow::bail!("slurmctld refuses the configuration in force: {words}")
        }
        Err(_) => {
            for id in pending {
                let mut tried = accepted.clone();
                tried.insert(id);
                match switch.apply(&tried).await? {
                    Ok(()) => accepted = tried,
                    Err(words) => drop(refused.insert(id.to_owned(), words)),
                }
            }
        }
    }
    // What goes, goes whatever else was refused: its rows must not go before Slurm has let go of it.
    if !refused.is_empty()
        && let Err(words) = switch.apply(&accepted).await?
    {
        anyhow::bail!("slurmctld refuses a configuration that it took before: {words}");
    }
    settle.settle(&accepted, &refused).await
}

/// Gives the nodes that groups have or are to have their places; the changed groups for which there is no room, with the
/// reason.
async fn place(parts: &Parts, rows: &mut Rows) -> anyhow::Result<HashMap<String, String>> {
    let mut refused = HashMap::new();
    for group in &mut rows.groups {
        let in_force = group.applied_spec.as_ref().map_or(0, |spec| spec.nodes());
        let is_pending = rows::is_pending(group.status);
        let wanted = if is_pending { group.spec.nodes() } else { 0 };
        match placement::ensure(parts, group, in_force.max(wanted)).await? {
            Ok(place) => group.placement = Some(place),
            Err(no_room) if is_pending => {
                refused.insert(group.id.clone(), no_room.to_string());
            }
            Err(no_room) => anyhow::bail!("group {}: {no_room}", group.name),
        }
    }
    Ok(refused)
}
