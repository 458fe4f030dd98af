//! What one of all servers of a database does, under a lease of its own.

use openpcs_provider::lease::{Beat, Lease};

use super::Parts;
use crate::db::lease;

pub struct Sole {
    /// In the place of a cluster's id: no cluster has it.
    name: &'static str,
    parts: Parts,
    /// None where no other process can be.
    beat: Option<Beat>,
}

impl Sole {
    pub fn new(name: &'static str, parts: Parts, beat: Beat) -> Sole {
        Sole {
            name,
            beat: (!parts.db.has_one_server()).then_some(beat),
            parts,
        }
    }

    /// The parts under the lease; none where another server has it, or this one is not believed to live.
    pub async fn leased(&self) -> anyhow::Result<Option<(Parts, Option<Lease>)>> {
        let Some(beat) = &self.beat else {
            return Ok(Some((self.parts.clone(), None)));
        };
        let Some(chain) = beat.chain() else {
            return Ok(None);
        };
        let all = lease::all(&self.parts.db).await?;
        let known = all.iter().find(|one| one.cluster_id == self.name);
        let epoch = match known {
            Some(lease) if lease.is_of(&self.parts.server) => Some(lease.epoch),
            Some(lease) if lease.is_held => None,
            _ => {
                let mut write = self.parts.db.write().await?;
                let me = &self.parts.server;
                let epoch = lease::take(&self.parts.db, &mut write, self.name, me).await?;
                write.commit().await?;
                epoch
            }
        };
        Ok(epoch.map(|epoch| {
            let lease = Lease {
                cluster_id: self.name.into(),
                epoch,
                beat: beat.clone(),
                chain,
            };
            (self.parts.under(lease.clone()), Some(lease))
        }))
    }
}
