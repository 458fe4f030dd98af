//! Hostlist expressions: Slurm's short way to write many node names, `compute-1-[1-4,7],login-1`.
//!
//! Node names are `GROUP-N` (N10). A group's own name may hold hyphens and digits, so only the last run of digits
//! counts.

use std::collections::BTreeSet;

/// The largest cluster has 2048 nodes; an expression that names far more is a mistake or an attack on our memory.
pub const MAX_NAMES: usize = 65_536;

/// The longest expression that is read, in bytes: the largest cluster's names, each written out.
pub const MAX_BYTES: usize = 256 * 1024;
/// The most bytes that the names may have together.
const MAX_BYTES_OF_NAMES: usize = 64 * MAX_NAMES;
/// Digits of a number: those of the largest.
const MAX_DIGITS: usize = 20;

/// Why an expression could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostlistError {
    #[error("{0:?} is not a node list such as compute-1-[1-4,7]")]
    Syntax(String),
    #[error(
        "the node list is longer than {MAX_BYTES} bytes, or names more than {MAX_NAMES} nodes or some with very long names"
    )]
    TooLong,
}

/// The shortest expression for these names: each once, families in the order in which they first appear, numbers
/// ascending.
pub fn compress<S: AsRef<str>>(names: &[S]) -> String {
    let mut families: Vec<(Family, BTreeSet<u64>)> = Vec::new();
    for name in names {
        let (family, number) = Family::of(name.as_ref());
        let index = match families.iter().position(|(known, _)| *known == family) {
            Some(index) => index,
            None => {
                families.push((family, BTreeSet::new()));
                families.len() - 1
            }
        };
        families[index].1.extend(number);
    }
    let parts: Vec<String> = families
        .iter()
        .map(|(family, numbers)| family.write(numbers))
        .collect();
    parts.join(",")
}

/// All names that the expression stands for, in its order.
pub fn expand(expression: &str) -> Result<Vec<String>, HostlistError> {
    if expression.len() > MAX_BYTES {
        return Err(HostlistError::TooLong);
    }
    let syntax = || HostlistError::Syntax(expression.chars().take(200).collect());
    let mut names = Vec::new();
    let mut bytes = 0;
    for part in split_outside_brackets(expression).ok_or_else(syntax)? {
        match part.split_once('[') {
            None if part.is_empty() || part.contains(']') => return Err(syntax()),
            None => names.push(part.to_owned()),
            Some((prefix, rest)) => {
                let ranges = rest.strip_suffix(']').ok_or_else(syntax)?;
                for range in ranges.split(',') {
                    let (first, last, width) = parse_range(range).ok_or_else(syntax)?;
                    if last - first >= (MAX_NAMES - names.len()) as u64 {
                        return Err(HostlistError::TooLong);
                    }
                    let count = (last - first) as usize + 1;
                    bytes += count * (prefix.len() + MAX_DIGITS);
                    if bytes > MAX_BYTES_OF_NAMES {
                        return Err(HostlistError::TooLong);
                    }
                    names.extend((first..=last).map(|n| format!("{prefix}{n:0width$}")));
                }
            }
        }
        if names.len() > MAX_NAMES {
            return Err(HostlistError::TooLong);
        }
    }
    Ok(names)
}

/// Numbers in their order, as a bracket expression: `[18001-18004,18010]`, or one number bare. Slurm takes the ports
/// of a group's nodes so.
pub fn numbers(values: &[u16]) -> String {
    bracket(&runs(values.iter().map(|&v| u64::from(v))), 0)
}

/// Names that differ only in their last number. `width` is the number of digits where zeros lead, else 0, because
/// `n07` and `n7` are two nodes; none for a name without a number.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Family {
    prefix: String,
    width: Option<usize>,
}

impl Family {
    fn of(name: &str) -> (Family, Option<u64>) {
        let prefix = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let digits = &name[prefix.len()..];
        match digits.parse::<u64>() {
            Ok(number) => {
                let width = digits.starts_with('0').then_some(digits.len());
                let family = Family {
                    prefix: prefix.to_owned(),
                    width: Some(width.unwrap_or(0)),
                };
                (family, Some(number))
            }
            // No number, or one beyond 64 bits: the whole name stands for itself.
            Err(_) => {
                let prefix = name.to_owned();
                (
                    Family {
                        prefix,
                        width: None,
                    },
                    None,
                )
            }
        }
    }

    fn write(&self, numbers: &BTreeSet<u64>) -> String {
        let numbers = bracket(&runs(numbers.iter().copied()), self.width.unwrap_or(0));
        format!("{}{numbers}", self.prefix)
    }
}

/// Runs of successive numbers as (first, last).
fn runs(values: impl Iterator<Item = u64>) -> Vec<(u64, u64)> {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for value in values {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(value) => *last = value,
            _ => runs.push((value, value)),
        }
    }
    runs
}

fn bracket(runs: &[(u64, u64)], width: usize) -> String {
    let range = |&(first, last): &(u64, u64)| match first == last {
        true => format!("{first:0width$}"),
        false => format!("{first:0width$}-{last:0width$}"),
    };
    match runs {
        [] => String::new(),
        [(first, last)] if first == last => format!("{first:0width$}"),
        runs => format!("[{}]", runs.iter().map(range).collect::<Vec<_>>().join(",")),
    }
}

/// `3-7`, `03-07` or `3`: first, last, width.
fn parse_range(range: &str) -> Option<(u64, u64, usize)> {
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !digits(first) || !digits(last) || first.len() > MAX_DIGITS {
        return None;
    }
    let width = if first.starts_with('0') {
        first.len()
    } else {
        0
    };
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then_some((first, last, width))
}

/// Splits at the commas that separate names, not at those inside brackets.
fn split_outside_brackets(expression: &str) -> Option<Vec<&str>> {
    let (mut parts, mut start, mut open) = (Vec::new(), 0, false);
    for (at, c) in expression.char_indices() {
        match (c, open) {
            ('[', false) => open = true,
            (']', true) => open = false,
            ('[', true) | (']', false) => return None,
            (',', false) => {
                parts.push(&expression[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if expression.is_empty() {
        return Some(Vec::new());
    }
    parts.push(&expression[start..]);
    (!open).then_some(parts)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_group_reads_as_sinfo_prints_it() {
        let names = [
            "compute-1-1",
            "compute-1-2",
            "compute-1-3",
            "compute-1-7",
            "login-1",
        ];
        assert_eq!(compress(&names), "compute-1-[1-3,7],login-1");
        assert_eq!(expand("compute-1-[1-3,7],login-1").unwrap(), names);
    }

    #[test]
    fn leading_zeros_are_part_of_the_name() {
        assert_eq!(compress(&["n7", "n07", "n08"]), "n7,n[07-08]");
        assert_eq!(expand("n[08-10]").unwrap(), ["n08", "n09", "n10"]);
    }

    #[test]
    fn nothing_is_an_empty_list() {
        assert_eq!(compress::<&str>(&[]), "");
        assert_eq!(expand("").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for bad in [
            "a-[1-2", "a-1]", "a-[2-1]", "a-[x]", "a-[]", "a,,b", "a-[1[2]]", "a-[1-2]b",
        ] {
            assert!(
                matches!(expand(bad), Err(HostlistError::Syntax(_))),
                "{bad}"
            );
        }
    }

    #[test]
    fn absurd_sizes_are_refused_before_they_take_memory() {
        for bad in [
            "a-[1-65537]",
            "a-[0-18446744073709551615]",
            "a-[1-40000],b-[1-40000]",
            &format!("{}[1-60000]", "a".repeat(1_000)),
            &"a,".repeat(200_000),
        ] {
            assert_eq!(expand(bad), Err(HostlistError::TooLong), "{bad:.80}");
        }
        let zeros = format!("a[{}1-60000]", "0".repeat(20_000));
        assert!(matches!(expand(&zeros), Err(HostlistError::Syntax(_))));
        assert_eq!(expand("a-[1-65536]").unwrap().len(), MAX_NAMES);
    }

    #[test]
    fn ports_keep_their_order() {
        assert_eq!(
            numbers(&[18001, 18002, 18003, 18010]),
            "[18001-18003,18010]"
        );
        assert_eq!(numbers(&[18010, 18001]), "[18010,18001]");
        assert_eq!(numbers(&[65535]), "65535");
    }

    proptest! {
        #[test]
        fn expanding_gives_back_every_name_once(
            names in prop::collection::vec("[a-z][a-z0-9-]{0,6}(-[0-9]{1,4})?", 0..60)
        ) {
            let expanded = expand(&compress(&names)).unwrap();
            let unique: HashSet<_> = expanded.iter().collect();
            prop_assert_eq!(unique.len(), expanded.len());
            prop_assert_eq!(unique, names.iter().collect::<HashSet<_>>());
        }

        #[test]
        fn no_text_makes_expand_panic(text in "\\PC{0,40}") {
            let _ = expand(&text);
        }
    }
}
