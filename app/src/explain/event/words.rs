//! An event's sentence in the reader's language.

use super::What;
use crate::explain::{fill, text};
use crate::i18n::Language;
use crate::model::health::RepairAction;
use crate::model::job::JobAction;
use crate::model::live::Kind;
use crate::model::notice::NoticeKind;
use crate::model::sight::Sight;

impl What {
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
            What::LogLinesRemoved { lines } => {
                (t.log_lines_removed, vec![("lines", lines.to_string())])
            }
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
}
