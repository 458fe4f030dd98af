//! What a provider has of a cluster, whether or not the database knows it.

use std::net::IpAddr;

use app::model::notice::Notice;

/// The instances of a cluster at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// When the look began, in milliseconds since 1970: what was asked for later cannot be in it. A provider that looks
    /// at all clusters at once answers with its last look.
    pub taken_at: i64,
    pub instances: Vec<Instance>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Ours, as in the database.
    pub id: String,
    pub state: State,
    /// In the cluster's network, as far as they are known; none where instances have no addresses of their own.
    pub addresses: Vec<IpAddr>,
    pub health: Health,
}

/// What the provider finds of an instance's health, and what it means to do with its host; a look at that may be minutes
/// older than the inventory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    pub impaired: Option<Impaired>,
    pub planned: Option<Notice>,
}

/// The provider's checks of the instance, or of the host that it is on, fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impaired {
    /// In milliseconds since 1970.
    pub since: i64,
    /// Which, in the provider's words.
    pub what: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// On its way up.
    Pending,
    Running,
    /// On its way down.
    Stopping,
    /// It does not run any more; what is left of it goes when its end is asked for.
    Stopped {
        /// Why, as far as the provider can tell.
        cause: String,
    },
    /// Nothing is left of it but that the provider remembers it.
    Gone {
        cause: String,
    },
}

/// Whether nothing is left of an instance whose end was asked for then, if it was: so the provider said, when it was looked
/// at, with this of the instance or with nothing.
pub fn has_left(instance: Option<&Instance>, looked_at: i64, stop_asked_at: Option<i64>) -> bool {
    instance.is_none_or(Instance::is_gone) && stop_asked_at.is_some_and(|at| at <= looked_at)
}

impl Instance {
    /// There may be jobs on it, now or in a moment.
    pub fn lives(&self) -> bool {
        matches!(self.state, State::Pending | State::Running)
    }

    /// Why it ended by itself, if it did.
    pub fn end(&self) -> Option<&str> {
        match &self.state {
            State::Stopped { cause } | State::Gone { cause } => Some(cause),
            State::Pending | State::Running | State::Stopping => None,
        }
    }

    /// Its end is yet to be asked for.
    pub fn can_be_ended(&self) -> bool {
        !matches!(self.state, State::Stopping | State::Gone { .. })
    }

    pub fn is_gone(&self) -> bool {
        matches!(self.state, State::Gone { .. })
    }
}
