//! Settings of a cluster: lines of slurm.conf.

use super::Kind::{
    Boolean, Choice, Choices, Command, Integer, Limit, Options, Path, Program, Programs, Text, Time,
};
use super::{Setting, setting, words};

const U16: u64 = 65_533;
const U32: u64 = 4_294_967_293;

pub const SETTINGS: &[Setting] = &[
    setting(
        "AccountingStorageEnforce",
        Choices(&[
            "associations",
            "limits",
            "nojobs",
            "nosteps",
            "qos",
            "safe",
            "wckeys",
            "all",
            "none",
        ]),
        "Which accounting limits a job must keep.",
    ),
    setting(
        "AccountingStorageTRES",
        Text,
        "Extra resources to account for, such as gres/gpu.",
    ),
    setting(
        "AccountingStoreFlags",
        Choices(&[
            "job_comment",
            "job_env",
            "job_extra",
            "job_script",
            "no_stdio",
        ]),
        "What else accounting keeps of a job.",
    ),
    setting(
        "AuthAltParameters",
        // Keys and what signs with them belong to the service.
        Options(&["disable_token_creation", "max_token_lifespan"]),
        "Who may make tokens for other ways to sign in, and how long those last.",
    ),
    setting(
        "BatchStartTimeout",
        Integer(1, U16),
        "Seconds that a batch job may take to start on its node.",
    ),
    setting("BcastExclude", Text, "Libraries that sbcast leaves out."),
    setting("BcastParameters", Text, "How sbcast copies files."),
    Setting {
        name: "CliFilterParameters",
        kind: Text,
        since: "25.11",
        help: "Parameters of the filters, as cli_filter_lua_path=/opt/site/cli_filter.lua.",
    },
    setting(
        "CliFilterPlugins",
        Choices(&[
            "cli_filter/lua",
            "cli_filter/none",
            "cli_filter/syslog",
            "cli_filter/user_defaults",
        ]),
        "Filters that see a job before it is submitted.",
    ),
    setting(
        "CommunicationParameters",
        Options(super::communication::OPTIONS),
        "How daemons talk to each other; what the service needs there stays.",
    ),
    setting(
        "CompleteWait",
        Integer(0, U16),
        "Seconds to wait for a job's nodes to finish before others are scheduled.",
    ),
    setting(
        "CpuFreqDef",
        Text,
        "Default CPU frequency or governor of a job step.",
    ),
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
    setting(
        "DependencyParameters",
        Text,
        "How job dependencies are handled.",
    ),
    setting("DisableRootJobs", Boolean, "Refuse jobs of the user root."),
    setting(
        "EioTimeout",
        Integer(0, U16),
        "Seconds that srun waits for output after a task ends.",
    ),
    setting(
        "EnforcePartLimits",
        Choice(&["ALL", "ANY", "NO", "YES"]),
        "Refuse at once a job that a queue's limits never admit.",
    ),
    setting(
        "Epilog",
        Programs,
        "Script on the nodes that runs when a job ends there, or a directory: every script in it runs.",
    ),
    setting(
        "FairShareDampeningFactor",
        Integer(1, U16),
        "How much past use lowers the priority.",
    ),
    setting(
        "FirstJobId",
        Integer(1, 67_043_328),
        "Number of the first job.",
    ),
    setting(
        "GetEnvTimeout",
        Integer(0, U16),
        "Seconds that reading a user's environment may take.",
    ),
    setting("GpuFreqDef", Text, "Default GPU frequency of a job step."),
    setting(
        "GroupUpdateForce",
        Integer(0, 1),
        "Read group members again even when /etc/group has not changed.",
    ),
    setting(
        "GroupUpdateTime",
        Integer(0, U16),
        "Seconds between two readings of the group members.",
    ),
    setting(
        "HealthCheckInterval",
        Integer(0, U16),
        "Seconds between two runs of the health check.",
    ),
    setting(
        "HealthCheckNodeState",
        Choices(&[
            "ALLOC",
            "ANY",
            "CYCLE",
            "IDLE",
            "MIXED",
            "NONDRAINED_IDLE",
            "START_ONLY",
        ]),
        "On nodes of which state the health check runs; START_ONLY, from 25.11 on, runs it once, as a node starts.",
    ),
    setting(
        "HealthCheckProgram",
        Program,
        "Program on the nodes that checks their health.",
    ),
    setting(
        "InactiveLimit",
        Integer(0, U16),
        "Seconds after which an allocation without commands ends.",
    ),
    setting(
        "InteractiveStepOptions",
        Command,
        "Options of the step that salloc starts.",
    ),
    setting(
        "JobAcctGatherFrequency",
        Text,
        "Seconds between samples of a job's use, as task=30.",
    ),
    setting(
        "JobAcctGatherParams",
        Choices(&["NoShared", "UsePss", "OverMemoryKill", "DisableGPUAcct"]),
        "How a job's use is sampled.",
    ),
    setting(
        "JobAcctGatherType",
        Choice(&[
            "jobacct_gather/cgroup",
            "jobacct_gather/linux",
            "jobacct_gather/none",
        ]),
        "What samples a job's use.",
    ),
    setting(
        "JobCompType",
        Choice(&["jobcomp/none"]),
        "Where completed jobs are recorded: jobcomp/none leaves PCS_JOBCOMP_LOGS without records.",
    ),
    setting(
        "JobContainerType",
        Choice(&["job_container/none", "job_container/tmpfs"]),
        "Private temporary directories of jobs.",
    ),
    setting(
        "JobFileAppend",
        Integer(0, 1),
        "Append to a requeued job's output instead of replacing it.",
    ),
    setting(
        "JobRequeue",
        Integer(0, 1),
        "Requeue batch jobs after a node fails.",
    ),
    setting(
        "KillOnBadExit",
        Integer(0, 1),
        "End a step when one of its tasks fails.",
    ),
    setting(
        "KillWait",
        Integer(0, U16),
        "Seconds between SIGTERM and SIGKILL at a job's time limit.",
    ),
    setting("LaunchParameters", Text, "How tasks are launched."),
    setting(
        "Licenses",
        Text,
        "Licences that jobs may ask for, as matlab:10.",
    ),
    setting(
        "LogTimeFormat",
        Choice(&[
            "clock",
            "format_stderr",
            "iso8601",
            "iso8601_ms",
            "rfc5424",
            "rfc5424_ms",
            "rfc3339",
            "short",
            "thread_id",
        ]),
        "Format of times in log files.",
    ),
    setting("MailDomain", Text, "Domain of users' mail addresses."),
    setting(
        "MaxArraySize",
        Integer(0, 4_000_001),
        "One more than the highest index of a job array.",
    ),
    setting(
        "MaxBatchRequeue",
        Integer(0, U32),
        "How often a batch job may be requeued before it is held.",
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
    setting("MaxStepCount", Integer(1, U32), "Most steps of a job."),
    setting(
        "MaxTasksPerNode",
        Integer(1, U16),
        "Most tasks of a step on a node.",
    ),
    setting(
        "MCSParameters",
        Text,
        "Parameters of multi-category security.",
    ),
    setting(
        "MCSPlugin",
        Choice(&["mcs/none", "mcs/account", "mcs/group", "mcs/user"]),
        "Keep jobs of different users, groups or accounts on different nodes.",
    ),
    setting(
        "MessageTimeout",
        Integer(5, 300),
        "Seconds that a message between daemons may take.",
    ),
    Setting {
        name: "MetricsType",
        kind: Choice(&["metrics/none", "metrics/openmetrics"]),
        since: "25.11",
        help: "What publishes the controller's metrics; also set CommunicationParameters=enable_http.",
    },
    setting(
        "MinJobAge",
        Integer(2, U32),
        "Seconds that a completed job stays visible in squeue.",
    ),
    setting(
        "MpiDefault",
        Choice(&["none", "pmi2", "pmix", "cray_shasta"]),
        "MPI that srun uses unless told otherwise.",
    ),
    setting(
        "MpiParams",
        Text,
        "Parameters of MPI, such as ports=12000-12999.",
    ),
    setting(
        "OverTimeLimit",
        Limit(0, U16),
        "Minutes that a job may go over its time limit.",
    ),
    setting(
        "PreemptExemptTime",
        Time,
        "How long a job runs before it may be preempted.",
    ),
    setting(
        "PreemptMode",
        Choices(&["OFF", "CANCEL", "GANG", "REQUEUE", "SUSPEND", "WITHIN"]),
        "What happens to a preempted job.",
    ),
    setting("PreemptParameters", Text, "How jobs to preempt are chosen."),
    setting(
        "PreemptType",
        Choice(&["preempt/none", "preempt/partition_prio", "preempt/qos"]),
        "What lets a job preempt another.",
    ),
    setting(
        "PriorityCalcPeriod",
        Time,
        "How often usage is calculated for priority.",
    ),
    setting(
        "PriorityDecayHalfLife",
        Time,
        "How fast past usage loses its weight.",
    ),
    setting(
        "PriorityFavorSmall",
        Boolean,
        "Favour small jobs instead of large ones.",
    ),
    setting(
        "PriorityFlags",
        Choices(words::PRIORITY_FLAGS),
        "How priority is calculated.",
    ),
    setting(
        "PriorityMaxAge",
        Time,
        "Age at which a waiting job gets the full weight of age.",
    ),
    setting(
        "PriorityParameters",
        Text,
        "Parameters of the priority plugin.",
    ),
    setting(
        "PriorityType",
        Choice(&["priority/basic", "priority/multifactor"]),
        "What orders the waiting jobs.",
    ),
    setting(
        "PriorityUsageResetPeriod",
        Choice(&[
            "NONE",
            "NOW",
            "DAILY",
            "WEEKLY",
            "MONTHLY",
            "QUARTERLY",
            "YEARLY",
        ]),
        "When past usage is forgotten.",
    ),
    setting(
        "PriorityWeightAge",
        Integer(0, U32),
        "Weight of a job's age in its priority.",
    ),
    setting(
        "PriorityWeightAssoc",
        Integer(0, U32),
        "Weight of a job's association in its priority.",
    ),
    setting(
        "PriorityWeightFairshare",
        Integer(0, U32),
        "Weight of fair share in a job's priority.",
    ),
    setting(
        "PriorityWeightJobSize",
        Integer(0, U32),
        "Weight of a job's size in its priority.",
    ),
    setting(
        "PriorityWeightPartition",
        Integer(0, U32),
        "Weight of a job's queue in its priority.",
    ),
    setting(
        "PriorityWeightQOS",
        Integer(0, U32),
        "Weight of a job's quality of service in its priority.",
    ),
    setting(
        "PriorityWeightTRES",
        Text,
        "Weight of each resource in a job's priority, as CPU=1000,Mem=2000.",
    ),
    setting(
        "PrivateData",
        Choices(&[
            "accounts",
            "events",
            "jobs",
            "nodes",
            "partitions",
            "reservations",
            "usage",
            "users",
        ]),
        "What users see of their own only.",
    ),
    setting(
        "Prolog",
        Programs,
        "Script on the nodes that runs before a job's first step there, or a directory: every script in it runs.",
    ),
    setting(
        "PrologFlags",
        Choices(words::PROLOG_FLAGS),
        "When prologs run.",
    ),
    setting(
        "PropagatePrioProcess",
        Integer(0, 2),
        "Whether tasks take over the nice value of the submitting shell.",
    ),
    setting(
        "PropagateResourceLimits",
        Text,
        "Which of the user's limits tasks take over.",
    ),
    setting(
        "PropagateResourceLimitsExcept",
        Text,
        "Which of the user's limits tasks do not take over.",
    ),
    setting(
        "RequeueExit",
        Text,
        "Exit codes after which a batch job is requeued.",
    ),
    setting(
        "RequeueExitHold",
        Text,
        "Exit codes after which a batch job is requeued and held.",
    ),
    setting(
        "ResvOverRun",
        Limit(0, U16),
        "Minutes that a job may outlast its reservation.",
    ),
    setting(
        "SallocDefaultCommand",
        Command,
        "Command that salloc runs when none is given.",
    ),
    setting("SbcastParameters", Text, "How sbcast copies files."),
    setting(
        "SchedulerParameters",
        Text,
        "How jobs are scheduled, as bf_max_job_test=500,defer.",
    ),
    setting(
        "SchedulerTimeSlice",
        Integer(5, U16),
        "Seconds of a time slice where jobs share CPUs in turn.",
    ),
    setting(
        "SchedulerType",
        Choice(&["sched/backfill", "sched/builtin"]),
        "Backfill lets small jobs go before larger ones that must wait.",
    ),
    setting(
        "ScronParameters",
        Choices(&["enable", "explicit_scancel"]),
        "Whether users may use scrontab.",
    ),
    setting(
        "SelectTypeParameters",
        Choices(words::SELECT_TYPE),
        "What jobs are given: CR_CPU counts CPUs, CR_CPU_Memory memory as well.",
    ),
    setting("SlurmctldDebug", DEBUG, "How much the controller logs."),
    setting("SlurmdDebug", DEBUG, "How much the nodes log."),
    setting(
        "SrunEpilog",
        Program,
        "Program that srun runs after a step, as the user.",
    ),
    setting(
        "SrunPortRange",
        Text,
        "Ports on which srun listens, as 60001-63000.",
    ),
    setting(
        "SrunProlog",
        Program,
        "Program that srun runs before a step, as the user.",
    ),
    setting(
        "SwitchParameters",
        Text,
        "Parameters of the network plugin.",
    ),
    setting(
        "TaskEpilog",
        Program,
        "Program on the nodes that runs after each task, as the user.",
    ),
    setting("TaskPluginParam", Text, "How tasks are bound to CPUs."),
    setting(
        "TaskProlog",
        Program,
        "Program on the nodes that runs before each task, as the user.",
    ),
    setting(
        "TCPTimeout",
        Integer(2, 300),
        "Seconds that opening a connection may take.",
    ),
    setting(
        "TmpFS",
        Path,
        "File system whose size a node reports as TmpDisk.",
    ),
    setting("TopologyParam", Text, "How the network's topology is used."),
    setting(
        "TopologyPlugin",
        Choice(&["topology/tree"]),
        "Nodes of a job are chosen near each other in all queues: of one group, then of one zone; for --switches.",
    ),
    setting("TrackWCKey", Boolean, "Track usage by workload key."),
    setting(
        "TreeWidth",
        Integer(1, 65_533),
        "How many nodes each node passes messages on to.",
    ),
    setting(
        "UnkillableStepProgram",
        Program,
        "Program on the nodes that runs when a step does not die.",
    ),
    setting(
        "UnkillableStepTimeout",
        Integer(0, U16),
        "Seconds after which a step that does not die is reported.",
    ),
    setting(
        "VSizeFactor",
        Integer(0, U16),
        "Virtual memory limit in percent of the job's memory.",
    ),
    setting(
        "WaitTime",
        Integer(0, U16),
        "Seconds that srun waits after the first task ends.",
    ),
    setting(
        "X11Parameters",
        Choice(&["home_xauthority"]),
        "How X11 is forwarded.",
    ),
];

const DEBUG: super::Kind = Choice(&[
    "quiet", "fatal", "error", "info", "verbose", "debug", "debug2", "debug3", "debug4", "debug5",
]);
