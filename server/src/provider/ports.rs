//! The TCP ports of clusters and nodes that share this host, taken one by one: whatever else uses a port of the range,
//! any connection of any program may, the others are as good.

use std::collections::HashSet;
use std::net::{Ipv4Addr, TcpListener};
use std::str::FromStr;

use app::model::error::{Error, Result};

use crate::db::cluster::{ClusterRow, Ports};
use crate::db::compute_node_group::ComputeNodeGroupRow;
use crate::fault::internal;
use crate::{quota, random};

/// Ports from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortRange {
    pub first: u16,
    pub last: u16,
}

impl FromStr for PortRange {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<PortRange, String> {
        let parsed = text
            .split_once('-')
            .and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
        match parsed {
            Some((first, last)) if 1024 <= first && first <= last => Ok(PortRange { first, last }),
            _ => Err("ports are written FIRST-LAST, from 1024 on, as 20000-31999".into()),
        }
    }
}

/// The ports that clusters and groups of this server have already.
pub struct Taken(HashSet<u16>);

impl Taken {
    pub fn by(clusters: &[ClusterRow], groups: &[ComputeNodeGroupRow]) -> Self {
        let mut taken = HashSet::new();
        for cluster in clusters {
            let ports = &cluster.spec.ports;
            taken.insert(ports.controller);
            taken.extend(ports.first_node..ports.first_node.saturating_add(ports.nodes));
        }
        for group in groups {
            taken.extend(&group.spec.ports);
            // A refused update falls back to the applied spec: its ports must not be given away meanwhile.
            taken.extend(group.applied_spec.iter().flat_map(|spec| &spec.ports));
        }
        Taken(taken)
    }
}

/// The ports of a new cluster: its nodes get theirs with their group.
pub fn of_cluster(range: PortRange, taken: &Taken) -> Result<Ports> {
    let controller = free(range, taken, 1)?.remove(0);
    Ok(Ports {
        controller,
        first_node: 0,
        nodes: 0,
    })
}

/// Gives each node of a group a port, keeping those that it has.
pub fn of_nodes(range: PortRange, taken: &Taken, current: &[u16], max: i64) -> Result<Vec<u16>> {
    let max = usize::try_from(max).map_err(internal)?;
    let mut ports: Vec<u16> = current.iter().copied().take(max).collect();
    ports.extend(free(range, taken, max - ports.len())?);
    Ok(ports)
}

/// So many free ports. The search starts anywhere in the range: two servers of one host then rarely meet, though
/// neither knows the other's clusters.
fn free(range: PortRange, taken: &Taken, count: usize) -> Result<Vec<u16>> {
    let all = range.last - range.first;
    let start = random::random_below(all.saturating_add(1));
    let candidates = (start..=all).chain(0..start).map(|n| range.first + n);
    let found: Vec<u16> = candidates
        .filter(|port| !taken.0.contains(port) && is_free(*port))
        .take(count)
        .collect();
    if found.len() == count {
        return Ok(found);
    }
    Err(Error::quota(
        quota::CLUSTERS,
        format!(
            "{count} ports are needed, and of those between {} and {} only {} are free on this host. Delete a cluster or \
             a group, choose a smaller maximum, or start the server with a wider --ports.",
            range.first,
            range.last,
            found.len()
        ),
    ))
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn none() -> Taken {
        Taken(HashSet::new())
    }

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
        assert_eq!(of_cluster(range, &none()).unwrap().controller, range.last);
        let refused = of_nodes(range, &none(), &[], 2).unwrap_err();
        assert!(refused.message.contains("only 1 are free"), "{refused:?}");
    }

    #[test]
    fn nodes_keep_their_ports_and_give_back_the_last() {
        let (_busy, range) = busy();
        assert_eq!(of_nodes(range, &none(), &[7, 8, 9], 2).unwrap(), [7, 8]);
        assert_eq!(of_nodes(range, &none(), &[7], 2).unwrap(), [7, range.last]);
        let taken = Taken([range.last].into());
        assert!(of_nodes(range, &taken, &[7], 2).is_err());
    }
}
