//! Channels, rules and messages of notifications, and the notices behind the bell. A secret comes in and is sealed; it never
//! goes out, is in no answer and no audit row.

use std::collections::HashMap;
use std::time::Instant;

use app::model::error::{Error, FieldError, Result};
use app::model::live::Kind;
use app::model::notification::*;
use app::model::operation::Operation;
use app::port::{Ctx, Notifying};
use async_trait::async_trait;
use zeroize::Zeroizing;

use super::Service;
use super::notification_check::{check_channel, check_rule};
use super::write::Change;
use crate::auth::policy::Authorize as _;
use crate::db::connection::Connection;
use crate::db::notification_channel::{self, ChannelRow, PURPOSE};
use crate::db::{notification, notification_rule, now, user_notice};
use crate::fault::internal;
use crate::notify::{self, Target};
use crate::random::random_hex;

/// Messages that the page shows.
const SHOWN: i64 = 100;
/// Notices behind the bell.
const NOTICES: i64 = 20;
const ID_BYTES: usize = 8;

#[async_trait]
impl Notifying for Service {
    async fn list_notifications(&self, ctx: &Ctx) -> Result<Notifications> {
        ctx.authorize(Operation::ListNotifications, "*")?;
        self.notifications().await.map_err(internal)
    }

    async fn change_notifications(
        &self,
        ctx: &Ctx,
        input: ChangeNotifications,
    ) -> Result<NotificationChanged> {
        let operation = Operation::ChangeNotifications;
        ctx.authorize(operation, "*")?;
        let written = input.without_secret();
        self.change(ctx, operation, &written, None, async |mut change| {
            let id = self.apply_change(ctx, &mut change, input.change).await?;
            change.commit("*", NotificationChanged { id }).await
        })
        .await
    }

    async fn test_notification_channel(
        &self,
        ctx: &Ctx,
        input: TestNotificationChannelRequest,
    ) -> Result<TestNotificationChannelResponse> {
        let operation = Operation::TestNotificationChannel;
        ctx.authorize(operation, "*")?;
        let id = &input.channel_id;
        let row = notification_channel::find(self.parts.db.pool(), id).await;
        let row = row.map_err(internal)?.ok_or_else(|| no_channel(id))?;
        self.note(ctx, operation, "*", &input).await?;
        let to = Target {
            secret: self.parts.channel_secret(&row.sealed).map_err(internal)?,
            settings: row.channel.settings,
        };
        let begun = Instant::now();
        let sent = notify::send(self.parts.guard, &to, &random_hex(16), &self.test()).await;
        Ok(TestNotificationChannelResponse {
            error: sent.err().unwrap_or_default(),
            took_ms: i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX),
        })
    }

    async fn list_notices(&self, ctx: &Ctx) -> Result<Notices> {
        ctx.authorize(Operation::ListNotices, "*")?;
        let (pool, arn) = (self.parts.db.pool(), ctx.who.arn());
        let until = user_notice::read_until(pool, arn).await.map_err(internal)?;
        let rows = user_notice::newest(pool, arn, NOTICES).await;
        let unread = user_notice::unread(pool, arn, until).await;
        let notices = rows.map_err(internal)?.into_iter();
        Ok(Notices {
            notices: notices.map(|row| row.notice(ctx.language, until)).collect(),
            unread: u32::try_from(unread.map_err(internal)?).unwrap_or(u32::MAX),
        })
    }

    async fn mark_notices(&self, ctx: &Ctx, input: MarkNoticesRequest) -> Result<()> {
        let operation = Operation::MarkNotices;
        ctx.authorize(operation, "*")?;
        // Whoever marks the future would never see what is to come.
        let until = input.until.min(now());
        self.change(ctx, operation, &input, None, async |mut change| {
            let arn = ctx.who.arn().to_owned();
            let marked = user_notice::mark(&mut change.write, &arn, until).await;
            marked.map_err(internal)?;
            let told = change.write.changed(Kind::Notice, "", "").await;
            told.map_err(internal)?;
            change.commit("*", ()).await
        })
        .await
    }
}

impl Service {
    async fn notifications(&self) -> sqlx::Result<Notifications> {
        let pool = self.parts.db.pool();
        let channels = notification_channel::all(pool).await?.into_iter();
        let mut channels: Vec<Channel> = channels.map(|row| row.channel).collect();
        channels.sort_by(|a, b| a.settings.name.cmp(&b.settings.name));
        let mut rules = notification_rule::all(pool).await?;
        rules.sort_by(|a, b| a.settings.name.cmp(&b.settings.name));
        let of_channels = channels.iter().map(|one| (&one.id, &one.settings.name));
        let of_rules = rules.iter().map(|one| (&one.id, &one.settings.name));
        let names: HashMap<&String, &String> = of_channels.chain(of_rules).collect();
        // What is gone is called by its id.
        let name = |id: &String| names.get(id).copied().unwrap_or(id).clone();
        let newest = notification::newest(pool, SHOWN).await?;
        let deliveries = newest
            .iter()
            .map(|row| row.delivery(name(&row.rule_id), name(&row.channel_id)))
            .collect();
        Ok(Notifications {
            channels,
            rules,
            deliveries,
        })
    }

    async fn apply_change(
        &self,
        ctx: &Ctx,
        change: &mut Change,
        wanted: NotificationChange,
    ) -> Result<String> {
        match wanted {
            NotificationChange::PutChannel {
                id,
                settings,
                secret,
            } => {
                let secret = secret
                    .filter(|secret| !secret.is_empty())
                    .map(Zeroizing::new);
                self.put_channel(ctx, change, id, settings, secret).await
            }
            NotificationChange::PutRule { id, settings } => {
                put_rule(ctx, change, id, settings).await
            }
            NotificationChange::DeleteChannel { id } => delete_channel(change, id).await,
            NotificationChange::DeleteRule { id } => {
                let rules = rules(&mut change.write.tx).await?;
                if !rules.iter().any(|rule| rule.id == id) {
                    return Err(no_rule(&id));
                }
                let deleted = notification_rule::delete(&mut change.write, &id).await;
                deleted.map_err(internal)?;
                Ok(id)
            }
        }
    }

    async fn put_channel(
        &self,
        ctx: &Ctx,
        change: &mut Change,
        id: String,
        settings: ChannelSettings,
        secret: Option<Zeroizing<String>>,
    ) -> Result<String> {
        let all = channels(&mut change.write.tx).await?;
        let before = all.iter().find(|row| row.channel.id == id);
        if !id.is_empty() && before.is_none() {
            return Err(no_channel(&id));
        }
        let is_kept = before.is_some_and(|row| keeps_secret(row, &settings));
        let mut wrong = check_channel(ctx.language.text(), &settings, secret.as_ref(), is_kept);
        let others = all.iter().filter(|row| row.channel.id != id);
        let names = others.map(|row| &row.channel.settings.name);
        check_place(&mut wrong, names, &settings.name, all.len(), id.is_empty());
        refuse(wrong)?;
        let sealed = match (&secret, before.filter(|_| is_kept)) {
            (Some(secret), _) => self
                .parts
                .seal
                .seal(PURPOSE, secret.as_bytes())
                .map_err(internal)?,
            (None, Some(before)) => before.sealed.clone(),
            (None, None) => String::new(),
        };
        let id = new_id(id);
        let put = notification_channel::put(&mut change.write, &id, &settings, &sealed).await;
        put.map_err(internal)?;
        Ok(id)
    }

    fn test(&self) -> Content {
        Content {
            at: now(),
            code: "test".into(),
            text: "This is a test of a channel of OpenPCS. Nothing has happened.".into(),
            url: self.parts.server.url.clone() + app::paths::NOTIFICATIONS,
            ..Content::default()
        }
    }
}

/// A secret goes nowhere but where it was meant for: who changes the receiver gives it anew.
fn keeps_secret(before: &ChannelRow, settings: &ChannelSettings) -> bool {
    let was = &before.channel.settings;
    let is_same = match settings.kind {
        ChannelKind::Webhook => true,
        ChannelKind::Slack => true,
        ChannelKind::Email => {
            (&was.host, was.port) == (&settings.host, settings.port)
                && was.user == settings.user
                && was.security == settings.security
        }
    };
    is_same && was.kind == settings.kind && before.channel.has_secret
}

async fn put_rule(
    ctx: &Ctx,
    change: &mut Change,
    id: String,
    settings: RuleSettings,
) -> Result<String> {
    let all = rules(&mut change.write.tx).await?;
    if !id.is_empty() && !all.iter().any(|rule| rule.id == id) {
        return Err(no_rule(&id));
    }
    let mut wrong = check_rule(ctx.language.text(), &settings);
    let channels = channels(&mut change.write.tx).await?;
    if !channels
        .iter()
        .any(|row| row.channel.id == settings.channel_id)
    {
        wrong.push(field("channelId", no_channel(&settings.channel_id).message));
    }
    let others = all.iter().filter(|rule| rule.id != id);
    let names = others.map(|rule| &rule.settings.name);
    check_place(&mut wrong, names, &settings.name, all.len(), id.is_empty());
    refuse(wrong)?;
    let id = new_id(id);
    let put = notification_rule::put(&mut change.write, &id, &settings).await;
    put.map_err(internal)?;
    Ok(id)
}

async fn delete_channel(change: &mut Change, id: String) -> Result<String> {
    let all = channels(&mut change.write.tx).await?;
    if !all.iter().any(|row| row.channel.id == id) {
        return Err(no_channel(&id));
    }
    let rules = rules(&mut change.write.tx).await?;
    if let Some(rule) = rules.iter().find(|rule| rule.settings.channel_id == id) {
        let message = format!(
            "The rule {} sends to this channel. Delete the rule, or give it another channel, before.",
            rule.settings.name
        );
        return Err(Error::conflict("NotificationChannel", &id, message));
    }
    let deleted = notification_channel::delete(&mut change.write, &id).await;
    deleted.map_err(internal)?;
    Ok(id)
}

async fn channels(tx: &mut Connection) -> Result<Vec<ChannelRow>> {
    notification_channel::all(tx).await.map_err(internal)
}

async fn rules(tx: &mut Connection) -> Result<Vec<Rule>> {
    notification_rule::all(tx).await.map_err(internal)
}

fn new_id(id: String) -> String {
    match id.is_empty() {
        true => random_hex(ID_BYTES),
        false => id,
    }
}

/// Names tell them apart, and there are not too many.
fn check_place<'a>(
    wrong: &mut Vec<FieldError>,
    mut others: impl Iterator<Item = &'a String>,
    name: &str,
    count: usize,
    is_new: bool,
) {
    if others.any(|other| other == name) {
        wrong.push(field("name", "This name is taken. Choose another one."));
    }
    if is_new && count >= MOST {
        let message = format!("There can be {MOST} of them. Delete one before.");
        wrong.push(field("name", message));
    }
}

fn field(name: &str, message: impl Into<String>) -> FieldError {
    FieldError {
        name: name.into(),
        message: message.into(),
    }
}

fn refuse(wrong: Vec<FieldError>) -> Result<()> {
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(Error::fields(wrong)),
    }
}

fn no_channel(id: &str) -> Error {
    let message = format!("There is no channel {id}. The page Notifications has them all.");
    Error::not_found("NotificationChannel", id, message)
}

fn no_rule(id: &str) -> Error {
    let message = format!("There is no rule {id}. The page Notifications has them all.");
    Error::not_found("NotificationRule", id, message)
}
