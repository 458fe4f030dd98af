//! What becomes of each changed row once Slurm has answered.

use std::collections::{BTreeMap, BTreeSet};

use app::explain::What;
use app::model::setting::ErrorInfo;
use app::model::status::Status;

use crate::db::resource::{Noun, Row};

/// Why a change is not in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// In Slurm's words.
    Slurm(String),
    /// Its nodes cannot have places, and what to do about it.
    NoRoom(String),
    /// Its nodes are of that instance type, which the provider offers no more, and nobody has kept what it is.
    TypeGone(String),
}

/// The error code of a group that was told so.
const TYPE_GONE: &str = "InstanceTypeNotOffered";

/// Whether a row was told that its type is gone.
pub fn knows_type_gone<S>(row: &Row<S>) -> bool {
    let mut codes = row
        .error_info
        .iter()
        .filter_map(|info| info.code.as_deref());
    codes.any(|code| code == TYPE_GONE)
}

/// What became of the pending changes, by the ids of their rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome<'a> {
    pub accepted: BTreeSet<&'a str>,
    pub refused: BTreeMap<&'a str, Refusal>,
}

impl Outcome<'_> {
    /// Whether there were no changes.
    pub fn is_empty(&self) -> bool {
        self.accepted.is_empty() && self.refused.is_empty()
    }

    /// A changed row as it is from now on: active with its change in force, or failed with the reason and what was in
    /// force before.
    pub fn settled<S: Noun>(&self, row: &Row<S>) -> Option<(Row<S>, What)> {
        if self.accepted.contains(row.id.as_str()) {
            return Some(accepted(row));
        }
        let refusal = self.refused.get(row.id.as_str())?;
        Some(refused(row, refusal))
    }
}

fn accepted<S: Noun>(row: &Row<S>) -> (Row<S>, What) {
    let mut settled = row.clone();
    settled.status = Status::Active;
    settled.applied_spec = Some(row.spec.clone());
    settled.error_info.clear();
    let what = What::Active {
        noun: S::KIND,
        name: row.name.clone(),
    };
    (settled, what)
}

fn refused<S: Noun>(row: &Row<S>, refusal: &Refusal) -> (Row<S>, What) {
    let mut settled = row.clone();
    settled.status = match &row.applied_spec {
        Some(_) => Status::UpdateFailed,
        None => Status::CreateFailed,
    };
    if let Some(applied) = &row.applied_spec {
        settled.spec = applied.clone();
    }
    let (noun, name) = (S::KIND, row.name.clone());
    let (code, message, what) = match refusal {
        Refusal::Slurm(words) => (
            "ConfigurationRefused",
            format!("The configuration was refused, the old one is still in force: {words}"),
            What::Refused {
                noun,
                name,
                words: words.clone(),
            },
        ),
        Refusal::NoRoom(words) => (
            "NoFreePort",
            match &row.applied_spec {
                Some(_) => format!("The old configuration is still in force: {words}"),
                None => words.clone(),
            },
            What::NoRoom {
                noun,
                name,
                words: words.clone(),
            },
        ),
        Refusal::TypeGone(instance_type) => (
            TYPE_GONE,
            type_gone(instance_type, row.applied_spec.is_some()),
            What::TypeGone {
                name,
                instance_type: instance_type.clone(),
            },
        ),
    };
    settled.error_info = vec![ErrorInfo {
        code: Some(code.into()),
        message: Some(message),
    }];
    (settled, what)
}

fn type_gone(instance_type: &str, is_in_force: bool) -> String {
    let gone = format!(
        "instanceConfigs[0].instanceType: the provider does not offer {instance_type} any more"
    );
    match is_in_force {
        true => format!(
            "{gone}. What is in force of the group stays so, and cannot be changed. Create a group of another type, have \
             the queues use it, and delete this one."
        ),
        false => format!("{gone}. Delete this group and create one of another type."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::queue::{QueueRow, QueueSpec};

    fn queue(status: Status, applied: bool) -> QueueRow {
        let wanted = QueueSpec {
            groups: vec![],
            slurm: None,
        };
        let mut row = Row::new(
            "pcs_q".into(),
            "pcs_c".into(),
            "demo".into(),
            wanted.clone(),
        );
        row.status = status;
        row.applied_spec = applied.then_some(wanted);
        row
    }

    fn refused(refusal: Refusal) -> Outcome<'static> {
        Outcome {
            accepted: BTreeSet::new(),
            refused: BTreeMap::from([("pcs_q", refusal)]),
        }
    }

    #[test]
    fn an_accepted_change_is_active_and_in_force() {
        let outcome = Outcome {
            accepted: BTreeSet::from(["pcs_q"]),
            refused: BTreeMap::new(),
        };
        let (row, _) = outcome.settled(&queue(Status::Creating, false)).unwrap();
        assert_eq!(row.status, Status::Active);
        assert_eq!(row.applied_spec, Some(row.spec));
    }

    #[test]
    fn a_refused_change_fails_with_its_reason() {
        let slurm = Refusal::Slurm("no such parameter".into());
        let no_room = Refusal::NoRoom("9 ports are needed".into());
        let type_gone = Refusal::TypeGone("c1.large".into());
        for (refusal, code, words) in [
            (slurm, "ConfigurationRefused", "no such parameter"),
            (no_room, "NoFreePort", "9 ports are needed"),
            (type_gone, TYPE_GONE, "and delete this one."),
        ] {
            let outcome = refused(refusal);
            let (row, _) = outcome.settled(&queue(Status::Updating, true)).unwrap();
            assert_eq!(row.status, Status::UpdateFailed);
            assert_eq!(row.error_info[0].code.as_deref(), Some(code));
            let message = row.error_info[0].message.as_deref().unwrap();
            assert!(message.ends_with(words), "{message}");
            let (row, _) = outcome.settled(&queue(Status::Creating, false)).unwrap();
            assert_eq!(row.status, Status::CreateFailed);
            assert_eq!(knows_type_gone(&row), code == TYPE_GONE);
        }
    }

    #[test]
    fn rows_without_a_change_stay_as_they_are() {
        let row = queue(Status::Active, true);
        assert!(Outcome::default().settled(&row).is_none());
    }
}
