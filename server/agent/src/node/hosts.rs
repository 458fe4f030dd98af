//! The names of the cluster's nodes in this host's `/etc/hosts`: our lines stand between two marks, and all others are left
//! as they are.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::http::Client;
use crate::protocol::{Claimed, Hosts};
use crate::{Result, files, say};

const BEGIN: &str = "# openpcs: nodes of the cluster; kept by openpcs-agent";
const END: &str = "# openpcs: end";
/// Longer than the server waits for a change.
const TIMEOUT: Duration = Duration::from_secs(40);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Keeps the file as the server says as long as the agent lives. It is so once before this returns, if the server answers:
/// slurmd looks for its own name when it starts, and waits for the network's resolver where the file does not have it.
pub fn follow(endpoint: &str, node: &Claimed, file: &Path) {
    let client = Client::new(endpoint, &node.instance_id, &node.proof_key, TIMEOUT);
    let (token, file): (String, PathBuf) = (node.bootstrap_id.clone(), file.into());
    let mut version = update(&client, &token, None, &file).ok();
    std::thread::spawn(move || {
        let mut pause = FIRST_PAUSE;
        loop {
            match update(&client, &token, version.as_deref(), &file) {
                Ok(now) => {
                    version = Some(now);
                    pause = FIRST_PAUSE;
                }
                Err(message) => {
                    say(&format!(
                        "the names of nodes are not brought up to date: {message}"
                    ));
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    });
}

/// Asks for what differs from that version, and writes it; the version that is written now.
fn update(client: &Client, token: &str, version: Option<&str>, file: &Path) -> Result<String> {
    let after = version.map_or(String::new(), |version| format!("?after={version}"));
    let reply = client.get(&format!("/instance/v1/hosts{after}"), token)?;
    let hosts: Hosts = serde_json::from_str(&reply.success()?)
        .map_err(|error| format!("the names make no sense: {error}"))?;
    if version != Some(hosts.version.as_str()) {
        write(file, &hosts.lines).map_err(|e| format!("cannot write {}: {e}", file.display()))?;
    }
    Ok(hosts.version)
}

fn write(file: &Path, lines: &str) -> io::Result<()> {
    let known = match std::fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        known => known?,
    };
    let text = edited(&known, lines);
    match text == known {
        true => Ok(()),
        false => files::write(file, text.as_bytes(), files::PLAIN),
    }
}

/// The file with these lines between our marks, where those were, or else at its end.
fn edited(known: &str, lines: &str) -> String {
    let mut others = (String::new(), String::new());
    let (mut is_ours, mut was_ours) = (false, false);
    // A mark without its counterpart is not ours to judge: what follows it is kept.
    let has_end = |rest: &[&str]| rest.contains(&END);
    let all: Vec<&str> = known.lines().collect();
    for (at, line) in all.iter().enumerate() {
        let rest = &all[at + 1..];
        match *line {
            BEGIN if !is_ours && has_end(rest) => (is_ours, was_ours) = (true, true),
            END if is_ours => is_ours = false,
            BEGIN | END => {}
            _ if is_ours => {}
            line => {
                let side = match was_ours {
                    true => &mut others.1,
                    false => &mut others.0,
                };
                side.push_str(line);
                side.push('\n');
            }
        }
    }
    let (before, after) = others;
    let end_of_line = if lines.is_empty() || lines.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    format!("{before}{BEGIN}\n{lines}{end_of_line}{END}\n{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(lines: &str) -> String {
        format!("{BEGIN}\n{lines}{END}\n")
    }

    #[test]
    fn only_our_own_lines_change() {
        let own = "127.0.0.1 localhost\n# a remark\n";
        let first = edited(own, "10.0.0.1 a-1\n");
        assert_eq!(first, format!("{own}{}", block("10.0.0.1 a-1\n")));
        let grown = format!("{first}10.9.9.9 nas\n");
        let second = edited(&grown, "10.0.0.2 a-2\n");
        let ours = block("10.0.0.2 a-2\n");
        assert_eq!(second, format!("{own}{ours}10.9.9.9 nas\n"));
        assert_eq!(edited(&second, "10.0.0.2 a-2\n"), second);
        let none = block("");
        assert_eq!(edited(&second, ""), format!("{own}{none}10.9.9.9 nas\n"));
        assert_eq!(edited("", "10.0.0.2 a-2"), ours);
    }

    #[test]
    fn a_mark_without_the_other_costs_nobody_a_line() {
        let torn = format!("127.0.0.1 localhost\n{BEGIN}\n10.9.9.9 nas");
        let kept = "127.0.0.1 localhost\n10.9.9.9 nas\n";
        assert_eq!(edited(&torn, ""), format!("{kept}{}", block("")));
        let twice = format!("{}x\n{}", block("1 a\n"), block("2 b\n"));
        assert_eq!(edited(&twice, "3 c\n"), format!("{}x\n", block("3 c\n")));
    }

    #[test]
    fn the_file_is_replaced_whole() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("hosts");
        write(&file, "10.0.0.1 a-1\n").unwrap();
        assert_eq!(
            std::fs::read_to_string(&file).unwrap(),
            block("10.0.0.1 a-1\n")
        );
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
