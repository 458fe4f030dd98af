//! The node plan against a cloud that fails and a Slurm of four rules, in a clock of its own: a job always comes to its
//! end, no node ever has two instances, and nothing is left.

use std::collections::{BTreeMap, HashMap, VecDeque};

use app::model::node::BootStep;
use openpcs_provider::{Instance, Inventory, LaunchError, State};

use super::*;
use crate::db::owned_resource::OwnedRow;
use crate::provider::fault::Faults;
use crate::provider::local::PROFILE;

const TICK_MS: i64 = 250;
/// Longer than any of the faults below takes to heal.
const END_MS: i64 = 300_000;
const BOOT_MS: i64 = 700;
const IDLE_MS: i64 = 1_000;
const RUN_MS: i64 = 2_000;
const NODES: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Power {
    Off,
    PoweringUp,
    Up,
    PoweringDown { until: i64 },
    Down,
}

#[derive(Clone, Debug)]
struct Node {
    power: Power,
    busy: bool,
    idle_since: i64,
}

impl Node {
    fn states(&self) -> &'static str {
        match (self.power, self.busy) {
            (Power::Off, _) => "IDLE CLOUD POWERED_DOWN",
            (Power::PoweringUp, true) => "ALLOCATED CLOUD NOT_RESPONDING POWERING_UP",
            (Power::PoweringUp, false) => "IDLE CLOUD NOT_RESPONDING POWERING_UP",
            (Power::Up, true) => "ALLOCATED CLOUD",
            (Power::Up, false) => "IDLE CLOUD",
            (Power::PoweringDown { .. }, _) => "IDLE CLOUD POWERING_DOWN",
            (Power::Down, _) => "DOWN CLOUD",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Job {
    Waiting,
    Allocated,
    Running { until: i64 },
    Done,
}

/// An instance of the cloud.
#[derive(Clone, Debug)]
struct Machine {
    node: String,
    boots_at: Option<i64>,
    stopping: bool,
}

struct World {
    now: i64,
    faults: Faults,
    group: Group,
    job: Job,
    nodes: BTreeMap<String, Node>,
    machines: HashMap<String, Machine>,
    looks: VecDeque<Inventory>,
    rows: Vec<InstanceRow>,
    ended: Vec<InstanceRow>,
    launches: usize,
    /// What the database knows of what the group owns, and for which of its generations the cloud has it.
    owned: Option<OwnedRow>,
    has: Option<i64>,
    /// The group goes.
    goes: bool,
}

impl World {
    fn new(faults: Faults) -> World {
        let group = Group {
            id: "pcs_g".into(),
            name: "a".into(),
            max: NODES as i64,
            is_static: false,
            launch_generation: 0,
            idle_seconds: None,
        };
        let off = Node {
            power: Power::Off,
            busy: false,
            idle_since: 0,
        };
        World {
            now: 1_000_000,
            faults,
            group,
            job: Job::Waiting,
            nodes: (1..=NODES)
                .map(|n| (format!("a-{n}"), off.clone()))
                .collect(),
            machines: HashMap::new(),
            looks: VecDeque::new(),
            rows: vec![],
            ended: vec![],
            launches: 0,
            owned: None,
            has: None,
            goes: false,
        }
    }

    /// To the end of the job, of all nodes and of the group.
    fn run(mut self) -> World {
        let end = self.now + END_MS;
        while self.now < end && !(self.job == Job::Done && self.is_clean()) {
            self.tick();
        }
        assert_eq!(self.job, Job::Done, "{:?} {:?}", self.nodes, self.rows);
        assert!(self.is_clean(), "{:?} {:?}", self.machines, self.rows);
        self.goes = true;
        while self.now < end && self.owned.is_some() {
            self.tick();
        }
        assert_eq!((&self.owned, self.has), (&None, None));
        self
    }

    fn tick(&mut self) {
        self.now += TICK_MS;
        self.slurm();
        self.boots();
        let seen = self.seen();
        let groups = if self.goes {
            &[][..]
        } else {
            std::slice::from_ref(&self.group)
        };
        let steps = plan(groups, &seen);
        steps.into_iter().for_each(|step| self.act(step));
        self.no_node_has_two();
    }

    fn is_clean(&self) -> bool {
        let off = |node: &Node| node.power == Power::Off;
        self.machines.is_empty() && self.rows.is_empty() && self.nodes.values().all(off)
    }

    fn no_node_has_two(&self) {
        let wanted = |id: &String| self.rows.iter().any(|r| r.id == *id && r.cause().is_none());
        for name in self.nodes.keys() {
            let of_node = self.machines.iter().filter(|(_, m)| m.node == *name);
            let count = of_node.filter(|(id, _)| wanted(id)).count();
            assert!(count <= 1, "{name} has {count}: {:?}", self.machines);
        }
    }

    /// One job wants all nodes; idle nodes are powered down.
    fn slurm(&mut self) {
        let now = self.now;
        let free = |node: &Node| matches!(node.power, Power::Off | Power::Up);
        match self.job {
            Job::Waiting if self.nodes.values().all(free) => {
                for node in self.nodes.values_mut() {
                    node.busy = true;
                    if node.power == Power::Off {
                        node.power = Power::PoweringUp;
                    }
                }
                self.job = Job::Allocated;
            }
            Job::Allocated if self.nodes.values().all(|n| n.power == Power::Up) => {
                self.job = Job::Running {
                    until: now + RUN_MS,
                };
            }
            Job::Running { until } if now >= until => {
                self.let_go();
                self.job = Job::Done;
            }
            _ => {}
        }
        for node in self.nodes.values_mut() {
            match node.power {
                Power::Up if !node.busy && now - node.idle_since >= IDLE_MS => {
                    node.power = Power::PoweringDown {
                        until: now + IDLE_MS,
                    };
                }
                Power::PoweringDown { until } if now >= until => node.power = Power::Off,
                _ => {}
            }
        }
    }

    fn let_go(&mut self) {
        for node in self.nodes.values_mut() {
            (node.busy, node.idle_since) = (false, self.now);
        }
    }

    /// Instances that have booted register with us and with Slurm, unless they are to end; those that are to go, go.
    fn boots(&mut self) {
        for name in std::mem::take(&mut self.faults.gone) {
            self.machines.retain(|_, machine| machine.node != name);
        }
        for (id, machine) in &self.machines {
            let is_up = machine.boots_at.is_some_and(|at| at <= self.now) && !machine.stopping;
            let row = self.rows.iter_mut().find(|row| row.id == *id);
            let Some(row) = row.filter(|row| is_up && row.cause().is_none()) else {
                continue;
            };
            row.registered_at.get_or_insert(self.now);
            if let Some(node) = self.nodes.get_mut(&machine.node)
                && node.power == Power::PoweringUp
            {
                (node.power, node.idle_since) = (Power::Up, self.now);
            }
        }
    }

    fn seen(&mut self) -> Seen {
        let inventory = self.inventory();
        let known = |i: &Instance| {
            let of = |rows: &[InstanceRow]| rows.iter().any(|row| row.id == i.id);
            of(&self.rows) || of(&self.ended)
        };
        assert!(inventory.instances.iter().all(known));
        let info = |(name, node): (&String, &Node)| NodeInfo {
            name: name.clone(),
            states: node.states().split(' ').map(str::to_owned).collect(),
            ..NodeInfo::default()
        };
        Seen {
            instances: self.rows.clone(),
            ended: self.ended.iter().rev().cloned().collect(),
            provider: inventory.instances,
            looked_at: inventory.taken_at,
            nodes: self.nodes.iter().map(info).collect(),
            now: self.now,
            profile: Profile {
                owns_resources: self.faults.owns,
                ..PROFILE
            },
            owned: self.owned.clone().into_iter().collect(),
            ..Seen::default()
        }
    }

    fn inventory(&mut self) -> Inventory {
        let state = |machine: &Machine| match (machine.stopping, machine.boots_at) {
            (true, _) => State::Stopping,
            (false, Some(at)) if at > self.now => State::Pending,
            _ => State::Running,
        };
        let instance = |(id, machine): (&String, &Machine)| Instance {
            id: id.clone(),
            state: state(machine),
            addresses: vec![],
            health: Default::default(),
        };
        self.looks.push_back(Inventory {
            taken_at: self.now,
            instances: self.machines.iter().map(instance).collect(),
        });
        let until = self.now - self.faults.inventory_lag_ms;
        let old = self.looks.iter().rev().find(|l| l.taken_at <= until);
        old.cloned().unwrap_or_default()
    }

    /// As the reconciler acts.
    fn act(&mut self, step: Step) {
        match step {
            Step::Launch { node, group_id } => {
                self.launches += 1;
                let id = format!("i-{}", self.launches);
                self.rows.push(InstanceRow {
                    id: id.clone(),
                    compute_node_group_id: group_id,
                    node_name: node,
                    launched_at: self.now,
                    ..InstanceRow::default()
                });
                self.ask_for(&id);
            }
            Step::AskAgain { instance } => self.ask_for(&instance),
            Step::MarkReady { instance } => {
                let now = self.now;
                self.row(&instance).ready_at = Some(now);
            }
            Step::End { instance, cause } => self.end(&instance, cause),
            Step::Ended { instance } => {
                let at = self.rows.iter().position(|row| row.id == instance);
                let mut row = self.rows.remove(at.unwrap());
                row.ended_at = Some(self.now);
                self.ended.push(row);
            }
            Step::Fail {
                node,
                instance,
                cause,
            } => {
                if self.nodes[&node].busy && self.job != Job::Done {
                    self.job = Job::Waiting;
                    self.let_go();
                }
                self.power(&node, Power::Down);
                instance
                    .into_iter()
                    .for_each(|id| self.end(&id, cause.clone()));
            }
            Step::Recover { node } => self.power(&node, Power::Off),
            Step::Ensure { .. } => self.ensure(),
            Step::Release { .. } => self.release(),
            Step::EndOrphan { instance } => drop(self.machines.remove(&instance)),
            Step::PowerUp { .. }
            | Step::PowerDown { .. }
            | Step::Close { .. }
            | Step::Replace { .. }
            | Step::Warn { .. }
            | Step::RegisterAgain { .. } => panic!("not of this world: {step:?}"),
        }
    }

    fn power(&mut self, node: &str, power: Power) {
        self.nodes.get_mut(node).unwrap().power = power;
    }

    fn row(&mut self, id: &str) -> &mut InstanceRow {
        self.rows.iter_mut().find(|row| row.id == id).unwrap()
    }

    fn ensure(&mut self) {
        let generation = self.group.launch_generation;
        let row = self.owned.get_or_insert_with(|| OwnedRow {
            compute_node_group_id: self.group.id.clone(),
            asked_generation: generation,
            ..OwnedRow::default()
        });
        assert!(!row.releasing);
        if strikes(&mut self.faults.slow_ensures) {
            row.ask_again_at = Some(self.now + 1_000);
            return;
        }
        let failed = strikes(&mut self.faults.failed_ensures);
        if !failed {
            self.has = Some(generation);
        }
        if failed || strikes(&mut self.faults.lost_ensures) {
            row.failures += 1;
            row.error = Some("no".into());
            row.ask_again_at = Some(self.now + backoff_ms(row.failures as usize));
            return;
        }
        (row.ready_generation, row.error, row.ask_again_at) = (Some(generation), None, None);
    }

    fn release(&mut self) {
        assert!(self.rows.is_empty() && self.machines.is_empty());
        self.has = None;
        if strikes(&mut self.faults.lost_releases) {
            let row = self.owned.as_mut().unwrap();
            (row.releasing, row.ask_again_at) = (true, Some(self.now + 1_000));
        } else {
            self.owned = None;
        }
    }

    fn ask_for(&mut self, id: &str) {
        let (now, result) = (self.now, self.launch(id));
        let row = self.row(id);
        match result {
            Ok(()) => (row.provider_id, row.ask_again_at) = (Some(id.into()), None),
            Err(error) => match error.ask_again_after_ms() {
                Some(after) => row.ask_again_at = Some(now + after),
                None => row.steps.push(BootStep {
                    name: "launch-failed".into(),
                    at: now,
                    detail: None,
                }),
            },
        }
    }

    fn launch(&mut self, id: &str) -> Result<(), LaunchError> {
        assert!(!self.faults.owns || self.has == Some(self.group.launch_generation));
        let message = String::new;
        if strikes(&mut self.faults.throttled) {
            return Err(LaunchError::Throttled {
                after_ms: 1_000,
                message: message(),
            });
        }
        if self.machines.contains_key(id) {
            return Ok(());
        }
        match &mut self.faults.capacity {
            Some(0) => {
                // Somebody else gives some back in the end.
                self.faults.capacity = (self.launches > 4).then_some(NODES);
                return Err(LaunchError::Capacity {
                    pool: "c6i".into(),
                    message: message(),
                });
            }
            Some(left) => *left -= 1,
            None => {}
        }
        let boot = BOOT_MS + self.faults.boot_delay_ms as i64;
        let is_stuck = strikes(&mut self.faults.stuck_boots);
        let machine = Machine {
            node: self.row(id).node_name.clone(),
            boots_at: (!is_stuck).then_some(self.now + boot),
            stopping: false,
        };
        self.machines.insert(id.into(), machine);
        match strikes(&mut self.faults.lost_answers) {
            true => Err(LaunchError::Unknown { message: message() }),
            false => Ok(()),
        }
    }

    fn end(&mut self, id: &str, cause: Cause) {
        let is_stuck = strikes(&mut self.faults.stuck_stops);
        if is_stuck {
            self.machines
                .get_mut(id)
                .into_iter()
                .for_each(|m| m.stopping = true);
        } else {
            self.machines.remove(id);
        }
        let now = self.now;
        let row = self.row(id);
        row.reason.get_or_insert(cause.english());
        row.stop_asked_at = Some(now);
    }
}

fn strikes(left: &mut usize) -> bool {
    let is_on = *left > 0;
    *left -= usize::from(is_on);
    is_on
}

#[test]
fn no_fault_of_a_cloud_costs_a_job_an_instance_too_many_or_one_that_is_left() {
    let off = Faults::default;
    // With how many instances the job of three nodes comes to its end at most.
    let table = [
        (off(), 3),
        (
            Faults {
                throttled: 5,
                ..off()
            },
            3,
        ),
        (
            Faults {
                lost_answers: 3,
                ..off()
            },
            3,
        ),
        (
            Faults {
                boot_delay_ms: 30_000,
                ..off()
            },
            3,
        ),
        (
            Faults {
                inventory_lag_ms: 2_000,
                ..off()
            },
            3,
        ),
        (
            Faults {
                stuck_stops: 4,
                ..off()
            },
            3,
        ),
        (
            Faults {
                stuck_boots: 1,
                ..off()
            },
            6,
        ),
        (
            Faults {
                capacity: Some(1),
                ..off()
            },
            9,
        ),
        (
            Faults {
                owns: true,
                slow_ensures: 3,
                lost_releases: 2,
                ..off()
            },
            3,
        ),
        (
            Faults {
                owns: true,
                failed_ensures: 3,
                ..off()
            },
            3,
        ),
        (
            Faults {
                owns: true,
                lost_ensures: 1,
                ..off()
            },
            3,
        ),
    ];
    for (faults, most) in table {
        let launches = World::new(faults.clone()).run().launches;
        assert!(launches <= most, "{faults:?}: {launches}");
    }
}

#[test]
fn an_instance_that_goes_during_boot_or_a_job_is_made_up_for() {
    for ticks in 1..24 {
        let mut world = World::new(Faults::default());
        for _ in 0..ticks {
            world.tick();
        }
        world.faults.gone = vec!["a-2".into()];
        world.run();
    }
}

#[test]
fn faults_that_come_together_are_no_worse() {
    for seed in 0..400_usize {
        let of = |n: usize, below: usize| (seed / n) % below;
        World::new(Faults {
            capacity: (of(1, 3) == 0).then(|| of(3, 3)),
            // To this world all nodes are of one pool.
            empty_pools: vec![],
            throttled: of(5, 4),
            lost_answers: of(7, 3),
            boot_delay_ms: of(11, 3) as u64 * 10_000,
            stuck_boots: of(13, 3),
            stuck_stops: of(17, 3),
            inventory_lag_ms: of(19, 3) as i64 * 1_000,
            // This world forgets how long it has missed one.
            hidden: false,
            absence_ms: 0,
            gone: vec![],
            silent: false,
            owns: of(23, 2) == 0,
            slow_ensures: of(29, 3),
            failed_ensures: of(31, 3),
            lost_ensures: of(37, 2),
            lost_releases: of(41, 3),
        })
        .run();
    }
}
