//! What the plan of nodes does with those that were there before their cluster's Slurm was upgraded (C12).

use super::*;

const IDLE: &[&str] = &["IDLE", "CLOUD"];

/// One node of a queue that was launched with 24.11, long idle, under a controller of 25.11.
fn upgraded(states: &[&str]) -> Seen {
    let row = InstanceRow {
        slurm_version: Some("24.11".into()),
        ready_at: Some(NOW - UNUSED_MS - 1),
        ..instance("compute-1-1")
    };
    let mut seen = seen(states, row);
    seen.slurm_version = "25.11".into();
    seen.nodes[0].partitions = vec!["demo".into()];
    seen
}

#[test]
fn a_node_of_before_an_upgrade_is_replaced_once_it_has_nothing_to_do() {
    let replace = Step::Replace {
        node: "compute-1-1".into(),
        cause: Cause::OlderSlurm {
            version: "24.11".into(),
        },
    };
    let changed = |change: fn(&mut Seen)| {
        let mut seen = upgraded(IDLE);
        change(&mut seen);
        seen
    };
    let table = [
        ("idle", upgraded(IDLE), vec![replace]),
        ("busy", upgraded(&["MIXED", "CLOUD"]), vec![]),
        ("cleans up", upgraded(&["IDLE", "COMPLETING"]), vec![]),
        ("meant for a job", upgraded(&["IDLE", "PLANNED"]), vec![]),
        ("reserved", upgraded(&["IDLE", "RESERVED"]), vec![]),
        ("goes already", upgraded(&["IDLE", "POWER_DOWN"]), vec![]),
        (
            "busy a moment ago",
            changed(|seen| seen.nodes[0].last_busy = (NOW - UNUSED_MS) / 1000),
            vec![],
        ),
        (
            "of no queue",
            changed(|seen| seen.nodes[0].partitions.clear()),
            vec![],
        ),
        (
            "of now",
            changed(|seen| seen.slurm_version = "24.11".into()),
            vec![],
        ),
        (
            "of a server that did not note it",
            changed(|seen| seen.instances[0].slurm_version = None),
            vec![],
        ),
        (
            "of an image that has its own",
            changed(|seen| seen.profile.brings_slurm = false),
            vec![],
        ),
    ];
    for (what, seen, steps) in table {
        for is_static in [true, false] {
            assert_eq!(plan(&[group(1, is_static)], &seen), steps, "{what}");
        }
    }
}
