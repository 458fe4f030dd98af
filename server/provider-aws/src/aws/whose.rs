//! Which of EC2's instances are meant by ours, and the other way round.

use std::collections::HashMap;

use openpcs_provider::names::{Name, assign};
use openpcs_provider::{Health, Instance};

use crate::calls::instance::Seen;

/// Ours, by EC2's ids.
fn ours(seen: &[&Seen], rows: &[Name]) -> HashMap<String, String> {
    let marked: Vec<_> = seen
        .iter()
        .map(|it| (it.id.clone(), it.launch_token.clone()))
        .collect();
    assign(rows, &marked)
}

/// What was seen of a cluster, by our ids, with what is known of their health; what nobody can be meant by is told by EC2's.
pub fn instances(seen: &[&Seen], rows: &[Name], health: &HashMap<String, Health>) -> Vec<Instance> {
    let ours = ours(seen, rows);
    let instance = |it: &&Seen| Instance {
        id: ours.get(&it.id).unwrap_or(&it.id).clone(),
        state: it.state.clone(),
        addresses: it.addresses.clone(),
        health: health.get(&it.id).cloned().unwrap_or_default(),
    };
    seen.iter().map(instance).collect()
}

/// EC2's id of each of these; none: nothing is known to be there of it. What has not our cluster's tag is nobody's here.
pub fn ec2_ids(ids: &[String], seen: &[&Seen], rows: &[Name]) -> Vec<Option<String>> {
    let of_rows = rows.iter().filter_map(|row| {
        let ec2 = row.provider_id.clone()?;
        Some((row.id.clone(), ec2))
    });
    let mut ec2: HashMap<String, String> = of_rows.collect();
    let ours = ours(seen, rows);
    ec2.extend(ours.into_iter().map(|(ec2, id)| (id, ec2)));
    let itself = |id: &String| seen.iter().any(|it| it.id == *id).then(|| id.clone());
    let of = |id: &String| ec2.get(id).cloned().or_else(|| itself(id));
    ids.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use openpcs_provider::State;

    use super::*;

    fn seen(id: &str, token: &str) -> Seen {
        Seen {
            id: id.into(),
            cluster_id: Some("pcs_a".into()),
            launch_token: Some(token.into()),
            state: State::Running,
            addresses: vec![],
        }
    }

    fn row(id: &str, token: &str, provider_id: Option<&str>) -> Name {
        Name {
            id: id.into(),
            launch_token: token.into(),
            provider_id: provider_id.map(Into::into),
            has_ended: false,
        }
    }

    #[test]
    fn an_instance_is_found_by_either_id_and_a_strangers_by_none() {
        let rows = [
            row("a", "t", Some("i-1")),
            row("b", "t", None),
            row("c", "u", Some("i-not-shown-yet")),
            row("d", "u", None),
        ];
        let all = [seen("i-1", "t"), seen("i-2", "t"), seen("i-9", "old")];
        let all: Vec<&Seen> = all.iter().collect();
        let told = instances(&all, &rows, &HashMap::new());
        let ids: Vec<&str> = told.iter().map(|it| it.id.as_str()).collect();
        assert_eq!(ids, ["a", "b", "i-9"]);
        let asked = ["a", "b", "c", "d", "i-9", "i-8", "no"].map(str::to_owned);
        let expected = [
            Some("i-1"),
            Some("i-2"),
            Some("i-not-shown-yet"),
            None,
            Some("i-9"),
            None,
            None,
        ];
        let expected = expected.map(|id| id.map(str::to_owned));
        assert_eq!(ec2_ids(&asked, &all, &rows), expected);
    }
}
