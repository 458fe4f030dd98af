//! Attempts to get instances: what was asked for, where, and why it did not come.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::group_settings::PurchaseOption;

/// Where instances come from: a type, in a place, bought in one way. When one pool has none, another may have some.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pool {
    pub instance_type: String,
    /// A subnet; none where the launch leaves that to the launch template, or the provider has one place only.
    pub place: Option<String>,
    pub purchase: PurchaseOption,
}

impl fmt::Display for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{} in {place}", self.instance_type),
            None => f.write_str(&self.instance_type),
        }
    }
}

/// Pools as they stand in a sentence.
pub fn listed<'a>(pools: impl IntoIterator<Item = &'a Pool>) -> String {
    let all: Vec<String> = pools.into_iter().map(Pool::to_string).collect();
    all.join(", ")
}

/// What an error says of the pools that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PoolTrouble {
    /// There is none to be had now.
    Capacity,
    /// The account may not have more of these.
    Quota,
    /// There never is any: the place does not have the type.
    Unsupported,
    /// Nothing: it is not the pool that failed.
    None,
}

/// What the provider said of some pools.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PoolError {
    pub pools: Vec<Pool>,
    pub trouble: PoolTrouble,
    /// The provider's own, as `InsufficientInstanceCapacity`.
    pub code: Option<String>,
    pub message: String,
}

/// A pool that is left alone for a while, for it had nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestingPool {
    pub pool: Pool,
    /// What the provider said last.
    pub code: Option<String>,
    pub message: String,
    /// When it is tried again, in milliseconds since 1970.
    pub until: i64,
}

/// One ask for instances, as the page of one of its nodes shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LaunchAttempt {
    /// Milliseconds since 1970.
    pub at: i64,
    /// When the provider answered last; 0 when not yet.
    pub answered_at: i64,
    /// How often it was asked: more than once after a lost answer, or when it wanted to be asked later.
    pub asks: i64,
    /// For how many nodes of the group.
    pub wanted: i64,
    /// How many instances the provider named.
    pub came: i64,
    pub instance_id: String,
    /// The provider's own id of this node's instance, once it came.
    pub provider_id: Option<String>,
    /// In which pools; none when all were left alone, or no answer came yet.
    pub pools: Vec<Pool>,
    /// By which the provider chose among them, as `capacity-optimized`.
    pub strategy: Option<String>,
    pub resting: Vec<RestingPool>,
    pub errors: Vec<PoolError>,
    /// Why this node got none.
    pub error: Option<String>,
}
