//! Notifications: what is worth a message, where messages go, by which rule, and what was sent; and the notices behind the
//! console's bell.

use serde::{Deserialize, Serialize};

use super::event::Event;

/// Channels, and as many rules.
pub const MOST: usize = 50;
/// Of a name, in characters.
pub const NAME_MAX: usize = 64;
/// Of an address or a secret, in bytes.
pub const LONGEST: usize = 2_048;
pub const MOST_RECIPIENTS: usize = 20;
/// Messages of a rule in an hour.
pub const MOST_PER_HOUR: u32 = 1_000;
/// The shortest secret that a webhook is signed with, in bytes.
pub const SHORTEST_SECRET: usize = 16;

macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $one:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { #[default] $($(#[$doc])* $one,)+ }

        impl $name {
            pub const ALL: &[$name] = &[$($name::$one),+];

            /// On the wire and in the database.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$one => $word,)+ }
            }

            pub fn parse(word: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|one| one.as_str() == word)
            }
        }
    };
}

words! {
    /// How a channel reaches people.
    ChannelKind {
        /// A POST of JSON, signed as Standard Webhooks are.
        Webhook = "webhook",
        /// An incoming webhook of Slack, or of what takes the same.
        Slack = "slack",
        /// SMTP.
        Email = "email",
    }
}

words! {
    /// How the connection to a mail server is kept private.
    MailSecurity {
        /// It begins in the clear and must become TLS before anything is said.
        Starttls = "starttls",
        /// TLS from the first byte.
        Tls = "tls",
        /// Not at all: only to this host, where the server allows it.
        None = "none",
    }
}

words! {
    /// From what is good to know to what cannot wait.
    Severity {
        Info = "info",
        Warning = "warning",
        Critical = "critical",
    }
}

words! {
    /// What a rule can wait for.
    Trigger {
        /// A cluster, node group or queue failed, or a cluster's controller does.
        ClusterFailed = "cluster-failed",
        NodeFailed = "node-failed",
        /// The provider has no room for what is wanted.
        CapacityRefused = "capacity-refused",
        /// A job ended otherwise than well.
        JobFailed = "job-failed",
        /// A job ended well.
        JobDone = "job-done",
        /// The node hours of the month went past what the rule says.
        NodeHours = "node-hours",
        /// Many sign-ins failed in a short time.
        SignInFailures = "sign-in-failures",
        /// Logs do not arrive where they are to go.
        LogDestinationDown = "log-destination-down",
    }
}

impl Trigger {
    pub fn severity(self) -> Severity {
        match self {
            Trigger::JobDone => Severity::Info,
            Trigger::NodeFailed
            | Trigger::CapacityRefused
            | Trigger::JobFailed
            | Trigger::NodeHours => Severity::Warning,
            Trigger::ClusterFailed | Trigger::SignInFailures | Trigger::LogDestinationDown => {
                Severity::Critical
            }
        }
    }

    pub fn is_of_jobs(self) -> bool {
        matches!(self, Trigger::JobFailed | Trigger::JobDone)
    }
}

words! {
    /// How a message stands.
    DeliveryState {
        /// To be sent, or sent again.
        Waiting = "waiting",
        /// Kept for a digest: it is quiet time, or there were too many.
        Held = "held",
        Sent = "sent",
        /// Part of a digest.
        Digested = "digested",
        /// It failed for too long, or too many waited.
        GivenUp = "given-up",
    }
}

/// Where messages go, without what is secret of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ChannelSettings {
    pub kind: ChannelKind,
    pub name: String,
    /// Of a webhook. Slack's is a secret.
    pub url: String,
    /// Of a mail server.
    pub host: String,
    pub port: u16,
    pub security: MailSecurity,
    /// Empty: without signing in.
    pub user: String,
    pub sender: String,
    pub recipients: Vec<String>,
}

/// A channel, and how it does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Channel {
    pub id: String,
    pub settings: ChannelSettings,
    /// It has a secret, which is never shown.
    pub has_secret: bool,
    /// Messages that failed in a row; 0: all is well.
    pub failures: u32,
    /// Why the last one failed.
    pub error: String,
    /// When it is tried again; 0: nothing failed.
    pub retry_at: i64,
    /// When a message arrived last; 0: never.
    pub sent_at: i64,
}

/// When a rule is silent: from one minute of the day to the other, also past midnight.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Quiet {
    pub from_minute: u16,
    pub to_minute: u16,
    /// Of the IANA database: `Europe/Berlin`.
    pub time_zone: String,
}

/// Which happenings make messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RuleSettings {
    pub name: String,
    pub triggers: Vec<Trigger>,
    /// Ids; empty: all.
    pub clusters: Vec<String>,
    /// What is less grave makes no message.
    pub at_least: Severity,
    /// Whose jobs, by the names of users; empty: everybody's.
    pub users: Vec<String>,
    pub channel_id: String,
    pub quiet: Option<Quiet>,
    /// More are kept for a digest at the end of the hour; 0: all are sent.
    pub per_hour: u32,
    /// The node hours of a month that are told once they are used up; 0: none.
    pub node_hours: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Rule {
    pub id: String,
    /// What happened before is not told.
    pub since: i64,
    pub settings: RuleSettings,
}

/// A message, and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Delivery {
    /// By which a receiver knows one that comes twice.
    pub id: String,
    pub at: i64,
    pub rule_name: String,
    pub channel_id: String,
    pub channel_name: String,
    pub trigger: Trigger,
    pub text: String,
    pub state: DeliveryState,
    pub attempts: u32,
    /// When it is sent, or sent again.
    pub due_at: i64,
    pub sent_at: i64,
    pub error: String,
}

/// What a message says: the body of a webhook, and what the other kinds are made of. Its shape is a promise to receivers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Content {
    #[serde(rename = "type")]
    pub trigger: Trigger,
    pub severity: Severity,
    /// When it happened, in milliseconds since 1970.
    pub at: i64,
    /// Empty: of no cluster.
    pub cluster_id: String,
    pub cluster_name: String,
    /// `cluster`, `compute-node-group`, `queue`, `node`, `job`, or empty.
    pub resource_type: String,
    pub resource_id: String,
    /// The stable code of the event, or the state of a job.
    pub code: String,
    /// What happened, in English; nothing in it is invisible.
    pub text: String,
    /// The page that has more of it.
    pub url: String,
}

/// All that the page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Notifications {
    pub channels: Vec<Channel>,
    pub rules: Vec<Rule>,
    /// The newest, newest first.
    pub deliveries: Vec<Delivery>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum NotificationChange {
    /// A new one where the id is empty.
    PutChannel {
        id: String,
        settings: ChannelSettings,
        /// What a webhook is signed with, Slack's URL, a mail password. None: as it was.
        secret: Option<String>,
    },
    DeleteChannel {
        id: String,
    },
    /// A new one where the id is empty.
    PutRule {
        id: String,
        settings: RuleSettings,
    },
    DeleteRule {
        id: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeNotifications {
    pub change: NotificationChange,
}

impl ChangeNotifications {
    /// As it may be written down.
    pub fn without_secret(&self) -> ChangeNotifications {
        let mut bare = self.clone();
        if let NotificationChange::PutChannel { secret, .. } = &mut bare.change {
            *secret = None;
        }
        bare
    }
}

/// The id of what was changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotificationChanged {
    pub id: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestNotificationChannelRequest {
    pub channel_id: String,
}

/// How a test message went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestNotificationChannelResponse {
    /// Empty: it arrived.
    pub error: String,
    pub took_ms: i64,
}

/// Something for whoever looks, behind the bell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    pub trigger: Trigger,
    /// Empty: of no cluster.
    pub cluster_name: String,
    pub cluster_id: String,
    pub is_unread: bool,
    /// When it was found, in milliseconds since 1970.
    pub made_at: i64,
    /// What happened; of a job its state is the code.
    pub event: Event,
}

/// The newest, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Notices {
    pub notices: Vec<Notice>,
    /// Also of those that are not among them.
    pub unread: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MarkNoticesRequest {
    /// All that was found up to this time, in milliseconds since 1970, is read.
    pub until: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back() {
        for one in Trigger::ALL {
            assert_eq!(Trigger::parse(one.as_str()), Some(*one));
            let json = serde_json::to_value(one).unwrap();
            assert_eq!(json, one.as_str(), "the wire and the database agree");
        }
        for one in DeliveryState::ALL {
            let json = serde_json::to_value(one).unwrap();
            assert_eq!(json, one.as_str());
        }
    }

    #[test]
    fn what_is_written_down_has_no_secret() {
        let change = ChangeNotifications {
            change: NotificationChange::PutChannel {
                id: String::new(),
                settings: ChannelSettings::default(),
                secret: Some("canary".into()),
            },
        };
        let written = serde_json::to_string(&change.without_secret()).unwrap();
        assert!(!written.contains("canary"), "{written}");
    }
}
