//! Each kind of event: kept, told, and with a page where it is a failure.

use super::*;
use crate::model::notice::NoticeKind;
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
        What::LogLinesRemoved { lines: 12 },
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
