//! Which Slurm a node may have beside its cluster's controller: never a newer one, and an older one only so far back as
//! the controller understands (`window` of [`super::cluster`]). While a cluster is upgraded nodes of both run side by side.

use super::cluster::window;
use crate::i18n::Text;
use crate::model::catalogue::SlurmVersion;

/// So many nodes of a group are named.
const NAMED: usize = 4;

/// What is known of a group's Slurm before its cluster goes to another version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupSlurm {
    pub group: String,
    /// Nodes that run, by their names, and the major version of each, as `24.11`.
    pub nodes: Vec<(String, String)>,
}

/// Whether a controller of that version understands a slurmd of the other; `versions` are all that there are, oldest
/// first. One that is not among them is older than all that are.
pub fn understands(versions: &[SlurmVersion], controller: &str, slurmd: &str) -> bool {
    let place = |id: &str| versions.iter().position(|version| version.id == id);
    match (place(controller), place(slurmd)) {
        (Some(controller_at), Some(slurmd_at)) => {
            slurmd_at <= controller_at && controller_at - slurmd_at <= window(controller)
        }
        _ => controller == slurmd,
    }
}

/// Why a cluster cannot go to that version now: the nodes, by their groups, that its controller would not understand.
pub fn window_problem(
    t: &'static Text,
    versions: &[SlurmVersion],
    groups: &[GroupSlurm],
    to: &str,
) -> Option<String> {
    let lost: Vec<String> = groups
        .iter()
        .filter_map(|group| of_group(t, versions, group, to))
        .collect();
    (!lost.is_empty()).then(|| t.rules.upgrade_loses_nodes(to, lost.join("; ")))
}

fn of_group(
    t: &'static Text,
    versions: &[SlurmVersion],
    group: &GroupSlurm,
    to: &str,
) -> Option<String> {
    let lost: Vec<String> = group
        .nodes
        .iter()
        .filter(|(_, version)| !understands(versions, to, version))
        .map(|(node, version)| format!("{node} ({version})"))
        .collect();
    let named = lost.iter().take(NAMED).cloned().collect::<Vec<_>>();
    let names = match lost.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => t.cluster.behind_more(named.join(", "), more),
    };
    (!lost.is_empty()).then(|| t.rules.upgrade_loses_of(&group.group, names))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::english;

    fn versions() -> Vec<SlurmVersion> {
        ["23.11", "24.05", "24.11", "25.05", "25.11", "26.05"]
            .map(|id| SlurmVersion {
                id: id.into(),
                name: id.into(),
                end_of_life: "2099-12-31".into(),
                suspended_from: None,
                installed: true,
                has_accounting: false,
                has_rest: false,
            })
            .into()
    }

    #[test]
    fn a_controller_understands_nodes_of_some_majors_before_it_and_none_after() {
        for (controller, slurmd, expected) in [
            ("24.11", "24.11", true),
            ("24.11", "25.05", false),
            ("26.05", "25.11", true),
            ("26.05", "24.11", true),
            ("26.05", "24.05", false),
            // Three majors since 24.11, and two before.
            ("25.05", "23.11", true),
            ("25.11", "23.11", false),
            ("24.11", "23.11", true),
            ("24.05", "23.11", true),
            ("24.05", "22.05", false),
            ("26.05", "26.11", false),
            ("26.11", "26.11", true),
        ] {
            let found = understands(&versions(), controller, slurmd);
            assert_eq!(found, expected, "{controller} {slurmd}");
        }
    }

    #[test]
    fn groups_that_would_be_lost_are_named_with_their_nodes() {
        let group = |name: &str, nodes: &[(&str, &str)]| GroupSlurm {
            group: name.into(),
            nodes: nodes
                .iter()
                .map(|(node, version)| ((*node).into(), (*version).into()))
                .collect(),
        };
        let fine = [
            group("new", &[("new-1", "24.11"), ("new-2", "24.05")]),
            group("off", &[]),
        ];
        let problem =
            |groups: &[GroupSlurm]| window_problem(english(), &versions(), groups, "25.11");
        assert_eq!(problem(&fine), None);
        let old: Vec<(String, String)> = (1..=6)
            .map(|n| (format!("old-{n}"), "23.11".to_owned()))
            .collect();
        let old = GroupSlurm {
            group: "old".into(),
            nodes: old,
        };
        let words = problem(&[fine[0].clone(), old]).unwrap_or_default();
        assert!(
            words.contains("old-1 (23.11)") && words.contains("2 more"),
            "{words}"
        );
        assert!(
            !words.contains("new-1") && words.contains("25.11"),
            "{words}"
        );
    }
}
