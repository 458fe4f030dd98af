//! The house's rooms and the crates under it only point downwards: what is below can be read, tested and changed without
//! what is above.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The rooms of the server, from the top. A room may use those in lines below its own.
const ROOMS: [&[&str]; 19] = [
    &["main", "cli"],
    &["plane"],
    &["config"],
    &["http"],
    &["service"],
    &["reconcile"],
    &["parts"],
    &["plan"],
    &["provider"],
    &["sink"],
    &["live"],
    &["logs"],
    &["slurm"],
    &["notify"],
    &["auth"],
    &["data_dir"],
    &["db"],
    &["sandbox"],
    &["fault", "quota", "random"],
];

/// Those of the console's crate.
const APP_ROOMS: [&[&str]; 14] = [
    &["app"],
    &["pages"],
    &["components"],
    &["ui"],
    &["live", "stream", "api"],
    &["alive", "browser", "early"],
    &["command"],
    &["paths"],
    &["port"],
    &["rules", "explain", "list"],
    &["preference"],
    &["model"],
    &["i18n"],
    &["foreign"],
];

/// Those of the provider of EC2.
const AWS_ROOMS: [&[&str]; 8] = [
    &["policy"],
    &["aws"],
    &["offers"],
    &["calls", "delivery", "script"],
    &["client"],
    &["template"],
    &["errors", "user_data"],
    &["refusal"],
];

/// Where the tests run, which need not be where they were built.
fn root() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("..")
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

#[test]
fn rooms_of_the_aws_provider_only_point_down() {
    let wrong = wrong("server/provider-aws/src", &AWS_ROOMS);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The files that a file uses by `use`, by their place below the crate; what a part takes from the whole it belongs to does
/// not count.
fn neighbours(own: &[String], text: &str, files: &BTreeSet<Vec<String>>) -> BTreeSet<Vec<String>> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("use ") {
        let is_start = code[..at].ends_with(['\n', ' ', ')']);
        let Some(end) = code[at..].find(';').filter(|_| is_start) else {
            continue;
        };
        for path in paths(&code[at + 4..at + end]) {
            let mut parts: Vec<String> = path.split("::").map(|part| part.trim().into()).collect();
            let mut target = match parts[0].as_str() {
                "crate" => vec![],
                "super" | "self" => own.to_vec(),
                _ => continue,
            };
            while matches!(
                parts.first().map(String::as_str),
                Some("crate" | "super" | "self")
            ) {
                if parts.remove(0) == "super" {
                    target.pop();
                }
            }
            target.extend(parts);
            while !files.contains(&target) && !target.is_empty() {
                target.pop();
            }
            if !own.starts_with(&target) {
                found.insert(target);
            }
        }
    }
    found
}

/// `a::{b, c::{d, e}}` as `a::b`, `a::c::d` and `a::c::e`.
fn paths(tree: &str) -> Vec<String> {
    let Some((head, rest)) = tree.split_once('{') else {
        return vec![tree.trim().to_owned()];
    };
    let list = rest.trim_end().trim_end_matches('}');
    let (mut items, mut depth) = (vec![String::new()], 0);
    for c in list.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        match (c, depth) {
            (',', 0) => items.push(String::new()),
            _ => items.last_mut().unwrap().push(c),
        }
    }
    let items = items.iter().filter(|item| !item.trim().is_empty());
    items
        .flat_map(|item| paths(item))
        .map(|path| format!("{}{path}", head.trim()))
        .collect()
}

/// The files that use each other in a circle, each with the circle that it was found by.
fn circles(dir: &str) -> Vec<String> {
    let dir = root().join(dir);
    let texts: BTreeMap<Vec<String>, String> = sources(&dir)
        .into_iter()
        .filter(|(_, path)| !path.to_string_lossy().contains("test"))
        .map(|(_, path)| {
            let below = path.strip_prefix(&dir).unwrap().with_extension("");
            let mut place: Vec<String> = below
                .iter()
                .map(|part| part.to_string_lossy().into_owned())
                .collect();
            if matches!(place.last().map(String::as_str), Some("mod" | "lib")) {
                place.pop();
            }
            (place, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    let files: BTreeSet<Vec<String>> = texts.keys().cloned().collect();
    let uses: BTreeMap<&Vec<String>, BTreeSet<Vec<String>>> = texts
        .iter()
        .map(|(place, text)| (place, neighbours(place, text, &files)))
        .collect();
    let reached = |from: &Vec<String>| {
        let mut seen = BTreeSet::new();
        let mut left: Vec<&Vec<String>> = uses[from].iter().collect();
        while let Some(next) = left.pop() {
            if seen.insert(next) {
                left.extend(&uses[next]);
            }
        }
        seen
    };
    let in_circle = files.iter().filter(|file| reached(file).contains(file));
    in_circle.map(|file| file.join("::")).collect()
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    for dir in [
        "app/src",
        "server/src",
        "server/agent/src",
        "server/provider/src",
        "server/provider-aws/src",
    ] {
        let circles = circles(dir);
        assert!(circles.is_empty(), "{dir}: {circles:?}");
    }
}

#[test]
fn what_is_used_is_seen() {
    let text = "use crate::{a, b::c};\n// use crate::d;\nlet x = crate::e::f();\n#[cfg(test)]\nuse crate::g;\n";
    let names = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>().join(" ");
    assert_eq!(names(used(text)), "a b e");
    assert_eq!(paths("a::{b, c::{d, e}}").join(" "), "a::b a::c::d a::c::e");
}

/// The ids in parentheses of a comment, as `(N15, Q3)`.
fn cited(line: &str) -> Vec<String> {
    let Some((_, comment)) = line.split_once("//") else {
        return vec![];
    };
    let is_id = |word: &&str| {
        let digits = word.trim_start_matches(|c: char| c.is_ascii_uppercase());
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number && word.len() == digits.len() + 1
    };
    let inside = comment
        .split('(')
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let words: Vec<Vec<&str>> = inside.map(|text| text.split(", ").collect()).collect();
    let all_ids = words.iter().filter(|words| words.iter().all(is_id));
    all_ids.flatten().map(|word| word.to_string()).collect()
}

#[test]
fn what_comments_cite_can_be_looked_up() {
    let list = std::fs::read_to_string(root().join("REQUIREMENTS.md")).unwrap();
    let mut missing = vec![];
    let mut count = 0;
    for dir in ["app/src", "server"] {
        for (_, path) in sources(&root().join(dir)) {
            let text = std::fs::read_to_string(&path).unwrap();
            for id in text.lines().flat_map(cited) {
                count += 1;
                if !list.contains(&format!("\n- {id} ")) {
                    missing.push(format!("{}: {id}", path.display()));
                }
            }
        }
    }
    assert!(missing.is_empty() && count > 50, "{count}: {missing:?}");
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
fn the_browser_gets_no_server_and_nodes_and_providers_get_no_database() {
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
        (
            &["-p", "openpcs-provider"],
            &["openpcs-agent", "openpcs-server", "sqlx"],
        ),
    ] {
        let found = tree(arguments);
        assert!(found.len() > 10, "{found:?}");
        for name in never {
            assert!(!found.contains(*name), "{arguments:?} has {name}");
        }
    }
}
