//! The derived archive: the customer's parts for cloud-init untouched and in order, behind them the service's own two: a
//! cloud-config that writes files (the customer's scripts among them), and a script that starts the agent.
//!
//! Ours comes last, and says that lists are appended to: cloud-init merges each cloud-config into those before it by what
//! the later one says, and by itself would drop one of two `write_files`. The agent is started by a script and not by
//! `runcmd`, because all of `runcmd` is one script that any line of the customer's may end; scripts run in the order of
//! their names, `runcmd` among them, and one that fails stops no other.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};

use super::FIELD;
use super::archive::{Archive, Part};
use crate::Refusal;

/// The most that EC2 takes, in bytes, before its base64.
pub const LIMIT: usize = 16_384;

/// Where the customer's scripts are, `001`, `002` and so on: the agent runs them in this order after the node has
/// registered and before it starts slurmd.
pub const SCRIPTS: &str = "/var/lib/openpcs/user-data";

/// Sorted behind `runcmd` and `part-001`.
const START: &str = "zz-openpcs";

/// What the service itself wants on each instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnParts {
    /// Written before anything is run: the agent's configuration, its unit of systemd.
    pub files: Vec<File>,
    /// A script that fetches the agent where the image lacks it, and starts it.
    pub start: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    pub path: String,
    /// As `0600`.
    pub mode: &'static str,
    pub content: Vec<u8>,
}

/// The user data of the derived template, before EC2's base64; compressed if it would be too long otherwise.
pub fn compose(customer: &Archive, own: &OwnParts) -> Result<Vec<u8>, Refusal> {
    let text = archive(customer, own);
    if text.len() <= LIMIT {
        return Ok(text);
    }
    let packed = gzip(&text);
    if packed.len() <= LIMIT {
        return Ok(packed);
    }
    let ours = archive(&Archive::default(), own).len();
    let reason = format!(
        "With the service's own part it has {} bytes ({ours} of them the service's), compressed {}; EC2 takes {LIMIT}.",
        text.len(),
        packed.len()
    );
    let remedy = "Keep long scripts in S3 or in the image, and fetch or run them from here.";
    Err(Refusal::new(FIELD, reason, remedy))
}

fn archive(customer: &Archive, own: &OwnParts) -> Vec<u8> {
    let mut parts: Vec<(Vec<u8>, Vec<u8>)> = vec![];
    let mut files = own.files.clone();
    let mut scripts = 0;
    for part in &customer.parts {
        match part {
            Part::Kept { head, body } => parts.push((head.clone(), body.clone())),
            Part::Shell(script) => {
                scripts += 1;
                files.push(File {
                    path: format!("{SCRIPTS}/{scripts:03}"),
                    mode: "0700",
                    content: script.clone(),
                });
            }
        }
    }
    let config = format!("#cloud-config\n{}\n", write_files(&files));
    parts.push((head("cloud-config", "openpcs"), config.into_bytes()));
    parts.push((head("x-shellscript", START), own.start.clone().into_bytes()));
    joined(&parts)
}

fn head(kind: &str, name: &str) -> Vec<u8> {
    let head = format!(
        "Content-Type: text/{kind}; charset=\"utf-8\"\nContent-Disposition: attachment; filename=\"{name}\""
    );
    head.into_bytes()
}

/// As JSON, which is YAML whose texts are quoted.
fn write_files(files: &[File]) -> Value {
    let files: Vec<Value> = files.iter().map(write_file).collect();
    json!({
        "merge_how": [
            {"name": "list", "settings": ["append"]},
            {"name": "dict", "settings": ["no_replace", "recurse_list"]},
        ],
        "write_files": files,
    })
}

/// Text stays text: it compresses better than base64 does, and people can read it.
fn write_file(file: &File) -> Value {
    let mut value = json!({"path": file.path, "permissions": file.mode});
    let text = std::str::from_utf8(&file.content).ok();
    match text.filter(|text| text.chars().all(is_plain)) {
        Some(text) => value["content"] = text.into(),
        None => {
            value["encoding"] = "b64".into();
            value["content"] = STANDARD.encode(&file.content).into();
        }
    }
    value
}

/// What reaches the file as it is: cloud-init (seen with 22.4) spoils letters beyond ASCII in parts without an encoding.
fn is_plain(c: char) -> bool {
    matches!(c, '\n' | '\t' | ' '..='~')
}

fn joined(parts: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let boundary = boundary(parts);
    let mut text =
        format!("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"{boundary}\"\n")
            .into_bytes();
    for (head, body) in parts {
        text.extend(format!("\n--{boundary}\n").into_bytes());
        text.extend(head);
        text.extend(if head.is_empty() { "\n" } else { "\n\n" }.as_bytes());
        text.extend(body);
    }
    text.extend(format!("\n--{boundary}--\n").into_bytes());
    text
}

/// A text that no part has, and the same for the same parts.
fn boundary(parts: &[(Vec<u8>, Vec<u8>)]) -> String {
    let mut boundary = "==OPENPCS==".to_owned();
    let mut count = 0;
    while parts.iter().any(|(_, body)| has(body, boundary.as_bytes())) {
        count += 1;
        boundary = format!("==OPENPCS{count}==");
    }
    boundary
}

fn has(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

/// The same for the same text: it has no time in it.
fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzBuilder::new().write(Vec::new(), Compression::best());
    // Writing to memory cannot fail; what could not be compressed is too long all the same.
    match encoder.write_all(text).and_then(|()| encoder.finish()) {
        Ok(packed) => packed,
        Err(_) => text.to_vec(),
    }
}
