//! What requests must keep, as far as it can be told without the database: the server refuses with these rules, and the
//! browser says the same at the field before anything is sent.
//!
//! Each rule takes the texts of a language first: those of whom is answered, in the API English ([`english`]).

pub mod cluster;
pub mod compute_node_group;
pub mod health;
pub mod job_submit;
pub mod lifecycle;
pub mod network;
pub mod notification;
pub mod ports;
pub mod queue;
pub mod shares;
pub mod slurmd;
pub mod status;
pub mod token;

use std::collections::HashSet;

use crate::i18n::{Language, Text};
use crate::model::echo::clip;
use crate::model::error::Error;

/// The language of the API's messages.
pub fn english() -> &'static Text {
    Language::English.text()
}

const NAME_MIN: usize = 3;

/// What is wrong with the name of a cluster, group or queue (C2, N1, Q1).
pub fn check_name(t: &'static Text, name: &str, max: usize) -> Result<(), String> {
    let length = name.chars().count();
    if length < NAME_MIN || length > max {
        return Err(t.rules.name_length(NAME_MIN, max, length));
    }
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err(t.rules.name_start.into());
    }
    let is_bad = |c: &char| !c.is_ascii_alphanumeric() && *c != '-';
    match name.chars().find(is_bad) {
        Some(bad) => Err(t.rules.name_character(bad.escape_debug())),
        None => Ok(()),
    }
}

/// A whole number from `min` on; None for an empty text.
pub fn check_number(t: &'static Text, text: &str, min: i64) -> Result<Option<i64>, String> {
    match text.trim() {
        "" => Ok(None),
        text => match text.parse::<i64>() {
            Ok(number) if number >= min => Ok(Some(number)),
            _ => Err(t.rules.number_from(min)),
        },
    }
}

/// Each is named once. `field` says where the one at an index stands.
pub fn check_once<'a>(
    t: &'static Text,
    names: impl IntoIterator<Item = &'a str>,
    field: impl Fn(usize) -> String,
) -> Result<(), Error> {
    let mut seen = HashSet::new();
    for (index, name) in names.into_iter().enumerate() {
        if !seen.insert(name) {
            return Err(Error::field(field(index), t.rules.twice(clip(name))));
        }
    }
    Ok(())
}

/// Tags as they were typed: no name twice, none of `aws:`, no control characters (S6).
pub fn check_tags(t: &'static Text, tags: &[(String, String)]) -> Result<(), String> {
    for (index, (name, value)) in tags.iter().enumerate() {
        if name.is_empty() {
            return Err(t.rules.tag_name_missing(value));
        }
        if name.chars().count() > 128 || value.chars().count() > 256 {
            return Err(t.rules.tag_length(name));
        }
        if name.to_ascii_lowercase().starts_with("aws:") {
            return Err(t.rules.tag_reserved(name));
        }
        if name.chars().chain(value.chars()).any(char::is_control) {
            return Err(t.rules.tag_control(clip(name)));
        }
        if tags[..index].iter().any(|(other, _)| other == name) {
            return Err(t.rules.twice(name));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::CLUSTER_NAME_MAX;

    #[test]
    fn names_are_letters_digits_and_hyphens() {
        let check = |name: &str| check_name(english(), name, CLUSTER_NAME_MAX);
        assert_eq!(check("get-started"), Ok(()));
        for bad in [
            "ab", "1abc", "-abc", "a b c", "abc\n", "a;b;c", "$(id)", "a..b", "pcs_abc", "naïve",
        ] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
        assert!(check(&"a".repeat(CLUSTER_NAME_MAX + 1)).is_err());
    }

    #[test]
    fn numbers_have_a_least() {
        let check = |text: &str| check_number(english(), text, 1);
        assert_eq!(check(" 600 "), Ok(Some(600)));
        assert_eq!(check(""), Ok(None));
        assert!(check("0").is_err() && check("ten").is_err() && check("1.5").is_err());
    }

    #[test]
    fn tags_have_names_of_their_own() {
        let check = |tags: &[(&str, &str)]| {
            let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            check_tags(english(), &tags.iter().map(pair).collect::<Vec<_>>())
        };
        assert_eq!(check(&[("project", "weather"), ("empty", "")]), Ok(()));
        assert!(check(&[("", "weather")]).is_err());
        assert!(check(&[("aws:owner", "me")]).is_err());
        assert!(check(&[("a\nb", "1")]).is_err() && check(&[("a", "1\u{7}")]).is_err());
        assert!(check(&[("a", "1"), ("a", "2")]).is_err());
    }
}
