//! The Slurm version of a new cluster (C6): one that is installed and still gets corrections, or, where there is none,
//! the newest that is installed, with a word about it. And the one that a running cluster goes to (C12).

use app::explain::What;
use app::i18n::Text;
use app::model::catalogue::SlurmVersion;
use app::model::echo::clip;
use app::model::error::{Error, Result};
use app::model::live::Kind;
use app::rules::cluster::{has_ended, upgrade_problem, upgrades, usable_versions, version_problem};

use super::write::Change;
use crate::db::cluster::ClusterRow;

/// Says in the timeline that the version is past its end: only where nothing newer is installed does a new cluster get
/// such a one (C6).
pub(super) async fn note_ended_version(
    change: &mut Change,
    versions: &[SlurmVersion],
    row: &ClusterRow,
) -> Result<()> {
    let version = &row.spec.scheduler.version;
    let found = versions.iter().find(|v| v.id == *version);
    let Some(ended) = found.filter(|version| has_ended(version, &today())) else {
        return Ok(());
    };
    let what = What::VersionEnded {
        version: ended.id.clone(),
        date: ended.end_of_life.clone(),
    };
    change.event(&row.id, Kind::Cluster, &row.id, &what).await
}

/// As `2026-05-31`.
fn today() -> String {
    chrono::Utc::now().format("%Y-%m-%d").to_string()
}

/// A version that is here and still maintained.
pub(super) fn check(t: &'static Text, versions: &[SlurmVersion], asked: &str) -> Result<()> {
    check_at(t, versions, asked, &today())
}

/// A version that a cluster with Slurm `from` can go to.
pub(super) fn check_upgrade(
    t: &'static Text,
    versions: &[SlurmVersion],
    from: &str,
    asked: &str,
) -> Result<()> {
    let today = today();
    let Some(why) = upgrade_problem(t, versions, from, asked, &today) else {
        return Ok(());
    };
    let names: Vec<&str> = upgrades(t, versions, from, &today)
        .into_iter()
        .map(|version| version.id.as_str())
        .collect();
    let known = match names.is_empty() {
        true => t.rules.upgrade_none.to_owned(),
        false => names.join(", "),
    };
    let message = t.rules.upgrade_refused(from, clip(asked), why, known);
    Err(Error::field("scheduler.version", message))
}

fn check_at(t: &'static Text, versions: &[SlurmVersion], asked: &str, today: &str) -> Result<()> {
    let Some(why) = version_problem(t, versions, asked, today) else {
        return Ok(());
    };
    let usable = usable_versions(versions, today);
    let names: Vec<&str> = usable.iter().map(|version| version.id.as_str()).collect();
    Err(Error::field(
        "scheduler.version",
        t.rules.version_refused(clip(asked), why, names.join(", ")),
    ))
}

#[cfg(test)]
mod tests {
    use app::rules::english;

    use super::*;

    fn version(id: &str, end_of_life: &str, installed: bool) -> SlurmVersion {
        SlurmVersion {
            id: id.into(),
            name: id.into(),
            end_of_life: end_of_life.into(),
            suspended_from: None,
            installed,
            has_accounting: false,
            has_rest: false,
        }
    }

    #[test]
    fn a_version_past_its_end_is_refused_where_a_maintained_one_is_installed() {
        let both = [
            version("24.11", "2026-05-31", true),
            version("25.11", "2027-05-31", true),
        ];
        assert!(check_at(english(), &both, "24.11", "2026-11-22").is_err());
        assert!(check_at(english(), &both, "24.11", "2026-05-01").is_ok());
        let only_old = [
            version("24.11", "2026-05-31", true),
            version("25.11", "2027-05-31", false),
        ];
        assert!(check_at(english(), &only_old, "24.11", "2026-11-22").is_ok());
        let refusal = check_at(english(), &only_old, "25.11", "2026-11-22").unwrap_err();
        assert!(refusal.message.contains("not installed") && refusal.message.contains("24.11"));
    }
}
