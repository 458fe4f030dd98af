//! The pages of troubleshooting (D3), a page for each code. What an explanation says already is taken from there, with a word
//! in capitals for what it would fill in; the rest is in `locales/troubleshooting`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::limit::{Holder, Kind, Limit, What};
use super::reason::{Plain, Reason};
use super::text;
use super::text::Text;
use crate::i18n::Language;
use crate::model::trouble::{TroubleKind, TroubleLine, TroublePage};

/// What a page says beyond what others have said; texts of several lines have a line for each cause or remedy.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Own {
    title: String,
    meaning: String,
    causes: String,
    remedies: String,
}

type Owns = BTreeMap<String, Own>;

static ENGLISH: LazyLock<Owns> =
    LazyLock::new(|| parse(include_str!("../../locales/troubleshooting/en.json")));
static SIMPLIFIED_CHINESE: LazyLock<Owns> =
    LazyLock::new(|| parse(include_str!("../../locales/troubleshooting/zh-CN.json")));

/// `build.rs` has read the same files: they parse.
fn parse(json: &str) -> Owns {
    serde_json::from_str(json).unwrap_or_default()
}

fn owns(language: Language) -> &'static Owns {
    match language {
        Language::English => &ENGLISH,
        Language::SimplifiedChinese => &SIMPLIFIED_CHINESE,
    }
}

/// What is known of a code elsewhere.
struct Source {
    code: String,
    kind: TroubleKind,
    title: &'static str,
    meaning: &'static str,
    remedy: &'static str,
}

impl Source {
    fn of(code: &str, kind: TroubleKind, meaning: &'static str, remedy: &'static str) -> Source {
        Source {
            code: code.into(),
            kind,
            title: "",
            meaning,
            remedy,
        }
    }
}

/// All lines, by what they are about and then by code.
pub fn list(language: Language) -> Vec<TroubleLine> {
    let sources = sources(text(language)).into_iter();
    let mut lines: Vec<TroubleLine> = sources
        .map(|source| {
            let page = page(source, language);
            TroubleLine {
                code: page.code,
                kind: page.kind,
                title: page.title,
            }
        })
        .collect();
    lines.sort_by(|a, b| (a.kind, &a.code).cmp(&(b.kind, &b.code)));
    lines
}

/// With its commands, not filled in yet.
pub fn find(language: Language, code: &str) -> Option<TroublePage> {
    let mut sources = sources(text(language)).into_iter();
    let source = sources.find(|source| source.code == code)?;
    Some(page(source, language))
}

/// The page about what Slurm says of a job; none for a word of a newer one.
pub fn of_reason(reason: Reason) -> String {
    match reason {
        Reason::Plain(plain) => plain.word().trim_matches(['<', '>']).to_owned(),
        Reason::Limit(limit) => of_limit(limit.kind).to_owned(),
    }
}

fn page(source: Source, language: Language) -> TroublePage {
    let none = Own::default();
    let own = owns(language).get(&source.code).unwrap_or(&none);
    let lines = |text: &str| -> Vec<String> { text.lines().map(str::to_owned).collect() };
    let either = |own: &str, other: &'static str| match own.is_empty() {
        true => in_general(other),
        false => own.to_owned(),
    };
    let mut remedies = lines(&own.remedies);
    if !source.remedy.is_empty() {
        remedies.insert(0, in_general(source.remedy));
    }
    TroublePage {
        title: either(&own.title, source.title),
        meaning: either(&own.meaning, source.meaning),
        causes: lines(&own.causes),
        remedies,
        commands: source
            .kind
            .commands()
            .iter()
            .map(|&it| it.to_owned())
            .collect(),
        code: source.code,
        kind: source.kind,
    }
}

/// `{words}` in capitals: they say what belongs there.
fn in_general(text: &str) -> String {
    let mut pieces = text.split('{');
    let mut all = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.split_once('}') {
            Some((name, rest)) => all = all + &name.to_uppercase() + rest,
            None => all = all + "{" + piece,
        }
    }
    all
}

fn sources(t: &'static Text) -> Vec<Source> {
    let mut all = reasons(t);
    all.extend(limits(t));
    all.extend(nodes(t));
    all.extend(causes(t));
    all.extend(events(t));
    let own = |kind: TroubleKind, codes: &[&str]| -> Vec<Source> {
        let of = |code: &&str| Source::of(code, kind, "", "");
        codes.iter().map(of).collect()
    };
    all.extend(own(TroubleKind::Cluster, &ERROR_INFOS));
    all.extend(own(TroubleKind::Request, &EXCEPTIONS));
    all
}

/// The codes of `errorInfo`.
const ERROR_INFOS: [&str; 10] = [
    "AccountingUnavailable",
    "ConfigurationRefused",
    "ControllerStartFailed",
    "ControllerUnavailable",
    "InstanceTypeNotOffered",
    "NoFreePort",
    "ServerForgotten",
    "UpgradeFailed",
    "VersionEnded",
    "VersionRefused",
];

/// The exceptions, and the reasons of the first.
const EXCEPTIONS: [&str; 11] = [
    "ValidationException",
    "unknownOperation",
    "cannotParse",
    "fieldValidationFailed",
    "other",
    "AccessDeniedException",
    "ConflictException",
    "ResourceNotFoundException",
    "ServiceQuotaExceededException",
    "ThrottlingException",
    "InternalServerException",
];

fn reasons(t: &'static Text) -> Vec<Source> {
    let of = |plain: &Plain| {
        let entry = plain.entry(t);
        Source {
            code: of_reason(Reason::Plain(*plain)),
            kind: TroubleKind::Job,
            title: entry.title,
            meaning: entry.meaning,
            remedy: entry.remedy,
        }
    };
    Plain::ALL.iter().map(of).collect()
}

const LIMITS: [Kind; 12] = [
    Kind::Group,
    Kind::GroupMinutes,
    Kind::GroupRunMinutes,
    Kind::PerJob,
    Kind::MinutesPerJob,
    Kind::PerNode,
    Kind::PerUser,
    Kind::RunMinutesPerUser,
    Kind::PerAccount,
    Kind::RunMinutesPerAccount,
    Kind::Minimum,
    Kind::Some,
];

fn of_limit(kind: Kind) -> &'static str {
    match kind {
        Kind::Group => "limit-group",
        Kind::GroupMinutes => "limit-group-minutes",
        Kind::GroupRunMinutes => "limit-group-run-minutes",
        Kind::PerJob => "limit-per-job",
        Kind::MinutesPerJob => "limit-minutes-per-job",
        Kind::PerNode => "limit-per-node",
        Kind::PerUser => "limit-per-user",
        Kind::RunMinutesPerUser => "limit-run-minutes-per-user",
        Kind::PerAccount => "limit-per-account",
        Kind::RunMinutesPerAccount => "limit-run-minutes-per-account",
        Kind::Minimum => "limit-minimum",
        Kind::Some => "limit-some",
    }
}

fn limits(t: &'static Text) -> Vec<Source> {
    let of = |kind| {
        let limit = Limit {
            holder: Holder::Association,
            kind,
            what: What::Other,
        };
        let (entry, _) = limit.entry(t);
        Source::of(
            of_limit(kind),
            TroubleKind::Job,
            entry.meaning,
            entry.remedy,
        )
    };
    LIMITS.map(of).into()
}

/// `"code" meaning.field remedy.field;` of the texts.
macro_rules! table {
    ($t:expr, $kind:ident; $($code:literal $room:ident.$text:ident $remedy:ident;)*) => {
        vec![$(Source::of($code, TroubleKind::$kind, $t.$room.$text, $t.node_remedy.$remedy)),*]
    };
}

fn nodes(t: &'static Text) -> Vec<Source> {
    table! { t, Node;
        "node-reserved" node.reserved reserved;
        "node-not-responding" node.not_responding not_responding;
        "node-resume-timeout" node.resume_timeout resume_timeout;
        "node-low-memory" node.low_memory low_memory;
        "node-low-cpus" node.low_cpus low_cpus;
        "node-low-disk" node.low_disk low_disk;
        "node-core-spec" node.core_spec core_spec;
        "node-gres" node.gres gres;
        "node-features" node.features features;
        "node-prolog" node.prolog prolog;
        "node-duplicate-job" node.duplicate_job duplicate_job;
        "node-kill-task" node.kill_task kill_task;
        "node-batch-complete" node.batch_complete batch_complete;
        "node-rebooted" node.rebooted rebooted;
        "node-reboot" node.reboot reboot;
        "node-no-address" node.no_address no_address;
        "node-retry" node.retry retry;
        "node-replacing" node.replacing replacing;
        "node-starting" node.starting starting;
        "node-stopping" node.stopping stopping;
        "node-failed" node.failed ended_unexpectedly;
        "node-down" node.down down;
        "node-drained" node.drained drained;
    }
}

fn causes(t: &'static Text) -> Vec<Source> {
    table! { t, Node;
        "powered-down" cause.powered_down stopping;
        "not-wanted" cause.not_wanted stopping;
        "group-deleted" cause.group_deleted stopping;
        "maximum-lowered" cause.maximum_lowered stopping;
        "outdated" cause.outdated stopping;
        "older-slurm" cause.older_slurm stopping;
        "ended-unexpectedly" cause.ended_unexpectedly ended_unexpectedly;
        "step-failed" cause.step_failed step_failed;
        "not-registered" cause.not_registered not_registered;
        "boot-stalled" cause.boot_stalled boot_stalled;
        "boot-too-long" cause.boot_too_long boot_stalled;
        "not-back" cause.not_back ended_unexpectedly;
        "restarted" cause.restarted ended_unexpectedly;
        "impaired" cause.impaired ended_unexpectedly;
        "not-seen" cause.not_seen not_seen;
        "set-down" cause.set_down down;
        "vanished" cause.vanished ended_unexpectedly;
        "freed" cause.freed stopping;
        "group-not-ready" cause.group_not_ready step_failed;
        "no-capacity" cause.no_capacity launch_failed;
        "interruption" cause.interruption stopping;
        "scheduled" cause.scheduled stopping;
        "rebalance" cause.rebalance stopping;
        "replaced" cause.replaced stopping;
    }
}

/// Of the events those that somebody may want to do something about.
fn events(t: &'static Text) -> Vec<Source> {
    let e = &t.event;
    let of = |kind, rows: &[(&str, &'static str)]| -> Vec<Source> {
        let rows = rows.iter();
        rows.map(|(code, meaning)| Source::of(code, kind, meaning, ""))
            .collect()
    };
    let mut all = of(
        TroubleKind::Cluster,
        &[
            ("refused", e.refused),
            ("no-room", e.no_room),
            ("type-gone", e.type_gone),
            ("controller-killed", e.controller_killed),
            ("look-fails", e.controller_fails),
            ("delivery-fails", e.delivery_fails),
            ("publishing-fails", e.publishing_fails),
            ("log-lines-lost", e.log_lines_lost),
            ("log-lines-removed", e.log_lines_removed),
            ("server-forgotten", e.server_forgotten),
            ("version-ended", e.version_ended),
            ("suspension-ahead", e.suspension_ahead),
            ("suspending", e.suspending),
            ("suspended", e.suspended),
            ("resume-failed", e.resume_failed),
            ("upgrade-failed", e.upgrade_failed),
        ],
    );
    all.extend(of(
        TroubleKind::Node,
        &[
            ("claim-refused", e.claim_refused),
            ("script-failed", e.script_failed),
            ("health-fault", e.health_none),
            ("instance-ended", e.instance_ended),
            ("instance-set-aside", e.instance_set_aside),
            ("node-noticed", e.node_interruption),
        ],
    ));
    all.extend(of(
        TroubleKind::Job,
        &[
            ("jobs-lost", e.jobs_lost),
            ("job-started-twice", e.job_started_twice),
            ("job-end-lost", e.job_end_lost),
            ("job-ask-forgotten", e.job_cancel_forgotten),
            ("job-came-back", e.job_came_back),
            ("job-interrupted", e.job_interrupted),
            ("job-held-interrupted", e.job_held_interrupted),
        ],
    ));
    all
}

#[cfg(test)]
#[path = "trouble_tests.rs"]
mod tests;
