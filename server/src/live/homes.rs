//! Which clusters of this server another process runs now, or may: as the driver saw it last. The doors send people there,
//! and the page *System* says it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use app::model::system::Away;
use openpcs_provider::lease::Beat;

use crate::db::now;

/// Clones are one.
#[derive(Clone)]
pub struct Homes {
    /// Of this process; none where no other can run its clusters.
    beat: Option<Beat>,
    away: Arc<Mutex<BTreeMap<String, Away>>>,
}

impl Homes {
    pub fn new(beat: Option<Beat>) -> Homes {
        Homes {
            beat,
            away: Arc::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Away>> {
        // What is there is replaced as a whole: whoever panicked, it is sound.
        self.away.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether others still take this process for alive: if not, they may have any of its clusters.
    pub fn is_believed(&self) -> bool {
        self.beat.as_ref().is_none_or(Beat::is_fresh)
    }

    /// Whether nobody else has this cluster of ours.
    pub fn has(&self, cluster_id: &str) -> bool {
        self.is_believed() && !self.lock().contains_key(cluster_id)
    }

    /// These are away, by id and name; all others are not.
    pub fn note<'c>(&self, away: impl Iterator<Item = (&'c str, &'c str)>) {
        let mut known = self.lock();
        let since = |id: &str| known.get(id).map_or_else(now, |away| away.since);
        let next = away.map(|(id, name)| {
            let away = Away {
                since: since(id),
                cluster_id: id.to_owned(),
                cluster_name: name.to_owned(),
            };
            (id.to_owned(), away)
        });
        *known = next.collect();
    }

    pub fn away(&self) -> Vec<Away> {
        self.lock().values().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_process_has_is_away_until_it_is_back() {
        let beat = Beat::default();
        let homes = Homes::new(Some(beat.clone()));
        assert!(!homes.has("pcs_a"), "nobody knows of this process yet");
        beat.written(Beat::begin());
        assert!(homes.has("pcs_a"));
        homes.note([("pcs_a", "a")].into_iter());
        let since = homes.away()[0].since;
        homes.note([("pcs_a", "a"), ("pcs_b", "b")].into_iter());
        assert_eq!(homes.away()[0].since, since);
        assert!(!homes.has("pcs_a") && homes.has("pcs_c"));
        homes.note([].into_iter());
        assert!(homes.has("pcs_a") && homes.away().is_empty());
        assert!(Homes::new(None).has("pcs_a"));
    }
}
