//! The table of Slurm's reasons against the Slurm that is installed: no reason of it is without an explanation.

use std::path::PathBuf;

use app::explain::reason::Reason;

/// The words of the table's own list, and those of the library that look like reasons.
#[test]
fn every_reason_of_the_installed_slurm_is_explained() {
    let root =
        std::env::var_os("OPENPCS_SCHEDULER_ROOT").unwrap_or("/opt/openpcs/scheduler".into());
    let library = PathBuf::from(root).join("slurm-24.11/lib/slurm/libslurmfull.so");
    let bytes = std::fs::read(&library).unwrap_or_else(|e| panic!("{}: {e}", library.display()));
    let strings: Vec<&str> = bytes
        .split(|byte| *byte == 0)
        .filter_map(|string| std::str::from_utf8(string).ok())
        .filter(|string| !string.is_empty() && string.bytes().all(|b| b.is_ascii_alphabetic()))
        .collect();
    let is_reason = |word: &&&str| {
        let limit = [
            "AssocGrp",
            "AssocMax",
            "Association",
            "QOSGrp",
            "QOSMax",
            "QOSMin",
        ];
        let account = word.starts_with("Max") && word.ends_with("PerAccount");
        limit
            .iter()
            .any(|start| word.starts_with(start) && word.len() > start.len())
            || account
    };
    let unknown: Vec<&&str> = strings
        .iter()
        .filter(is_reason)
        .filter(|word| Reason::parse(word).is_none())
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    // The linker keeps `Constraints` as the end of `BadConstraints`.
    let all: Vec<&[u8]> = bytes.split(|byte| *byte == 0).collect();
    let has = |word: &str| all.iter().any(|string| string.ends_with(word.as_bytes()));
    let listed = include_str!("../../../app/src/explain/reasons-24.11.txt");
    let gone: Vec<&str> = listed.lines().filter(|word| !has(word)).collect();
    assert!(gone.is_empty(), "Slurm has these no more: {gone:?}");
}
