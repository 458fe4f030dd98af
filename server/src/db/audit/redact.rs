//! What must not be read later is not written: secrets by the names of their members, and in any text what stands in an
//! address and lets somebody in.

use app::model::trail::HIDDEN;
use serde_json::Value;

/// The members of requests and answers that hold secrets, wherever they stand. A job's script and a lifecycle script's
/// arguments may hold anything; the job's and the group's own pages show them to whoever may see these.
const SECRET: [&str; 12] = [
    "bootstrapId",
    "sharedSecret",
    "script",
    "arguments",
    "environment",
    "document",
    "password",
    "secret",
    "secretString",
    "secretBinary",
    "secretAccessKey",
    "token",
];
/// A channel's address, whose path lets in who knows it, as that of many webhooks does.
const ADDRESS: &str = "url";
/// The longest request or answer kept, in bytes; a longer one is cut, and says so.
const LONGEST: usize = 16 * 1024;

/// The same without secrets, and not longer than a record may be.
pub fn redacted(mut value: Value) -> Value {
    redact(&mut value);
    match length(&value) {
        ..=LONGEST => value,
        length => Value::String(format!("cut: it had {length} bytes")),
    }
}

fn length(value: &Value) -> usize {
    value.to_string().len()
}

fn redact(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                match value {
                    Value::Null => {}
                    value if is_secret(name) => *value = HIDDEN.into(),
                    Value::String(address) if name == ADDRESS => *address = host_of(address),
                    value => redact(value),
                }
            }
        }
        Value::Array(all) => all.iter_mut().for_each(redact),
        Value::String(text) => {
            if let Some(plain) = without_keys(text) {
                *text = plain;
            }
        }
        _ => {}
    }
}

/// However it is spelled: a request that is refused for that is recorded, too.
fn is_secret(member: &str) -> bool {
    SECRET.iter().any(|name| name.eq_ignore_ascii_case(member))
}

/// Of an address without more than where it leads to.
fn host_of(address: &str) -> String {
    let plain = without_keys(address).unwrap_or_else(|| address.into());
    let begin = plain.find("://").map_or(0, |at| at + 3);
    match plain[begin..].find('/') {
        Some(end) => format!("{}/{HIDDEN}", &plain[..begin + end]),
        None => plain,
    }
}

/// Without the names, passwords and queries of the addresses in it, as a presigned one has; none if there are none.
pub fn without_keys(text: &str) -> Option<String> {
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`');
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, address) = rest.split_at(at + 3);
        let (address, after) = address.split_at(address.find(ends).unwrap_or(address.len()));
        let (path, query) = address
            .split_once('?')
            .map_or((address, None), |(path, query)| (path, Some(query)));
        let host = path.find('/').unwrap_or(path.len());
        let keys = path[..host].rfind('@').map_or(0, |at| at + 1);
        plain += before;
        if keys > 0 {
            plain += HIDDEN;
            plain.push('@');
        }
        plain += &path[keys..];
        if query.is_some() {
            plain.push('?');
            plain += HIDDEN;
        }
        rest = after;
    }
    plain += rest;
    (plain != text).then_some(plain)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_hidden_wherever_they_stand() {
        let asked = json!({"a": [{"bootstrapId": "CANARY"}], "password": "CANARY", "token": null, "clientToken": "c"});
        let expected = json!({"a": [{"bootstrapId": HIDDEN}], "password": HIDDEN, "token": null, "clientToken": "c"});
        assert_eq!(redacted(asked), expected);
        let asked =
            json!({"Password": "CANARY", "url": "https://me:CANARY@host/hooks/CANARY?CANARY"});
        let address = format!("https://{HIDDEN}@host/{HIDDEN}");
        assert_eq!(redacted(asked), json!({"Password": HIDDEN, "url": address}));
    }

    #[test]
    fn an_address_lets_nobody_in() {
        for (text, expected) in [
            (
                "https://b.s3.aws/x.sh?X-Amz-Signature=CANARY and s3://a/b",
                "https://b.s3.aws/x.sh?HIDDEN and s3://a/b",
            ),
            (
                "'http://me:CANARY@host/p@th' é",
                "'http://HIDDEN@host/p@th' é",
            ),
            ("://?", "://?HIDDEN"),
        ] {
            let expected = expected.replace("HIDDEN", HIDDEN);
            assert_eq!(without_keys(text), Some(expected));
        }
        assert_eq!(without_keys("no address: what? me@here"), None);
    }

    #[test]
    fn a_long_one_is_cut_and_says_so() {
        let long = redacted(json!({"a": "x".repeat(LONGEST)}));
        assert_eq!(long, "cut: it had 16392 bytes");
    }
}
