//! What the plan answers to what Slurm, the provider and the database say of one cluster.

use app::model::node::BootStep;
use openpcs_provider::State;

use super::*;
use crate::provider::local::PROFILE;

const NOW: i64 = 1_000_000;

fn group(max: i64, is_static: bool) -> Group {
    Group {
        id: "pcs_g".into(),
        name: "compute-1".into(),
        max,
        is_static,
        launch_generation: 1,
        idle_seconds: None,
    }
}

fn node(name: &str, states: &[&str]) -> NodeInfo {
    NodeInfo {
        name: name.into(),
        states: states.iter().map(|s| (*s).into()).collect(),
        ..NodeInfo::default()
    }
}

fn instance(node: &str) -> InstanceRow {
    InstanceRow {
        launched_at: NOW - 10_000,
        registered_at: Some(NOW - 9_000),
        ready_at: Some(NOW - 8_000),
        ..InstanceRow::ready(node)
    }
}

fn in_state(row: &InstanceRow, state: State) -> Instance {
    Instance {
        id: row.id.clone(),
        state,
        addresses: vec![],
        health: Default::default(),
    }
}

fn running(row: &InstanceRow) -> Instance {
    in_state(row, State::Running)
}

/// One node, one instance that runs.
fn seen(states: &[&str], row: InstanceRow) -> Seen {
    Seen {
        provider: vec![running(&row)],
        nodes: vec![node(&row.node_name, states)],
        instances: vec![row],
        looked_at: NOW,
        now: NOW,
        profile: PROFILE,
        ..Seen::default()
    }
}

fn empty(states: &[&str]) -> Seen {
    Seen {
        nodes: vec![node("compute-1-1", states)],
        now: NOW,
        profile: PROFILE,
        ..Seen::default()
    }
}

#[test]
fn a_powered_down_dynamic_node_is_left_alone() {
    assert_eq!(
        plan(
            &[group(1, false)],
            &empty(&["IDLE", "CLOUD", "POWERED_DOWN"])
        ),
        []
    );
}

#[test]
fn a_powered_down_node_that_holds_jobs_for_too_long_fails() {
    let mut seen = empty(&["ALLOCATED", "CLOUD", "POWERED_DOWN"]);
    assert_eq!(plan(&[group(1, false)], &seen), []);
    seen.stranded.insert("compute-1-1".into(), EMPTY_MS);
    assert_eq!(plan(&[group(1, false)], &seen), []);
    seen.stranded.insert("compute-1-1".into(), EMPTY_MS + 1);
    let fail = Step::Fail {
        node: "compute-1-1".into(),
        instance: None,
        cause: Cause::Vanished,
    };
    assert_eq!(plan(&[group(1, false)], &seen), [fail]);
}

/// As a controller that was killed remembers nodes whose jobs it remembers too.
#[test]
fn a_node_whose_jobs_run_is_not_ended_because_slurm_thinks_it_is_off() {
    let mut seen = seen(
        &["ALLOCATED", "CLOUD", "POWERED_DOWN"],
        instance("compute-1-1"),
    );
    let again = Step::RegisterAgain {
        instance: "i-compute-1-1".into(),
    };
    seen.stranded.insert("compute-1-1".into(), 0);
    assert_eq!(
        plan(&[group(1, false)], &seen),
        std::slice::from_ref(&again)
    );
    seen.told_to_register
        .insert("i-compute-1-1".into(), NOW - 1_000);
    assert_eq!(plan(&[group(1, false)], &seen), []);
    seen.told_to_register
        .insert("i-compute-1-1".into(), NOW - 10_000);
    assert_eq!(
        plan(&[group(1, false)], &seen),
        std::slice::from_ref(&again)
    );
    // Slurm powers it up by itself meanwhile.
    let powering_up = ["ALLOCATED", "CLOUD", "POWERING_UP", "NOT_RESPONDING"];
    seen.nodes = vec![node("compute-1-1", &powering_up)];
    seen.stranded.clear();
    seen.powering_up.insert("compute-1-1".into(), UNHEARD_MS);
    assert_eq!(plan(&[group(1, false)], &seen), [again]);
    // It does not take a slurmd that is older than that.
    seen.powering_up
        .insert("compute-1-1".into(), UNHEARD_MS + 1);
    assert!(matches!(
        plan(&[group(1, false)], &seen)[..],
        [Step::Fail { .. }]
    ));
    seen.powering_up.clear();
    // Not for ever.
    seen.nodes = vec![node("compute-1-1", &["ALLOCATED", "CLOUD", "POWERED_DOWN"])];
    seen.stranded.insert("compute-1-1".into(), ALIVE_MS + 1);
    assert!(matches!(
        plan(&[group(1, false)], &seen)[..],
        [Step::Fail { .. }]
    ));
}

#[test]
fn a_powered_down_static_node_is_powered_up() {
    let steps = plan(
        &[group(1, true)],
        &empty(&["IDLE", "CLOUD", "POWERED_DOWN"]),
    );
    assert_eq!(
        steps,
        [Step::PowerUp {
            node: "compute-1-1".into()
        }]
    );
}

#[test]
fn a_node_that_slurm_powers_up_gets_one_instance() {
    let states = ["ALLOCATED", "CLOUD", "NOT_RESPONDING", "POWERING_UP"];
    let launch = Step::Launch {
        node: "compute-1-1".into(),
        group_id: "pcs_g".into(),
    };
    assert_eq!(plan(&[group(1, false)], &empty(&states)), [launch]);
    let mut row = instance("compute-1-1");
    (row.registered_at, row.ready_at) = (None, None);
    assert_eq!(plan(&[group(1, false)], &seen(&states, row)), []);
}

#[test]
fn a_node_is_ready_when_slurm_takes_it() {
    let mut row = instance("compute-1-1");
    row.ready_at = None;
    let ready = Step::MarkReady {
        instance: row.id.clone(),
    };
    assert_eq!(
        plan(&[group(1, false)], &seen(&["ALLOCATED", "CLOUD"], row)),
        [ready]
    );
}

#[test]
fn an_idle_node_that_slurm_powers_down_ends() {
    let steps = plan(
        &[group(1, false)],
        &seen(&["IDLE", "CLOUD", "POWERING_DOWN"], instance("compute-1-1")),
    );
    assert!(matches!(&steps[..], [Step::End { .. }]), "{steps:?}");
}

#[test]
fn a_dead_instance_fails_its_node_with_the_reason() {
    let mut seen = seen(&["ALLOCATED", "CLOUD"], instance("compute-1-1"));
    let cause = "slurmd was killed".into();
    seen.provider[0].state = State::Stopped { cause };
    let steps = plan(&[group(1, false)], &seen);
    assert!(
        matches!(&steps[..], [Step::Fail { cause, .. }] if cause.english().contains("slurmd was killed")),
        "{steps:?}"
    );
}

#[test]
fn an_instance_that_is_to_end_has_ended_once_the_provider_has_nothing_of_it() {
    let mut row = instance("compute-1-1");
    row.reason = Some("not wanted".into());
    let end = Step::End {
        instance: row.id.clone(),
        cause: Cause::Other {
            text: "not wanted".into(),
        },
    };
    let ended = Step::Ended {
        instance: row.id.clone(),
    };
    let gone = || State::Gone {
        cause: "terminated".into(),
    };
    let stop_ms = PROFILE.stop_ms;
    let old = NOW - stop_ms - 1;
    // When its end was asked for, when the provider was looked at, what it has, and what follows.
    let table = [
        (None, NOW, Some(State::Running), Some(&end)),
        (None, NOW, None, Some(&end)),
        (Some(NOW - 10), NOW, Some(State::Running), None),
        (Some(NOW - 10), NOW, Some(State::Stopping), None),
        (Some(NOW - 10), NOW - 20, None, None),
        (Some(NOW - 10), NOW, None, Some(&ended)),
        (Some(NOW - 10), NOW, Some(gone()), Some(&ended)),
        (Some(old), NOW, Some(State::Running), Some(&end)),
        (Some(old), NOW, Some(State::Stopping), Some(&end)),
    ];
    for (asked_at, looked_at, state, expected) in table {
        row.stop_asked_at = asked_at;
        let mut seen = seen(&["IDLE", "CLOUD"], row.clone());
        seen.provider = state.iter().map(|s| in_state(&row, s.clone())).collect();
        seen.looked_at = looked_at;
        let steps = plan(&[group(1, false)], &seen);
        assert_eq!(
            steps.first(),
            expected,
            "{asked_at:?} {looked_at} {state:?}"
        );
    }
}

#[test]
fn what_the_provider_did_not_confirm_is_asked_for_again() {
    let states = ["ALLOCATED", "CLOUD", "POWERING_UP", "NOT_RESPONDING"];
    let mut row = instance("compute-1-1");
    (row.registered_at, row.ready_at, row.provider_id) = (None, None, None);
    let again = Step::AskAgain {
        instance: row.id.clone(),
    };
    let steps = |row: &InstanceRow, provider: Vec<Instance>| {
        let mut seen = seen(&states, row.clone());
        seen.provider = provider;
        plan(&[group(1, false)], &seen)
    };
    // A crash between row and launch; a provider that wants to be asked later.
    assert_eq!(steps(&row, vec![]), std::slice::from_ref(&again));
    assert_eq!(steps(&row, vec![running(&row)]), []);
    row.launched_at = NOW - 1_000;
    assert_eq!(steps(&row, vec![]), []);
    row.ask_again_at = Some(NOW + 1);
    assert_eq!(steps(&row, vec![]), []);
    row.ask_again_at = Some(NOW - 1);
    assert_eq!(steps(&row, vec![]), [again]);
    // Not for ever.
    row.launched_at = NOW - PROFILE.register_ms - 1;
    row.ask_again_at = Some(NOW + 1);
    assert!(matches!(steps(&row, vec![])[..], [Step::Fail { .. }]));
}

#[test]
fn an_instance_that_takes_its_time_is_not_missed() {
    let states = ["ALLOCATED", "CLOUD", "POWERING_UP"];
    let mut row = instance("compute-1-1");
    (row.registered_at, row.ready_at) = (None, None);
    let mut seen = seen(&states, row.clone());
    seen.provider[0].state = State::Pending;
    assert_eq!(plan(&[group(1, false)], &seen), []);
    seen.provider.clear();
    seen.instances[0].launched_at = NOW - 1_000;
    assert_eq!(plan(&[group(1, false)], &seen), []);
    seen.instances[0].launched_at = NOW - PROFILE.missing_grace_ms - 1;
    assert!(matches!(
        plan(&[group(1, false)], &seen)[..],
        [Step::Fail { .. }]
    ));
}

#[test]
fn an_instance_that_has_shown_may_be_out_of_sight_for_a_while() {
    let mut seen = seen(&["ALLOCATED", "CLOUD"], instance("compute-1-1"));
    seen.profile.absence_ms = 300_000;
    seen.provider.clear();
    for (age, is_lost) in [(0, false), (60_000, false), (300_000, true)] {
        let id = seen.instances[0].id.clone();
        seen.missing = [(id, age)].into();
        let steps = plan(&[group(1, false)], &seen);
        let is_failed = matches!(steps[..], [Step::Fail { .. }]);
        assert_eq!((is_failed, steps.is_empty()), (is_lost, !is_lost), "{age}");
    }
    // What shows as ended has.
    let row = seen.instances[0].clone();
    seen.missing.clear();
    seen.provider = vec![in_state(
        &row,
        State::Gone {
            cause: "terminated".into(),
        },
    )];
    assert!(matches!(
        plan(&[group(1, false)], &seen)[..],
        [Step::Fail { .. }]
    ));
}

#[test]
fn an_instance_that_never_registers_is_given_up() {
    let mut row = instance("compute-1-1");
    (row.registered_at, row.ready_at, row.launched_at) =
        (None, None, NOW - PROFILE.register_ms - 1);
    let steps = plan(
        &[group(1, false)],
        &seen(&["ALLOCATED", "CLOUD", "POWERING_UP"], row),
    );
    assert!(
        matches!(&steps[..], [Step::Fail { cause, .. }] if cause.english().contains("register")),
        "{steps:?}"
    );
}

#[test]
fn a_boot_may_take_long_as_long_as_it_goes_on() {
    let profile = Profile {
        step_ms: 60_000,
        boot_ms: 600_000,
        ..PROFILE
    };
    let (registered, scripts) = (("registered", 0), ("scripts", 50));
    // The steps and their seconds since the start, the seconds by now, and what is said of it.
    let table = [
        (vec![registered], 59, ""),
        (
            vec![registered],
            61,
            "for 60 s; the last one was registered",
        ),
        (vec![registered, scripts], 61, ""),
        (vec![registered, scripts], 111, "the last one was scripts"),
        (vec![registered, scripts, ("more", 560)], 599, ""),
        (
            vec![registered, ("more", 560)],
            601,
            "within 600 s; its last step was more",
        ),
        // Before it restarted.
        (
            vec![("slurmd-started", -900)],
            61,
            "the last one was registered",
        ),
    ];
    for (steps, now, expected) in table {
        let start = NOW - now * 1_000;
        let mut row = instance("compute-1-1");
        (row.launched_at, row.registered_at, row.ready_at) = (start, Some(start), None);
        let step = |(name, at): &(&str, i64)| BootStep {
            name: (*name).into(),
            at: start + at * 1_000,
            detail: None,
        };
        row.steps = steps.iter().map(step).collect();
        let mut seen = seen(&["ALLOCATED", "CLOUD", "POWERING_UP"], row);
        seen.profile = profile;
        let found = plan(&[group(1, false)], &seen);
        let said = match &found[..] {
            [Step::Fail { cause, .. }] => cause.english(),
            [] => String::new(),
            other => format!("{other:?}"),
        };
        let is_right = said.contains(expected) && said.is_empty() == expected.is_empty();
        assert!(is_right, "{steps:?} {now}: {said}");
    }
}

#[test]
fn an_instance_that_fails_its_providers_checks_for_long_is_given_up_whatever_runs_on_it() {
    let impaired = |age: i64| openpcs_provider::Impaired {
        since: NOW - age,
        what: "system status check".into(),
    };
    for states in [&["ALLOCATED", "CLOUD"][..], &["IDLE", "CLOUD"]] {
        let mut seen = seen(states, instance("compute-1-1"));
        seen.provider[0].health.impaired = Some(impaired(IMPAIRED_MS));
        assert_eq!(plan(&[group(1, true)], &seen), []);
        seen.provider[0].health.impaired = Some(impaired(IMPAIRED_MS + 1));
        let steps = plan(&[group(1, true)], &seen);
        let is_told = |cause: &Cause| cause.english().contains("for 300 s by now: system status");
        assert!(
            matches!(&steps[..], [Step::Fail { cause, .. }] if is_told(cause)),
            "{steps:?}"
        );
    }
}

#[test]
fn an_instance_whose_host_started_anew_unasked_is_given_up() {
    let mut row = instance("compute-1-1");
    row.steps = vec![BootStep {
        name: LOST_BY_RESTART.into(),
        at: NOW,
        detail: None,
    }];
    let steps = plan(&[group(1, true)], &seen(&["ALLOCATED", "CLOUD"], row));
    assert!(
        matches!(&steps[..], [Step::Fail { cause, .. }] if cause.english().contains("anew")),
        "{steps:?}"
    );
}

#[test]
fn a_node_that_slurm_reboots_keeps_its_instance() {
    let states = ["DOWN", "CLOUD", "REBOOT_ISSUED", "NOT_RESPONDING"];
    let mut seen = seen(&states, instance("compute-1-1"));
    let failed = |steps: Vec<Step>, words: &str| matches!(&steps[..], [Step::Fail { cause, .. }] if cause.english().contains(words));
    let after = |seen: &mut Seen, age| {
        seen.rebooting = [("compute-1-1".to_owned(), age)].into();
        plan(&[group(1, true)], seen)
    };
    let most = PROFILE.register_ms;
    assert_eq!(after(&mut seen, most), []);
    assert!(failed(after(&mut seen, most + 1), "did not come back"));
    // It has registered again.
    seen.instances[0].ready_at = None;
    assert_eq!(after(&mut seen, most + 1), []);
    // Somebody wants another one, once its jobs have ended or now.
    seen.instances[0].ready_at = Some(NOW - 8_000);
    seen.instances[0].replace_reason = Some("odd".into());
    assert_eq!(after(&mut seen, 1), []);
    seen.instances[0].replace_now = true;
    assert!(failed(after(&mut seen, 1), "odd"));
    // Slurm has given up waiting, or was told to leave it so.
    seen.instances[0] = instance("compute-1-1");
    seen.nodes[0] = node("compute-1-1", &["DOWN", "CLOUD"]);
    assert!(failed(after(&mut seen, 1), "set the node down"));
}

#[test]
fn a_node_that_is_to_be_rebooted_does_not_idle() {
    let mut group = group(1, false);
    group.idle_seconds = Some(1);
    let seen = |states: &[&str]| seen(states, instance("compute-1-1"));
    let idle = plan(std::slice::from_ref(&group), &seen(&["IDLE", "CLOUD"]));
    assert!(matches!(idle[..], [Step::PowerDown { .. }]), "{idle:?}");
    let asked = ["IDLE", "CLOUD", "DRAIN", "REBOOT_REQUESTED"];
    assert_eq!(plan(&[group], &seen(&asked)), []);
}

#[test]
fn a_failed_boot_step_fails_at_once() {
    let mut row = instance("compute-1-1");
    row.ready_at = None;
    row.steps = vec![BootStep {
        name: "slurmd-failed".into(),
        at: NOW,
        detail: Some("no port".into()),
    }];
    let steps = plan(
        &[group(1, false)],
        &seen(&["IDLE", "CLOUD", "POWERING_UP"], row),
    );
    assert!(
        matches!(&steps[..], [Step::Fail { cause, .. }] if cause.english().contains("no port")),
        "{steps:?}"
    );
}

#[test]
fn an_instance_of_older_settings_is_replaced_after_its_jobs() {
    let mut group = group(1, false);
    group.launch_generation = 2;
    let replace = Step::Replace {
        node: "compute-1-1".into(),
        cause: Cause::Outdated,
    };
    let row = instance("compute-1-1");
    assert_eq!(
        plan(
            std::slice::from_ref(&group),
            &seen(&["ALLOCATED", "CLOUD"], row.clone())
        ),
        [replace]
    );
    // Marked already: nothing more to do until Slurm powers it down.
    assert_eq!(
        plan(
            &[group],
            &seen(&["ALLOCATED", "CLOUD", "DRAIN", "POWER_DOWN"], row)
        ),
        []
    );
}

#[test]
fn an_instance_is_replaced_because_somebody_wants_it() {
    let mut row = instance("compute-1-1");
    row.replace_reason = Some("new disk".into());
    let cause = Cause::Replaced {
        reason: "new disk".into(),
    };
    let busy = |row: &InstanceRow| seen(&["ALLOCATED", "CLOUD"], row.clone());
    let node = "compute-1-1".to_owned();
    let after_its_jobs = Step::Replace {
        node: node.clone(),
        cause: cause.clone(),
    };
    assert_eq!(plan(&[group(1, false)], &busy(&row)), [after_its_jobs]);
    row.replace_now = true;
    let at_once = Step::Fail {
        node,
        instance: Some(row.id.clone()),
        cause: cause.clone(),
    };
    assert_eq!(plan(&[group(1, false)], &busy(&row)), [at_once]);
    // Slurm has let go of it: the end says why.
    let end = Step::End {
        instance: row.id.clone(),
        cause,
    };
    let off = seen(&["IDLE", "CLOUD", "POWERING_DOWN"], row);
    assert_eq!(plan(&[group(1, false)], &off), [end]);
}

#[test]
fn nodes_beyond_the_maximum_end() {
    let mut seen = seen(&["IDLE", "CLOUD"], instance("compute-1-3"));
    seen.nodes
        .push(node("compute-1-1", &["IDLE", "CLOUD", "POWERED_DOWN"]));
    let steps = plan(&[group(2, false)], &seen);
    assert!(
        matches!(&steps[..], [Step::End { instance, .. }] if instance == "i-compute-1-3"),
        "{steps:?}"
    );
}

#[test]
fn what_the_database_does_not_know_is_ended() {
    let mut seen = empty(&["IDLE", "CLOUD", "POWERED_DOWN"]);
    seen.provider = vec![running(&instance("lost"))];
    assert_eq!(
        plan(&[group(1, false)], &seen),
        [Step::EndOrphan {
            instance: "i-lost".into()
        }]
    );
    seen.provider[0].state = State::Stopping;
    assert_eq!(plan(&[group(1, false)], &seen), []);
}

#[test]
fn a_node_on_which_a_set_aside_instance_may_run_is_left_alone() {
    for states in [&["IDLE", "CLOUD"][..], &["ALLOCATED", "CLOUD"]] {
        let mut nothing = empty(states);
        assert!(matches!(
            plan(&[group(1, false)], &nothing)[..],
            [Step::Fail { instance: None, .. }]
        ));
        nothing.set_aside = true;
        assert_eq!(plan(&[group(1, false)], &nothing), []);

        let mut gone = seen(states, instance("compute-1-1"));
        (gone.provider, gone.set_aside) = (vec![], true);
        let steps = plan(&[group(1, false)], &gone);
        assert!(matches!(steps[..], [Step::End { .. }]), "{steps:?}");
    }
}

#[test]
fn failing_boots_are_tried_ever_later() {
    let failed = |ago: i64| {
        let mut row = instance("compute-1-1");
        (row.ready_at, row.ended_at) = (None, Some(NOW - ago));
        row
    };
    let mut seen = empty(&["DOWN", "CLOUD"]);
    seen.ended = vec![failed(500)];
    assert_eq!(plan(&[group(1, false)], &seen), []);
    seen.ended = vec![failed(1_500)];
    assert_eq!(
        plan(&[group(1, false)], &seen),
        [Step::Recover {
            node: "compute-1-1".into()
        }]
    );
    seen.ended = vec![failed(1_500), failed(3_000)];
    assert_eq!(plan(&[group(1, false)], &seen), []);
}

#[test]
fn while_no_instance_is_to_be_had_no_node_is_tried_after_the_other() {
    let cause = || Cause::NoCapacity {
        pools: "c6i.large: None".into(),
    };
    let node = || "compute-1-1".to_owned();
    let fail = Step::Fail {
        node: node(),
        instance: None,
        cause: cause(),
    };
    let close = Step::Close {
        node: node(),
        cause: cause(),
    };
    let recover = Step::Recover { node: node() };
    let launch = Step::Launch {
        node: node(),
        group_id: "pcs_g".into(),
    };
    for (states, while_closed, after) in [
        (&["IDLE", "CLOUD", "POWERED_DOWN"][..], Some(close), None),
        (
            &["ALLOCATED", "CLOUD", "POWERING_UP"],
            Some(fail),
            Some(launch),
        ),
        (&["DOWN", "CLOUD", "POWERED_DOWN"], None, Some(recover)),
        (&["IDLE", "CLOUD", "POWERED_DOWN", "DRAIN"], None, None),
        (&["IDLE", "CLOUD", "POWERING_DOWN"], None, None),
    ] {
        let mut seen = empty(states);
        let closed = |until| Closed {
            until,
            why: "c6i.large: None".into(),
        };
        seen.closed.insert("pcs_g".into(), closed(NOW + 1));
        let told = plan(&[group(1, false)], &seen);
        assert_eq!(
            told,
            while_closed.into_iter().collect::<Vec<_>>(),
            "{states:?}"
        );
        seen.closed.insert("pcs_g".into(), closed(NOW));
        let told = plan(&[group(1, false)], &seen);
        assert_eq!(told, after.into_iter().collect::<Vec<_>>(), "{states:?}");
    }
    // One that runs goes on.
    let mut up = seen(&["IDLE", "CLOUD"], instance("compute-1-1"));
    let closed = Closed {
        until: NOW + 1,
        why: String::new(),
    };
    up.closed.insert("pcs_g".into(), closed);
    assert_eq!(plan(&[group(1, false)], &up), []);
}

#[test]
fn a_group_with_an_idle_time_of_its_own_powers_its_nodes_down() {
    let mut group = group(1, false);
    group.idle_seconds = Some(5);
    let idle = seen(&["IDLE", "CLOUD"], instance("compute-1-1"));
    let down = Step::PowerDown {
        node: "compute-1-1".into(),
    };
    assert_eq!(plan(std::slice::from_ref(&group), &idle), [down]);
    assert_eq!(
        plan(
            std::slice::from_ref(&group),
            &seen(&["MIXED", "CLOUD"], instance("compute-1-1"))
        ),
        []
    );
    group.idle_seconds = Some(IDLE_FOREVER);
    assert_eq!(plan(&[group], &idle), []);
}

#[test]
fn a_node_that_slurm_thinks_up_without_an_instance_is_failed() {
    let steps = plan(&[group(1, false)], &empty(&["IDLE", "CLOUD"]));
    assert!(
        matches!(&steps[..], [Step::Fail { instance: None, .. }]),
        "{steps:?}"
    );
}

#[path = "node_owned_tests.rs"]
mod owned;

#[path = "node_upgrade_tests.rs"]
mod upgrade;
