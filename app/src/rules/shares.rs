//! What accounts, users, QOS and reservations may be called and be limited to. Slurm's programs take lists and options
//! apart at commas, equals signs and spaces: no name has any.

use crate::i18n::Text;
use crate::model::shares::{Limit, LimitKind};

const NAME_MAX: usize = 60;
/// Slurm's own numbers end here; what is above means none, or no limit.
const NUMBER_MAX: u32 = u32::MAX - 16;
const TEXT_MAX: usize = 500;

/// A name that Slurm takes as it is.
pub fn check_name(t: &'static Text, name: &str) -> Result<(), String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '@');
    let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    match begins && name.len() <= NAME_MAX && name.chars().all(is_part) {
        true => Ok(()),
        false => Err(t.share_rules.name(NAME_MAX)),
    }
}

/// The name of something new: Slurm makes capitals small, and whoever asked for them would not find it.
pub fn check_new_name(t: &'static Text, name: &str) -> Result<(), String> {
    check_name(t, name)?;
    match name.chars().any(|c| c.is_ascii_uppercase()) {
        true => Err(t.share_rules.capitals.into()),
        false => Ok(()),
    }
}

/// A number of shares, or those of the parent.
pub fn check_fair_share(t: &'static Text, text: &str) -> Result<(), String> {
    match text == "parent" || is_number(text) {
        true => Ok(()),
        false => Err(t.share_rules.fair_share.into()),
    }
}

pub fn check_number(t: &'static Text, text: &str) -> Result<(), String> {
    match is_number(text) {
        true => Ok(()),
        false => Err(t.share_rules.number(NUMBER_MAX)),
    }
}

/// The value of a limit that is set.
pub fn check_limit(t: &'static Text, limit: Limit, text: &str) -> Result<(), String> {
    match limit.kind() {
        LimitKind::Number => check_number(t, text),
        LimitKind::Resources | LimitKind::ResourceMinutes if is_resources(text) => Ok(()),
        LimitKind::Resources => Err(t.share_rules.resources.into()),
        LimitKind::ResourceMinutes => Err(t.share_rules.resource_minutes.into()),
        LimitKind::Time if is_time(text) => Ok(()),
        LimitKind::Time => Err(t.share_rules.time.into()),
    }
}

/// How long a reservation lasts, in minutes.
pub fn check_minutes(t: &'static Text, text: &str) -> Result<(), String> {
    match is_count(text) {
        true => Ok(()),
        false => Err(t.share_rules.minutes.into()),
    }
}

/// Nodes as Slurm lists them, or how many.
pub fn check_nodes(t: &'static Text, text: &str) -> Result<(), String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.,[]".contains(c);
    let is_zero = is_number(text) && !is_count(text);
    match !text.is_empty() && !is_zero && text.len() <= TEXT_MAX && text.chars().all(is_part) {
        true => Ok(()),
        false => Err(t.share_rules.nodes.into()),
    }
}

/// How many of which licences.
pub fn check_licenses(t: &'static Text, text: &str) -> Result<(), String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_.-@/".contains(c);
    let is_one = |one: &str| {
        one.split_once(':').is_some_and(|(name, count)| {
            let is_name = !name.is_empty() && name.chars().all(is_part);
            is_name && is_count(count)
        })
    };
    match text.len() <= TEXT_MAX && text.split(',').all(is_one) {
        true => Ok(()),
        false => Err(t.share_rules.licenses.into()),
    }
}

/// A number of things, of which there is one at least.
pub fn is_count(text: &str) -> bool {
    is_number(text) && !text.bytes().all(|byte| byte == b'0')
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
        && text.parse().is_ok_and(|number: u32| number <= NUMBER_MAX)
}

/// `type=number`, each type once, memory also as `4G`.
fn is_resources(text: &str) -> bool {
    let is_type = |name: &str| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || "/_:.-".contains(c);
        name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(is_part)
    };
    let is_one = |part: &str| {
        part.split_once('=').is_some_and(|(name, count)| {
            let plain = count.strip_suffix(['K', 'M', 'G', 'T']).unwrap_or(count);
            let is_count = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            is_type(name) && is_count(plain) && plain.parse::<u64>().is_ok()
        })
    };
    let names: Vec<&str> = text
        .split(',')
        .filter_map(|p| p.split('=').next())
        .collect();
    let once = |(index, name): (usize, &&str)| !names[..index].contains(name);
    text.len() <= TEXT_MAX && text.split(',').all(is_one) && names.iter().enumerate().all(once)
}

/// `minutes`, `minutes:seconds`, `hours:minutes:seconds`, `days-hours[:minutes[:seconds]]`.
fn is_time(text: &str) -> bool {
    let is_part = |part: &str| (1..=6).contains(&part.len()) && is_number(part);
    let (days, rest) = match text.split_once('-') {
        Some((days, rest)) => (days, rest),
        None => ("0", text),
    };
    is_part(days) && rest.split(':').count() <= 3 && rest.split(':').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::english;

    #[test]
    fn what_slurm_would_take_apart_is_no_name() {
        for good in ["physics", "a", "o-neil.b_2", "jane@site.org"] {
            assert_eq!(check_new_name(english(), good), Ok(()), "{good}");
        }
        for bad in [
            "", "-a", "+a", "a,b", "a=b", "a b", "a|b", "é", "a\n", "'a'",
        ] {
            assert!(check_name(english(), bad).is_err(), "{bad:?}");
        }
        assert!(check_name(english(), &"a".repeat(NAME_MAX + 1)).is_err());
        assert!(check_new_name(english(), "Physics").is_err());
        assert_eq!(check_name(english(), "Physics"), Ok(()));
    }

    #[test]
    fn limits_are_written_as_slurm_reads_them() {
        let check = |limit, text| check_limit(english(), limit, text).is_ok();
        for (limit, good, bad) in [
            (
                Limit::MaxJobs,
                &["0", "12"][..],
                &["", "-1", "1.5", "x", "4294967295"][..],
            ),
            (
                Limit::GrpTres,
                &["cpu=8", "cpu=8,node=2,gres/gpu:a100=4", "mem=4G"],
                &[
                    "",
                    "cpu",
                    "cpu=",
                    "cpu=-1",
                    "cpu=1,cpu=2",
                    "=3",
                    "cpu=1 node=2",
                ],
            ),
            (
                Limit::MaxWall,
                &["90", "10:30", "01:30:00", "2-00:00:00", "7-0"],
                &["", "-1", "1-", "a", "1:2:3:4", "1-2-3", "infinite"],
            ),
        ] {
            good.iter()
                .for_each(|text| assert!(check(limit, text), "{text}"));
            bad.iter()
                .for_each(|text| assert!(!check(limit, text), "{text}"));
        }
        assert!(check_fair_share(english(), "parent").is_ok());
        assert!(check_fair_share(english(), "").is_err());
        assert!(check_minutes(english(), "0").is_err());
        assert!(check_nodes(english(), "compute-1-[1-4],x").is_ok());
        assert!(check_nodes(english(), "a b").is_err());
        assert!(check_nodes(english(), "4").is_ok());
        assert!(check_nodes(english(), "0").is_err());
        for (text, is_good) in [
            ("solver:2", true),
            ("solver@host/a:1,viewer:10", true),
            ("solver", false),
            ("solver:0", false),
            ("solver:2,", false),
            ("solver:2 Users=me:1", false),
            ("", false),
        ] {
            assert_eq!(check_licenses(english(), text).is_ok(), is_good, "{text}");
        }
    }
}
