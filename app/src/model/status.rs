//! The status of a cluster, node group or queue, and what each status allows.
//!
//! Legal states are data: the service refuses with them and the console disables its buttons with them.

use serde::{Deserialize, Serialize};

/// Where a resource is in its life (C3). The three nouns share one set of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    Creating,
    Active,
    Updating,
    Deleting,
    CreateFailed,
    DeleteFailed,
    UpdateFailed,
    Suspending,
    Suspended,
    Resuming,
}

/// How a status is shown: icon, word and colour belong together, never colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    InProgress,
    Success,
    Warning,
    Error,
}

impl Status {
    pub const ALL: [Status; 10] = [
        Status::Creating,
        Status::Active,
        Status::Updating,
        Status::Deleting,
        Status::CreateFailed,
        Status::DeleteFailed,
        Status::UpdateFailed,
        Status::Suspending,
        Status::Suspended,
        Status::Resuming,
    ];

    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Creating => "CREATING",
            Status::Active => "ACTIVE",
            Status::Updating => "UPDATING",
            Status::Deleting => "DELETING",
            Status::CreateFailed => "CREATE_FAILED",
            Status::DeleteFailed => "DELETE_FAILED",
            Status::UpdateFailed => "UPDATE_FAILED",
            Status::Suspending => "SUSPENDING",
            Status::Suspended => "SUSPENDED",
            Status::Resuming => "RESUMING",
        }
    }

    /// The status of that word, if it is one.
    pub fn parse(word: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|s| s.as_str() == word)
    }

    /// Settings may be changed: the resource works and nothing is under way.
    pub fn can_update(self) -> bool {
        matches!(self, Status::Active | Status::UpdateFailed)
    }

    /// A cluster may be taken to a newer Slurm: where it may be updated, and where that is the way out.
    pub fn can_upgrade(self) -> bool {
        self.can_update() || self == Status::Suspended
    }

    /// May be deleted: anything but what is being created or deleted already.
    pub fn can_delete(self) -> bool {
        !matches!(self, Status::Creating | Status::Deleting)
    }

    /// May carry others: a cluster that takes node groups, a group that a queue may name.
    pub fn can_be_used(self) -> bool {
        matches!(
            self,
            Status::Active | Status::Updating | Status::UpdateFailed
        )
    }

    pub fn tone(self) -> Tone {
        match self {
            Status::Creating
            | Status::Updating
            | Status::Deleting
            | Status::Suspending
            | Status::Resuming => Tone::InProgress,
            Status::Active => Tone::Success,
            Status::Suspended => Tone::Warning,
            Status::CreateFailed | Status::DeleteFailed | Status::UpdateFailed => Tone::Error,
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
