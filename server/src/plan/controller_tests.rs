use openpcs_agent::protocol::SLURMCTLD_DAEMON;

use super::*;
use crate::plan::upgrade::{Stage, Step as Go, Upgrade};

/// What is so, and what steps find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Controller {
    /// It was never started, or a server that was killed left no more than its directory.
    Absent,
    Silent,
    Answering,
    /// It runs again and answers; what it forgot is to be looked after.
    Unclean,
    /// It ended by itself again and again.
    GivesUp,
}

#[derive(Clone, Debug)]
struct World {
    status: Status,
    controller: Controller,
    has_room: bool,
    is_refused: bool,
    is_settled: bool,
    is_trusted: bool,
    is_introduced: bool,
    aside_runs: bool,
    instances_gone: bool,
    strangers_gone: bool,
    is_delivered: bool,
    age_ms: i64,
    accounts: Accounts,
    /// It can be had when it is wanted.
    has_database: bool,
    has_rest: bool,
    upgrade: Option<Upgrade>,
    is_past_end: bool,
    has_leaving: bool,
}

/// As it is where nobody wants any.
const NO_ACCOUNTS: Accounts = Accounts {
    wanted: false,
    has_begun: false,
    has_database: true,
    has_daemon: true,
    is_configured: true,
};

fn world(status: Status, controller: Controller) -> World {
    World {
        status,
        controller,
        has_room: true,
        is_refused: false,
        is_settled: status == Status::Active,
        is_trusted: false,
        is_introduced: true,
        aside_runs: false,
        instances_gone: true,
        strangers_gone: true,
        is_delivered: true,
        age_ms: 1_000,
        accounts: NO_ACCOUNTS,
        has_database: true,
        has_rest: true,
        upgrade: None,
        is_past_end: false,
        has_leaving: false,
    }
}

impl World {
    fn seen(&self) -> Seen {
        let is_new = self.status == Status::Creating;
        let runs = self.controller != Controller::Absent;
        Seen {
            status: self.status,
            age_ms: self.age_ms,
            is_settled: self.is_settled,
            is_trusted: self.is_trusted,
            was_started: runs || !is_new,
            runs,
            is_introduced: self.is_introduced,
            accounts: self.accounts,
            has_rest: self.has_rest,
            upgrade: self.upgrade.clone(),
            is_past_end: self.is_past_end,
            has_leaving: self.has_leaving,
            ended_unclean: self.controller == Controller::Unclean,
            found: Found::default(),
        }
    }

    /// All steps of one run.
    fn run(&self) -> Vec<Step> {
        let mut seen = self.seen();
        let mut steps = vec![];
        loop {
            let step = plan(&seen);
            steps.push(step.clone());
            assert!(steps.len() < 12, "{self:?} has no end: {steps:?}");
            let words = |is_good: bool| is_good.then_some(()).ok_or_else(|| "no".to_owned());
            let found = &mut seen.found;
            match step {
                Step::Place => found.place = Some(words(self.has_room)),
                Step::TryOut => found.trial = Some(words(!self.is_refused)),
                Step::PrepareDatabase => found.database = Some(words(self.has_database)),
                Step::Pause => seen.runs = false,
                Step::ConfigureAccounts => seen.accounts.is_configured = true,
                Step::Start => {
                    (seen.accounts.has_daemon, seen.accounts.is_configured) = (true, true);
                    seen.has_rest = true;
                    (seen.runs, seen.is_introduced, found.started) = (true, true, true);
                }
                Step::Introduce => seen.is_introduced = true,
                Step::Ask => {
                    let answers = [Controller::Answering, Controller::Unclean];
                    found.answers = Some(answers.contains(&self.controller));
                }
                Step::ReadLog => {
                    let ends = if self.controller == Controller::GivesUp {
                        start::ENDS
                    } else {
                        0
                    };
                    found.log = Some(Log {
                        ends,
                        words: "fatal".into(),
                    });
                }
                Step::Recover => found.recovered = true,
                Step::LookAside => found.aside_runs = Some(self.aside_runs),
                Step::Configure => found.configured = true,
                Step::EndInstances => found.instances_gone = Some(self.instances_gone),
                Step::EndStrangers => found.strangers_gone = Some(self.strangers_gone),
                Step::Deliver => found.delivered = Some(self.is_delivered),
                Step::Stop => found.stopped = true,
                Step::Activate
                | Step::Fail(_)
                | Step::Forget
                | Step::Upgrade(_)
                | Step::Suspend
                | Step::Suspended
                | Step::RemoveLeaving
                | Step::Unsuspend
                | Step::Wait(_)
                | Step::Stuck(_) => {
                    return steps;
                }
            }
        }
    }

    fn all() -> Vec<World> {
        let controllers = [
            Controller::Absent,
            Controller::Silent,
            Controller::Answering,
            Controller::Unclean,
            Controller::GivesUp,
        ];
        let mut all = vec![];
        for status in Status::ALL {
            for controller in controllers {
                for bits in 0..512 {
                    let bit = |n: u32| bits & (1 << n) != 0;
                    all.push(World {
                        has_room: bit(0),
                        is_refused: bit(1),
                        is_settled: bit(2),
                        is_trusted: bit(3),
                        is_introduced: bit(4),
                        aside_runs: bit(5),
                        instances_gone: bit(6),
                        strangers_gone: bit(7),
                        is_delivered: bit(8),
                        ..world(status, controller)
                    });
                }
            }
        }
        all
    }
}

/// The steps by their names, the last one with what it is about.
fn told(world: &World) -> String {
    let name = |step: &Step| match step {
        Step::Wait(pause) => format!("Wait {pause:?}"),
        Step::Fail(failure) => format!("Fail {}", failure.code()),
        Step::Stuck(_) => "Stuck".to_owned(),
        step => format!("{step:?}"),
    };
    let names: Vec<String> = world.run().iter().map(name).collect();
    names.join(", ")
}

#[test]
fn a_controller_is_brought_to_where_its_cluster_wants_it() {
    use Controller::*;
    use Status::*;
    for (status, controller, steps) in [
        (
            Creating,
            Absent,
            "Place, TryOut, Start, Ask, ReadLog, Wait 100ms",
        ),
        (Creating, Silent, "Place, Ask, ReadLog, Wait 100ms"),
        (Creating, Answering, "Place, Ask, Activate"),
        (Creating, Unclean, "Place, Ask, Activate"),
        (
            Creating,
            GivesUp,
            "Place, Ask, ReadLog, Fail ControllerStartFailed",
        ),
        (Active, Absent, "Place, Start, Ask, Wait 100ms"),
        (Active, Silent, "Place, Ask, Wait 100ms"),
        (
            Active,
            Answering,
            "Place, Ask, Recover, LookAside, Configure, Wait 5s",
        ),
        (
            Active,
            Unclean,
            "Place, Ask, Recover, LookAside, Configure, Wait 5s",
        ),
        (Active, GivesUp, "Place, Ask, Wait 100ms"),
        (Updating, Absent, "Place, Start, Ask, Wait 100ms"),
        (
            Updating,
            Answering,
            "Place, Ask, Recover, Configure, Wait 5s",
        ),
        (
            UpdateFailed,
            Answering,
            "Place, Ask, Recover, Configure, Wait 5s",
        ),
        (
            Deleting,
            Absent,
            "EndInstances, EndStrangers, Deliver, Stop, Forget",
        ),
        (
            Deleting,
            Answering,
            "EndInstances, EndStrangers, Deliver, Stop, Forget",
        ),
        (CreateFailed, Absent, "Wait 5s"),
        (CreateFailed, Answering, "Wait 5s"),
    ] {
        let told = told(&world(status, controller));
        assert_eq!(told, steps, "{status} {controller:?}");
    }
}

#[test]
fn a_cluster_past_its_end_is_shut_and_comes_back() {
    use Controller::*;
    use Status::*;
    let past = |status, controller| World {
        is_past_end: true,
        ..world(status, controller)
    };
    let ends = World {
        instances_gone: false,
        ..past(Suspending, Absent)
    };
    let leaving = World {
        has_leaving: true,
        ..past(Suspended, Absent)
    };
    for (world, steps) in [
        (past(Active, Answering), "Suspend"),
        (past(UpdateFailed, Absent), "Suspend"),
        // What is under way comes to its end first, also the way to another version.
        (past(Creating, Answering), "Place, Ask, Activate"),
        (
            past(Updating, Answering),
            "Place, Ask, Recover, Configure, Wait 5s",
        ),
        (
            past(Suspending, Answering),
            "Pause, EndInstances, Suspended",
        ),
        (past(Suspending, Absent), "EndInstances, Suspended"),
        (ends, "EndInstances, Wait 1s"),
        // A server was killed while it went back from a newer version.
        (past(Suspended, Silent), "Pause, EndInstances, Wait 5s"),
        (past(Suspended, Absent), "EndInstances, Wait 5s"),
        (leaving, "EndInstances, RemoveLeaving"),
        (world(Suspended, Absent), "EndInstances, Unsuspend"),
        (
            past(Deleting, Absent),
            "EndInstances, EndStrangers, Deliver, Stop, Forget",
        ),
    ] {
        assert_eq!(told(&world), steps, "{world:?}");
    }
}

#[test]
fn what_stands_in_the_way_is_told_or_waited_for() {
    let new = world(Status::Creating, Controller::Absent);
    let settled = world(Status::Active, Controller::Answering);
    let going = world(Status::Deleting, Controller::Answering);
    for (world, steps) in [
        (
            World {
                has_room: false,
                ..new.clone()
            },
            "Place, Fail NoFreePort",
        ),
        (
            World {
                has_room: false,
                ..settled.clone()
            },
            "Place, Stuck",
        ),
        (
            World {
                is_refused: true,
                ..new
            },
            "Place, TryOut, Fail ConfigurationRefused",
        ),
        (
            World {
                age_ms: start::TIMEOUT_MS,
                ..world(Status::Creating, Controller::Silent)
            },
            "Place, Ask, ReadLog, Fail ControllerStartFailed",
        ),
        (
            World {
                is_introduced: false,
                is_trusted: true,
                ..settled.clone()
            },
            "Place, Introduce, Wait 5s",
        ),
        (
            World {
                aside_runs: true,
                ..settled.clone()
            },
            "Place, Ask, Recover, LookAside, Wait 5s",
        ),
        (
            World {
                is_settled: false,
                aside_runs: true,
                ..settled
            },
            "Place, Ask, Recover, Configure, Wait 5s",
        ),
        (
            World {
                instances_gone: false,
                ..going.clone()
            },
            "EndInstances, Wait 1s",
        ),
        (
            World {
                strangers_gone: false,
                ..going.clone()
            },
            "EndInstances, EndStrangers, Wait 1s",
        ),
        (
            World {
                is_delivered: false,
                ..going
            },
            "EndInstances, EndStrangers, Deliver, Wait 1s",
        ),
    ] {
        assert_eq!(told(&world), steps, "{world:?}");
    }
}

#[test]
fn accounts_are_kept_where_they_are_wanted() {
    let wanted = Accounts {
        wanted: true,
        ..NO_ACCOUNTS
    };
    let no_database = Accounts {
        has_database: false,
        ..wanted
    };
    let other_daemons = Accounts {
        has_daemon: false,
        ..wanted
    };
    let unwanted_daemon = Accounts {
        has_daemon: false,
        ..NO_ACCOUNTS
    };
    let other_settings = Accounts {
        is_configured: false,
        ..wanted
    };
    let in_order = "Ask, Recover, LookAside, Configure, Wait 5s";
    for (accounts, controller, begin, rest) in [
        (
            no_database,
            Controller::Absent,
            "Place, PrepareDatabase, Start",
            "Ask, Wait 100ms",
        ),
        // Nobody but slurmdbd misses it.
        (
            no_database,
            Controller::Answering,
            "Place, PrepareDatabase",
            in_order,
        ),
        (
            other_daemons,
            Controller::Answering,
            "Place, Pause, Start",
            in_order,
        ),
        (
            unwanted_daemon,
            Controller::Answering,
            "Place, Pause, Start",
            in_order,
        ),
        (
            other_settings,
            Controller::Answering,
            "Place, ConfigureAccounts",
            in_order,
        ),
    ] {
        let world = World {
            accounts,
            ..world(Status::Active, controller)
        };
        assert_eq!(told(&world), format!("{begin}, {rest}"), "{accounts:?}");
    }
}

#[test]
fn a_new_cluster_does_not_wait_for_ever_for_its_database() {
    let accounts = Accounts {
        wanted: true,
        has_database: false,
        ..NO_ACCOUNTS
    };
    for (status, age_ms, end) in [
        (Status::Creating, DATABASE_MS - 1, "Wait 5s"),
        (Status::Creating, DATABASE_MS, "Fail AccountingUnavailable"),
        // It is there, and somebody has switched its accounting on.
        (Status::Updating, DATABASE_MS, "Wait 5s"),
    ] {
        let world = World {
            accounts,
            has_database: false,
            age_ms,
            ..world(status, Controller::Absent)
        };
        let told = told(&world);
        assert!(told.ends_with(&format!("PrepareDatabase, {end}")), "{told}");
    }
}

#[test]
fn slurmrestd_comes_and_goes_with_the_others() {
    for (controller, steps) in [
        (Controller::Absent, "Place, Start, Ask, Wait 100ms"),
        (
            Controller::Answering,
            "Place, Pause, Start, Ask, Recover, LookAside, Configure, Wait 5s",
        ),
    ] {
        let world = World {
            has_rest: false,
            ..world(Status::Active, controller)
        };
        assert_eq!(told(&world), steps, "{controller:?}");
    }
}

#[test]
fn whatever_is_seen_nothing_happens_out_of_turn() {
    for world in World::all() {
        let steps = world.run();
        let at = |step: &Step| steps.iter().position(|taken| taken == step);
        let after = |step: &Step, before: &Step| {
            at(step).is_none_or(|late| at(before).is_some_and(|early| early < late))
        };
        let is_new = world.status == Status::Creating;
        let is_shut = matches!(world.status, Status::Suspending | Status::Suspended);
        let leaves_alone =
            is_shut || matches!(world.status, Status::Deleting | Status::CreateFailed);
        assert!(after(&Step::Start, &Step::Place), "{world:?}");
        assert!(after(&Step::Configure, &Step::Ask), "{world:?}");
        assert!(after(&Step::Configure, &Step::Recover), "{world:?}");
        assert!(after(&Step::Activate, &Step::Ask), "{world:?}");
        assert!(after(&Step::Deliver, &Step::EndStrangers), "{world:?}");
        assert!(after(&Step::Stop, &Step::Deliver), "{world:?}");
        assert!(after(&Step::Forget, &Step::Stop), "{world:?}");
        assert!(!leaves_alone || at(&Step::Start).is_none(), "{world:?}");
        // Its controller has said its last word before its nodes end.
        let runs = world.controller != Controller::Absent;
        assert!(
            !is_shut || !runs || at(&Step::Pause) == Some(0),
            "{world:?}"
        );
        // One that is in use is never failed, and one that is not never configured.
        let fails = steps.iter().any(|step| matches!(step, Step::Fail(_)));
        assert!(is_new || !fails, "{world:?}");
        assert!(!is_new || at(&Step::Configure).is_none(), "{world:?}");
        // What is believed to be in order is looked at all the same once it has ended by itself.
        let is_kept = !is_new && !leaves_alone && world.has_room;
        if is_kept && world.controller == Controller::Unclean {
            assert!(at(&Step::Recover).is_some(), "{world:?}");
        }
    }
}

#[test]
fn what_slurmctld_repeats_is_told_once() {
    let start = "x openpcs-agent: starting slurmctld\nslurmctld: error: a\nslurmctld: fatal: b\n\
                 x openpcs-agent: slurmctld is gone: exit status 1\n";
    let log = Log::read(SLURMCTLD_DAEMON, &start.repeat(3), "");
    assert_eq!(log.words, "slurmctld: error: a | slurmctld: fatal: b");
    assert_eq!(log.ends, 3);
}

/// The steps of one run of an upgrade at that stage.
fn upgraded(stage: Option<Stage>, change: impl FnOnce(&mut World, &mut Upgrade)) -> Vec<Step> {
    let mut world = world(Status::Updating, Controller::Answering);
    let mut upgrade = Upgrade {
        stage,
        age_ms: 1_000,
        has_old_accounts: false,
    };
    change(&mut world, &mut upgrade);
    world.upgrade = Some(upgrade);
    let mut seen = world.seen();
    seen.found.place = Some(Ok(()));
    let mut steps = vec![];
    loop {
        let step = plan(&seen);
        steps.push(step.clone());
        let found = &mut seen.found;
        let answers = world.controller == Controller::Answering;
        match step {
            Step::TryOut => {
                found.trial = Some(match world.is_refused {
                    true => Err("no".to_owned()),
                    false => Ok(()),
                });
            }
            Step::Start => (seen.runs, seen.is_introduced) = (true, true),
            Step::Ask => found.answers = Some(answers),
            Step::Upgrade(Go::AskAccounts) => found.accounts_answer = Some(answers),
            Step::ReadLog => {
                found.log = Some(Log {
                    ends: if world.controller == Controller::GivesUp {
                        start::ENDS
                    } else {
                        0
                    },
                    words: "fatal".into(),
                });
            }
            _ => return steps,
        }
    }
}

#[test]
fn a_newer_slurm_is_tried_daemon_by_daemon_and_taken_back() {
    let go = |step: Go| Step::Upgrade(step);
    let begun = Some(Stage::Controller);
    let back = || go(Go::GoBack("fatal".into()));
    let wait = Step::Wait(STARTING);
    assert_eq!(
        upgraded(None, |_, _| {}),
        [Step::TryOut, go(Go::Begin(Stage::Controller))]
    );
    assert_eq!(
        upgraded(None, |_, upgrade| upgrade.has_old_accounts = true),
        [Step::TryOut, go(Go::Begin(Stage::Accounts))]
    );
    assert_eq!(
        upgraded(None, |world, _| world.is_refused = true),
        [Step::TryOut, go(Go::Refuse("no".into()))]
    );
    // slurmdbd answers, and is followed by the controller; or it never will.
    let accounts = Some(Stage::Accounts);
    assert_eq!(
        upgraded(accounts, |_, _| {}),
        [go(Go::AskAccounts), go(Go::Begin(Stage::Controller))]
    );
    let slow = |world: &mut World, upgrade: &mut Upgrade| {
        world.controller = Controller::Silent;
        upgrade.age_ms = start::TIMEOUT_MS;
    };
    let gives_up = |world: &mut World, _: &mut Upgrade| world.controller = Controller::GivesUp;
    assert_eq!(
        upgraded(accounts, slow),
        [go(Go::AskAccounts), Step::ReadLog, wait.clone()]
    );
    assert_eq!(
        upgraded(accounts, gives_up),
        [go(Go::AskAccounts), Step::ReadLog, back()]
    );
    assert_eq!(upgraded(begun, |_, _| {}), [Step::Ask, go(Go::Finish)]);
    assert_eq!(
        upgraded(begun, |world, _| world.controller = Controller::Silent),
        [Step::Ask, Step::ReadLog, wait]
    );
    assert_eq!(upgraded(begun, slow), [Step::Ask, Step::ReadLog, back()]);
    assert_eq!(
        upgraded(begun, gives_up),
        [Step::Ask, Step::ReadLog, back()]
    );
    // What a server that was killed has left.
    let absent = |world: &mut World, _: &mut Upgrade| world.controller = Controller::Absent;
    assert_eq!(upgraded(begun, absent)[0], Step::Start);
    assert_eq!(
        upgraded(Some(Stage::Back), absent),
        [go(Go::GoBack(String::new()))]
    );
    assert_eq!(upgraded(Some(Stage::Over), |_, _| {}), [go(Go::Clean)]);
}
