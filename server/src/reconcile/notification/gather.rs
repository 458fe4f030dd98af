//! Finds what happened since the last look. Rows get their time before they are committed, and servers have clocks of their
//! own: so each look goes back a while, and what was found before makes no second row.

use std::collections::{HashMap, HashSet};

use app::model::date::{DAY, HOUR};
use app::model::live::Kind;
use app::model::metric::Metric;
use app::model::notification::*;
use app::paths;
use chrono::{Datelike, NaiveDate, TimeZone, Utc};

use super::super::Parts;
use crate::db::cluster::ClusterSpec;
use crate::db::happening::{self, After, JobEnd};
use crate::db::notification::{self, NotificationRow};
use crate::db::user_notice::{self, NoticeRow};
use crate::db::{Write, metric, notification_rule, now, resource};
use crate::plan::notification::{self as plan, Occurrence};

/// How far a look goes back behind the last one, in milliseconds.
const BACK: i64 = 120_000;
/// A job whose end was found so late is told to nobody, as when all that accounting has is copied for the first time.
const TOO_LATE: i64 = 7 * DAY;
/// Rows read at once.
const PAGE: i64 = 1_000;
/// What is remembered to have been found; forgotten, it is only looked at again.
const REMEMBERED: usize = 50_000;
/// Messages of a channel that wait; more are given up at once.
const MOST_UNSENT: i64 = 1_000;
/// Sign-ins that fail within so long, so many, are told.
const SIGN_IN_TIME: i64 = 600_000;
const SIGN_INS: i64 = 10;

#[derive(Default)]
pub struct Gatherer {
    /// Keys of what was found, and of the rows in which nothing was.
    known: HashSet<String>,
    /// When the hours of nodes are counted again.
    count_at: i64,
}

/// What a look needs to know.
struct Look {
    rules: Vec<Rule>,
    clusters: HashMap<String, String>,
    /// Where people reach the server.
    server: String,
    /// The users of the console whose jobs are theirs by name, as ARNs.
    users: HashMap<String, String>,
}

/// Of one look.
#[derive(Default)]
struct Found {
    occurrences: Vec<Occurrence>,
    /// Keys of the rows that were looked at for the first time.
    rows: Vec<String>,
}

impl Gatherer {
    /// How many new messages and notices there are.
    pub async fn run(&mut self, parts: &Parts) -> anyhow::Result<usize> {
        let look = Look::new(parts).await?;
        let begun = now();
        let mut found = Found::default();
        self.of_events(parts, &look, &mut found).await?;
        self.of_jobs(parts, &look, &mut found).await?;
        let Found {
            occurrences: mut found,
            rows,
        } = found;
        found.extend(sign_ins(parts, &look, begun).await?);
        if begun >= self.count_at {
            found.extend(self.node_hours(parts, &look, begun).await?);
            self.count_at = begun + 60_000;
        }
        if self.known.len() > REMEMBERED {
            self.known.clear();
        }
        found.retain(|one| !self.known.contains(&one.key));
        let new = write(parts, &look, &found, begun).await?;
        self.known.extend(found.into_iter().map(|one| one.key));
        self.known.extend(rows);
        Ok(new)
    }

    async fn of_events(&self, parts: &Parts, look: &Look, found: &mut Found) -> anyhow::Result<()> {
        let pool = parts.db.pool();
        let mut after = After {
            at: happening::looked_at(pool, "event").await? - BACK,
            id: String::new(),
        };
        loop {
            let page = happening::events(pool, &after, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            (after.at, after.id) = (last.at, last.id.clone());
            for event in page {
                let row = format!("row:{}", event.id);
                if self.known.contains(&row) {
                    continue;
                }
                let name = look.name(&event.cluster_id);
                let one = plan::of_event(&event, name, &look.server);
                found.occurrences.extend(one);
                found.rows.push(row);
            }
        }
    }

    async fn of_jobs(&self, parts: &Parts, look: &Look, found: &mut Found) -> anyhow::Result<()> {
        let pool = parts.db.pool();
        let mut after = After {
            at: happening::looked_at(pool, "job").await? - BACK,
            id: String::new(),
        };
        loop {
            let page = happening::job_ends(pool, &after, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            (after.at, after.id) = (last.found_at, last.place());
            let in_time = |end: &JobEnd| end.found_at - end.at <= TOO_LATE;
            for mut end in page.into_iter().filter(in_time) {
                // Accounting may say later that it ended otherwise.
                let row = format!("row:{}:{}:{}", end.place(), end.at, end.state);
                if self.known.contains(&row) {
                    continue;
                }
                end.submitter = happening::submitter(pool, &end).await?;
                let name = look.name(&end.cluster_id);
                found
                    .occurrences
                    .extend(plan::of_job(&end, name, &look.server));
                found.rows.push(row);
            }
        }
    }

    /// Once a month for each rule.
    async fn node_hours(
        &self,
        parts: &Parts,
        look: &Look,
        now: i64,
    ) -> anyhow::Result<Vec<Occurrence>> {
        let mut found = vec![];
        let Some(month) = month_of(now) else {
            return Ok(found);
        };
        for rule in look.has(Trigger::NodeHours) {
            let key = format!("node-hours:{}:{month}", rule.id);
            if self.known.contains(&key) {
                continue;
            }
            let wanted = f64::from(rule.settings.node_hours);
            let mut used = 0.0;
            for cluster in look.clusters.keys() {
                if rule.settings.clusters.is_empty() || rule.settings.clusters.contains(cluster) {
                    used += hours_of(parts, cluster, month, now).await?;
                }
            }
            if wanted > 0.0 && used >= wanted {
                let text =
                    format!("{used:.1} node hours were used this month: {wanted} are planned.");
                let url = look.server.clone() + paths::MONITORING;
                found.push(Occurrence {
                    rule_id: rule.id.clone(),
                    ..plan::of_all(key, Trigger::NodeHours, now, text, url)
                });
            }
        }
        Ok(found)
    }
}

impl Look {
    async fn new(parts: &Parts) -> anyhow::Result<Look> {
        let pool = parts.db.pool();
        let clusters = resource::list::<ClusterSpec>(pool, None).await?;
        let users = crate::db::user::user_list(&parts.db).await?.into_iter();
        Ok(Look {
            rules: notification_rule::all(pool).await?,
            clusters: clusters.into_iter().map(|row| (row.id, row.name)).collect(),
            server: parts.server.url.clone(),
            users: users
                .map(|user| (user.name.clone(), parts.arns.user(&user.name)))
                .collect(),
        })
    }

    /// Of one that is gone its id.
    fn name<'a>(&'a self, cluster_id: &'a str) -> &'a str {
        self.clusters
            .get(cluster_id)
            .map_or(cluster_id, String::as_str)
    }

    fn has(&self, trigger: Trigger) -> impl Iterator<Item = &Rule> {
        let rules = self.rules.iter();
        rules.filter(move |rule| rule.settings.triggers.contains(&trigger))
    }

    /// Behind whose bell it is: failures behind everybody's who looks after the whole, the end of a job behind its user's.
    fn readers(&self, what: &Occurrence) -> Vec<String> {
        if !what.content.trigger.is_of_jobs() || what.users.is_empty() {
            return vec![String::new()];
        }
        let is_arn = |user: &String| self.users.values().any(|arn| arn == user);
        let arn = |user: &String| match is_arn(user) {
            true => Some(user.clone()),
            false => self.users.get(user).cloned(),
        };
        let mut arns: Vec<String> = what.users.iter().filter_map(arn).collect();
        arns.sort();
        arns.dedup();
        arns
    }
}

/// Once for each stretch of time in which there were many.
async fn sign_ins(parts: &Parts, look: &Look, now: i64) -> anyhow::Result<Option<Occurrence>> {
    let begun = now - now.rem_euclid(SIGN_IN_TIME);
    let failures = happening::sign_in_failures(parts.db.pool(), begun).await?;
    if failures < SIGN_INS {
        return Ok(None);
    }
    let minutes = SIGN_IN_TIME / 60_000;
    let text = format!("{failures} sign-ins failed within {minutes} minutes.");
    let key = format!("sign-in:{begun}");
    let url = look.server.clone() + paths::SYSTEM;
    Ok(Some(plan::of_all(
        key,
        Trigger::SignInFailures,
        now,
        text,
        url,
    )))
}

/// When the month began, in UTC.
fn month_of(now: i64) -> Option<i64> {
    let today = Utc.timestamp_millis_opt(now).single()?.date_naive();
    let first = NaiveDate::from_ymd_opt(today.year(), today.month(), 1)?;
    Some(first.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis())
}

/// An hour in which only some minutes were measured counts for those.
async fn hours_of(parts: &Parts, cluster: &str, from: i64, to: i64) -> sqlx::Result<f64> {
    let rows = metric::between(parts.db.pool(), cluster, HOUR, from, to).await?;
    let stats = rows
        .iter()
        .filter_map(|(_, all)| all.stat(Metric::ActualCapacity));
    let minutes = parts.metrics_every.as_secs_f64() / 3600.0;
    Ok(stats.map(|stat| stat.sum * minutes).sum())
}

/// In one transaction: all that is new, and how far the looks went.
async fn write(
    parts: &Parts,
    look: &Look,
    found: &[Occurrence],
    begun: i64,
) -> anyhow::Result<usize> {
    let before = happening::looked_at(parts.db.pool(), "event").await?;
    // A look that found nothing is noted now and then only: the next one goes back far enough. The first one is.
    if found.is_empty() && before < begun && begun - before < BACK / 2 {
        return Ok(0);
    }
    let mut write = parts.db.write().await?;
    let (mut notices, mut messages) = (0, 0);
    for one in found {
        notices += put_notices(&mut write, look, one).await?;
        messages += put_messages(&mut write, look, one).await?;
    }
    happening::look_until(&mut write, "event", begun).await?;
    happening::look_until(&mut write, "job", begun).await?;
    for (kind, new) in [(Kind::Notice, notices), (Kind::Notification, messages)] {
        if new > 0 {
            write.changed(kind, "", "").await?;
        }
    }
    write.commit().await?;
    Ok(notices + messages)
}

async fn put_notices(write: &mut Write, look: &Look, one: &Occurrence) -> sqlx::Result<usize> {
    let mut new = 0;
    for user_arn in look.readers(one) {
        let row = notice(one, user_arn);
        new += usize::from(user_notice::insert(write, &row).await?);
    }
    Ok(new)
}

async fn put_messages(write: &mut Write, look: &Look, one: &Occurrence) -> sqlx::Result<usize> {
    let mut new = 0;
    for rule in look.rules.iter().filter(|rule| plan::wants(rule, one)) {
        let row = message(write, rule, one).await?;
        new += usize::from(notification::insert(write, &row).await?);
    }
    Ok(new)
}

async fn message(
    write: &mut Write,
    rule: &Rule,
    one: &Occurrence,
) -> sqlx::Result<NotificationRow> {
    let made_at = now();
    let channel_id = rule.settings.channel_id.clone();
    let passed = notification::passed(write, &rule.id, plan::hour(made_at)).await?;
    let held = plan::held_until(&rule.settings, made_at, passed);
    let is_full = notification::unsent(write, &channel_id).await? >= MOST_UNSENT;
    let (state, error) = match (is_full, held) {
        (true, _) => (
            DeliveryState::GivenUp,
            format!("{MOST_UNSENT} messages of the channel waited already."),
        ),
        (false, Some(_)) => (DeliveryState::Held, String::new()),
        (false, None) => (DeliveryState::Waiting, String::new()),
    };
    Ok(NotificationRow {
        id: plan::id(&[&rule.id, &one.key]),
        rule_id: rule.id.clone(),
        channel_id,
        made_at,
        content: one.content.clone(),
        state,
        attempts: 0,
        due_at: held.unwrap_or(made_at),
        sent_at: 0,
        error,
    })
}

fn notice(one: &Occurrence, user_arn: String) -> NoticeRow {
    let content = &one.content;
    NoticeRow {
        id: plan::id(&[&one.key, &user_arn]),
        at: content.at,
        made_at: now(),
        trigger: content.trigger,
        cluster_id: content.cluster_id.clone(),
        cluster_name: content.cluster_name.clone(),
        resource_type: content.resource_type.clone(),
        resource_id: content.resource_id.clone(),
        code: content.code.clone(),
        parameters: one.parameters.clone(),
        message: content.text.clone(),
        user_arn,
    }
}
