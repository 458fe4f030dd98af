//! QOS that are named: by a change, by a queue's settings, by an upgrade. Slurm does not start with a queue that names one
//! which is not there, and lets anybody with the right take away one that is named (C18).

use app::explain::refusal;
use app::i18n::Language;
use app::model::error::{Error, Result};
use app::model::queue::QueueSlurmConfiguration;
use app::model::shares::*;
use app::model::status::Status;

use super::alternate::SETTINGS_PATH;
use crate::db::queue::QueueRow;

/// Settings of queues that name QOS.
const NAMING: [&str; 3] = ["AllowQos", "DenyQos", "QOS"];
/// Each of them, and none in particular.
const ALL: &str = "ALL";

/// The QOS as it is; none if it is to be made.
pub fn qos<'q>(language: Language, all: &'q [Qos], wanted: &PutQos) -> Result<Option<&'q Qos>> {
    let before = all.iter().find(|one| one.name == wanted.name);
    if wanted.is_new && before.is_some() {
        let message = refusal(language, |t| t.qos_taken, &[("qos", wanted.name.clone())]);
        return Err(Error::field("name", message));
    }
    if !wanted.is_new && before.is_none() {
        return Err(no_qos(language, all, &wanted.name));
    }
    check_qos(language, all, "preempts", &wanted.preempts)?;
    Ok(before)
}

pub fn deletable(language: Language, all: &[Qos], queues: &[QueueRow], name: &str) -> Result<()> {
    if !all.iter().any(|one| one.name == name) {
        return Err(no_qos(language, all, name));
    }
    let queues = queues_naming(queues, name);
    if queues.is_empty() {
        return Ok(());
    }
    let values = [("qos", name.to_owned()), ("queues", queues.join(", "))];
    let message = refusal(language, |t| t.qos_in_use, &values);
    Err(Error::conflict("QOS", name, message))
}

/// The queues whose settings name that QOS and that stay.
pub fn queues_naming(queues: &[QueueRow], qos: &str) -> Vec<String> {
    let names_it = |queue: &&QueueRow| {
        let named = queue_qos(queue.spec.slurm.as_ref());
        named.iter().any(|(_, name)| name.eq_ignore_ascii_case(qos))
    };
    let stays = |queue: &&QueueRow| queue.status != Status::Deleting;
    let queues = queues.iter().filter(stays).filter(names_it);
    queues.map(|queue| queue.name.clone()).collect()
}

/// The QOS that a queue's settings name, with the index of the setting.
pub fn queue_qos(asked: Option<&QueueSlurmConfiguration>) -> Vec<(usize, String)> {
    let settings = asked.and_then(|asked| asked.slurm_custom_settings.as_deref());
    let settings = settings.unwrap_or_default().iter().enumerate();
    let naming = settings.filter(|(_, setting)| {
        let name = &setting.parameter_name;
        NAMING.iter().any(|known| known.eq_ignore_ascii_case(name))
    });
    let names = naming.flat_map(|(index, setting)| {
        let names = setting.parameter_value.split(',').map(str::trim);
        names.map(move |name| (index, name.to_owned()))
    });
    names
        .filter(|(_, name)| !name.is_empty() && !name.eq_ignore_ascii_case(ALL))
        .collect()
}

/// Refuses a queue's settings that name what is not there.
pub fn queue(language: Language, all: &[Qos], named: &[(usize, String)]) -> Result<()> {
    for (index, name) in named {
        let field = format!("{SETTINGS_PATH}[{index}].parameterValue");
        check_qos(language, all, &field, std::slice::from_ref(name))?;
    }
    Ok(())
}

/// Refuses an upgrade while a queue names a QOS that somebody has taken away since: from 25.11 on slurmctld ends at once
/// over it ("Known issues" in AWS's release notes), and the cluster would be gone.
pub fn upgrade(language: Language, all: &[Qos], queues: &[QueueRow]) -> Result<()> {
    for queue in queues {
        let named = queue_qos(queue.spec.slurm.as_ref());
        let Some((_, qos)) = named.into_iter().find(|(_, name)| !is_there(all, name)) else {
            continue;
        };
        let values = [("qos", qos), ("queues", queue.name.clone())];
        let message = refusal(language, |t| t.qos_gone, &values);
        return Err(Error::field("scheduler.version", message));
    }
    Ok(())
}

fn is_there(all: &[Qos], name: &str) -> bool {
    all.iter().any(|one| one.name.eq_ignore_ascii_case(name))
}

pub fn check_qos(language: Language, all: &[Qos], field: &str, names: &[String]) -> Result<()> {
    let mut missing = names
        .iter()
        .filter(|name| !name.is_empty() && !is_there(all, name));
    match missing.next() {
        None => Ok(()),
        Some(name) => Err(Error::field(field, missing_qos(language, all, name))),
    }
}

fn missing_qos(language: Language, all: &[Qos], name: &str) -> String {
    let there: Vec<&str> = all.iter().map(|one| one.name.as_str()).take(20).collect();
    let values = [("qos", name.to_owned()), ("there", there.join(", "))];
    refusal(language, |t| t.no_qos, &values)
}

fn no_qos(language: Language, all: &[Qos], name: &str) -> Error {
    Error::not_found("QOS", name, missing_qos(language, all, name))
}

#[cfg(test)]
mod tests {
    use app::model::setting::SlurmCustomSetting;

    use super::*;
    use crate::db::queue::QueueSpec;

    const LANGUAGE: Language = Language::English;

    fn queue_with(name: &str, setting: &str, value: &str) -> QueueRow {
        let given = SlurmCustomSetting {
            parameter_name: setting.into(),
            parameter_value: value.into(),
        };
        let spec = QueueSpec {
            groups: vec![],
            slurm: Some(QueueSlurmConfiguration {
                slurm_custom_settings: Some(vec![given]),
            }),
        };
        QueueRow::new(name.into(), "pcs_a".into(), name.into(), spec)
    }

    fn normal() -> Vec<Qos> {
        vec![Qos {
            name: "normal".into(),
            ..Qos::default()
        }]
    }

    #[test]
    fn an_upgrade_waits_for_a_qos_that_a_queue_names_and_nobody_has() {
        let fine = [
            queue_with("a", "AllowQos", "ALL"),
            queue_with("b", "qos", "Normal"),
            queue_with("c", "MaxTime", "gold"),
        ];
        assert_eq!(upgrade(LANGUAGE, &normal(), &fine), Ok(()));
        let gone = queue_with("d", "DenyQos", "normal,gold");
        let said = upgrade(LANGUAGE, &normal(), &[gone]).unwrap_err();
        assert!(said.message.contains("Queue d names QOS gold"), "{said}");
    }

    #[test]
    fn a_qos_that_a_queue_names_stays() {
        let queues = [queue_with("a", "QOS", "normal")];
        let said = deletable(LANGUAGE, &normal(), &queues, "normal").unwrap_err();
        assert!(said.message.contains("Queue a names QOS normal"), "{said}");
        assert_eq!(deletable(LANGUAGE, &normal(), &[], "normal"), Ok(()));
        assert!(deletable(LANGUAGE, &normal(), &[], "gold").is_err());
    }
}
