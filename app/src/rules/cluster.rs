//! Clusters: versions that may be used, and what this release cannot do yet.

use crate::i18n::Text;
use crate::model::catalogue::SlurmVersion;

/// Seconds that a node may idle when nobody says otherwise (C8).
pub const IDLE_TIME: i64 = 600;
/// Seconds; the most that the service model takes. A group's nodes that may idle so long are never stopped for it (N9).
pub const IDLE_FOREVER: i64 = 10_000_000;

/// Why no new cluster may have this version (C6); None when one may. Where none of the host's versions is maintained any
/// more, those that are installed may be used: the host's administrator decides when it gets a newer one. `today` is
/// `2026-05-31`.
pub fn version_problem(
    t: &'static Text,
    versions: &[SlurmVersion],
    asked: &str,
    today: &str,
) -> Option<&'static str> {
    match versions.iter().find(|version| version.id == asked) {
        None => Some(t.rules.version_unknown),
        Some(version) if !version.installed => Some(t.rules.version_not_installed),
        Some(version) if !is_usable(versions, version, today) => Some(t.rules.version_ended),
        Some(_) => None,
    }
}

/// How many major versions back a Slurm understands: what they saved, their daemons and their records.
pub(super) fn window(version: &str) -> usize {
    const WIDER_SINCE: &str = "24.11";
    match version < WIDER_SINCE {
        true => 2,
        false => 3,
    }
}

/// Why a cluster cannot go from one version to another (C12); None when it can. `versions` are all that there are, oldest
/// first.
pub fn upgrade_problem(
    t: &'static Text,
    versions: &[SlurmVersion],
    from: &str,
    to: &str,
    today: &str,
) -> Option<&'static str> {
    if to < from && versions.iter().any(|version| version.id == to) {
        return Some(t.rules.version_older);
    }
    if let Some(why) = version_problem(t, versions, to, today) {
        return Some(why);
    }
    let place = |id: &str| versions.iter().position(|version| version.id == id);
    // One that is not known any more is older than all that are.
    let apart = place(to)? - place(from).unwrap_or_default().min(place(to)?);
    let is_near = place(from).is_some() && apart <= window(to);
    (!is_near).then_some(t.rules.version_too_far)
}

/// The versions that a cluster can go to, oldest first.
pub fn upgrades<'a>(
    t: &'static Text,
    versions: &'a [SlurmVersion],
    from: &str,
    today: &str,
) -> Vec<&'a SlurmVersion> {
    let can = |to: &&SlurmVersion| {
        to.id != from && upgrade_problem(t, versions, from, &to.id, today).is_none()
    };
    versions.iter().filter(can).collect()
}

/// The versions that a new cluster may have, oldest first.
pub fn usable_versions<'a>(versions: &'a [SlurmVersion], today: &str) -> Vec<&'a SlurmVersion> {
    let installed = versions.iter().filter(|version| version.installed);
    installed
        .filter(|version| is_usable(versions, version, today))
        .collect()
}

/// Whether a version gets no corrections any more.
pub fn has_ended(version: &SlurmVersion, today: &str) -> bool {
    version.end_of_life.as_str() < today
}

/// Whether clusters of a version are suspended (C6): from the day on that the administrator has said, else never.
pub fn is_suspended(version: &SlurmVersion, today: &str) -> bool {
    let from = version.suspended_from.as_deref();
    from.is_some_and(|from| from <= today)
}

fn is_usable(versions: &[SlurmVersion], version: &SlurmVersion, today: &str) -> bool {
    let is_maintained = |v: &SlurmVersion| !has_ended(v, today);
    let any_maintained = versions.iter().any(|v| v.installed && is_maintained(v));
    is_maintained(version) || !any_maintained && !is_suspended(version, today)
}

/// Why a cluster of that version cannot have accounting. One that is not known is refused for that.
pub fn accounting_problem(
    t: &'static Text,
    versions: &[SlurmVersion],
    asked: &str,
) -> Option<&'static str> {
    lacks(versions, asked, |version| version.has_accounting).then_some(t.rules.no_accounting)
}

/// Whether that version is known, and has it not.
fn lacks(versions: &[SlurmVersion], asked: &str, has: fn(&SlurmVersion) -> bool) -> bool {
    let version = versions.iter().find(|version| version.id == asked);
    version.is_some_and(|version| !has(version))
}

/// Why records of jobs cannot be kept for so many days; −1 keeps them for ever.
pub fn purge_problem(t: &'static Text, days: Option<i64>) -> Option<&'static str> {
    (days == Some(0)).then_some(t.rules.purge_zero)
}

/// Why a cluster of that version cannot have the Slurm REST API. One that is not known is refused for that.
pub fn rest_problem(
    t: &'static Text,
    versions: &[SlurmVersion],
    asked: &str,
) -> Option<&'static str> {
    lacks(versions, asked, |version| version.has_rest).then_some(t.rules.no_rest)
}

/// Bytes of a script that is asked of each job (C14): it is kept with the cluster.
pub const JOB_SUBMIT_SCRIPT_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::english;

    fn versions(installed: &[&str]) -> Vec<SlurmVersion> {
        [
            ("24.05", "2025-11-30"),
            ("24.11", "2026-05-31"),
            ("25.11", "2027-05-31"),
        ]
        .map(|(id, end_of_life)| SlurmVersion {
            id: id.into(),
            name: format!("Slurm {id}"),
            end_of_life: end_of_life.into(),
            suspended_from: None,
            installed: installed.contains(&id),
            has_accounting: false,
            has_rest: false,
        })
        .into()
    }

    #[test]
    fn a_version_is_installed_and_maintained() {
        let all = versions(&["24.11", "25.11"]);
        let problem = |asked| version_problem(english(), &all, asked, "2026-11-22");
        assert_eq!(problem("25.11"), None);
        assert_eq!(problem("24.11"), Some(english().rules.version_ended));
        assert_eq!(
            problem("24.05"),
            Some(english().rules.version_not_installed)
        );
        assert_eq!(problem("20.02"), Some(english().rules.version_unknown));
    }

    #[test]
    fn a_cluster_goes_upwards_and_not_too_far() {
        let ids = ["23.11", "24.05", "24.11", "25.05", "25.11", "26.05"];
        let all = ids.map(|id| SlurmVersion {
            id: id.into(),
            name: id.into(),
            end_of_life: "2099-12-31".into(),
            suspended_from: None,
            installed: id != "25.05",
            has_accounting: false,
            has_rest: false,
        });
        let rules = &english().rules;
        for (from, to, problem) in [
            ("24.11", "25.11", None),
            ("24.11", "26.05", None),
            ("24.05", "25.11", None),
            ("24.05", "26.05", Some(rules.version_too_far)),
            ("23.11", "24.05", None),
            ("23.11", "25.11", Some(rules.version_too_far)),
            ("22.05", "23.11", Some(rules.version_too_far)),
            ("24.11", "24.05", Some(rules.version_older)),
            ("24.11", "25.05", Some(rules.version_not_installed)),
            ("24.11", "27.11", Some(rules.version_unknown)),
        ] {
            let found = upgrade_problem(english(), &all, from, to, "2026-11-22");
            assert_eq!(found, problem, "{from} {to}");
        }
        let to = upgrades(english(), &all, "24.05", "2026-11-22");
        let to: Vec<&str> = to.iter().map(|version| version.id.as_str()).collect();
        assert_eq!(to, ["24.11", "25.11"]);
    }

    #[test]
    fn records_are_kept_some_days_or_for_ever() {
        for days in [None, Some(-1), Some(1), Some(10_000)] {
            assert_eq!(purge_problem(english(), days), None, "{days:?}");
        }
        assert!(purge_problem(english(), Some(0)).is_some());
    }

    #[test]
    fn where_nothing_is_maintained_what_is_installed_may_be_used() {
        let all = versions(&["24.11"]);
        assert_eq!(
            version_problem(english(), &all, "24.11", "2026-11-22"),
            None
        );
        assert!(has_ended(&all[1], "2026-06-01") && !has_ended(&all[1], "2026-05-31"));
        let usable = usable_versions(&all, "2026-11-22");
        assert_eq!(
            usable.iter().map(|v| v.id.as_str()).collect::<Vec<_>>(),
            ["24.11"]
        );
    }

    #[test]
    fn a_version_whose_clusters_are_suspended_is_for_no_new_one() {
        let mut all = versions(&["24.11"]);
        all[1].suspended_from = Some("2027-01-31".into());
        let problem = |today| version_problem(english(), &all, "24.11", today);
        assert_eq!(problem("2027-01-30"), None);
        assert_eq!(problem("2027-01-31"), Some(english().rules.version_ended));
        assert!(!is_suspended(&all[0], "2099-01-01"), "nobody has said so");
    }
}
