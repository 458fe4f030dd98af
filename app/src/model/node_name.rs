//! The names of nodes (N10): the group's, a hyphen, and a number from 1.

use std::fmt;

/// `compute-1-12`, the twelfth node of the group `compute-1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeName<'a> {
    pub group: &'a str,
    pub number: i64,
}

impl<'a> NodeName<'a> {
    /// The parts of a name; none of a name that is no node's.
    pub fn parse(name: &'a str) -> Option<Self> {
        let (group, number) = name.rsplit_once('-')?;
        let number = number.parse().ok().filter(|number| *number > 0)?;
        let parsed = NodeName { group, number };
        (parsed.to_string() == name).then_some(parsed)
    }
}

impl fmt::Display for NodeName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.group, self.number)
    }
}

/// The names of all nodes of a group that has so many at most.
pub fn node_names(group: &str, most: i64) -> impl Iterator<Item = String> {
    (1..=most).map(move |number| NodeName { group, number }.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_made_of_its_parts_and_gives_them_back() {
        for name in node_names("compute-1", 12) {
            let parsed = NodeName::parse(&name);
            assert_eq!(parsed.map(|n| n.group), Some("compute-1"));
            assert_eq!(parsed.map(|n| n.to_string()), Some(name.clone()));
        }
        for other in [
            "compute",
            "compute-",
            "compute-x",
            "compute-0",
            "compute-01",
            "compute-+1",
            "",
        ] {
            assert_eq!(NodeName::parse(other), None, "{other}");
        }
    }
}
