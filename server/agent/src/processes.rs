//! The processes of a sandbox, by the names of their programs.

use std::fs::DirEntry;

/// Those of this name that are there, by their numbers. One that has ended counts until its death was taken.
pub fn named(name: &str) -> impl Iterator<Item = i32> {
    let entries = std::fs::read_dir("/proc").ok();
    let entries = entries.into_iter().flatten().flatten();
    entries
        .filter(move |entry| has_name(entry, name))
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn has_name(entry: &DirEntry, name: &str) -> bool {
    let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
    // `PID (NAME) STATE …`
    let Some((head, _)) = stat.rsplit_once(") ") else {
        return false;
    };
    head.split_once('(').is_some_and(|(_, comm)| comm == name)
}
