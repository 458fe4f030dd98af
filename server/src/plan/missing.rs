//! Instances that their provider does not show, although they were started: since when. What it shows may be older than what
//! it has said before, so that one of them is taken for gone only after a while.

use std::collections::{HashMap, HashSet};

use openpcs_provider::Instance;

use crate::db::instance::InstanceRow;

/// In memory: after a restart of the server it is counted anew.
#[derive(Debug, Default)]
pub struct Missing {
    since: HashMap<String, i64>,
}

impl Missing {
    /// Which of these rows' instances do not show, and for how many milliseconds.
    pub fn note(
        &mut self,
        rows: &[InstanceRow],
        provider: &[Instance],
        now: i64,
    ) -> HashMap<String, i64> {
        let shown: HashSet<&str> = provider.iter().map(|it| it.id.as_str()).collect();
        let missing = rows.iter().map(|row| &row.id);
        let missing = missing.filter(|id| !shown.contains(id.as_str()));
        // The clock may have been set back.
        let since = |id: &String| self.since.get(id).map_or(now, |at| now.min(*at));
        self.since = missing.map(|id| (id.clone(), since(id))).collect();
        let ages = self.since.iter();
        ages.map(|(id, since)| (id.clone(), now - since)).collect()
    }
}

#[cfg(test)]
mod tests {
    use openpcs_provider::State;

    use super::*;

    #[test]
    fn what_shows_again_is_missed_anew() {
        let row = InstanceRow::ready("a-1");
        let shown = Instance {
            id: row.id.clone(),
            state: State::Running,
            addresses: vec![],
            health: Default::default(),
        };
        let rows = [row];
        let mut missing = Missing::default();
        for (now, provider, expected) in [
            (5, &[][..], Some(0)),
            (9, &[], Some(4)),
            (10, std::slice::from_ref(&shown), None),
            (12, &[], Some(0)),
            // Set back.
            (7, &[], Some(0)),
            (8, &[], Some(1)),
        ] {
            let found = missing.note(&rows, provider, now);
            assert_eq!(found.get(&rows[0].id).copied(), expected, "{now}");
        }
    }
}
