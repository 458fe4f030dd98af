//! What the plan of nodes answers to what their group owns at the provider, or does not yet.

use super::*;
use crate::db::owned_resource::OwnedRow;

fn owning(owned: Vec<OwnedRow>, mut seen: Seen) -> Seen {
    seen.profile.owns_resources = true;
    seen.owned = owned;
    seen
}

fn owned() -> OwnedRow {
    OwnedRow {
        compute_node_group_id: "pcs_g".into(),
        asked_generation: 1,
        ..OwnedRow::default()
    }
}

#[test]
fn nothing_is_launched_before_what_the_group_owns_is_there() {
    let (failed, ready) = (Some("no right.".to_owned()), Some(1));
    let ensure = Step::Ensure {
        group_id: "pcs_g".into(),
    };
    let launch = Step::Launch {
        node: "compute-1-1".into(),
        group_id: "pcs_g".into(),
    };
    let fail = Step::Fail {
        node: "compute-1-1".into(),
        instance: None,
        cause: Cause::GroupNotReady {
            why: "no right.".into(),
        },
    };
    let powers_up = || empty(&["ALLOCATED", "POWERING_UP"]);
    let (later, old) = (Some(NOW + 1), Some(0));
    let table = [
        // What is known of it; what is done on a node that a job wants.
        (vec![], vec![ensure.clone()]),
        (vec![owned()], vec![ensure.clone()]),
        (
            vec![OwnedRow {
                ask_again_at: later,
                ..owned()
            }],
            vec![],
        ),
        (
            vec![OwnedRow {
                ask_again_at: later,
                error: failed.clone(),
                ..owned()
            }],
            vec![fail.clone()],
        ),
        (
            vec![OwnedRow {
                error: failed.clone(),
                ..owned()
            }],
            vec![ensure.clone(), fail],
        ),
        (
            vec![OwnedRow {
                ready_generation: ready,
                ..owned()
            }],
            vec![launch.clone()],
        ),
        // Of other settings: what was said of those does not count.
        (
            vec![OwnedRow {
                asked_generation: 0,
                ready_generation: old,
                ask_again_at: later,
                error: failed,
                ..owned()
            }],
            vec![ensure],
        ),
    ];
    for (rows, expected) in table {
        let seen = owning(rows.clone(), powers_up());
        assert_eq!(plan(&[group(1, false)], &seen), expected, "{rows:?}");
    }
    // Where groups own nothing nobody asks.
    assert_eq!(plan(&[group(1, false)], &powers_up()), [launch]);
}

#[test]
fn nodes_wait_for_what_their_group_owns() {
    let waits = OwnedRow {
        ask_again_at: Some(NOW + 1),
        ..owned()
    };
    // Off or down they stay; what runs of the settings before goes on until another can be had.
    for states in [&["IDLE", "POWERED_DOWN"][..], &["DOWN"]] {
        let seen = owning(vec![waits.clone()], empty(states));
        let steps = plan(&[group(1, true)], &seen);
        assert!(steps.is_empty(), "{states:?}: {steps:?}");
    }
    let newer = Group {
        launch_generation: 2,
        ..group(1, false)
    };
    let runs = || seen(&["ALLOCATED"], instance("compute-1-1"));
    let waits = OwnedRow {
        asked_generation: 2,
        ready_generation: Some(1),
        ..waits
    };
    let newer = std::slice::from_ref(&newer);
    let steps = plan(newer, &owning(vec![waits.clone()], runs()));
    assert!(steps.is_empty(), "{steps:?}");
    let ready = OwnedRow {
        ready_generation: Some(2),
        ..waits
    };
    let steps = plan(newer, &owning(vec![ready], runs()));
    assert!(matches!(steps[..], [Step::Replace { .. }]), "{steps:?}");
}

#[test]
fn what_a_group_owned_goes_after_its_last_instance() {
    let release = Step::Release {
        group_id: "pcs_g".into(),
    };
    let mut leaving = instance("compute-1-1");
    leaving.reason = Some("The group goes.".into());
    leaving.stop_asked_at = Some(NOW);
    let still_there = seen(&["IDLE"], leaving);
    let steps = plan(&[], &owning(vec![owned()], still_there));
    assert!(steps.is_empty(), "{steps:?}");
    let table = [
        // A pause that was for making it is none for removing it.
        (false, Some(NOW + 1), true),
        (true, None, true),
        (true, Some(NOW + 1), false),
        (true, Some(NOW), true),
    ];
    for (releasing, ask_again_at, is_due) in table {
        let row = OwnedRow {
            releasing,
            ask_again_at,
            ..owned()
        };
        let steps = plan(
            &[],
            &owning(
                vec![row],
                Seen {
                    now: NOW,
                    ..Seen::default()
                },
            ),
        );
        assert_eq!(
            steps.contains(&release),
            is_due,
            "{releasing} {ask_again_at:?}"
        );
    }
}
