//! How often a provider asked its cloud, and how it was answered: for those who watch the server (M2). As many entries as
//! there are operations that are called.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How one try of a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answered {
    Done,
    Failed,
    /// The cloud takes no more calls for a while.
    Throttled,
}

impl Answered {
    /// In metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Answered::Done => "done",
            Answered::Failed => "failed",
            Answered::Throttled => "throttled",
        }
    }
}

/// Tries, by the operation as `ec2:DescribeInstances` and how they ended.
pub type Calls = BTreeMap<(String, Answered), u64>;

static CALLS: Mutex<Calls> = Mutex::new(Calls::new());

/// A number is sound whoever panicked beside it.
fn calls() -> MutexGuard<'static, Calls> {
    CALLS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A try ended.
pub fn note(operation: String, answered: Answered) {
    *calls().entry((operation, answered)).or_default() += 1;
}

/// Those of this process, since its start.
pub fn all() -> Calls {
    calls().clone()
}
