//! Settings of slurmdbd.conf.

use super::Kind::{Age, Boolean, Choice, Choices, Integer, Text, Time};
use super::{Setting, setting};

pub const SETTINGS: &[Setting] = &[
    Setting {
        name: "AllowNoDefAcct",
        kind: Boolean,
        since: "24.05",
        help: "Users need no default account.",
    },
    Setting {
        name: "AllResourcesAbsolute",
        kind: Boolean,
        since: "24.05",
        help: "Counts of licences are absolute, not percentages.",
    },
    setting(
        "CommitDelay",
        Integer(0, 65_533),
        "Seconds between commits to the database.",
    ),
    setting(
        "DebugFlags",
        Choices(&[
            "DB_ARCHIVE",
            "DB_ASSOC",
            "DB_EVENT",
            "DB_JOB",
            "DB_QOS",
            "DB_QUERY",
            "DB_RESERVATION",
            "DB_RESOURCE",
            "DB_STEP",
            "DB_TRES",
            "DB_USAGE",
            "NETWORK",
        ]),
        "What is logged in detail.",
    ),
    setting(
        "DebugLevel",
        Choice(&[
            "quiet", "fatal", "error", "info", "verbose", "debug", "debug2", "debug3", "debug4",
            "debug5",
        ]),
        "How much is logged.",
    ),
    setting("DefaultQOS", Text, "Quality of service of new clusters."),
    Setting {
        name: "DisableCoordDBD",
        kind: Boolean,
        since: "23.11",
        help: "Coordinators of accounts have no special rights.",
    },
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
        "Format of times in the log.",
    ),
    setting(
        "MaxQueryTimeRange",
        Time,
        "Longest time that one query may span.",
    ),
    setting(
        "MessageTimeout",
        Integer(5, 300),
        "Seconds that a message may take.",
    ),
    setting(
        "Parameters",
        Choices(&["PreserveCaseUser"]),
        "Further parameters.",
    ),
    setting(
        "PrivateData",
        Choices(&[
            "accounts",
            "events",
            "jobs",
            "reservations",
            "usage",
            "users",
        ]),
        "What users see of their own only.",
    ),
    setting(
        "PurgeEventAfter",
        Age,
        "When events are purged, as 30days or 12months.",
    ),
    setting(
        "PurgeJobAfter",
        Age,
        "When jobs are purged, as 30days or 12months.",
    ),
    setting(
        "PurgeResvAfter",
        Age,
        "When reservations are purged, as 30days or 12months.",
    ),
    setting(
        "PurgeStepAfter",
        Age,
        "When steps are purged, as 30days or 12months.",
    ),
    setting(
        "PurgeSuspendAfter",
        Age,
        "When suspensions are purged, as 30days or 12months.",
    ),
    setting(
        "PurgeTXNAfter",
        Age,
        "When transactions are purged, as 30days or 12months.",
    ),
    setting(
        "PurgeUsageAfter",
        Age,
        "When usage is purged, as 30days or 12months.",
    ),
    setting(
        "TCPTimeout",
        Integer(2, 300),
        "Seconds that opening a connection may take.",
    ),
    setting(
        "TrackSlurmctldDown",
        Boolean,
        "Count the time without a controller as down time.",
    ),
    setting("TrackWCKey", Boolean, "Track usage by workload key."),
];
