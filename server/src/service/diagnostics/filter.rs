//! The last look at each text of a bundle: what is known to be secret on this server, and what looks so.

use std::borrow::Cow;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use fancy_regex::Regex;
use openpcs_agent::files;
use serde_json::Value;
use zeroize::Zeroizing;

/// What stands in the place of what is taken out.
const REMOVED: &str = "[removed]";
/// Shorter ones would take words out that are none.
const SHORTEST: usize = 6;
/// Bytes of a line that is looked through.
const LONGEST_LINE: usize = 16 * 1024;
/// Members of answers whose values are for programs or people of the cluster, whatever is in them.
const CLOSED: [&str; 9] = [
    "arguments",
    "environment",
    "script",
    "password",
    "secret",
    "secretString",
    "secretBinary",
    "token",
    "bootstrapId",
];

/// What looks like a secret, and what is left of it.
const LOOKS: [(&str, &str); 5] = [
    (
        r#"(?i)([a-z0-9_.-]*(?:pass|passwd|password|pwd|secret|token|private_?key|auth_?key|api_?key|access_?key|proof_?key)["']?\s*[=:]\s*["']?)[^\s"',;&{}\[\]]+"#,
        "${1}[removed]",
    ),
    (r"(?i)(\bbearer\s+)[a-z0-9._~+/=-]+", "${1}[removed]"),
    (r"(://[^\s:/@]*:)[^\s/@]+@", "${1}[removed]@"),
    (
        r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*",
        REMOVED,
    ),
    (r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", REMOVED),
];

/// The patterns are ours, and a test builds each.
static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let built = LOOKS.iter();
    built
        .filter_map(|(pattern, left)| Some((Regex::new(pattern).ok()?, *left)))
        .collect()
});

/// Knows this server's secrets as long as it lives.
#[derive(Default)]
pub struct Filter {
    known: Vec<Zeroizing<String>>,
}

impl Filter {
    /// By the files that hold secrets in a data directory.
    pub fn of(data_dir: &Path) -> Filter {
        let mut filter = Filter::default();
        for name in ["admin-password", "metrics-token", "credentials", "data-key"] {
            filter.know_file(&data_dir.join(name));
        }
        let clusters = data_dir.join("clusters");
        for id in files::dir_names(&clusters).unwrap_or_default() {
            let controller = clusters.join(id).join("controller");
            for name in ["slurm.key", "jwt.key", "hook.json", "slurmdbd.conf"] {
                filter.know_file(&controller.join(name));
            }
        }
        // The longest first: one may be in another.
        filter.known.sort_by_key(|one| std::cmp::Reverse(one.len()));
        filter
    }

    fn know_file(&mut self, path: &Path) {
        let Ok(bytes) = fs::read(path).map(Zeroizing::new) else {
            return;
        };
        self.know(hex::encode(&*bytes));
        self.know(BASE64.encode(&*bytes));
        let Ok(text) = std::str::from_utf8(&bytes) else {
            return;
        };
        self.know(text.trim().to_owned());
        if let Ok(Value::Object(members)) = serde_json::from_str(text) {
            for name in ["token", "proofKey"] {
                let value = members.get(name).and_then(Value::as_str);
                self.know(value.unwrap_or_default().to_owned());
            }
        }
        for line in text.lines() {
            let value = line
                .split_once('=')
                .map(|(name, value)| (name.trim(), value.trim()));
            let names = ["aws_secret_access_key", "aws_access_key_id", "StoragePass"];
            if let Some((_, value)) = value.filter(|(name, _)| names.contains(name)) {
                self.know(value.trim_matches('"').to_owned());
            }
        }
    }

    fn know(&mut self, secret: String) {
        if secret.len() >= SHORTEST {
            self.known.push(Zeroizing::new(secret));
        }
    }

    pub fn clean(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.known {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), REMOVED);
            }
        }
        let mut is_key = false;
        let lines = text.split('\n');
        let cleaned = lines.filter_map(|line| clean_line(line, &mut is_key));
        cleaned.collect::<Vec<_>>().join("\n")
    }

    /// What is closed by its name goes out whole, whatever it is; so does the value of a setting with such a name.
    pub fn clean_value(&self, value: &mut Value) {
        match value {
            Value::Array(all) => all.iter_mut().for_each(|one| self.clean_value(one)),
            Value::Object(members) => {
                let name = members.get("parameterName").and_then(Value::as_str);
                if name.is_some_and(names_a_secret) {
                    members.insert("parameterValue".into(), REMOVED.into());
                }
                for (name, value) in members.iter_mut() {
                    match CLOSED.contains(&name.as_str()) && !value.is_null() {
                        true => *value = REMOVED.into(),
                        false => self.clean_value(value),
                    }
                }
            }
            Value::String(text) => *text = self.clean(text),
            _ => {}
        }
    }
}

/// None for what stands within a private key, whose first line says that one was there.
fn clean_line(line: &str, is_key: &mut bool) -> Option<String> {
    if *is_key {
        *is_key = !line.contains("-----END");
        return None;
    }
    if line.contains("-----BEGIN") && line.contains("PRIVATE KEY") {
        *is_key = !line.contains("-----END");
        return Some(REMOVED.into());
    }
    if line.len() > LONGEST_LINE {
        return Some(format!("[a line of {} bytes is left out]", line.len()));
    }
    let mut line = line.to_owned();
    for (pattern, left) in PATTERNS.iter() {
        // What cannot be looked through is not told.
        let cleaned = pattern.try_replacen(&line, 0, *left).map(Cow::into_owned);
        line = cleaned.unwrap_or_else(|_| REMOVED.into());
    }
    Some(line)
}

fn names_a_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    let ends = ["pass", "password", "secret", "token"];
    ends.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_looks_secret_goes_out_and_the_rest_stays() {
        assert_eq!(PATTERNS.len(), LOOKS.len(), "each pattern is one");
        let filter = Filter::default();
        for (text, left) in [
            ("StoragePass=canary7", "StoragePass=[removed]"),
            ("password: \"canary7\"", "password: \"[removed]\""),
            ("TOKEN='canary7' x", "TOKEN='[removed]' x"),
            (
                "Authorization: Bearer canary7.x",
                "Authorization: Bearer [removed]",
            ),
            ("postgres://u:canary7@h/n", "postgres://u:[removed]@h/n"),
            ("x eyJhbGciOiJIUzI1NiJ9.canary7.sig y", "x [removed] y"),
            (
                "-----BEGIN RSA PRIVATE KEY-----\ncanary7\n-----END RSA PRIVATE KEY-----",
                REMOVED,
            ),
            ("key AKIAIOSFODNN7EXAMPLE", "key [removed]"),
            (
                "AuthType=auth/slurm SlurmctldPort=6817",
                "AuthType=auth/slurm SlurmctldPort=6817",
            ),
            (
                "\"authKey\": {\"secretArn\": \"arn:x\"}",
                "\"authKey\": {\"secretArn\": \"arn:x\"}",
            ),
            (
                "http://127.0.0.1:8765/clusters",
                "http://127.0.0.1:8765/clusters",
            ),
        ] {
            assert_eq!(filter.clean(text), left);
        }
    }

    #[test]
    fn a_line_that_cannot_be_looked_through_is_not_told() {
        let filter = Filter::default();
        let long = format!("a\n{}token=canary7\nb", "a-".repeat(LONGEST_LINE));
        let cleaned = filter.clean(&long);
        assert!(cleaned.starts_with("a\n[a line of") && cleaned.ends_with("\nb"));
        for odd in ["é", "a_", "x:", "=", "\u{202e}"] {
            let text = format!("{} token=canary7", odd.repeat(LONGEST_LINE / 8));
            assert!(!filter.clean(&text).contains("canary7"), "{odd}");
        }
    }

    #[test]
    fn a_servers_own_secrets_are_known_in_each_of_their_forms() {
        let dir = tempfile::tempdir().unwrap();
        let controller = dir.path().join("clusters/pcs_a/controller");
        fs::create_dir_all(&controller).unwrap();
        fs::write(dir.path().join("admin-password"), "correct-horse\n").unwrap();
        fs::write(controller.join("slurm.key"), [0xfe; 32]).unwrap();
        fs::write(controller.join("hook.json"), r#"{"token":"hook-canary"}"#).unwrap();
        fs::write(controller.join("slurmdbd.conf"), "StoragePass=db-canary\n").unwrap();
        let filter = Filter::of(dir.path());
        let (hex, base64) = (hex::encode([0xfe; 32]), BASE64.encode([0xfe; 32]));
        for secret in ["correct-horse", "hook-canary", "db-canary", &hex, &base64] {
            let cleaned = filter.clean(&format!("<{secret}>"));
            assert_eq!(cleaned, format!("<{REMOVED}>"));
        }
    }

    #[test]
    fn members_that_are_closed_go_out_whole() {
        let mut value = json!({
            "scripts": [{"name": "a", "arguments": ["--x", "canary7"]}],
            "settings": [{"parameterName": "AccountingStoragePass", "parameterValue": "canary7"}],
            "nextToken": null, "token": "canary7", "name": "b",
        });
        Filter::default().clean_value(&mut value);
        let text = value.to_string();
        assert!(
            !text.contains("canary7") && text.contains("\"name\":\"b\""),
            "{text}"
        );
    }
}
