//! Tells people of what their rules wait for. One run finds what happened and writes it to the outbox, makes digests of what
//! was held back, and sees to it that each channel that has something to send is sending it, apart from all others.
//!
//! Killed anywhere, the next run finds the same and writes the same rows, of which there can be one each; what was sent and
//! not noted is sent again, under the same id. Of several servers on one database one does this, under a lease.

mod gather;
mod send;

use std::collections::HashMap;
use std::time::Duration;

use app::model::system::{ReconcilerKind, Work};
use openpcs_provider::lease::{Beat, Lease};
use tokio::task::JoinHandle;

use self::gather::Gatherer;
use super::sole::Sole;
use super::{Next, Parts, Reconciler};
use crate::db::lease::NOTIFICATIONS;
use crate::db::notification_channel::{self, ChannelRow};
use crate::db::{notification, now};
use crate::live::status::Done;

/// How often it looks: a message is no later for it than people notice.
const EVERY: Duration = Duration::from_secs(2);

pub struct NotificationReconciler {
    sole: Sole,
    gatherer: Gatherer,
    sending: HashMap<String, JoinHandle<()>>,
}

impl NotificationReconciler {
    pub fn new(parts: Parts, beat: Beat) -> NotificationReconciler {
        NotificationReconciler {
            sole: Sole::new(NOTIFICATIONS, parts, beat),
            gatherer: Gatherer::default(),
            sending: HashMap::new(),
        }
    }

    /// Channels for which something is due; those that are at it are left alone, and those that have to wait.
    async fn send(&mut self, parts: &Parts, lease: Option<Lease>) -> anyhow::Result<()> {
        self.sending.retain(|_, task| !task.is_finished());
        let due = notification::channels_due(parts.db.pool()).await?;
        if due.is_empty() {
            return Ok(());
        }
        for ChannelRow { channel, sealed } in notification_channel::all(parts.db.pool()).await? {
            let waits = self.sending.contains_key(&channel.id) || channel.retry_at > now();
            if waits || !due.contains(&channel.id) {
                continue;
            }
            let (id, lease) = (channel.id.clone(), lease.clone());
            let sender = send::Sender::new(parts.clone(), lease, channel, sealed);
            self.sending.insert(id, tokio::spawn(sender.run()));
        }
        Ok(())
    }
}

impl Drop for NotificationReconciler {
    fn drop(&mut self) {
        self.sending.values().for_each(JoinHandle::abort);
    }
}

impl Reconciler for NotificationReconciler {
    const KIND: ReconcilerKind = ReconcilerKind::Notification;

    async fn run(&mut self, done: &mut Done) -> anyhow::Result<Next> {
        if let Some((parts, lease)) = self.sole.leased().await? {
            let found = self.gatherer.run(&parts).await?;
            if found > 0 {
                done.note(Work::MessageFound, found);
            }
            send::digest(&parts).await?;
            self.send(&parts, lease).await?;
        }
        Ok(Next::After(EVERY))
    }
}

#[cfg(test)]
mod tests;
