//! What happened: an event's stable code and parameters, and its sentence in the reader's language.

use serde::{Deserialize, Serialize};

use super::{Cause, fill, text};
use crate::i18n::Language;
use crate::model::event::EventTone;
use crate::model::health::RepairAction;
use crate::model::job::JobAction;
use crate::model::live::Kind;
use crate::model::notice::{Notice, NoticeKind};
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

    pub fn text(&self, language: Language) -> String {
        let t = &text(language).event;
        let noun = |noun: &Kind| match noun {
            Kind::Cluster => t.noun_cluster,
            Kind::ComputeNodeGroup => t.noun_group,
            Kind::Queue => t.noun_queue,
            Kind::Node => t.noun_node,
            Kind::Job
            | Kind::Event
            | Kind::Metric
            | Kind::Notification
            | Kind::Notice
            | Kind::LogDelivery => t.noun_job,
        };
        let named = |kind: &Kind, name: &String| {
            vec![("noun", noun(kind).to_owned()), ("name", name.clone())]
        };
        let (text, values) = match self {
            What::Create { noun, name } => (t.create, named(noun, name)),
            What::Update { noun, name } => (t.update, named(noun, name)),
            What::Delete {
                noun: Kind::Queue,
                name,
            } => (t.delete_queue, named(&Kind::Queue, name)),
            What::Delete { noun, name } => (t.delete, named(noun, name)),
            What::Active { noun, name } => (t.active, named(noun, name)),
            What::Refused { noun, name, words } => {
                let mut values = named(noun, name);
                values.push(("words", words.clone()));
                (t.refused, values)
            }
            What::NoRoom { noun, name, words } => {
                let mut values = named(noun, name);
                values.push(("words", words.clone()));
                (t.no_room, values)
            }
            What::TypeGone {
                name,
                instance_type,
            } => {
                let mut values = named(&Kind::ComputeNodeGroup, name);
                values.push(("type", instance_type.clone()));
                (t.type_gone, values)
            }
            What::Deleted { noun, name } => (t.deleted, named(noun, name)),
            What::ControllerUp { name } => (t.controller_up, vec![("name", name.clone())]),
            What::ControllerKilled {} => (t.controller_killed, vec![]),
            What::JobsLost { jobs } => (t.jobs_lost, vec![("jobs", jobs.clone())]),
            What::JobResubmitted { job, again } => (
                t.job_resubmitted,
                vec![("job", job.clone()), ("again", again.clone())],
            ),
            What::JobStartedTwice { job } => (t.job_started_twice, vec![("job", job.clone())]),
            What::JobEndLost { job } => (t.job_end_lost, vec![("job", job.clone())]),
            What::JobReleasedAgain { job } => (t.job_released_again, vec![("job", job.clone())]),
            What::JobCancelledAgain { job } => (t.job_cancelled_again, vec![("job", job.clone())]),
            What::JobHeldAgain { job } => (t.job_held_again, vec![("job", job.clone())]),
            What::JobAskForgotten { job, action } => {
                let text = match action {
                    JobAction::Cancel => t.job_cancel_forgotten,
                    JobAction::Requeue => t.job_requeue_forgotten,
                    JobAction::Hold => t.job_hold_forgotten,
                    JobAction::Release => t.job_release_forgotten,
                };
                (text, vec![("job", job.clone())])
            }
            What::JobCameBack { job } => (t.job_came_back, vec![("job", job.clone())]),
            What::DeliveryFails { name, words } => (
                t.delivery_fails,
                vec![("name", name.clone()), ("words", words.clone())],
            ),
            What::DeliveryWorks { name } => (t.delivery_works, vec![("name", name.clone())]),
            What::PublishingFails { words } => (t.publishing_fails, vec![("words", words.clone())]),
            What::PublishingWorks {} => (t.publishing_works, vec![]),
            What::LogLinesLost { name, lines } => (
                t.log_lines_lost,
                vec![("name", name.clone()), ("lines", lines.to_string())],
            ),
            What::LookFails { of, words } => {
                let text = match of {
                    Sight::Nodes => t.look_at_nodes_fails,
                    Sight::Jobs => t.look_at_jobs_fails,
                    Sight::Controller => t.controller_fails,
                    Sight::Accounts => t.accounting_fails,
                };
                (text, vec![("words", words.clone())])
            }
            What::LookWorks { of: Sight::Nodes } => (t.look_at_nodes_works, vec![]),
            What::LookWorks { of: Sight::Jobs } => (t.look_at_jobs_works, vec![]),
            What::LookWorks {
                of: Sight::Controller,
            } => (t.controller_works, vec![]),
            What::LookWorks {
                of: Sight::Accounts,
            } => (t.accounting_works, vec![]),
            What::NodeStarts { node, instance } => (
                t.node_starts,
                vec![("node", node.clone()), ("instance", instance.clone())],
            ),
            What::NodeUp { node } => (t.node_up, vec![("node", node.clone())]),
            What::NodeFailed { node, cause } => (
                t.node_failed,
                vec![("node", node.clone()), ("cause", cause.text(language))],
            ),
            What::StepFailed { node, step, detail } => (
                t.step_failed,
                vec![
                    ("node", node.clone()),
                    ("step", step.clone()),
                    ("detail", detail.clone()),
                ],
            ),
            What::HealthFault {
                node,
                check,
                words,
                repair,
            } => (
                match repair {
                    RepairAction::Replace => t.health_replace,
                    RepairAction::Isolate => t.health_isolate,
                    RepairAction::None | RepairAction::Auto => t.health_none,
                },
                vec![
                    ("node", node.clone()),
                    ("check", check.clone()),
                    ("words", words.clone()),
                ],
            ),
            What::ScriptFailed {
                node,
                script,
                stage,
                why,
                stops,
            } => (
                match stops {
                    true => t.script_failed_stops,
                    false => t.script_failed,
                },
                vec![
                    ("node", node.clone()),
                    ("script", script.clone()),
                    ("stage", stage.clone()),
                    // A sentence goes on behind it.
                    ("why", why.trim_end_matches('.').to_owned()),
                ],
            ),
            What::InstanceEnded { instance, cause } => (
                t.instance_ended,
                vec![
                    ("instance", instance.clone()),
                    ("cause", cause.text(language)),
                ],
            ),
            What::InstanceSetAside { instance } => {
                (t.instance_set_aside, vec![("instance", instance.clone())])
            }
            What::ServerForgotten { host } => (t.server_forgotten, vec![("host", host.clone())]),
            What::NodeDrained { node, reason } => (
                t.node_drained,
                vec![("node", node.clone()), ("reason", reason.clone())],
            ),
            What::NodeResumed { node } => (t.node_resumed, vec![("node", node.clone())]),
            What::NodeHealed { node, reason } => (
                t.node_healed,
                vec![("node", node.clone()), ("reason", reason.clone())],
            ),
            What::NodeTakenBack { node } => (t.node_taken_back, vec![("node", node.clone())]),
            What::VersionEnded { version, date } => (
                t.version_ended,
                vec![("version", version.clone()), ("date", date.clone())],
            ),
            What::SuspensionAhead { version, date } => (
                t.suspension_ahead,
                vec![("version", version.clone()), ("date", date.clone())],
            ),
            What::Suspending { version, date } => (
                t.suspending,
                vec![("version", version.clone()), ("date", date.clone())],
            ),
            What::Suspended {} => (t.suspended, vec![]),
            What::Unsuspended { version } => (t.unsuspended, vec![("version", version.clone())]),
            What::ResumeFailed { to, words } => (
                t.resume_failed,
                vec![("to", to.clone()), ("words", words.clone())],
            ),
            What::Upgraded { from, to } => {
                (t.upgraded, vec![("from", from.clone()), ("to", to.clone())])
            }
            What::UpgradeFailed { from, to, words } => (
                t.upgrade_failed,
                vec![
                    ("from", from.clone()),
                    ("to", to.clone()),
                    ("words", words.clone()),
                ],
            ),
            What::ClaimRefused {
                node,
                peer,
                addresses,
            } => (
                t.claim_refused,
                vec![
                    ("node", node.clone()),
                    ("peer", peer.clone()),
                    ("addresses", addresses.clone()),
                ],
            ),
            What::NodeRestarted { node } => (t.node_restarted, vec![("node", node.clone())]),
            What::NodeNoticed { node, notice } => (
                match notice.kind {
                    NoticeKind::Interruption => t.node_interruption,
                    NoticeKind::Scheduled => t.node_scheduled,
                    NoticeKind::Rebalance => t.node_rebalance,
                },
                vec![
                    ("node", node.clone()),
                    ("what", notice.what.clone()),
                    ("time", notice.time.clone()),
                ],
            ),
            What::NodeReplaced { node, reason, now } => (
                if *now {
                    t.node_replaced_now
                } else {
                    t.node_replaced
                },
                vec![("node", node.clone()), ("reason", reason.clone())],
            ),
            What::JobSubmitted { job, name, queue } => (
                t.job_submitted,
                vec![
                    ("job", job.clone()),
                    ("name", name.clone()),
                    ("queue", queue.clone()),
                ],
            ),
            What::JobCancelled { job } => (t.job_cancelled, vec![("job", job.clone())]),
            What::JobRequeued { job } => (t.job_requeued, vec![("job", job.clone())]),
            What::JobHeld { job } => (t.job_held, vec![("job", job.clone())]),
            What::JobReleased { job } => (t.job_released, vec![("job", job.clone())]),
            What::JobSignalled { job, signal } => (
                t.job_signalled,
                vec![("job", job.clone()), ("signal", signal.clone())],
            ),
            What::JobInterrupted { job, node, times } => (
                t.job_interrupted,
                vec![
                    ("job", job.clone()),
                    ("node", node.clone()),
                    ("times", times.to_string()),
                ],
            ),
            What::JobHeldInterrupted { job, times } => (
                t.job_held_interrupted,
                vec![("job", job.clone()), ("times", times.to_string())],
            ),
        };
        fill(text, &values)
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
mod tests {
    use super::*;
    use crate::model::trouble::has_page;

    #[test]
    fn every_event_that_tells_of_a_failure_has_a_page() {
        for what in all() {
            let (code, _) = what.parts().unwrap();
            let is_failure = what.tone() == EventTone::Failure;
            assert!(!is_failure || has_page(&code), "{code}");
        }
    }

    fn all() -> Vec<What> {
        let (node, instance) = ("a-1".to_owned(), "i-1".to_owned());
        let (noun, name) = (Kind::Queue, "demo".to_owned());
        let (job, reason) = ("12".to_owned(), "disk".to_owned());
        let cause = Cause::PoweredDown;
        vec![
            What::Create {
                noun,
                name: name.clone(),
            },
            What::Update {
                noun,
                name: name.clone(),
            },
            What::Delete {
                noun,
                name: name.clone(),
            },
            What::Active {
                noun,
                name: name.clone(),
            },
            What::Refused {
                noun,
                name: name.clone(),
                words: "no".into(),
            },
            What::NoRoom {
                noun,
                name: name.clone(),
                words: "none is free.".into(),
            },
            What::TypeGone {
                name: name.clone(),
                instance_type: "c1.large".into(),
            },
            What::Deleted {
                noun,
                name: name.clone(),
            },
            What::ControllerUp { name: name.clone() },
            What::ControllerKilled {},
            What::JobsLost {
                jobs: "12, 13".into(),
            },
            What::JobResubmitted {
                job: job.clone(),
                again: "14".into(),
            },
            What::JobStartedTwice { job: job.clone() },
            What::JobEndLost { job: job.clone() },
            What::JobReleasedAgain { job: job.clone() },
            What::JobCancelledAgain { job: job.clone() },
            What::JobHeldAgain { job: job.clone() },
            What::JobAskForgotten {
                job: job.clone(),
                action: JobAction::Cancel,
            },
            What::JobAskForgotten {
                job: job.clone(),
                action: JobAction::Requeue,
            },
            What::JobAskForgotten {
                job: job.clone(),
                action: JobAction::Hold,
            },
            What::JobAskForgotten {
                job: job.clone(),
                action: JobAction::Release,
            },
            What::JobCameBack { job: job.clone() },
            What::DeliveryFails {
                name: name.clone(),
                words: "It is tried again.".into(),
            },
            What::DeliveryWorks { name: name.clone() },
            What::PublishingFails {
                words: "It is tried again.".into(),
            },
            What::PublishingWorks {},
            What::LogLinesLost {
                name: name.clone(),
                lines: 12,
            },
            What::LookFails {
                of: Sight::Nodes,
                words: "no".into(),
            },
            What::LookFails {
                of: Sight::Jobs,
                words: "no".into(),
            },
            What::LookFails {
                of: Sight::Controller,
                words: "no".into(),
            },
            What::LookFails {
                of: Sight::Accounts,
                words: "no".into(),
            },
            What::LookWorks { of: Sight::Nodes },
            What::LookWorks { of: Sight::Jobs },
            What::LookWorks {
                of: Sight::Controller,
            },
            What::LookWorks {
                of: Sight::Accounts,
            },
            What::NodeStarts {
                node: node.clone(),
                instance: instance.clone(),
            },
            What::NodeUp { node: node.clone() },
            What::NodeFailed {
                node: node.clone(),
                cause: cause.clone(),
            },
            What::StepFailed {
                node: node.clone(),
                step: "slurmd-failed".into(),
                detail: "x".into(),
            },
            What::HealthFault {
                node: node.clone(),
                check: "memory".into(),
                words: "1 MiB of 4 MiB are there".into(),
                repair: RepairAction::Replace,
            },
            What::HealthFault {
                node: node.clone(),
                check: "memory".into(),
                words: "1 MiB of 4 MiB are there".into(),
                repair: RepairAction::Isolate,
            },
            What::HealthFault {
                node: node.clone(),
                check: "memory".into(),
                words: "1 MiB of 4 MiB are there".into(),
                repair: RepairAction::None,
            },
            What::ScriptFailed {
                node: node.clone(),
                script: "mount".into(),
                stage: "nodeReady".into(),
                why: "exit status 3".into(),
                stops: false,
            },
            What::ScriptFailed {
                node: node.clone(),
                script: "mount".into(),
                stage: "nodeReady".into(),
                why: "exit status 3".into(),
                stops: true,
            },
            What::InstanceSetAside {
                instance: instance.clone(),
            },
            What::InstanceEnded { instance, cause },
            What::NodeDrained {
                node: node.clone(),
                reason: reason.clone(),
            },
            What::NodeResumed { node: node.clone() },
            What::NodeHealed {
                node: node.clone(),
                reason: "Prolog error".into(),
            },
            What::NodeTakenBack { node: node.clone() },
            What::VersionEnded {
                version: "24.11".into(),
                date: "2026-05-31".into(),
            },
            What::SuspensionAhead {
                version: "24.11".into(),
                date: "2027-01-31".into(),
            },
            What::Suspending {
                version: "24.11".into(),
                date: "2027-01-31".into(),
            },
            What::Suspended {},
            What::Unsuspended {
                version: "24.11".into(),
            },
            What::ResumeFailed {
                to: "25.11".into(),
                words: "fatal: no".into(),
            },
            What::Upgraded {
                from: "24.11".into(),
                to: "25.11".into(),
            },
            What::UpgradeFailed {
                from: "24.11".into(),
                to: "25.11".into(),
                words: "fatal: no".into(),
            },
            What::ClaimRefused {
                node: node.clone(),
                peer: "10.0.0.8".into(),
                addresses: "10.0.0.7".into(),
            },
            What::NodeRestarted { node: node.clone() },
            What::NodeNoticed {
                node: node.clone(),
                notice: Notice {
                    kind: NoticeKind::Scheduled,
                    until: None,
                    time: "21 Jan 2026 09:00:43 GMT".into(),
                    what: "instance-retirement".into(),
                },
            },
            What::JobSignalled {
                job: job.clone(),
                signal: "USR1".into(),
            },
            What::JobInterrupted {
                job: job.clone(),
                node: node.clone(),
                times: 2,
            },
            What::JobHeldInterrupted {
                job: job.clone(),
                times: 6,
            },
            What::NodeReplaced {
                node,
                reason,
                now: true,
            },
            What::JobSubmitted {
                job: job.clone(),
                name,
                queue: "demo".into(),
            },
            What::JobCancelled { job: job.clone() },
            What::JobRequeued { job: job.clone() },
            What::JobHeld { job: job.clone() },
            What::JobReleased { job },
        ]
    }

    #[test]
    fn every_event_survives_the_database_and_speaks_both_languages() -> serde_json::Result<()> {
        for what in all() {
            let (code, parameters) = what.parts()?;
            assert!(!code.is_empty(), "{what:?}");
            assert_eq!(What::of_parts(&code, &parameters), Some(what.clone()));
            let [english, chinese] = Language::ALL.map(|language| what.text(language));
            assert!(
                !english.contains(['{', '}']) && english.ends_with('.'),
                "{english}"
            );
            assert!(
                !chinese.contains(['{', '}']) && english != chinese,
                "{chinese}"
            );
        }
        Ok(())
    }

    #[test]
    fn rows_of_before_have_no_code() {
        assert_eq!(What::of_parts("", "{}"), None);
        assert_eq!(What::of_parts("of-a-newer-server", "{}"), None);
    }

    #[test]
    fn a_start_lasts_until_the_node_is_up() {
        let start = What::NodeStarts {
            node: "a-1".into(),
            instance: "i-1".into(),
        };
        assert!(start.begins());
        assert!(What::NodeUp { node: "a-1".into() }.ends(&start));
        let other = What::InstanceEnded {
            instance: "i-2".into(),
            cause: Cause::PoweredDown,
        };
        assert!(!other.ends(&start));
    }
}
