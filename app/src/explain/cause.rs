//! Why an instance ends: written down as data, told in the reader's language, and to Slurm in English.

use serde::{Deserialize, Serialize};

use super::{fill, text};
use crate::i18n::Language;
use crate::model::date::exact;
use crate::model::notice::{Notice, NoticeKind};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(
    tag = "cause",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum Cause {
    /// Slurm powered the node down: nothing needed it.
    PoweredDown,
    /// The group has no such node any more.
    NotWanted,
    GroupDeleted,
    MaximumLowered,
    /// The group's settings changed.
    Outdated,
    /// It runs another Slurm than the controller, which was upgraded.
    OlderSlurm {
        version: String,
    },
    /// Its processes ended without our doing.
    EndedUnexpectedly {
        instance: String,
        why: String,
    },
    /// It said itself that a step of its boot failed.
    StepFailed {
        instance: String,
        step: String,
        detail: String,
    },
    /// It did not register with the server in time.
    NotRegistered {
        instance: String,
        seconds: i64,
    },
    /// It registered, and then its boot came to no next step in time.
    BootStalled {
        instance: String,
        /// The last one, and when it was reached, in milliseconds since 1970.
        step: String,
        at: i64,
        seconds: i64,
    },
    /// Its boot went on and on.
    BootTooLong {
        instance: String,
        step: String,
        at: i64,
        seconds: i64,
    },
    /// Slurm had it rebooted, and it is not back.
    NotBack {
        node: String,
        seconds: i64,
    },
    /// Its host started anew under its jobs, and nobody had asked for it.
    Restarted {
        instance: String,
    },
    /// The provider's checks of it or of its host fail.
    Impaired {
        instance: String,
        /// In the provider's words.
        what: String,
        seconds: i64,
    },
    /// It registered, but Slurm did not see it in time.
    NotSeen {
        node: String,
        seconds: i64,
    },
    /// Slurm gave the node up.
    SetDown {
        why: String,
    },
    /// Slurm thinks that the node is up, and nothing runs for it.
    Vanished,
    /// Nothing runs for the node: its name is free again.
    Freed,
    /// The provider cannot make what the group's instances are launched with.
    GroupNotReady {
        why: String,
    },
    /// No pool that the group's instances come from has any now.
    NoCapacity {
        pools: String,
    },
    /// A person asked for another instance.
    Replaced {
        reason: String,
    },
    /// Its provider said that it would end.
    Noticed {
        instance: String,
        notice: Notice,
    },
    /// Of a release that wrote only this text.
    Other {
        text: String,
    },
}

impl Cause {
    /// A sentence or two.
    pub fn text(&self, language: Language) -> String {
        let t = &text(language).cause;
        let (text, values): (&str, Vec<(&str, String)>) = match self {
            Cause::PoweredDown => (t.powered_down, vec![]),
            Cause::NotWanted => (t.not_wanted, vec![]),
            Cause::GroupDeleted => (t.group_deleted, vec![]),
            Cause::MaximumLowered => (t.maximum_lowered, vec![]),
            Cause::Outdated => (t.outdated, vec![]),
            Cause::OlderSlurm { version } => (t.older_slurm, vec![("version", version.clone())]),
            Cause::EndedUnexpectedly { instance, why } => (
                t.ended_unexpectedly,
                vec![("instance", instance.clone()), ("why", why.clone())],
            ),
            Cause::StepFailed {
                instance,
                step,
                detail,
            } => (
                t.step_failed,
                vec![
                    ("instance", instance.clone()),
                    ("step", step.clone()),
                    ("detail", detail.clone()),
                ],
            ),
            Cause::NotRegistered { instance, seconds } => (
                t.not_registered,
                vec![
                    ("instance", instance.clone()),
                    ("seconds", seconds.to_string()),
                ],
            ),
            Cause::BootStalled {
                instance,
                step,
                at,
                seconds,
            } => (t.boot_stalled, boot(instance, step, *at, *seconds)),
            Cause::BootTooLong {
                instance,
                step,
                at,
                seconds,
            } => (t.boot_too_long, boot(instance, step, *at, *seconds)),
            Cause::NotBack { node, seconds } => (
                t.not_back,
                vec![("node", node.clone()), ("seconds", seconds.to_string())],
            ),
            Cause::Restarted { instance } => (t.restarted, vec![("instance", instance.clone())]),
            Cause::Impaired {
                instance,
                what,
                seconds,
            } => (
                t.impaired,
                vec![
                    ("instance", instance.clone()),
                    ("what", what.clone()),
                    ("seconds", seconds.to_string()),
                ],
            ),
            Cause::NotSeen { node, seconds } => (
                t.not_seen,
                vec![("node", node.clone()), ("seconds", seconds.to_string())],
            ),
            Cause::SetDown { why } => (t.set_down, vec![("why", why.clone())]),
            Cause::Vanished => (t.vanished, vec![]),
            Cause::Freed => (t.freed, vec![]),
            Cause::GroupNotReady { why } => (t.group_not_ready, vec![("why", why.clone())]),
            Cause::NoCapacity { pools } => (t.no_capacity, vec![("pools", pools.clone())]),
            Cause::Replaced { reason } => (t.replaced, vec![("reason", reason.clone())]),
            Cause::Noticed { instance, notice } => (
                match notice.kind {
                    NoticeKind::Interruption => t.interruption,
                    NoticeKind::Scheduled => t.scheduled,
                    NoticeKind::Rebalance => t.rebalance,
                },
                vec![
                    ("instance", instance.clone()),
                    ("what", notice.what.clone()),
                    ("time", notice.time.clone()),
                ],
            ),
            Cause::Other { text } => return text.clone(),
        };
        fill(text, &values)
    }

    /// The code of its page of troubleshooting; none for words of before.
    pub fn page(&self) -> Option<&'static str> {
        Some(match self {
            Cause::PoweredDown => "powered-down",
            Cause::NotWanted => "not-wanted",
            Cause::GroupDeleted => "group-deleted",
            Cause::MaximumLowered => "maximum-lowered",
            Cause::Outdated => "outdated",
            Cause::OlderSlurm { .. } => "older-slurm",
            Cause::EndedUnexpectedly { .. } => "ended-unexpectedly",
            Cause::StepFailed { .. } => "step-failed",
            Cause::NotRegistered { .. } => "not-registered",
            Cause::BootStalled { .. } => "boot-stalled",
            Cause::BootTooLong { .. } => "boot-too-long",
            Cause::NotBack { .. } => "not-back",
            Cause::Restarted { .. } => "restarted",
            Cause::Impaired { .. } => "impaired",
            Cause::NotSeen { .. } => "not-seen",
            Cause::SetDown { .. } => "set-down",
            Cause::Vanished => "vanished",
            Cause::Freed => "freed",
            Cause::GroupNotReady { .. } => "group-not-ready",
            Cause::NoCapacity { .. } => "no-capacity",
            Cause::Replaced { .. } => "replaced",
            Cause::Noticed { notice, .. } => match notice.kind {
                NoticeKind::Interruption => "interruption",
                NoticeKind::Scheduled => "scheduled",
                NoticeKind::Rebalance => "rebalance",
            },
            Cause::Other { .. } => return None,
        })
    }

    /// For Slurm and for logs.
    pub fn english(&self) -> String {
        self.text(Language::English)
    }

    /// Something went wrong; else the end was wanted.
    pub fn is_failure(&self) -> bool {
        if let Cause::Noticed { notice, .. } = self {
            return notice.kind != NoticeKind::Rebalance;
        }
        matches!(
            self,
            Cause::EndedUnexpectedly { .. }
                | Cause::StepFailed { .. }
                | Cause::NotRegistered { .. }
                | Cause::NotSeen { .. }
                | Cause::BootStalled { .. }
                | Cause::BootTooLong { .. }
                | Cause::NotBack { .. }
                | Cause::Restarted { .. }
                | Cause::Impaired { .. }
                | Cause::SetDown { .. }
                | Cause::Vanished
                | Cause::GroupNotReady { .. }
                | Cause::NoCapacity { .. }
        )
    }
}

fn boot(instance: &str, step: &str, at: i64, seconds: i64) -> Vec<(&'static str, String)> {
    vec![
        ("instance", instance.into()),
        ("step", step.into()),
        ("at", exact(at)),
        ("seconds", seconds.to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_survives_the_database_and_speaks_both_languages() -> serde_json::Result<()> {
        let cause = Cause::EndedUnexpectedly {
            instance: "i-1".into(),
            why: "slurmd was killed".into(),
        };
        let json = serde_json::to_string(&cause)?;
        assert_eq!(
            json,
            r#"{"cause":"ended-unexpectedly","instance":"i-1","why":"slurmd was killed"}"#
        );
        assert_eq!(serde_json::from_str::<Cause>(&json)?, cause);
        assert_eq!(
            cause.english(),
            "Instance i-1 ended unexpectedly: slurmd was killed"
        );
        assert!(
            cause
                .text(Language::SimplifiedChinese)
                .contains("slurmd was killed")
        );
        Ok(())
    }

    #[test]
    fn a_boot_that_stalls_is_told_with_its_last_step_and_its_time() {
        let cause = Cause::BootStalled {
            instance: "i-1".into(),
            step: "scripts".into(),
            at: 0,
            seconds: 600,
        };
        let expected = "Instance i-1 came to no next step of its boot for 600 s; the last one was scripts, at 1970-01-01 00:00:00 UTC.";
        assert_eq!(cause.english(), expected);
        let chinese = cause.text(Language::SimplifiedChinese);
        assert!(chinese.contains("scripts") && chinese.contains("00:00:00"));
    }
}
