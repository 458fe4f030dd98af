//! `gresCustomSettings`: a group's own records of gres.conf.

use std::collections::BTreeMap;

use super::Kind;

/// A record of gres.conf as the API carries it: parameter to value.
type Record = BTreeMap<String, String>;

const PARAMETERS: [(&str, Kind); 9] = [
    (
        "AutoDetect",
        Kind::Choice(&["nvidia", "nvml", "off", "rsmi", "oneapi"]),
    ),
    ("Cores", Kind::Text),
    ("Count", Kind::Text),
    ("File", Kind::Path),
    ("Flags", Kind::Text),
    ("Links", Kind::Text),
    ("MultipleFiles", Kind::Path),
    ("Name", Kind::Text),
    ("Type", Kind::Text),
];

/// What is wrong with the records: the index of each, and the reason.
pub fn check_gres(records: &[Record]) -> Vec<(usize, String)> {
    let mut problems = Vec::new();
    for (index, record) in records.iter().enumerate() {
        if !record.keys().any(|k| k.eq_ignore_ascii_case("Name")) {
            problems.push((index, "The record has no Name, such as gpu.".to_owned()));
        }
        for (name, value) in record {
            if let Err(message) = check_parameter(name, value) {
                problems.push((index, message));
            }
        }
    }
    problems
}

/// The record as `Name=gpu Count=2 …`, with the parameters that are fit to be written.
pub fn gres_line(record: &Record) -> Vec<(&'static str, &str)> {
    record
        .iter()
        .filter(|(name, value)| check_parameter(name, value).is_ok())
        .filter_map(|(name, value)| Some((find(name)?.0, value.as_str())))
        .collect()
}

/// The types of resources that a group's `Gres` setting names: `gpu` of `gpu:a100:4,shard:8`.
pub fn gres_names(gres: &str) -> impl Iterator<Item = &str> {
    gres.split(',')
        .filter_map(|item| item.split(':').next())
        .filter(|name| !name.is_empty())
}

fn find(name: &str) -> Option<(&'static str, Kind)> {
    PARAMETERS
        .into_iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
}

fn check_parameter(name: &str, value: &str) -> Result<(), String> {
    let Some((name, kind)) = find(name) else {
        let known: Vec<&str> = PARAMETERS.iter().map(|(name, _)| *name).collect();
        return Err(format!(
            "{name:?} is not a parameter of a gres.conf record. Use {}.",
            known.join(", ")
        ));
    };
    // A device file may be a range, /dev/nvidia[0-3].
    let plain = value.replace(['[', ']', ','], "");
    let checked = if kind == Kind::Path {
        plain.as_str()
    } else {
        value
    };
    kind.check(checked)
        .and_then(|()| match value.contains(' ') {
            true => Err("must not hold spaces.".to_owned()),
            false => Ok(()),
        })
        .map_err(|reason| format!("The value of {name} {reason}"))
}
