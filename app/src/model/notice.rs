//! What a provider says of an instance before it happens: that it takes it back, or works on its host.

use serde::{Deserialize, Serialize};

/// From what may come to what will, and soon: of two about one instance the graver one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeKind {
    /// It may be taken back sooner than others.
    Rebalance,
    /// A reboot, a stop or the like is planned.
    Scheduled,
    /// It is taken back in a moment.
    Interruption,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Notice {
    pub kind: NoticeKind,
    /// Until when the instance is as it was, in milliseconds since 1970; none: nobody knows.
    pub until: Option<i64>,
    /// The same in the provider's words.
    pub time: String,
    /// What happens then, in the provider's words: `terminate`, `instance-retirement`.
    pub what: String,
}
