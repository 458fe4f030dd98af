//! What happened: an event's stable code and parameters; its sentence in the reader's language is in [`words`].

mod words;

use serde::{Deserialize, Serialize};

use super::Cause;
use crate::i18n::Language;
use crate::model::event::EventTone;
use crate::model::health::RepairAction;
use crate::model::job::JobAction;
use crate::model::live::Kind;
use crate::model::notice::Notice;
use crate::model::sight::Sight;

/// One kind of thing that happens. The code (the variant's name) and its parameters are written to the database: a
/// variant may be added, never renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "code",
    content = "parameters",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum What {
    /// Somebody asked for it; `Active`, `Refused` or `Deleted` is its end.
    Create {
        noun: Kind,
        name: String,
    },
    Update {
        noun: Kind,
        name: String,
    },
    Delete {
        noun: Kind,
        name: String,
    },
    Active {
        noun: Kind,
        name: String,
    },
    Refused {
        noun: Kind,
        name: String,
        words: String,
    },
    /// A change without ports for its nodes; `words` say what to do.
    NoRoom {
        noun: Kind,
        name: String,
        words: String,
    },
    /// A group's nodes can be made no more: the provider does not offer their type.
    TypeGone {
        name: String,
        instance_type: String,
    },
    Deleted {
        noun: Kind,
        name: String,
    },
    /// The cluster's controller answers for the first time.
    ControllerUp {
        name: String,
    },
    /// slurmctld ended without saving its state; it runs again.
    ControllerKilled {},
    /// Slurm had taken these jobs and knows nothing of them any more.
    JobsLost {
        jobs: String,
    },
    /// One of those came through the console, and was submitted again.
    JobResubmitted {
        job: String,
        again: String,
    },
    /// Slurm had forgotten that it started the job.
    JobStartedTwice {
        job: String,
    },
    /// Slurm had forgotten how the job ended, and starts it once more.
    JobEndLost {
        job: String,
    },
    /// Slurm held the job for a start that failed for the controller's sake only.
    JobReleasedAgain {
        job: String,
    },
    /// Slurm had forgotten that somebody cancelled the job.
    JobCancelledAgain {
        job: String,
    },
    /// Slurm had forgotten that somebody held the job.
    JobHeldAgain {
        job: String,
    },
    /// Slurm had forgotten what somebody asked of the job, and it is theirs to ask again.
    JobAskForgotten {
        job: String,
        action: JobAction,
    },
    /// Slurm had forgotten that the job was cancelled, and not through the console.
    JobCameBack {
        job: String,
    },
    /// Lines of the cluster's logs wait: their destination does not take them.
    DeliveryFails {
        name: String,
        words: String,
    },
    DeliveryWorks {
        name: String,
    },
    /// Metrics of the cluster wait: the provider's account does not take them.
    PublishingFails {
        words: String,
    },
    PublishingWorks {},
    /// The destination gets so many lines never: it refused them, or they were too old to be kept for it.
    LogLinesLost {
        name: String,
        lines: u64,
    },
    /// So many of the oldest lines of the cluster's logs are gone: the disk had no room for more.
    LogLinesRemoved {
        lines: u64,
    },
    /// The cluster's Slurm does not let itself be looked at.
    LookFails {
        of: Sight,
        words: String,
    },
    LookWorks {
        of: Sight,
    },
    NodeStarts {
        node: String,
        instance: String,
    },
    NodeUp {
        node: String,
    },
    NodeFailed {
        node: String,
        cause: Cause,
    },
    StepFailed {
        node: String,
        step: String,
        detail: String,
    },
    /// A check of the node's health found a fault; what is done about it.
    HealthFault {
        node: String,
        check: String,
        words: String,
        repair: RepairAction,
    },
    /// A script of the node's life failed, and the node goes on.
    ScriptFailed {
        node: String,
        script: String,
        stage: String,
        why: String,
        /// The rest of its stage is left out.
        stops: bool,
    },
    InstanceEnded {
        instance: String,
        cause: Cause,
    },
    /// The database does not know it.
    InstanceSetAside {
        instance: String,
    },
    /// Somebody said that the cluster's server will never return.
    ServerForgotten {
        host: String,
    },
    NodeDrained {
        node: String,
        reason: String,
    },
    NodeResumed {
        node: String,
    },
    /// Slurm had drained it for the Prolog or Epilog, and those have changed.
    NodeHealed {
        node: String,
        reason: String,
    },
    /// Slurm, killed, had started a job on it a second time, and drained it for that.
    NodeTakenBack {
        node: String,
    },
    /// The cluster's Slurm version gets no corrections any more.
    VersionEnded {
        version: String,
        date: String,
    },
    /// From that day on clusters with its Slurm version are suspended.
    SuspensionAhead {
        version: String,
        date: String,
    },
    /// That day has come.
    Suspending {
        version: String,
        date: String,
    },
    /// Its nodes and its controller have ended.
    Suspended {},
    /// The day is another one now: it goes on with the version that it has.
    Unsuspended {
        version: String,
    },
    /// The newer Slurm of a suspended cluster did not work.
    ResumeFailed {
        to: String,
        words: String,
    },
    /// The cluster's controller is of a newer Slurm.
    Upgraded {
        from: String,
        to: String,
    },
    /// The newer Slurm did not work; the old one goes on.
    UpgradeFailed {
        from: String,
        to: String,
        words: String,
    },
    /// Somebody said to be the node's instance, and was elsewhere.
    ClaimRefused {
        node: String,
        peer: String,
        addresses: String,
    },
    /// Its host has started anew, and is the node that it was.
    NodeRestarted {
        node: String,
    },
    /// The provider said that the instance will end.
    NodeNoticed {
        node: String,
        notice: Notice,
    },
    NodeReplaced {
        node: String,
        reason: String,
        now: bool,
    },
    JobSubmitted {
        job: String,
        name: String,
        queue: String,
    },
    JobCancelled {
        job: String,
    },
    JobRequeued {
        job: String,
    },
    JobHeld {
        job: String,
    },
    JobReleased {
        job: String,
    },
    /// It asked for a signal before its end, and got it as its instance is about to go.
    JobSignalled {
        job: String,
        signal: String,
    },
    /// It went back to the queue for its instance's sake.
    JobInterrupted {
        job: String,
        node: String,
        times: i64,
    },
    /// That happened too often.
    JobHeldInterrupted {
        job: String,
        times: i64,
    },
}

impl What {
    /// The code and the parameters, as the database keeps them.
    pub fn parts(&self) -> serde_json::Result<(String, String)> {
        let value = serde_json::to_value(self)?;
        let code = value["code"].as_str().unwrap_or_default().to_owned();
        Ok((code, value["parameters"].to_string()))
    }

    /// Of what the database kept; none for rows of before and of a newer server.
    pub fn of_parts(code: &str, parameters: &str) -> Option<What> {
        let parameters: serde_json::Value = serde_json::from_str(parameters).ok()?;
        serde_json::from_value(serde_json::json!({"code": code, "parameters": parameters})).ok()
    }

    pub fn english(&self) -> String {
        self.text(Language::English)
    }

    pub fn tone(&self) -> EventTone {
        match self {
            What::Active { .. }
            | What::ControllerUp { .. }
            | What::LookWorks { .. }
            | What::DeliveryWorks { .. }
            | What::PublishingWorks { .. }
            | What::Upgraded { .. }
            | What::NodeUp { .. } => EventTone::Success,
            What::Refused { .. }
            | What::NoRoom { .. }
            | What::TypeGone { .. }
            | What::LookFails { .. }
            | What::DeliveryFails { .. }
            | What::PublishingFails { .. }
            | What::LogLinesLost { .. }
            | What::LogLinesRemoved { .. }
            | What::ControllerKilled {}
            | What::JobsLost { .. }
            | What::JobStartedTwice { .. }
            | What::JobEndLost { .. }
            | What::JobAskForgotten { .. }
            | What::JobCameBack { .. }
            | What::ServerForgotten { .. }
            | What::JobHeldInterrupted { .. }
            | What::ClaimRefused { .. }
            | What::UpgradeFailed { .. }
            | What::NodeFailed { .. }
            | What::ScriptFailed { .. }
            | What::HealthFault { .. }
            | What::StepFailed { .. } => EventTone::Failure,
            What::InstanceEnded { cause, .. } if cause.is_failure() => EventTone::Failure,
            _ if self.begins() => EventTone::Progress,
            _ => EventTone::Neutral,
        }
    }

    /// Something that takes time starts here: it lasts until [`What::ends`] of the same resource.
    pub fn begins(&self) -> bool {
        matches!(
            self,
            What::Create { .. }
                | What::Update { .. }
                | What::Delete { .. }
                | What::NodeStarts { .. }
        )
    }

    pub fn ends(&self, begun: &What) -> bool {
        match begun {
            What::Create { .. } => matches!(
                self,
                What::Active { .. }
                    | What::ControllerUp { .. }
                    | What::Refused { .. }
                    | What::NoRoom { .. }
                    | What::TypeGone { .. }
                    | What::Deleted { .. }
            ),
            What::Update { .. } => matches!(
                self,
                What::Active { .. }
                    | What::UpgradeFailed { .. }
                    | What::Refused { .. }
                    | What::NoRoom { .. }
                    | What::TypeGone { .. }
                    | What::Deleted { .. }
            ),
            What::Delete { .. } => matches!(self, What::Deleted { .. }),
            What::NodeStarts { instance, .. } => match self {
                What::NodeUp { .. } | What::NodeFailed { .. } => true,
                What::InstanceEnded {
                    instance: ended, ..
                } => ended == instance,
                _ => false,
            },
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
