//! A MIME multipart archive, read: its parts in order, each either a shell script, which the agent runs, or something for
//! cloud-init, which is passed on as it is.

use super::FIELD;
use super::boundary::Boundary;
use super::headers::Headers;
use super::unwrap::{base64, unwrap};
use crate::Refusal;

/// The customer's parts, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Archive {
    pub parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A script, decoded, with line breaks as Linux has them.
    Shell(Vec<u8>),
    /// For cloud-init: head and body as they were written.
    Kept { head: Vec<u8>, body: Vec<u8> },
}

/// Archives within archives deeper than this are nobody's intention.
const DEPTH: usize = 5;

const REMEDY: &str = "Put each block into an archive that begins with `MIME-Version: 1.0` and `Content-Type: \
     multipart/mixed; boundary=\"==B==\"`, an empty line, then for each block the line `--==B==`, its `Content-Type`, an \
     empty line and the block, and at the end `--==B==--`. `cloud-init devel make-mime -a setup.sh:x-shellscript` \
     writes one.";

/// Reads user data as a launch template has it, with EC2's base64 around it or without.
pub fn read(user_data: &[u8]) -> Result<Archive, Refusal> {
    let text = unwrap(user_data)?;
    if text.trim_ascii().is_empty() {
        return Ok(Archive::default());
    }
    let (headers, body) = Headers::split(&text);
    let kind = headers.content_type().unwrap_or_default();
    if !kind.starts_with("multipart/") {
        return Err(Refusal::new(FIELD, not_mime(&text, &kind), REMEDY));
    }
    let mut archive = Archive::default();
    add_parts(&mut archive, &headers, body, DEPTH)?;
    if archive.parts.is_empty() && !body.trim_ascii().is_empty() {
        let boundary = headers.boundary().unwrap_or_default();
        let reason = format!("No part of the archive begins with the line `--{boundary}`.");
        return Err(Refusal::new(FIELD, reason, REMEDY));
    }
    Ok(archive)
}

fn not_mime(text: &[u8], kind: &str) -> String {
    if !kind.is_empty() {
        return format!("It is `{kind}`, not a MIME multipart archive.");
    }
    let line = text
        .split(|c| *c == b'\n')
        .find(|line| !line.trim_ascii().is_empty());
    let words = String::from_utf8_lossy(line.unwrap_or_default());
    let start: String = words
        .trim()
        .chars()
        .filter(|c| !c.is_control())
        .take(40)
        .collect();
    format!("It is not a MIME multipart archive: it begins with `{start}`.")
}

fn add_parts(
    archive: &mut Archive,
    headers: &Headers,
    body: &[u8],
    depth: usize,
) -> Result<(), Refusal> {
    let Some(boundary) = headers.boundary().filter(|_| depth > 0) else {
        let reason = match depth {
            0 => "It has archives within archives, too deep to be meant.",
            _ => "The `Content-Type` of the archive has no `boundary`.",
        };
        return Err(Refusal::new(FIELD, reason, REMEDY));
    };
    for (segment, behind_last) in Boundary::in_body(boundary, body).segments(body) {
        let (headers, body) = Headers::split(segment);
        let kind = headers.content_type();
        if segment.trim_ascii().is_empty() || (behind_last && kind.is_none()) {
            continue;
        }
        match kind {
            Some(kind) if kind.starts_with("multipart/") => {
                add_parts(archive, &headers, body, depth - 1)?;
            }
            kind => archive.parts.push(part(kind.as_deref(), headers, body)?),
        }
    }
    Ok(())
}

fn part(kind: Option<&str>, headers: Headers, body: &[u8]) -> Result<Part, Refusal> {
    let content = decoded(&headers, body);
    let start = content.as_deref().unwrap_or_default().trim_ascii_start();
    let is_shell = match kind {
        // The guide prints the name without its last letter. cloud-init looks at the first line of a script, too.
        Some("text/x-shellscript" | "text/x-shellscrip") => !start.starts_with(b"#cloud-config"),
        None | Some("text/plain") => start.starts_with(b"#!"),
        Some(_) => false,
    };
    if !is_shell {
        let (head, body) = (headers.raw, body.to_vec());
        return Ok(Part::Kept { head, body });
    }
    let script = content.ok_or_else(|| {
        let encoding = headers.get("content-transfer-encoding").unwrap_or_default();
        let reason =
            format!("A shell part has the transfer encoding `{encoding}`, or is not what it says.");
        Refusal::new(FIELD, reason, "Write it as it is, or as base64.")
    })?;
    Ok(Part::Shell(as_script(&script)))
}

/// What the body says; none if it is encoded in a way that is not known, or not as the head says.
fn decoded(headers: &Headers, body: &[u8]) -> Option<Vec<u8>> {
    let encoding = headers.get("content-transfer-encoding").unwrap_or("7bit");
    match encoding.to_ascii_lowercase().as_str() {
        "7bit" | "8bit" | "binary" => Some(body.to_vec()),
        "base64" => base64(body),
        _ => None,
    }
}

/// As cloud-init writes scripts: the kernel takes no carriage return behind the interpreter's name, and `#!` is to be
/// the first that there is.
fn as_script(text: &[u8]) -> Vec<u8> {
    let text = text.trim_ascii_start();
    let mut script = Vec::with_capacity(text.len() + 1);
    for line in text.split_inclusive(|c| *c == b'\n') {
        match line.strip_suffix(b"\r\n") {
            Some(words) => {
                script.extend(words);
                script.push(b'\n');
            }
            None => script.extend(line),
        }
    }
    if !script.ends_with(b"\n") {
        script.push(b'\n');
    }
    script
}
