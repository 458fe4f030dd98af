//! The node plan of the largest cluster there may be, beside that of one a quarter as large: linear in nodes.

use std::time::{Duration, Instant};

use openpcs_provider::{Instance, State};
use openpcs_server::db::instance::InstanceRow;
use openpcs_server::plan::node::{Group, Seen, plan};
use openpcs_server::provider::local::PROFILE;
use openpcs_server::slurm::client::NodeInfo;

const LARGE: i64 = 2_048;
const ROUNDS: u32 = 50;
const NOW: i64 = 1_000_000;

pub fn run() {
    let (small, large) = (time(LARGE / 4), time(LARGE));
    println!(
        "node plan of {} nodes: {small:.2} ms; of {LARGE}: {large:.2} ms, {:.1} times as long for 4 times as many",
        LARGE / 4,
        large / small
    );
}

/// Milliseconds for one plan.
fn time(nodes: i64) -> f64 {
    let group = Group {
        id: "pcs_group".into(),
        name: "compute-1".into(),
        max: nodes,
        is_static: false,
        launch_generation: 1,
        idle_seconds: None,
    };
    let seen = seen(nodes);
    let began = Instant::now();
    for _ in 0..ROUNDS {
        let steps = plan(std::slice::from_ref(&group), &seen);
        assert_eq!(steps.len(), usize::try_from(nodes / 4).unwrap_or_default());
    }
    let whole: Duration = began.elapsed();
    whole.as_secs_f64() * 1000.0 / f64::from(ROUNDS)
}

/// Of four nodes one is to be launched, one boots, one is busy, and one is off after a boot that failed.
fn seen(nodes: i64) -> Seen {
    let mut seen = Seen {
        now: NOW,
        profile: PROFILE,
        ..Seen::default()
    };
    for number in 1..=nodes {
        let name = format!("compute-1-{number}");
        let states: &[&str] = match number % 4 {
            0 => &["ALLOCATED", "CLOUD", "POWERING_UP"],
            1 => &["ALLOCATED", "CLOUD", "POWERING_UP", "NOT_RESPONDING"],
            2 => &["ALLOCATED", "CLOUD"],
            _ => &["IDLE", "CLOUD", "POWERED_DOWN"],
        };
        let mut row = row(&name);
        match number % 4 {
            0 => {}
            3 => {
                (row.ready_at, row.ended_at) = (None, Some(NOW - 100));
                seen.ended.push(row);
            }
            kind => {
                row.ready_at = row.ready_at.filter(|_| kind == 2);
                seen.provider.push(Instance {
                    id: row.id.clone(),
                    state: State::Running,
                    addresses: vec![],
                    health: Default::default(),
                });
                seen.instances.push(row);
            }
        }
        seen.nodes.push(NodeInfo {
            name,
            states: states.iter().map(|state| (*state).to_owned()).collect(),
            ..NodeInfo::default()
        });
    }
    seen
}

fn row(node: &str) -> InstanceRow {
    InstanceRow {
        id: format!("i-{node}"),
        node_name: node.into(),
        launch_generation: 1,
        launched_at: NOW - 10_000,
        provider_id: Some(format!("i-{node}")),
        registered_at: Some(NOW - 9_000),
        ready_at: Some(NOW - 8_000),
        ..InstanceRow::default()
    }
}
