//! Who shares a cluster, and how: accounts, users, QOS, reservations and licences. All of it is Slurm's own; nothing here
//! is kept anywhere else.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::operation::Operation;

/// How the value of a limit is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitKind {
    Number,
    /// As `cpu=8,node=2`.
    Resources,
    /// As `cpu=6000`: each for so many minutes.
    ResourceMinutes,
    /// As `2-00:00:00`, or minutes.
    Time,
}

/// Declares the limits, each with Slurm's name for it.
macro_rules! limits {
    ($($limit:ident $slurm:literal $kind:ident),+ $(,)?) => {
        /// A limit of an account, a user or a QOS.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub enum Limit { $($limit,)+ }

        impl Limit {
            /// As `sacctmgr` reads and prints it.
            pub fn name(self) -> &'static str {
                match self { $(Limit::$limit => $slurm,)+ }
            }

            /// The member that has it in a request.
            pub fn field(self) -> String {
                let name = match self { $(Limit::$limit => stringify!($limit),)+ };
                name[..1].to_ascii_lowercase() + &name[1..]
            }

            pub fn kind(self) -> LimitKind {
                match self { $(Limit::$limit => LimitKind::$kind,)+ }
            }
        }
    };
}

limits! {
    MaxJobs "MaxJobs" Number,
    MaxSubmit "MaxSubmitJobs" Number,
    MaxJobsPerUser "MaxJobsPU" Number,
    MaxSubmitPerUser "MaxSubmitJobsPU" Number,
    MaxTresPerUser "MaxTRESPU" Resources,
    MaxTres "MaxTRES" Resources,
    MaxWall "MaxWall" Time,
    GrpJobs "GrpJobs" Number,
    GrpTres "GrpTRES" Resources,
    GrpTresMins "GrpTRESMins" ResourceMinutes,
    MaxTresMins "MaxTRESMins" ResourceMinutes,
}

impl Limit {
    pub const OF_ACCOUNTS: [Limit; 8] = [
        Limit::MaxJobs,
        Limit::MaxSubmit,
        Limit::MaxTres,
        Limit::MaxWall,
        Limit::GrpJobs,
        Limit::GrpTres,
        Limit::GrpTresMins,
        Limit::MaxTresMins,
    ];
    pub const OF_QOS: [Limit; 8] = [
        Limit::MaxJobsPerUser,
        Limit::MaxSubmitPerUser,
        Limit::MaxTresPerUser,
        Limit::MaxWall,
        Limit::GrpJobs,
        Limit::GrpTres,
        Limit::GrpTresMins,
        Limit::MaxTresMins,
    ];
}

/// Those that are set, as Slurm writes them.
pub type Limits = BTreeMap<Limit, String>;

/// An account, or a user in one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Share {
    pub account: String,
    /// Empty for the account itself.
    pub user: String,
    /// Of an account; empty for the root of the tree.
    pub parent: String,
    /// How deep it stands in the tree.
    pub depth: usize,
    /// A number, or `parent`.
    pub fair_share: String,
    /// Those that it may use; none: those of its parent.
    pub qos: Vec<String>,
    pub default_qos: String,
    /// The users who may change what is below an account.
    pub coordinators: Vec<String>,
    /// Its own, without those of its parents.
    pub limits: Limits,
    /// Whether the user's jobs are of this account unless they say another.
    pub is_default: bool,
    /// CPU seconds, older ones counting less, as fair share sees them.
    pub usage: Option<f64>,
    /// From 0, has had more than its share, to 1; Slurm has one for users only.
    pub factor: Option<f64>,
}

impl Share {
    pub fn is_account(&self) -> bool {
        self.user.is_empty()
    }

    pub fn is_root(&self) -> bool {
        self.account == ROOT
    }
}

/// The account and the user that Slurm makes by itself.
pub const ROOT: &str = "root";

/// A quality of service: what jobs that ask for it get and may.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Qos {
    pub name: String,
    pub priority: String,
    /// Those whose jobs make way for jobs of this one.
    pub preempts: Vec<String>,
    pub flags: Vec<String>,
    pub limits: Limits,
    /// The queues whose settings name it.
    pub queues: Vec<String>,
}

/// All of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shares {
    /// Without accounting there is nothing of this.
    pub has_accounting: bool,
    /// Accounting is being switched on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_starting: bool,
    /// In the order of the tree: an account, its users, the accounts below.
    pub shares: Vec<Share>,
    pub qos: Vec<Qos>,
}

/// Nodes that are kept for some for a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reserved {
    pub name: String,
    /// Milliseconds since 1970.
    pub starts_at: i64,
    pub ends_at: i64,
    /// As Slurm writes them: `compute-1-[1-4]`.
    pub nodes: String,
    /// As `solver:2`.
    pub licenses: Vec<String>,
    pub users: Vec<String>,
    pub accounts: Vec<String>,
    pub is_maintenance: bool,
}

/// Licences of a program, as the cluster's setting `Licenses` says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct License {
    pub name: String,
    pub total: i64,
    pub used: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reservations {
    pub reservations: Vec<Reserved>,
    pub licenses: Vec<License>,
}

/// What jobs of one account, user and queue took.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    pub account: String,
    pub user: String,
    pub queue: String,
    pub jobs: u64,
    pub cpu_seconds: u64,
    /// The CPU seconds of each period.
    pub over_time: Vec<u64>,
}

/// What jobs took in the last days.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UsageReport {
    /// When the first period begins, and how long each is, in milliseconds (since 1970).
    pub start_time: i64,
    pub period: i64,
    /// The largest first.
    pub usage: Vec<Usage>,
}

/// Days that usage can be asked for.
pub const MOST_USAGE_DAYS: u32 = 366;

/// What an account or a user in one is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PutShare {
    pub account: String,
    /// Empty for the account itself.
    pub user: String,
    pub is_new: bool,
    /// Of an account.
    pub parent: String,
    pub fair_share: String,
    pub qos: Vec<String>,
    pub default_qos: String,
    /// Of an account.
    pub coordinators: Vec<String>,
    pub limits: Limits,
    pub is_default: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PutQos {
    pub name: String,
    pub is_new: bool,
    pub priority: String,
    pub preempts: Vec<String>,
    pub flags: Vec<String>,
    pub limits: Limits,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PutReservation {
    pub name: String,
    pub is_new: bool,
    /// Milliseconds since 1970; none is now, or as it is.
    pub starts_at: Option<i64>,
    pub minutes: String,
    /// As `compute-1-[1-4]`, or a number, of which Slurm chooses; empty for licences only.
    pub nodes: String,
    /// The partition of which so many nodes are; empty for Slurm's default.
    pub queue: String,
    /// As `solver:2,viewer:1`.
    pub licenses: String,
    pub users: Vec<String>,
    pub accounts: Vec<String>,
    pub is_maintenance: bool,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum SharesChange {
    PutShare(PutShare),
    /// An empty user: the account.
    DeleteShare {
        account: String,
        user: String,
    },
    PutQos(PutQos),
    DeleteQos {
        name: String,
    },
    PutReservation(PutReservation),
    DeleteReservation {
        name: String,
    },
}

impl SharesChange {
    pub fn operation(&self) -> Operation {
        match self {
            SharesChange::PutShare(_) | SharesChange::DeleteShare { .. } => {
                Operation::ChangeAccounts
            }
            SharesChange::PutQos(_) | SharesChange::DeleteQos { .. } => Operation::ChangeQos,
            SharesChange::PutReservation(_) | SharesChange::DeleteReservation { .. } => {
                Operation::ChangeReservations
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeShares {
    pub cluster_identifier: String,
    pub change: SharesChange,
}
