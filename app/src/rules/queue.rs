//! What a queue may ask for (Q2).

use crate::i18n::Text;
use crate::model::echo::clip;
use crate::model::error::{Error, Result};
use crate::model::name::{CHILD_NAME_MAX, is_id};
use crate::model::queue::ComputeNodeGroupConfiguration;
use crate::model::status::Status;
use crate::rules::status::{self, Action};

/// A group as far as queues care.
pub struct Group<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub status: Status,
}

/// Partitions have the queues' names, and to Slurm the partition `DEFAULT` is no queue but what all others begin with
/// (slurm.conf(5)).
pub fn check_name(t: &'static Text, name: &str) -> std::result::Result<(), String> {
    super::check_name(t, name, CHILD_NAME_MAX)?;
    match name.eq_ignore_ascii_case("default") {
        true => Err(t.rules.queue_name_default(name)),
        false => Ok(()),
    }
}

/// Groups by id, each ready to be used, each once; none too: jobs then wait.
pub fn groups(
    t: &'static Text,
    cluster_name: &str,
    there: &[Group<'_>],
    asked: &[ComputeNodeGroupConfiguration],
) -> Result<()> {
    for (i, one) in asked.iter().enumerate() {
        let refuse = |message: String| {
            let field = format!("computeNodeGroupConfigurations[{i}].computeNodeGroupId");
            Err(Error::field(field, message))
        };
        let id = one.compute_node_group_id.as_deref().unwrap_or_default();
        if !is_id(id) {
            return refuse(t.group_rules.queue_group_id.into());
        }
        let same = |earlier: &ComputeNodeGroupConfiguration| {
            earlier.compute_node_group_id.as_deref() == Some(id)
        };
        if asked.iter().take(i).any(same) {
            return refuse(t.group_rules.queue_group_twice(clip(id)));
        }
        let Some(group) = there.iter().find(|g| g.id == id) else {
            return refuse(t.group_rules.queue_group_unknown(cluster_name, clip(id)));
        };
        let shown = group.status.as_str();
        if let Some(why) = status::refusal(t, Action::Use, group.name, group.status, shown) {
            return refuse(why);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::english;

    #[test]
    fn what_slurm_takes_for_a_default_is_no_name() {
        for name in ["default", "DEFAULT", "Default"] {
            assert!(check_name(english(), name).is_err(), "{name}");
        }
        for name in ["demo", "default-1", "the-default", "all"] {
            assert_eq!(check_name(english(), name), Ok(()), "{name}");
        }
    }

    #[test]
    fn groups_are_there_ready_and_named_once() {
        let there = [
            Group {
                id: "pcs_a",
                name: "a",
                status: Status::Active,
            },
            Group {
                id: "pcs_b",
                name: "b",
                status: Status::Creating,
            },
        ];
        let check = |ids: &[&str]| {
            let asked: Vec<_> = ids
                .iter()
                .map(|id| ComputeNodeGroupConfiguration {
                    compute_node_group_id: Some((*id).into()),
                })
                .collect();
            groups(english(), "c", &there, &asked)
        };
        assert_eq!(check(&["pcs_a"]), Ok(()));
        assert_eq!(check(&[]), Ok(()));
        for (ids, words) in [
            (&["a"][..], "by its id"),
            (&["pcs_a", "pcs_a"], "twice"),
            (&["pcs_x"], "no compute node group"),
            (&["pcs_b"], "CREATING"),
        ] {
            let refusal = check(ids).unwrap_err();
            assert!(refusal.message.contains(words), "{refusal}");
        }
    }
}
