//! Settings of a queue: they stand on its line, a partition's.

use super::Kind::{Boolean, Choice, Choices, Integer, Limit, Text, Time};
use super::{Setting, setting};

const U16: u64 = 65_533;
const U32: u64 = 4_294_967_293;

pub const SETTINGS: &[Setting] = &[
    setting(
        "AllocNodes",
        Text,
        "Nodes from which jobs may be submitted, or ALL.",
    ),
    setting(
        "AllowAccounts",
        Text,
        "Accounts that may use the queue, or ALL.",
    ),
    setting(
        "AllowGroups",
        Text,
        "User groups that may use the queue, or ALL.",
    ),
    setting(
        "AllowQos",
        Text,
        "Qualities of service that may use the queue, or ALL.",
    ),
    setting(
        "Alternate",
        Text,
        "Queue that takes the jobs while this one is drained or inactive.",
    ),
    setting(
        "CpuBind",
        Choice(&["none", "socket", "ldom", "core", "thread", "off"]),
        "How tasks are bound to CPUs unless they ask otherwise.",
    ),
    setting("Default", Boolean, "Jobs that name no queue go here."),
    setting("DefaultTime", Time, "Time limit of jobs that give none."),
    setting(
        "DefCPUPerGPU",
        Integer(0, U32),
        "CPUs that a job gets for each GPU.",
    ),
    setting(
        "DefMemPerCPU",
        Limit(0, U32),
        "Memory in MB that a job gets for each CPU.",
    ),
    setting(
        "DefMemPerGPU",
        Limit(0, U32),
        "Memory in MB that a job gets for each GPU.",
    ),
    setting(
        "DefMemPerNode",
        Limit(0, U32),
        "Memory in MB that a job gets on each node.",
    ),
    setting("DenyAccounts", Text, "Accounts that may not use the queue."),
    setting(
        "DenyQos",
        Text,
        "Qualities of service that may not use the queue.",
    ),
    setting("DisableRootJobs", Boolean, "Refuse jobs of the user root."),
    Setting {
        name: "Exclusive",
        kind: Choice(&["NO", "NODE", "USER", "TOPO"]),
        since: "26.05",
        help: "What runs one job at a time, NODE or TOPO, or jobs of one user only, USER.",
    },
    setting(
        "ExclusiveUser",
        Boolean,
        "A node runs jobs of one user at a time. From 26.05 on Slurm prefers Exclusive=USER.",
    ),
    Setting {
        name: "ExclusiveTopo",
        kind: Boolean,
        since: "24.11",
        help: "A part of the network's topology runs one job at a time. From 26.05 on Slurm prefers Exclusive=TOPO.",
    },
    setting(
        "GraceTime",
        Integer(0, U32),
        "Seconds that a preempted job has to end.",
    ),
    setting(
        "Hidden",
        Boolean,
        "Users do not see the queue unless they ask for all.",
    ),
    setting("LLN", Boolean, "Jobs go to the least loaded nodes."),
    setting(
        "MaxCPUsPerNode",
        Limit(1, U32),
        "Most CPUs of a node that the queue's jobs may use.",
    ),
    setting(
        "MaxCPUsPerSocket",
        Limit(1, U32),
        "Most CPUs of a socket that the queue's jobs may use.",
    ),
    setting(
        "MaxMemPerCPU",
        Limit(0, U32),
        "Most memory in MB for each CPU of a job.",
    ),
    setting(
        "MaxMemPerNode",
        Limit(0, U32),
        "Most memory in MB on each node of a job.",
    ),
    setting("MaxNodes", Limit(1, U32), "Most nodes of a job."),
    setting("MaxTime", Time, "Longest time limit of a job."),
    setting("MinNodes", Integer(0, U32), "Fewest nodes of a job."),
    setting(
        "OverSubscribe",
        Text,
        "Whether jobs share CPUs: NO, YES:4, FORCE:2 or EXCLUSIVE.",
    ),
    setting(
        "OverTimeLimit",
        Limit(0, U16),
        "Minutes that a job may go over its time limit.",
    ),
    setting(
        "PowerDownOnIdle",
        Boolean,
        "Nodes stop as soon as they are idle.",
    ),
    setting(
        "PreemptMode",
        Choices(&["OFF", "CANCEL", "GANG", "REQUEUE", "SUSPEND", "WITHIN"]),
        "What happens to a preempted job of the queue.",
    ),
    setting(
        "PriorityJobFactor",
        Integer(0, U16),
        "Weight of the queue in its jobs' priority.",
    ),
    setting(
        "PriorityTier",
        Integer(0, U16),
        "Jobs of a queue of higher tier go first and may preempt.",
    ),
    setting(
        "QOS",
        Text,
        "Quality of service whose limits hold for the queue.",
    ),
    setting("ReqResv", Boolean, "Jobs must name a reservation."),
    setting("RootOnly", Boolean, "Only root may start jobs."),
    setting(
        "SelectTypeParameters",
        Choice(&["CR_Core", "CR_Core_Memory", "CR_CPU", "CR_CPU_Memory"]),
        "What jobs are given, instead of the cluster's own setting.",
    ),
    setting(
        "State",
        Choice(&["UP", "DOWN", "DRAIN", "INACTIVE"]),
        "UP starts and takes jobs; DOWN only takes; DRAIN only starts; INACTIVE neither.",
    ),
    Setting {
        name: "Topology",
        kind: Choice(&["tree", "flat"]),
        since: "25.05",
        help: "tree: nodes of a job are chosen near each other, of one group, then of one zone. flat: anywhere.",
    },
    setting(
        "TRESBillingWeights",
        Text,
        "What each resource costs, as CPU=1.0,Mem=0.25G.",
    ),
];
