//! The processes of a sandbox, by the names of their programs.

use std::fs::DirEntry;

use nix::sys::signal::Signal;

/// Those of this name that are there, by their numbers. One that has ended counts until its death was taken.
pub fn named(name: &str) -> impl Iterator<Item = i32> {
    let entries = std::fs::read_dir("/proc").ok();
    let entries = entries.into_iter().flatten().flatten();
    entries
        .filter(move |entry| has_name(entry, name))
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Whether a process waits for that signal, or has said what it does then: others end by it.
pub fn awaits(process: i32, signal: Signal) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let bit = 1_u64 << (signal as i32 - 1);
    status.lines().any(|line| {
        let mut names = ["SigBlk:\t", "SigCgt:\t"].iter();
        let set = names.find_map(|name| line.strip_prefix(name));
        set.and_then(|set| u64::from_str_radix(set, 16).ok())
            .is_some_and(|set| set & bit != 0)
    })
}

fn has_name(entry: &DirEntry, name: &str) -> bool {
    let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
    // `PID (NAME) STATE …`
    let Some((head, _)) = stat.rsplit_once(") ") else {
        return false;
    };
    head.split_once('(').is_some_and(|(_, comm)| comm == name)
}
