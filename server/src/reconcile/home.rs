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
        return all_are_here(parts, all).await;
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

/// The directory may have another name among servers than it had.
async fn all_are_here(parts: &Parts, mut all: Vec<ClusterRow>) -> anyhow::Result<Vec<ClusterRow>> {
    for row in &mut all {
        if row.server() != parts.server.id {
            claim(parts, row).await?;
        }
    }
    Ok(all)
}

/// A cluster of nobody, or of a server that has been silent, belongs to whom its directory is with: to the server that an
/// earlier release left it to, or to the same data directory under a new name.
fn may_claim(owner: &str, is_here: bool, alive: &[String]) -> bool {
    is_here && !alive.iter().any(|id| id == owner)
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
    placement::move_all(&mut write, &row.id, &parts.server.id).await?;
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
        let table = [
            ("", true, true),
            ("", false, false),
            ("gone", true, true),
            ("gone", false, false),
            ("other", true, false),
            ("other", false, false),
        ];
        for (owner, is_here, expected) in table {
            let claims = may_claim(owner, is_here, &alive);
            assert_eq!(claims, expected, "{owner} {is_here}");
        }
    }
}
