//! How the script that is asked of each job may be named (C14), member by member, so that a form can check it as it is typed.
//! Whether it is there and can be loaded the service finds out.

use super::lifecycle::{LOCATION_MAX, is_object};
use crate::i18n::Text;
use crate::model::lifecycle::ScriptSource;

const NAME_MAX: usize = 64;

pub fn name(t: &'static Text, name: &str) -> Result<(), String> {
    let is_first = |c: char| c.is_ascii_alphanumeric();
    let is_other = |c: char| is_first(c) || ['_', '-'].contains(&c);
    let is_good =
        name.len() <= NAME_MAX && name.starts_with(is_first) && name.chars().all(is_other);
    is_good
        .then_some(())
        .ok_or_else(|| t.rules.job_submit_name.to_owned())
}

/// An object in S3, and nothing else.
pub fn location(t: &'static Text, location: &str) -> Result<(), String> {
    let object = location.strip_prefix(ScriptSource::S3);
    let is_good = location.chars().count() <= LOCATION_MAX && object.is_some_and(is_object);
    is_good
        .then_some(())
        .ok_or_else(|| t.rules.job_submit_location.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::english;

    #[test]
    fn a_script_is_an_object_with_a_name() {
        let t = english();
        for (given, is_good) in [
            ("s3://scripts/rules.star", true),
            ("s3://my.bucket-1/a/b c.star", true),
            ("s3://scripts/", false),
            ("s3://scripts", false),
            ("s3://Scripts/x", false),
            ("https://example.org/rules.star", false),
            ("/etc/rules.star", false),
            ("", false),
        ] {
            assert_eq!(location(t, given).is_ok(), is_good, "{given}");
        }
        let long = format!("s3://scripts/{}", "x".repeat(LOCATION_MAX));
        assert!(location(t, &long).is_err());
        for (given, is_good) in [
            ("rules", true),
            ("Rules_2-b", true),
            ("", false),
            ("-rules", false),
            ("my rules", false),
        ] {
            assert_eq!(name(t, given).is_ok(), is_good, "{given}");
        }
        assert!(name(t, &"x".repeat(NAME_MAX + 1)).is_err());
    }
}
