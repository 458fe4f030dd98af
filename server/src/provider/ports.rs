//! The TCP ports of clusters and nodes that share this host, taken one by one: whatever else uses a port of the range,
//! any connection of any program may, the others are as good.

use std::collections::HashSet;
use std::net::{Ipv4Addr, TcpListener};
use std::str::FromStr;

use crate::random;

/// Ports from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortRange {
    pub first: u16,
    pub last: u16,
}

impl FromStr for PortRange {
    type Err = String;

    fn from_str(text: &str) -> Result<PortRange, String> {
        let parsed = text
            .split_once('-')
            .and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
        match parsed {
            Some((first, last)) if 1024 <= first && first <= last => Ok(PortRange { first, last }),
            _ => Err("ports are written FIRST-LAST, from 1024 on, as 20000-31999".into()),
        }
    }
}

/// There are not enough ports. The message is for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{needed} ports are needed, and of those between {} and {} only {free} are free on this host. Delete a cluster or a \
     group, choose a smaller maximum, or start the server with a wider --ports.",
    range.first,
    range.last
)]
pub struct NoRoom {
    range: PortRange,
    needed: usize,
    free: usize,
}

/// Whether the range has so many ports more than those that are taken. Nothing is tried out: what else has ports of the
/// range is found when they are [taken](more).
pub fn check_room(range: PortRange, taken: &HashSet<u16>, needed: usize) -> Result<(), NoRoom> {
    let all = range.first..=range.last;
    let free = all.filter(|port| !taken.contains(port)).count();
    match free >= needed {
        true => Ok(()),
        false => Err(NoRoom {
            range,
            needed,
            free,
        }),
    }
}

/// So many free ports more. The search starts anywhere in the range: two servers of one host then rarely meet, though
/// neither knows the other's clusters.
pub fn more(range: PortRange, taken: &HashSet<u16>, needed: usize) -> Result<Vec<u16>, NoRoom> {
    let all = range.last - range.first;
    let start = random::random_below(all.saturating_add(1));
    let candidates = (start..=all).chain(0..start).map(|n| range.first + n);
    let found: Vec<u16> = candidates
        .filter(|port| !taken.contains(port) && is_free(*port))
        .take(needed)
        .collect();
    if found.len() == needed {
        return Ok(found);
    }
    Err(NoRoom {
        range,
        needed,
        free: found.len(),
    })
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A range of two ports of which something has the first.
    fn busy() -> (TcpListener, PortRange) {
        loop {
            let busy = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let first = busy.local_addr().unwrap().port();
            if first < u16::MAX && is_free(first + 1) {
                let last = first + 1;
                return (busy, PortRange { first, last });
            }
        }
    }

    #[test]
    fn a_busy_port_costs_that_port_only() {
        let (_busy, range) = busy();
        let none = HashSet::new();
        assert_eq!(more(range, &none, 1), Ok(vec![range.last]));
        let refused = more(range, &none, 2).unwrap_err().to_string();
        assert!(refused.contains("only 1 are free"), "{refused}");
        assert!(more(range, &[range.last].into(), 1).is_err());
    }

    #[test]
    fn room_is_what_nobody_was_given() {
        let range = PortRange {
            first: 20_000,
            last: 20_001,
        };
        let one = [20_001].into();
        assert_eq!(check_room(range, &one, 1), Ok(()));
        assert!(check_room(range, &one, 2).is_err());
    }
}
