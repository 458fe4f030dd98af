//! The TCP ports of clusters and nodes that share this host: a block for each cluster, a port in it for each node.

use std::net::{Ipv4Addr, TcpListener};

use app::model::cluster::Size;
use app::model::error::{Error, Result};

use super::cluster::CLUSTERS_QUOTA;
use super::{id, internal};
use crate::config::PortRange;
use crate::db::cluster::{ClusterRow, Ports};
use crate::db::compute_node_group::ComputeNodeGroupRow;

/// A block of ports that no other cluster has and that is free on this host. The search starts anywhere in the range:
/// two servers of one host then rarely meet, though neither knows the other's clusters.
pub fn allocate(range: PortRange, existing: &[ClusterRow], size: Size) -> Result<Ports> {
    let nodes = u16::try_from(size.max_instances()).map_err(internal)?;
    let blocks = (range.last - range.first + 1) / (nodes + 1);
    let start = id::random_below(blocks.max(1));
    for block in (0..blocks).map(|n| (start + n) % blocks) {
        let first = range.first + block * (nodes + 1);
        let last = first + nodes;
        let overlaps = |p: Ports| p.controller <= last && p.first_node + p.nodes > first;
        if !existing.iter().any(|c| overlaps(c.spec.ports)) && (first..=last).all(is_free) {
            return Ok(Ports {
                controller: first,
                first_node: first + 1,
                nodes,
            });
        }
    }
    Err(Error::quota(
        CLUSTERS_QUOTA,
        format!(
            "No {} free ports in a row between {} and {} on this host. Delete a cluster, choose a smaller size, or \
             start the server with a wider --ports.",
            nodes + 1,
            range.first,
            range.last
        ),
    ))
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok()
}

/// Gives each node a port, keeping those that the group has.
pub fn assign(
    cluster: &ClusterRow,
    others: &[ComputeNodeGroupRow],
    current: &[u16],
    max: i64,
) -> Result<Vec<u16>> {
    let max = usize::try_from(max).map_err(internal)?;
    let ports = cluster.spec.ports;
    // A refused update falls back to the applied spec: its ports must not be given away meanwhile.
    let taken = |port: &u16| {
        others.iter().any(|g| {
            g.spec.ports.contains(port)
                || g.applied_spec
                    .as_ref()
                    .is_some_and(|a| a.ports.contains(port))
        })
    };
    let mut assigned: Vec<u16> = current.iter().copied().take(max).collect();
    for port in ports.first_node..ports.first_node + ports.nodes {
        if assigned.len() >= max {
            break;
        }
        if !assigned.contains(&port) && !taken(&port) {
            assigned.push(port);
        }
    }
    if assigned.len() < max {
        return Err(internal(
            "a cluster's block of ports is smaller than its nodes",
        ));
    }
    Ok(assigned)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_passed_over() {
        let busy = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = busy.local_addr().unwrap().port();
        let range = PortRange {
            first: port,
            last: port.saturating_add(32),
        };
        assert!(allocate(range, &[], Size::Small).is_err());
    }
}
