//! Which clusters are this process's: those whose daemons run on its host. They stay there, for their processes and files
//! are there; other servers of the database answer for them what the database knows, and name this one for the rest.
//!
//! Where several processes can be, each cluster is under a [`Lease`]: the same data directory may be on another host too, and
//! a process that was stopped goes on one day.

use std::collections::HashMap;

use openpcs_provider::lease::{Beat, Lease};

use super::Parts;
use crate::db::cluster::{ClusterRow, ClusterSpec};
use crate::db::lease::{self, LeaseRow};
use crate::db::placement::{self, Placement};
use crate::db::{Write, forgotten, resource, server};

/// A cluster that this process is to keep.
pub struct Home {
    pub row: ClusterRow,
    /// None where no other process can have it.
    pub lease: Option<Lease>,
}

/// Whose the lease of a cluster is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Nobody's, or of a process that is taken for dead.
    Free,
    Mine,
    Others,
}

/// What this process does about a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claim {
    Leave,
    Keep,
    Take,
}

/// The clusters that this process is to keep; takes those that are free. `beat` with its chain as it was before.
pub async fn clusters(parts: &Parts, beat: Option<(&Beat, u64)>) -> anyhow::Result<Vec<Home>> {
    let all: Vec<ClusterRow> = resource::list::<ClusterSpec>(parts.db.pool(), None).await?;
    let Some((beat, chain)) = beat else {
        return all_are_here(parts, all).await;
    };
    let seen = server::all(&parts.db, parts.db.pool()).await?;
    let alive: Vec<String> = seen
        .into_iter()
        .filter(|seen| seen.lives)
        .map(|seen| seen.server.id)
        .collect();
    let forgotten = forgotten::all(parts.db.pool()).await?;
    let on_disk = parts.controllers.list()?;
    let leases = lease::all(&parts.db).await?.into_iter();
    let leases: HashMap<String, LeaseRow> = leases.map(|l| (l.cluster_id.clone(), l)).collect();
    let (mut mine, mut away) = (vec![], vec![]);
    for mut row in all {
        if forgotten.contains(&row.id) {
            super::forgotten::clear(parts, &row.id).await?;
            continue;
        }
        let is_mine = row.server() == parts.server.id;
        let is_here = on_disk.contains(&row.id);
        let owner_lives = alive.iter().any(|id| id == row.server());
        let known = leases.get(&row.id);
        let epoch = match claim(is_mine, is_here, owner_lives, standing(parts, known)) {
            Claim::Keep => known.map(|lease| lease.epoch),
            Claim::Take => take(parts, &mut row).await?,
            Claim::Leave => None,
        };
        match epoch {
            Some(epoch) => {
                let lease = Lease {
                    cluster_id: row.id.as_str().into(),
                    epoch,
                    beat: beat.clone(),
                    chain,
                };
                mine.push(Home {
                    row,
                    lease: Some(lease),
                });
            }
            None if is_mine => away.push(row),
            None => {}
        }
    }
    let away = away.iter().map(|row| (row.id.as_str(), row.name.as_str()));
    parts.homes.note(away);
    Ok(mine)
}

/// The directory may have another name among servers than it had.
async fn all_are_here(parts: &Parts, all: Vec<ClusterRow>) -> anyhow::Result<Vec<Home>> {
    let mut mine = vec![];
    for mut row in all {
        if row.server() != parts.server.id {
            let mut write = parts.db.write().await?;
            move_here(parts, &mut write, &mut row).await?;
            write.commit().await?;
        }
        mine.push(Home { row, lease: None });
    }
    Ok(mine)
}

fn standing(parts: &Parts, lease: Option<&LeaseRow>) -> Standing {
    match lease {
        Some(lease) if lease.is_of(&parts.server) => Standing::Mine,
        Some(lease) if lease.is_held => Standing::Others,
        _ => Standing::Free,
    }
}

/// A cluster of nobody, or of a server that has been silent, belongs to whom its directory is with: to the server that an
/// earlier release left it to, or to the same data directory under a new name.
fn claim(is_mine: bool, is_here: bool, owner_lives: bool, lease: Standing) -> Claim {
    let may = is_mine || (is_here && !owner_lives);
    match lease {
        _ if !may => Claim::Leave,
        Standing::Others => Claim::Leave,
        Standing::Mine => Claim::Keep,
        Standing::Free => Claim::Take,
    }
}

/// The epoch; none: another process was faster, or the cluster is gone.
async fn take(parts: &Parts, row: &mut ClusterRow) -> anyhow::Result<Option<i64>> {
    let mut write = parts.db.write().await?;
    let known = resource::find::<ClusterSpec>(&mut *write.tx, None, &row.id).await?;
    let forgotten = forgotten::all(&mut *write.tx).await?;
    if known.is_none() || forgotten.contains(&row.id) {
        return Ok(None);
    }
    let taken = lease::take(&parts.db, &mut write, &row.id, &parts.server).await?;
    let Some(epoch) = taken else {
        return Ok(None);
    };
    if row.server() != parts.server.id {
        move_here(parts, &mut write, row).await?;
    }
    write.commit().await?;
    tracing::info!(cluster = row.name, epoch, "this process runs it now");
    Ok(Some(epoch))
}

/// All daemons of the cluster are on this host.
async fn move_here(parts: &Parts, write: &mut Write, row: &mut ClusterRow) -> sqlx::Result<()> {
    let before = row.placement.clone();
    let place = Placement {
        server: parts.server.id.clone(),
        address: parts.address,
        ports: before.map(|place| place.ports).unwrap_or_default(),
    };
    placement::put(write, row.owner(), &place).await?;
    placement::move_all(write, &row.id, &parts.server.id).await?;
    tracing::info!(cluster = row.name, "its daemons are on this host");
    row.placement = Some(place);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_run_a_cluster() {
        use Claim::*;
        use Standing::*;
        // Whether it is of this server, whether its directory is here, whether its server lives, whose the lease is.
        let table = [
            (true, true, true, Free, Take),
            (true, true, true, Mine, Keep),
            // Of the same server, on another host or stopped and gone on.
            (true, true, true, Others, Leave),
            // It has no directory before its first start.
            (true, false, true, Free, Take),
            (true, false, true, Mine, Keep),
            (true, false, true, Others, Leave),
            // Of nobody, or of a server that is silent.
            (false, true, false, Free, Take),
            (false, true, false, Others, Leave),
            (false, false, false, Free, Leave),
            (false, true, true, Free, Leave),
            (false, false, true, Others, Leave),
            // Its server took it back meanwhile.
            (false, true, true, Mine, Leave),
        ];
        for (is_mine, is_here, owner_lives, lease, expected) in table {
            let what = format!("{is_mine} {is_here} {owner_lives} {lease:?}");
            let done = claim(is_mine, is_here, owner_lives, lease);
            assert_eq!(done, expected, "{what}");
        }
    }
}
