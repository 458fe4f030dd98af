//! The house's rooms and the crates under it only point downwards: what is below can be read, tested and changed without
//! what is above.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The rooms of the server, from the top. A room may use those in lines below its own.
const ROOMS: [&[&str]; 15] = [
    &["main", "cli"],
    &["plane"],
    &["config"],
    &["http"],
    &["service"],
    &["reconcile"],
    &["plan"],
    &["provider"],
    &["live"],
    &["slurm"],
    &["auth"],
    &["data_dir"],
    &["db"],
    &["sandbox"],
    &["fault", "quota", "random"],
];

/// Those of the console's crate.
const APP_ROOMS: [&[&str]; 13] = [
    &["app"],
    &["pages"],
    &["components"],
    &["ui"],
    &["follow", "live", "api"],
    &["browser"],
    &["command"],
    &["paths"],
    &["port"],
    &["rules", "explain"],
    &["preference"],
    &["model"],
    &["i18n"],
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All files below, each with its room.
fn sources(dir: &Path) -> Vec<(String, PathBuf)> {
    let mut found = vec![];
    let mut left = vec![dir.to_owned()];
    while let Some(next) = left.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let below = path.strip_prefix(dir).unwrap();
                let first = below.iter().next().unwrap().to_string_lossy();
                found.push((first.trim_end_matches(".rs").to_owned(), path));
            }
        }
    }
    found
}

/// The rooms that a file uses: the first names behind `crate::`, but in comments and in what is for its tests only.
fn used(text: &str) -> BTreeSet<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let mut rooms = BTreeSet::new();
    for line in code.lines().filter(|line| !line.trim().starts_with("//")) {
        for rest in line.split("crate::").skip(1) {
            let names = match rest.strip_prefix('{') {
                Some(list) => list.split('}').next().unwrap_or(list),
                None => rest,
            };
            let count = if rest.starts_with('{') { usize::MAX } else { 1 };
            let is_part = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '_';
            let first =
                |name: &str| -> String { name.trim().chars().take_while(is_part).collect() };
            rooms.extend(names.split(',').take(count).map(first));
        }
    }
    rooms.remove("");
    rooms
}

/// What points upwards or sideways, and which files are in no room.
fn wrong(dir: &str, rooms: &[&[&str]]) -> Vec<String> {
    let level = |room: &str| rooms.iter().position(|rooms| rooms.contains(&room));
    let dir = root().join(dir);
    let mut wrong = vec![];
    for (room, path) in sources(&dir) {
        let name = path.strip_prefix(&dir).unwrap().display();
        let is_test = path
            .iter()
            .any(|part| part.to_string_lossy().contains("tests"));
        if room == "lib" || is_test {
            continue;
        }
        let Some(own) = level(&room) else {
            wrong.push(format!("{name}: the room {room} is not in the list"));
            continue;
        };
        for other in used(&std::fs::read_to_string(&path).unwrap()) {
            match level(&other) {
                Some(below) if below > own || other == room => {}
                Some(_) => wrong.push(format!("{name} ({room}) uses {other}, which is not below")),
                // A macro or a type at the crate's root.
                None => {}
            }
        }
    }
    wrong
}

#[test]
fn rooms_of_the_server_only_point_down() {
    let wrong = wrong("server/src", &ROOMS);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rooms_of_the_console_only_point_down() {
    let wrong = wrong("app/src", &APP_ROOMS);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// All crates that a package is built with, as this machine would.
fn tree(arguments: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--prefix=none", "--edges=normal"])
        .args(["--format={p}"])
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let name = |line: &str| Some(line.split_whitespace().next()?.to_owned());
    text.lines().filter_map(name).collect()
}

#[test]
fn the_browser_gets_no_server_and_nodes_get_no_database() {
    for (arguments, never) in [
        (
            &[
                "-p",
                "app",
                "--features",
                "hydrate",
                "--target",
                "wasm32-unknown-unknown",
            ][..],
            &["tokio", "axum", "sqlx", "openpcs-server"][..],
        ),
        (
            &["-p", "openpcs-agent"],
            &["app", "axum", "hyper", "leptos", "openpcs-server", "sqlx"],
        ),
    ] {
        let found = tree(arguments);
        assert!(found.len() > 10, "{found:?}");
        for name in never {
            assert!(!found.contains(*name), "{arguments:?} has {name}");
        }
    }
}
