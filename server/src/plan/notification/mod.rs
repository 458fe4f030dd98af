//! Who is told of what: pure functions of what happened, the rules, and the time. A message's id follows from the rule and
//! what happened, so that looking twice, or by two servers, makes one.

use app::explain::{Cause, What};
use app::foreign::visible;
use app::model::date::HOUR;
use app::model::live::Kind;
use app::model::notification::*;
use app::model::past_job::PastJob;
use app::model::sight::Sight;
use app::paths::{self, ClusterTab};
use chrono::{DateTime, Days, NaiveTime, TimeZone, Timelike};
use chrono_tz::Tz;
use sha2::{Digest, Sha256};

use crate::db::happening::{Happened, JobEnd};

/// Of an id, in bytes.
const ID_BYTES: usize = 16;
/// Messages whose words stand in a digest; of more only how many there are.
const TOLD: usize = 20;
/// The first pause after a failure, and the longest, in milliseconds.
const FIRST_PAUSE: i64 = 5_000;
const LONGEST_PAUSE: i64 = HOUR;
/// How long a message is tried.
const TRIED: i64 = 24 * HOUR;

/// Something that somebody may want to be told of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Occurrence {
    /// Tells it from all others.
    pub key: String,
    pub content: Content,
    /// Of the event, for readers of other languages; empty: there are none.
    pub parameters: String,
    /// Whose it is, by name or ARN; empty: nobody's.
    pub users: Vec<String>,
    /// Of whose budget it is; empty: no rule's alone.
    pub rule_id: String,
}

/// What a message of that event would be; none where nobody needs to be told.
pub fn of_event(event: &Happened, cluster_name: &str, server: &str) -> Option<Occurrence> {
    let trigger = event.what.as_ref().and_then(of_what)?;
    Some(Occurrence {
        key: format!("event:{}", event.id),
        parameters: event.parameters.clone(),
        users: vec![],
        rule_id: String::new(),
        content: Content {
            trigger,
            severity: trigger.severity(),
            at: event.at,
            cluster_id: event.cluster_id.clone(),
            cluster_name: cluster_name.to_owned(),
            resource_type: event.resource_type.clone(),
            resource_id: event.resource_id.clone(),
            code: event.code.clone(),
            text: event.message.clone(),
            url: server.to_owned()
                + &page(&event.cluster_id, &event.resource_type, &event.resource_id),
        },
    })
}

fn of_what(what: &What) -> Option<Trigger> {
    match what {
        What::NoRoom { .. } | What::TypeGone { .. } => Some(Trigger::CapacityRefused),
        What::Refused { .. }
        | What::ControllerKilled {}
        | What::UpgradeFailed { .. }
        | What::ResumeFailed { .. }
        | What::ServerForgotten { .. }
        | What::LookFails {
            of: Sight::Controller,
            ..
        } => Some(Trigger::ClusterFailed),
        What::NodeFailed { cause, .. } => match cause {
            Cause::NoCapacity { .. } => Some(Trigger::CapacityRefused),
            _ => Some(Trigger::NodeFailed),
        },
        What::HealthFault { .. } | What::ClaimRefused { .. } => Some(Trigger::NodeFailed),
        What::JobsLost { .. } => Some(Trigger::JobFailed),
        What::DeliveryFails { .. }
        | What::LogLinesLost { .. }
        | What::LogLinesRemoved { .. }
        | What::PublishingFails { .. } => Some(Trigger::LogDestinationDown),
        _ => None,
    }
}

/// A job's end is its user's and of whoever submitted it.
pub fn of_job(end: &JobEnd, cluster_name: &str, server: &str) -> Option<Occurrence> {
    let trigger = match end.state.as_str() {
        "COMPLETED" => Trigger::JobDone,
        "CANCELLED" => return None,
        _ => Trigger::JobFailed,
    };
    let record: PastJob = serde_json::from_str(&end.record).unwrap_or_default();
    // Accounting may say a little later when it ended, and an array's id may name more tasks than before.
    let key = format!("job:{}:{}:{}", end.cluster_id, end.job, record.started_at);
    let users = [end.user.clone(), end.submitter.clone()];
    let text = format!(
        "Job {} ({}) of {} ended: {}.",
        end.job,
        visible(&end.name),
        visible(&end.user),
        end.state
    );
    Some(Occurrence {
        key,
        parameters: String::new(),
        users: users.into_iter().filter(|user| !user.is_empty()).collect(),
        rule_id: String::new(),
        content: Content {
            trigger,
            severity: trigger.severity(),
            at: end.at,
            cluster_id: end.cluster_id.clone(),
            cluster_name: cluster_name.to_owned(),
            resource_type: Kind::Job.as_str().to_owned(),
            resource_id: end.job.clone(),
            code: end.state.clone(),
            text,
            url: server.to_owned() + &paths::job(&end.cluster_id, &end.job),
        },
    })
}

/// Of the whole, not of a cluster.
pub fn of_all(key: String, trigger: Trigger, at: i64, text: String, url: String) -> Occurrence {
    Occurrence {
        key,
        content: Content {
            trigger,
            severity: trigger.severity(),
            at,
            code: trigger.as_str().to_owned(),
            text,
            url,
            ..Content::default()
        },
        ..Occurrence::default()
    }
}

fn page(cluster_id: &str, resource_type: &str, resource_id: &str) -> String {
    match Kind::parse(resource_type) {
        Some(Kind::Node) => paths::node(cluster_id, resource_id),
        Some(Kind::Job) => paths::job(cluster_id, resource_id),
        _ => paths::cluster(cluster_id, ClusterTab::Events),
    }
}

/// An id in the manner of a hash.
pub fn id(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hex::encode(&hash.finalize()[..ID_BYTES])
}

/// Whether the rule is about it.
pub fn wants(rule: &Rule, what: &Occurrence) -> bool {
    let (settings, content) = (&rule.settings, &what.content);
    let is_of_cluster = settings.clusters.is_empty()
        || content.cluster_id.is_empty()
        || settings.clusters.contains(&content.cluster_id);
    let is_of_user = !content.trigger.is_of_jobs()
        || settings.users.is_empty()
        || what
            .users
            .iter()
            .any(|user| is_one_of(&settings.users, user));
    let is_own = what.rule_id.is_empty() || what.rule_id == rule.id;
    is_own
        && content.at >= rule.since
        && settings.triggers.contains(&content.trigger)
        && content.severity >= settings.at_least
        && is_of_cluster
        && is_of_user
}

/// By name, or by an ARN that ends with it.
fn is_one_of(names: &[String], user: &str) -> bool {
    let bare = user.rsplit('/').next().unwrap_or(user);
    names.iter().any(|name| name == user || name == bare)
}

/// Until when a message of the rule is to be held back: none, it is sent now.
pub fn held_until(rule: &RuleSettings, now: i64, passed_this_hour: i64) -> Option<i64> {
    let is_full = rule.per_hour > 0 && passed_this_hour >= i64::from(rule.per_hour);
    let full = is_full.then(|| hour(now) + HOUR);
    // The hour may end in a quiet time that has not begun.
    let moments = [full, Some(now)].into_iter().flatten();
    let quiet = rule.quiet.as_ref().and_then(|quiet| {
        let mut ends = moments.filter_map(|at| quiet_until(quiet, at));
        ends.next()
    });
    quiet.max(full)
}

/// When the hour of that moment began.
pub fn hour(now: i64) -> i64 {
    now - now.rem_euclid(HOUR)
}

/// The end of the quiet time that it is; none: it is not.
pub fn quiet_until(quiet: &Quiet, now: i64) -> Option<i64> {
    let zone: Tz = quiet.time_zone.parse().ok()?;
    let local = DateTime::from_timestamp_millis(now)?.with_timezone(&zone);
    let minute = u16::try_from(local.hour() * 60 + local.minute()).ok()?;
    let (from, to) = (quiet.from_minute, quiet.to_minute);
    let wraps = from > to;
    let is_quiet = match wraps {
        true => minute >= from || minute < to,
        false => minute >= from && minute < to,
    };
    if !is_quiet {
        return None;
    }
    let day = match wraps && minute >= from {
        true => local.date_naive().checked_add_days(Days::new(1))?,
        false => local.date_naive(),
    };
    let at = NaiveTime::from_hms_opt(u32::from(to) / 60, u32::from(to) % 60, 0)?;
    // A time that the clock leaves out is as good an hour later.
    let end = zone.from_local_datetime(&day.and_time(at)).earliest();
    Some(end.map_or(now + HOUR, |end| end.timestamp_millis()))
}

/// One message for all that was held back, beside so many for which there was no room.
pub fn digest(held: &[&Content], dropped: i64) -> Content {
    let mut texts: Vec<&str> = held
        .iter()
        .map(|one| one.text.as_str())
        .take(TOLD)
        .collect();
    let more = held.len().saturating_sub(TOLD);
    let rest = format!("and {more} more");
    if more > 0 {
        texts.push(&rest);
    }
    let of_dropped =
        format!("{dropped} more were dropped: too many messages of the channel waited.");
    if dropped > 0 {
        texts.push(&of_dropped);
    }
    let were = if held.len() == 1 { "was" } else { "were" };
    let first = held.first().copied().cloned().unwrap_or_default();
    let is_of_one = held.iter().all(|one| one.cluster_id == first.cluster_id);
    let gravest = held.iter().max_by_key(|one| one.severity).copied().cloned();
    let gravest = gravest.unwrap_or_default();
    Content {
        trigger: gravest.trigger,
        severity: gravest.severity,
        at: held.iter().map(|one| one.at).max().unwrap_or_default(),
        cluster_id: if is_of_one {
            first.cluster_id
        } else {
            String::new()
        },
        cluster_name: if is_of_one {
            first.cluster_name
        } else {
            String::new()
        },
        code: "digest".to_owned(),
        text: format!("{} {were} held back:\n{}", held.len(), texts.join("\n")),
        url: gravest.url,
        ..Content::default()
    }
}

/// When a message that failed so often, and was made then, is tried again; none: it is given up.
pub fn again(made_at: i64, failures: u32, now: i64) -> Option<i64> {
    let at = now + pause(failures);
    (at - made_at <= TRIED).then_some(at)
}

/// 5 s, 10 s, 20 s … an hour, after so many failures in a row.
pub fn pause(failures: u32) -> i64 {
    let doubled = 2_i64.saturating_pow(failures.saturating_sub(1));
    FIRST_PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests;
