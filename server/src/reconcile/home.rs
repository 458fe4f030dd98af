//! Which clusters are this server's: those whose daemons run on its host. They stay there, for their processes and files
//! are there; other servers of the database answer for them what the database knows, and name this one for the rest.

use super::Parts;
use crate::db::cluster::{ClusterRow, ClusterSpec};
use crate::db::placement::{self, Placement};
use crate::db::{resource, server};

/// The clusters that this server is to keep.
pub async fn clusters(parts: &Parts) -> anyhow::Result<Vec<ClusterRow>> {
    let all: Vec<ClusterRow> = resource::list::<ClusterSpec>(parts.db.pool(), None).await?;
    if parts.db.has_one_server() {
        return Ok(all);
    }
    let alive = server::alive(parts.db.pool()).await?;
    let on_disk = parts.controllers.list()?;
    let mut mine = vec![];
    for mut row in all {
        let owner = row.server().to_owned();
        let is_here = on_disk.contains(&row.id);
        if owner != parts.server.id && may_claim(&owner, is_here, &alive) {
            claim(parts, &mut row).await?;
        }
        if row.server() == parts.server.id {
            mine.push(row);
        }
    }
    Ok(mine)
}

/// A cluster of nobody, or of a server that has been silent, belongs to whom its directory is with: to the same data
/// directory under a new name, or to the server that an earlier release left it to. Without a directory anywhere, as
/// after the loss of a disk, only a server that is alone may take what is nobody's.
fn may_claim(owner: &str, is_here: bool, alive: &[String]) -> bool {
    let is_free = owner.is_empty() || !alive.iter().any(|id| id == owner);
    let is_alone = alive.len() <= 1;
    is_free && (is_here || (owner.is_empty() && is_alone))
}

async fn claim(parts: &Parts, row: &mut ClusterRow) -> anyhow::Result<()> {
    let place = Placement {
        server: parts.server.id.clone(),
        ..row
            .placement
            .clone()
            .unwrap_or_else(|| Placement::here("", vec![]))
    };
    let mut write = parts.db.write().await?;
    placement::put(&mut write, row.owner(), &place).await?;
    write.commit().await?;
    tracing::info!(cluster = row.name, "its daemons are on this host");
    row.placement = Some(place);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_belongs_to_whom_its_directory_is_with() {
        let alive = ["me".to_owned(), "other".to_owned()];
        let alone = &alive[..1];
        let table = [
            ("", true, &alive[..], true),
            ("", false, &alive, false),
            ("", false, alone, true),
            ("gone", true, &alive, true),
            ("gone", false, alone, false),
            ("other", true, &alive, false),
            ("other", false, &alive, false),
        ];
        for (owner, is_here, alive, expected) in table {
            assert_eq!(
                may_claim(owner, is_here, alive),
                expected,
                "{owner} {is_here} {alive:?}"
            );
        }
    }
}
