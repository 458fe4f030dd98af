//! How the server itself is: its reconcilers, its database, its host, its versions.

use serde::{Deserialize, Serialize};

use super::server::Server;

/// All of it at one moment. Times are in milliseconds since 1970; 0 means never.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct System {
    /// Those that run on this server, the failing ones first.
    pub reconcilers: Vec<Reconciler>,
    pub database: Database,
    pub host: Host,
    pub versions: Versions,
    /// Those that share the database, by host; each runs clusters of its own.
    pub others: Vec<Server>,
    /// Clusters of this server that this process does not run.
    pub away: Vec<Away>,
    /// None where all nodes are of this host.
    pub for_nodes: Option<ForNodes>,
}

/// What nodes that are hosts of their own need of this one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForNodes {
    /// Where they call, as `http://10.0.1.5:8766`.
    pub endpoint: String,
    /// The architectures for which they can fetch their agent there.
    pub agents: Vec<String>,
    /// The Slurm that they can fetch there, as `24.11 x86_64`.
    pub packages: Vec<String>,
    /// Where controllers listen, as `20000-21999`.
    pub controller_ports: String,
    /// When a node registered last, in milliseconds since 1970; 0: none ever did.
    pub registered_at: i64,
    pub network: Network,
    pub keys: KeyStore,
    /// The clusters whose REST API is asked there without encryption, by name.
    #[serde(default)]
    pub plain_rest: Vec<String>,
}

/// Whether keys of clusters are put into the account's own store of secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "camelCase")]
pub enum KeyStore {
    /// Nobody asked for that.
    #[default]
    Off,
    Kept,
    /// The account does not let the server do that, in these words.
    Refused {
        words: String,
    },
}

/// Whether the network lets nodes reach this host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "camelCase")]
pub enum Network {
    /// They are processes of it.
    #[default]
    SameHost,
    /// The account has no running instance with this host's address.
    Stranger,
    /// The account could not be asked, with these words.
    Unknown { words: String },
    Host {
        instance: String,
        /// Its security groups.
        groups: Vec<String>,
        /// The ports that none of them opens for anybody, as `8766, 20000-21999`; empty: each is open for somebody.
        closed: String,
        /// The commands that open them.
        remedies: Vec<String>,
    },
}

impl Network {
    /// Whether nodes cannot register, as far as that is known.
    pub fn is_closed(&self) -> bool {
        matches!(self, Network::Host { closed, .. } if !closed.is_empty())
    }
}

/// Another process of the same server has it, or may have it: this one was silent to the database for too long.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Away {
    pub cluster_id: String,
    pub cluster_name: String,
    /// When this process noticed it.
    pub since: i64,
}

/// What a reconciler looks after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReconcilerKind {
    /// A cluster's controller and its configuration.
    Cluster,
    /// A cluster's nodes.
    Node,
    /// A cluster's jobs.
    Job,
    /// A cluster's jobs that ended.
    History,
    /// What deleted clusters left on disk.
    Sweep,
    /// What a cluster's daemons log.
    Log,
    /// Metrics of all clusters of this server.
    Metric,
    /// Metrics to the provider's account.
    Publish,
    /// Messages to people.
    Notification,
    /// Rows and logs that are past their time.
    Prune,
}

impl ReconcilerKind {
    pub const ALL: [ReconcilerKind; 10] = [
        ReconcilerKind::Cluster,
        ReconcilerKind::Node,
        ReconcilerKind::Job,
        ReconcilerKind::History,
        ReconcilerKind::Log,
        ReconcilerKind::Sweep,
        ReconcilerKind::Metric,
        ReconcilerKind::Publish,
        ReconcilerKind::Notification,
        ReconcilerKind::Prune,
    ];

    /// In metrics and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            ReconcilerKind::Cluster => "cluster",
            ReconcilerKind::Node => "node",
            ReconcilerKind::Job => "job",
            ReconcilerKind::History => "history",
            ReconcilerKind::Sweep => "sweep",
            ReconcilerKind::Log => "log",
            ReconcilerKind::Metric => "metric",
            ReconcilerKind::Publish => "publish",
            ReconcilerKind::Notification => "notification",
            ReconcilerKind::Prune => "prune",
        }
    }
}

/// One reconciler.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reconciler {
    pub kind: ReconcilerKind,
    /// Empty: it is the server's, not a cluster's.
    pub cluster_id: String,
    pub cluster_name: String,
    /// When it was started.
    pub since: i64,
    /// Since when a run is under way.
    pub running_since: i64,
    /// When the last run ended.
    pub ran_at: i64,
    /// How long that one took.
    pub took_ms: i64,
    pub succeeded_at: i64,
    /// Runs that failed, in a row.
    pub failures: u32,
    /// Why the last one did, in words; empty where it did not.
    pub error: String,
    /// What the last run did that found anything to do.
    pub did: Vec<Did>,
    pub did_at: i64,
    /// When it runs again at the latest.
    pub next_at: i64,
}

impl Reconciler {
    pub fn is_failing(&self) -> bool {
        self.failures > 0
    }
}

/// So many times that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Did {
    pub work: Work,
    pub count: u32,
}

/// What reconcilers do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    ControllerStarted,
    ClusterReady,
    Configured,
    NodeLaunched,
    NodeReady,
    NodeEnded,
    NodeFailed,
    NodeFreed,
    NodePoweredUp,
    NodePoweredDown,
    NodeReplaced,
    NodeRegistered,
    OwnedEnsured,
    OwnedReleased,
    JobsLookedAt,
    JobsCopied,
    LeftoverRemoved,
    ClusterMeasured,
    MinutePublished,
    MessageFound,
    LinesKept,
}

impl Work {
    /// In metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Work::ControllerStarted => "controller-started",
            Work::ClusterReady => "cluster-ready",
            Work::Configured => "configured",
            Work::NodeLaunched => "node-launched",
            Work::NodeReady => "node-ready",
            Work::NodeEnded => "node-ended",
            Work::NodeFailed => "node-failed",
            Work::NodeFreed => "node-freed",
            Work::NodePoweredUp => "node-powered-up",
            Work::NodePoweredDown => "node-powered-down",
            Work::NodeReplaced => "node-replaced",
            Work::NodeRegistered => "node-registered",
            Work::OwnedEnsured => "owned-ensured",
            Work::OwnedReleased => "owned-released",
            Work::JobsLookedAt => "jobs-looked-at",
            Work::JobsCopied => "jobs-copied",
            Work::LeftoverRemoved => "leftover-removed",
            Work::ClusterMeasured => "cluster-measured",
            Work::MinutePublished => "minute-published",
            Work::MessageFound => "message-found",
            Work::LinesKept => "lines-kept",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DatabaseKind {
    #[default]
    Sqlite,
    Postgresql,
}

/// Where the rows are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Database {
    pub kind: DatabaseKind,
    /// Without a password.
    pub address: String,
    /// How long it took to answer, in microseconds; none: it did not.
    pub answered_in: Option<i64>,
    /// Whether the last write that had to succeed did.
    pub takes_writes: bool,
    /// In bytes, with what is yet to be merged; none where it would be dear to ask.
    pub size: Option<u64>,
    pub connections: Connections,
}

/// Of this server to its database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connections {
    pub busy: u32,
    pub idle: u32,
    /// As many as there may be.
    pub most: u32,
}

/// The machine that the server runs on. None: it does not say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Host {
    pub name: String,
    pub data_dir: String,
    /// When this server was started.
    pub started_at: i64,
    pub cpus: usize,
    /// Programs that run or want to, on average of the last 1, 5 and 15 minutes.
    pub load: Option<[f32; 3]>,
    pub memory: Option<Room>,
    /// Of the file system with the data directory.
    pub disk: Option<Room>,
    /// Of the server's own process, in bytes.
    pub resident: Option<u64>,
}

/// In bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Room {
    pub free: u64,
    pub total: u64,
}

/// What is installed here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Versions {
    pub openpcs: String,
    /// Of the program beside the server that becomes every node's first; empty: it does not say.
    pub agent: String,
    /// As `24.11.5`, oldest first.
    pub slurm: Vec<String>,
}
