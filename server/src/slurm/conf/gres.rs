//! gres.conf: the generic resources of the nodes, above all GPUs.
//!
//! Where nodes are processes of this host there are no GPUs: links to `/dev/null` stand in for them, also where a customer's
//! record names device files or has them detected, so that jobs are given devices by number just as on the real machine.
//! Machines have those of NVIDIA's driver, unless a record says otherwise.
//!
//! What a group's records do not name stays as its `Gres` value or its instance type has it.

use std::collections::BTreeSet;

use super::line::Line;
use super::{ConfInput, GroupConf, nodes_of};
use crate::slurm::settings::{self, NameAndValue, Scope, gres_line, gres_names};

/// More GPUs than any machine has; what lies above is a typing mistake.
const MAX_DEVICES: u64 = 256;

/// Its names, as Slurm writes them, and values.
type Record<'a> = Vec<(&'static str, &'a str)>;

pub struct Gres {
    pub conf: String,
    /// For `GresTypes`.
    pub types: BTreeSet<String>,
    pub devices: u64,
}

pub fn render(input: &ConfInput) -> Gres {
    let mut all = Gres {
        conf: String::new(),
        types: BTreeSet::new(),
        devices: 0,
    };
    for group in input.groups.iter().filter(|g| !g.ports.is_empty()) {
        let declared = declared(group);
        all.types.extend(gres_names(&declared).map(str::to_owned));
        let records = records(input, group);
        let recorded = records
            .iter()
            .filter_map(|record| value_of(record, "Name"))
            .collect();
        let mut lines = from_records(input, group, &records, &mut all);
        lines.extend(from_declaration(
            input, group, &declared, &recorded, &mut all,
        ));
        for line in lines {
            all.conf += &line.write();
        }
    }
    if !all.conf.is_empty() {
        all.conf.insert_str(0, "AutoDetect=off\n");
    }
    all
}

/// The group's `Gres` value: its own setting, else the instance type's GPUs.
fn declared(group: &GroupConf) -> String {
    group
        .settings
        .iter()
        .filter(|s| s.name().eq_ignore_ascii_case("Gres"))
        .find_map(|s| settings::accepted(Scope::NodeGroup, s))
        .map(|(_, value)| value.to_owned())
        .unwrap_or_else(|| match group.hardware.gpus {
            0 => String::new(),
            gpus => format!("gpu:{gpus}"),
        })
}

/// The group's own records. Stand-ins are not detected: where one has nothing else to say of its devices, the group's `Gres`
/// value says how many there are.
fn records<'a>(input: &ConfInput, group: &'a GroupConf) -> Vec<Record<'a>> {
    let records = group.gres_records.iter().map(gres_line);
    records
        .filter(|record| input.gpu_directory.is_none() || !is_detected(record))
        .collect()
}

fn is_detected(record: &Record) -> bool {
    let says = |name: &&str| value_of(record, name).is_some();
    value_of(record, "AutoDetect").is_some_and(|value| !value.eq_ignore_ascii_case("off"))
        && !["File", "MultipleFiles", "Count"].iter().any(says)
}

fn value_of<'a>(record: &Record<'a>, wanted: &str) -> Option<&'a str> {
    let mut pairs = record.iter();
    pairs
        .find(|(name, _)| *name == wanted)
        .map(|(_, value)| *value)
}

/// A record for each of `gpu:a100:4,shard:8` that there is none of.
fn from_declaration(
    input: &ConfInput,
    group: &GroupConf,
    declared: &str,
    recorded: &BTreeSet<&str>,
    all: &mut Gres,
) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut next_device = 0;
    let items = declared.split(',').filter(|item| !item.is_empty());
    for (name, kind, count) in items
        .map(parse_item)
        .filter(|(name, ..)| !recorded.contains(name))
    {
        let mut line = Line::default();
        line.set("NodeName", nodes_of(group));
        line.set("Name", name);
        if let Some(kind) = kind {
            line.set("Type", kind);
        }
        if name == "gpu" && (1..=MAX_DEVICES).contains(&count) {
            let devices = match count {
                1 => next_device.to_string(),
                _ => format!("[{next_device}-{}]", next_device + count - 1),
            };
            line.set("File", device(input, &devices));
            next_device += count;
            all.devices = all.devices.max(next_device);
        } else {
            line.set("Count", count.to_string());
        }
        lines.push(line);
    }
    lines
}

/// Name, type and count of `gpu`, `gpu:4`, `gpu:a100` or `gpu:a100:4`.
fn parse_item(item: &str) -> (&str, Option<&str>, u64) {
    let parts: Vec<&str> = item.split(':').collect();
    match parts[..] {
        [name, kind, count] => (name, Some(kind), count.parse().unwrap_or(1)),
        [name, last] => match last.parse() {
            Ok(count) => (name, None, count),
            Err(_) => (name, Some(last), 1),
        },
        _ => (parts[0], None, 1),
    }
}

/// With stand-ins for the device files.
fn from_records(
    input: &ConfInput,
    group: &GroupConf,
    records: &[Record],
    all: &mut Gres,
) -> Vec<Line> {
    let mut lines = Vec::new();
    for record in records {
        let mut line = Line::default();
        line.set("NodeName", nodes_of(group));
        for (name, value) in record.iter().copied() {
            match name {
                "AutoDetect" if input.gpu_directory.is_some() => {}
                "File" | "MultipleFiles" if input.gpu_directory.is_some() => {
                    let (numbers, highest) = device_numbers(value);
                    all.devices = all.devices.max((highest + 1).min(MAX_DEVICES));
                    line.set(name, device(input, numbers));
                }
                _ => line.set(name, value),
            }
        }
        lines.push(line);
    }
    lines
}

/// `[0-3]` of `/dev/nvidia[0-3]`, and the highest number in it; `0` where the file has none.
fn device_numbers(file: &str) -> (&str, u64) {
    let digit_or_range = |c: char| c.is_ascii_digit() || "[]-,".contains(c);
    let numbers = &file[file.trim_end_matches(digit_or_range).len()..];
    let highest = numbers
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|n| n.parse().ok())
        .max();
    match highest {
        Some(highest) => (numbers, highest),
        None => ("0", 0),
    }
}

fn device(input: &ConfInput, numbers: &str) -> String {
    match &input.gpu_directory {
        Some(directory) => format!("{}/gpu{numbers}", directory.display()),
        None => format!("/dev/nvidia{numbers}"),
    }
}
