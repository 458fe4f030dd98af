//! Sends what waits for a channel, one after the other, until something fails or nothing is due; and makes digests.

use app::model::live::Kind;
use app::model::notification::{Channel, DeliveryState};
use openpcs_provider::lease::Lease;

use super::super::Parts;
use crate::db::notification::{self, NotificationRow};
use crate::db::notification_channel;
use crate::db::now;
use crate::notify::{self, Target};
use crate::plan::notification as plan;

/// Sent in one go; the next run goes on.
const AT_ONCE: i64 = 50;
/// Held rows that are put together at once.
const MOST_DIGESTED: i64 = 2_000;

/// Of one channel.
pub struct Sender {
    parts: Parts,
    lease: Option<Lease>,
    channel: Channel,
    sealed: String,
}

impl Sender {
    pub fn new(parts: Parts, lease: Option<Lease>, channel: Channel, sealed: String) -> Sender {
        Sender {
            parts,
            lease,
            channel,
            sealed,
        }
    }

    pub async fn run(mut self) {
        if let Err(error) = self.send().await {
            let channel = &self.channel.settings.name;
            tracing::warn!(%error, channel, "the messages of a channel cannot be sent");
        }
    }

    async fn send(&mut self) -> anyhow::Result<()> {
        let due = notification::due(self.parts.db.pool(), &self.channel.id, AT_ONCE).await?;
        if due.is_empty() {
            return Ok(());
        }
        let to = Target {
            settings: self.channel.settings.clone(),
            secret: self.parts.channel_secret(&self.sealed)?,
        };
        for row in due {
            // Another server may have begun to.
            if let Some(lease) = &self.lease {
                lease.check()?;
            }
            let sent = notify::send(self.parts.guard, &to, &row.id, &row.content).await;
            if !self.note(&row, sent).await? {
                break;
            }
        }
        Ok(())
    }

    /// Whether the next one is to be tried at once.
    async fn note(
        &mut self,
        row: &NotificationRow,
        sent: Result<(), String>,
    ) -> anyhow::Result<bool> {
        let mut write = self.parts.db.write().await?;
        let arrived = sent.is_ok();
        match sent {
            Ok(()) => {
                notification::set_state(&mut write, &row.id, DeliveryState::Sent).await?;
                notification_channel::works(&mut write, &self.channel.id).await?;
                self.channel.failures = 0;
            }
            Err(error) => {
                let again = plan::again(row.made_at, row.attempts + 1, now());
                let state = match again {
                    Some(_) => DeliveryState::Waiting,
                    None => DeliveryState::GivenUp,
                };
                let due_at = again.unwrap_or(row.due_at);
                notification::failed(&mut write, &row.id, state, due_at, &error).await?;
                let retry_at = now() + plan::pause(self.channel.failures + 1);
                let id = &self.channel.id;
                notification_channel::fails(&mut write, id, &error, retry_at).await?;
            }
        }
        write.commit().await?;
        Ok(arrived)
    }
}

/// What was held back, and whose time has come: of each rule one message, of a single one itself.
pub async fn digest(parts: &Parts) -> anyhow::Result<()> {
    let held = notification::to_digest(parts.db.pool(), MOST_DIGESTED).await?;
    if held.is_empty() {
        return Ok(());
    }
    let mut write = parts.db.write().await?;
    for of_rule in held.chunk_by(|a, b| a.rule_id == b.rule_id && a.channel_id == b.channel_id) {
        let since = of_rule.iter().map(|row| row.made_at).min();
        let dropped = notification::dropped(&mut write, &of_rule[0], since.unwrap_or(0)).await?;
        if let ([only], 0) = (of_rule, dropped) {
            notification::set_state(&mut write, &only.id, DeliveryState::Waiting).await?;
            continue;
        }
        let ids: Vec<&str> = of_rule.iter().map(|row| row.id.as_str()).collect();
        let contents: Vec<_> = of_rule.iter().map(|row| &row.content).collect();
        let made_at = now();
        let row = NotificationRow {
            id: plan::id(&ids),
            content: plan::digest(&contents, dropped),
            state: DeliveryState::Waiting,
            made_at,
            due_at: made_at,
            ..of_rule[0].clone()
        };
        notification::insert(&mut write, &row).await?;
        for id in ids {
            notification::set_state(&mut write, id, DeliveryState::Digested).await?;
        }
    }
    write.changed(Kind::Notification, "", "").await?;
    write.commit().await?;
    Ok(())
}
