//! The queue that another names as its `Alternate`: it takes the jobs while the other is drained or inactive.
//!
//! Slurm says nothing of an alternate that is not there, and jobs then wait where they were to go on. So it must be there
//! when it is named, and stays as long as it is.

use app::model::error::{Error, Result};
use app::model::queue::QueueSlurmConfiguration;
use app::model::status::Status;

use crate::db::queue::QueueRow;

pub(super) const RESOURCE_TYPE: &str = "QUEUE";
/// Where a request has a queue's settings.
pub(super) const SETTINGS_PATH: &str = "slurmConfiguration.slurmCustomSettings";

/// Refuses settings that name a queue which is not there, is about to go, or is the queue itself.
pub fn check_there(
    queues: &[QueueRow],
    own_name: &str,
    asked: Option<&QueueSlurmConfiguration>,
) -> Result<()> {
    let Some((index, alternate)) = asked.and_then(QueueSlurmConfiguration::alternate) else {
        return Ok(());
    };
    let others = queues
        .iter()
        .filter(|q| q.name != own_name && q.status != Status::Deleting);
    let names: Vec<&str> = others.map(|q| q.name.as_str()).collect();
    if names.contains(&alternate) {
        return Ok(());
    }
    let there = match names.is_empty() {
        true => "this cluster has no other queue".to_owned(),
        false => format!("the other queues are {}", names.join(", ")),
    };
    Err(Error::field(
        format!("{SETTINGS_PATH}[{index}].parameterValue"),
        format!("The value of Alternate must be another queue of the cluster; {there}."),
    ))
}

/// The queues that name this one and stay.
pub fn naming<'q>(queues: &'q [QueueRow], queue: &QueueRow) -> Vec<&'q QueueRow> {
    let names_it = |other: &&QueueRow| {
        let slurm = other.spec.slurm.as_ref();
        let alternate = slurm.and_then(QueueSlurmConfiguration::alternate);
        alternate.is_some_and(|(_, name)| name == queue.name)
    };
    let stays = |other: &&QueueRow| other.id != queue.id && other.status != Status::Deleting;
    queues.iter().filter(stays).filter(names_it).collect()
}

/// Whether the alternates lead from the queue back to it: none of them can go first.
pub fn is_in_a_circle(queues: &[QueueRow], queue: &QueueRow) -> bool {
    let next = |queue: &QueueRow| {
        let slurm = queue.spec.slurm.as_ref();
        let (_, name) = slurm.and_then(QueueSlurmConfiguration::alternate)?;
        queues.iter().find(|q| q.name == name)
    };
    let path = std::iter::successors(next(queue), |one| next(one));
    path.take(queues.len()).any(|one| one.id == queue.id)
}

/// Refuses the end of a queue that others name.
pub fn check_unnamed(queues: &[QueueRow], queue: &QueueRow) -> Result<()> {
    let naming = naming(queues, queue);
    if naming.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = naming.iter().map(|q| q.name.as_str()).collect();
    let names = names.join(", ");
    Err(Error::conflict(
        RESOURCE_TYPE,
        &queue.id,
        format!(
            "Queue {} is the Alternate of queue {names}, whose jobs would wait for it. Take the setting Alternate out of \
             {names}, or delete {names} first.",
            queue.name
        ),
    ))
}

#[cfg(test)]
mod tests {
    use app::model::error::ErrorKind;
    use app::model::setting::SlurmCustomSetting;

    use super::*;
    use crate::db::queue::QueueSpec;
    use crate::db::resource::Row;

    fn settings(alternate: &str) -> QueueSlurmConfiguration {
        let setting = |name: &str, value: &str| SlurmCustomSetting {
            parameter_name: name.into(),
            parameter_value: value.into(),
        };
        QueueSlurmConfiguration {
            // Slurm does not mind how the name is written.
            slurm_custom_settings: Some(vec![
                setting("MaxNodes", "2"),
                setting("ALTERNATE", alternate),
            ]),
        }
    }

    fn queue(name: &str, alternate: Option<&str>, status: Status) -> QueueRow {
        let spec = QueueSpec {
            groups: vec![],
            slurm: alternate.map(settings),
        };
        QueueRow {
            status,
            ..Row::new(format!("pcs_{name}"), "pcs_c".into(), name.into(), spec)
        }
    }

    #[test]
    fn an_alternate_is_there_when_it_is_named_and_as_long_as_it_is() {
        use Status::{Active, CreateFailed, Creating, Deleting};
        // Whether queue "own" may name "spare", and whether "spare" may go.
        for (spare, own, may_name, may_go) in [
            (None, None, false, true),
            (Some(Active), None, true, true),
            (Some(Creating), None, true, true),
            (Some(Deleting), None, false, true),
            (Some(Active), Some(("spare", Active)), true, false),
            (Some(Active), Some(("spare", CreateFailed)), true, false),
            (Some(Active), Some(("spare", Deleting)), true, true),
            (Some(Active), Some(("Spare", Active)), true, true),
            (Some(Active), Some(("third", Active)), true, true),
        ] {
            let mut queues = vec![queue("third", None, Active)];
            queues.extend(spare.map(|status| queue("spare", None, status)));
            queues.extend(own.map(|(alternate, status)| queue("own", Some(alternate), status)));
            let named = check_there(&queues, "own", Some(&settings("spare")));
            assert_eq!(named.is_ok(), may_name, "{spare:?} {own:?}: {named:?}");
            let doomed = queue("spare", None, Active);
            let gone = check_unnamed(&queues, &doomed);
            assert_eq!(gone.is_ok(), may_go, "{spare:?} {own:?}: {gone:?}");
        }
    }

    #[test]
    fn a_circle_is_one_for_those_in_it() {
        let queues = [
            queue("one", Some("two"), Status::Active),
            queue("two", Some("three"), Status::Active),
            queue("three", Some("two"), Status::Active),
            queue("four", Some("gone"), Status::Active),
        ];
        let found = queues.each_ref().map(|q| is_in_a_circle(&queues, q));
        assert_eq!(found, [false, true, true, false]);
    }

    #[test]
    fn the_refusals_say_what_and_what_to_do() {
        let queues = [
            queue("own", Some("spare"), Status::Active),
            queue("spare", Some("spare"), Status::Active),
        ];
        let refusal = check_unnamed(&queues, &queues[1]).unwrap_err();
        assert!(matches!(refusal.kind, ErrorKind::Conflict { .. }));
        assert!(
            refusal.message.contains("Alternate of queue own,"),
            "itself is no matter: {refusal}"
        );
        for (asked, words) in [("own", "other queues are spare"), ("x", "spare")] {
            let refusal = check_there(&queues, "own", Some(&settings(asked))).unwrap_err();
            assert!(refusal.message.contains(words), "{refusal}");
            let field = format!("{SETTINGS_PATH}[1].parameterValue");
            assert!(
                matches!(refusal.kind, ErrorKind::Validation { fields, .. } if fields[0].name == field)
            );
        }
        assert_eq!(check_there(&[], "own", None), Ok(()));
    }
}
