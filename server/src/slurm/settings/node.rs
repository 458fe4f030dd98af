//! Settings of a compute node group: they stand on its line of nodes.

use super::Kind::{Choice, Integer, Options, Text};
use super::{Setting, setting};

pub const SETTINGS: &[Setting] = &[
    setting(
        "CoreSpecCount",
        Integer(0, 65_533),
        "Cores kept for the system.",
    ),
    setting("CoresPerSocket", Integer(1, 65_533), "Cores of a socket."),
    setting(
        "CpuBind",
        Choice(&["none", "socket", "ldom", "core", "thread", "off"]),
        "How tasks are bound to CPUs unless they ask otherwise.",
    ),
    setting("CPUSpecList", Text, "CPUs kept for the system, as 0-1."),
    setting(
        "Features",
        Text,
        "Words by which a job may choose these nodes with --constraint, as spot,nvme.",
    ),
    setting(
        "Gres",
        Text,
        "Generic resources of a node, as gpu:4 or gpu:a100:8.",
    ),
    setting(
        "MemSpecLimit",
        Integer(0, 4_294_967_293),
        "Memory in MB kept for the system.",
    ),
    Setting {
        name: "Parameters",
        kind: Options(&["l3cache_as_socket", "numa_node_as_socket"]),
        since: "25.11",
        help: "How a node's hardware is counted.",
    },
    setting(
        "RealMemory",
        Integer(1, 4_294_967_293),
        "Memory in MB that jobs may use on a node; use it with CR_CPU_Memory.",
    ),
    Setting {
        name: "RestrictedCoresPerGPU",
        kind: Integer(0, 65_533),
        since: "24.05",
        help: "Cores of each GPU that only jobs with a GPU may use.",
    },
    setting("Sockets", Integer(1, 65_533), "Sockets of a node."),
    setting(
        "TmpDisk",
        Integer(0, 4_294_967_293),
        "Size of temporary storage in MB.",
    ),
    setting(
        "TRESWeights",
        Text,
        "Weight of each resource, as CPU=1.0,Mem=0.25G.",
    ),
    setting(
        "Weight",
        Integer(0, 4_294_967_280),
        "Jobs go to the nodes of lowest weight first.",
    ),
];
