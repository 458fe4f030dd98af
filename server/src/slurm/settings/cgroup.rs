//! Settings of cgroup.conf.

use super::Kind::{Boolean, Decimal, Integer};
use super::{Setting, setting};

pub const SETTINGS: &[Setting] = &[
    setting(
        "AllowedRAMSpace",
        Decimal,
        "Memory that a job may use, in percent of what it was given.",
    ),
    setting(
        "AllowedSwapSpace",
        Decimal,
        "Swap that a job may use, in percent of the memory it was given.",
    ),
    setting(
        "ConstrainCores",
        Boolean,
        "Keep a job to the cores it was given.",
    ),
    setting(
        "ConstrainDevices",
        Boolean,
        "Keep a job to the devices it was given.",
    ),
    setting(
        "ConstrainRAMSpace",
        Boolean,
        "Keep a job to the memory it was given.",
    ),
    setting(
        "ConstrainSwapSpace",
        Boolean,
        "Keep a job to its share of swap.",
    ),
    setting(
        "EnableControllers",
        Boolean,
        "Switch on the controllers of the cgroups above slurmd.",
    ),
    setting(
        "IgnoreSystemd",
        Boolean,
        "Make cgroups without asking systemd.",
    ),
    setting(
        "IgnoreSystemdOnFailure",
        Boolean,
        "Make cgroups without systemd when asking it fails.",
    ),
    setting(
        "MaxRAMPercent",
        Decimal,
        "Most memory of a job, in percent of the node's.",
    ),
    setting(
        "MaxSwapPercent",
        Decimal,
        "Most swap of a job, in percent of the node's memory.",
    ),
    setting(
        "MemorySwappiness",
        Integer(0, 100),
        "How readily the kernel swaps a job's memory.",
    ),
    setting(
        "MinRAMSpace",
        Integer(0, 4_294_967_293),
        "Memory in MB that every job has at least.",
    ),
    setting(
        "SignalChildrenProcesses",
        Boolean,
        "Signals reach all processes of a step.",
    ),
    Setting {
        name: "SystemdTimeout",
        kind: Integer(1, 60_000),
        since: "23.11",
        help: "Milliseconds that systemd may take to make the scope.",
    },
];
