//! What a group may ask for of scripts in a node's life (N17). The form of each member is checked for itself, so that a form
//! can do it as soon as its field is left.

use crate::i18n::Text;
use crate::model::error::{Error, Result};
use crate::model::lifecycle::*;
use crate::rules::check_once;

const FIELD: &str = "nodeLifecycleActions.stages";
const NAME_MAX: usize = 64;
pub const LOCATION_MAX: usize = 1024;
pub const ARGUMENTS_MAX: usize = 20;
pub const ARGUMENT_MAX: usize = 256;
const SHA256_DIGITS: usize = 64;
/// Of S3's names of buckets.
const BUCKET: std::ops::RangeInclusive<usize> = 3..=63;

/// All of them.
pub fn check(t: &'static Text, asked: &NodeLifecycleActions) -> Result<()> {
    for stage in Stage::ALL {
        let scripts = asked.of(stage);
        let at = |index: usize| format!("{FIELD}.{}[{index}]", stage.member());
        let names = scripts.iter().map(|script| script.name.as_str());
        check_once(t, names, |index| format!("{}.name", at(index)))?;
        for (index, each) in scripts.iter().enumerate() {
            script(t, each).map_err(|(member, why)| {
                let field = format!("{}.{member}", at(index));
                Error::field(field, why)
            })?;
        }
    }
    Ok(())
}

/// The member that is wrong, and why.
fn script(
    t: &'static Text,
    asked: &NodeLifecycleScript,
) -> std::result::Result<(), (&'static str, String)> {
    let in_source = |member: &'static str| move |why: String| (member, why);
    name(t, &asked.name).map_err(in_source("name"))?;
    let source = &asked.script_source;
    location(t, &source.script_location).map_err(in_source("scriptSource.scriptLocation"))?;
    let version = source.s3_version_id.as_deref().unwrap_or_default();
    if !version.is_empty() && !source.is_s3() {
        let why = t.group_rules.script_version.to_owned();
        return Err(("scriptSource.s3VersionId", why));
    }
    if let Some(given) = &source.checksum {
        checksum(t, given).map_err(in_source("scriptSource.checksum"))?;
    }
    let given = asked.arguments.as_deref().unwrap_or_default();
    arguments(t, given).map_err(in_source("arguments"))
}

pub fn name(t: &'static Text, name: &str) -> std::result::Result<(), String> {
    let is_first = |c: char| c.is_ascii_alphanumeric();
    let is_other = |c: char| is_first(c) || [' ', '_', '-'].contains(&c);
    let is_good =
        name.len() <= NAME_MAX && name.starts_with(is_first) && name.chars().all(is_other);
    match is_good {
        true => Ok(()),
        false => Err(t.group_rules.script_name.into()),
    }
}

/// An object in S3, or a file that a server gives by TLS. Nothing of the server's or the node's own files.
pub fn location(t: &'static Text, location: &str) -> std::result::Result<(), String> {
    let wrong = || t.group_rules.script_location.to_owned();
    if location.chars().count() > LOCATION_MAX {
        return Err(wrong());
    }
    if let Some(object) = location.strip_prefix(ScriptSource::S3) {
        return is_object(object).then_some(()).ok_or_else(wrong);
    }
    let rest = location.strip_prefix("https://").ok_or_else(wrong)?;
    if rest.contains(char::is_whitespace) {
        return Err(wrong());
    }
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = match host.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (host, None),
    };
    if let Some(port) = port {
        let number: Option<u16> = port.parse().ok().filter(|number| *number > 0);
        let is_digits = !port.is_empty() && port.chars().all(|c| c.is_ascii_digit());
        if number.is_none() || !is_digits {
            return Err(t.group_rules.script_port(crate::model::echo::clip(port)));
        }
    }
    is_host(host).then_some(()).ok_or_else(wrong)
}

/// `BUCKET/KEY`.
pub fn is_object(object: &str) -> bool {
    let Some((bucket, key)) = object.split_once('/') else {
        return false;
    };
    let is_end = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_inner = |c: char| is_end(c) || ['.', '-'].contains(&c);
    BUCKET.contains(&bucket.len())
        && bucket.chars().all(is_inner)
        && bucket.starts_with(is_end)
        && bucket.ends_with(is_end)
        && !key.is_empty()
}

/// A name in at least two parts, the last of letters: no address, which would be the server's network seen from inside.
fn is_host(host: &str) -> bool {
    let is_part = |part: &str| {
        let is_end = |c: char| c.is_ascii_alphanumeric();
        let is_inner = |c: char| is_end(c) || ['_', '-'].contains(&c);
        part.len() <= 63
            && part.starts_with(is_end)
            && part.ends_with(is_end)
            && part.chars().all(is_inner)
    };
    let Some((parts, last)) = host.rsplit_once('.') else {
        return false;
    };
    let is_last = (2..=63).contains(&last.len()) && last.chars().all(|c| c.is_ascii_alphabetic());
    is_last && parts.split('.').all(is_part)
}

pub fn checksum(t: &'static Text, checksum: &str) -> std::result::Result<(), String> {
    let is_hex = checksum.chars().all(|c| c.is_ascii_hexdigit());
    match is_hex && checksum.len() == SHA256_DIGITS {
        true => Ok(()),
        false => Err(t.group_rules.script_checksum.into()),
    }
}

/// They reach the script as they are, without a shell: only what no program can be given is refused.
pub fn arguments(t: &'static Text, arguments: &[String]) -> std::result::Result<(), String> {
    let is_long = |argument: &String| argument.chars().count() > ARGUMENT_MAX;
    if arguments.len() > ARGUMENTS_MAX || arguments.iter().any(is_long) {
        return Err(t.group_rules.script_arguments.into());
    }
    match arguments.iter().any(|argument| argument.contains('\0')) {
        true => Err(t.group_rules.script_argument.into()),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::rules::english;

    fn checked(scripts: Value) -> std::result::Result<(), String> {
        let actions = json!({"stages": {"nodeReady": scripts}});
        let actions = serde_json::from_value(actions).unwrap();
        check(english(), &actions).map_err(|error| error.message)
    }

    fn source(location: &str) -> Value {
        json!({"name": "a", "scriptSource": {"scriptLocation": location}})
    }

    #[test]
    fn addresses_are_of_s3_or_of_tls() {
        for good in [
            "s3://my-bucket/mount.sh",
            "s3://my.bucket/a/b c",
            "https://example.com/a?b=c#d",
            "https://example.com",
            "https://a_b.example.com:8443/x",
        ] {
            assert_eq!(checked(json!([source(good)])), Ok(()), "{good}");
        }
        for wrong in [
            "",
            "file:///etc/passwd",
            "http://example.com/a",
            "s3://my-bucket",
            "s3://my-bucket/",
            "s3://My-Bucket/a",
            "s3://-b/a",
            "s3://b/a",
            "https://",
            "https://127.0.0.1/a",
            "https://localhost/a",
            "https://user@example.com/a",
            "https://example.com/a b",
            "https://example.com:/a",
            "https://example.com:0/a",
            "https://example.com:65536/a",
            "https://example.com:+80/a",
        ] {
            let told = checked(json!([source(wrong)])).unwrap_err();
            let field = "nodeLifecycleActions.stages.nodeReady[0].scriptSource.scriptLocation";
            assert!(told.contains(field), "{wrong}: {told}");
        }
    }

    #[test]
    fn each_member_is_named_that_is_wrong() {
        let with = |members: Value| {
            let mut script = source("s3://bucket/a");
            for (name, value) in members.as_object().unwrap() {
                script[name] = value.clone();
            }
            json!([source("https://example.com/first"), script])
        };
        let at = |member: &str| format!("nodeReady[1].{member}");
        for (members, field) in [
            (json!({}), at("name")),
            (json!({"name": "-b"}), at("name")),
            (json!({"name": ""}), at("name")),
            (json!({"name": "b".repeat(65)}), at("name")),
            (json!({"name": "b/c"}), at("name")),
            (
                json!({"name": "b", "arguments": ["a\u{0}b"]}),
                at("arguments"),
            ),
            (
                json!({"name": "b", "arguments": vec!["a"; 21]}),
                at("arguments"),
            ),
            (
                json!({"name": "b", "arguments": ["a".repeat(257)]}),
                at("arguments"),
            ),
            (
                json!({"name": "b", "scriptSource": {"scriptLocation": "s3://bucket/a", "checksum": "xy"}}),
                at("scriptSource.checksum"),
            ),
            (
                json!({"name": "b", "scriptSource": {"scriptLocation": "https://example.com/", "s3VersionId": "1"}}),
                at("scriptSource.s3VersionId"),
            ),
        ] {
            let told = checked(with(members.clone())).unwrap_err();
            assert!(told.contains(&field), "{members}: {told}");
        }
        let good = json!({
            "name": "B 2_-", "arguments": ["", "$(reboot); 'é'"],
            "scriptSource": {"scriptLocation": "s3://bucket/a", "checksum": "aB".repeat(32), "s3VersionId": "1"},
        });
        assert_eq!(checked(with(good)), Ok(()));
    }

    #[test]
    fn stages_may_have_scripts_of_the_same_name() {
        let one = source("s3://bucket/a");
        let actions = json!({"stages": {"nodeReady": [one], "nodeBootstrapped": [one]}});
        let actions = serde_json::from_value(actions).unwrap();
        assert_eq!(check(english(), &actions), Ok(()));
    }
}
