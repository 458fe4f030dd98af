//! Says every few seconds that this process lives, and so keeps its leases. A task of its own: whatever else takes its time
//! must not cost the clusters.

use std::time::{Duration, Instant};

use anyhow::bail;
use openpcs_provider::lease::{Beat, TERM_MS};
use tokio::time::{MissedTickBehavior, sleep, timeout};

use crate::db::Db;
use crate::db::server::{self, ServerRow};
use crate::live::pulse::Pulse;

/// Two words may get lost before others take the clusters.
const EVERY: Duration = Duration::from_secs(5);
/// How often a process that starts looks whether the one before it is taken for dead.
const LOOK: Duration = Duration::from_millis(500);
/// How long it waits for that.
const PATIENCE: Duration = Duration::from_millis(TERM_MS as u64 + 5_000);

/// A process that speaks for a server.
#[derive(Clone)]
pub struct Speaker {
    pub db: Db,
    pub me: ServerRow,
    /// How the names of processes begin that have certainly ended.
    pub gone: String,
    pub beat: Beat,
}

impl Speaker {
    /// Says it for the first time. On another host, or in a copy of the data directory, there may be a process that says
    /// the same.
    pub async fn begin(&self) -> anyhow::Result<()> {
        if self.db.has_one_server() {
            // Nobody else can be. Whether the database takes writes is told later.
            return Ok(());
        }
        let started = Instant::now();
        while !self.say().await? {
            let other = server::find(self.db.pool(), &self.me.id).await?;
            let (host, url) = other.map_or_else(Default::default, |row| (row.host, row.url));
            if started.elapsed() > PATIENCE {
                bail!(
                    "Another process with the same server-id lives, by the database: on the host {host}, reached at {url}. \
                     Stop it; or, if this data directory is a copy, start with a new one that has only `data-key` and \
                     `credentials` of the other."
                );
            }
            tracing::info!(host, url, "waiting for the process before this one to end");
            sleep(LOOK).await;
        }
        Ok(())
    }

    /// Goes on saying it. `pulse` is told whether the database takes writes.
    pub async fn go_on(self, pulse: Pulse) {
        match self.db.has_one_server() {
            true => self.go_on_saying(Some(&pulse)).await,
            // That it lives is said beside the turn of all other writes, which may be held up.
            false => {
                tokio::join!(self.go_on_saying(None), self.feel(&pulse));
            }
        }
    }

    async fn go_on_saying(&self, pulse: Option<&Pulse>) {
        let mut ticks = tokio::time::interval(EVERY);
        loop {
            ticks.tick().await;
            // A connection that was cut off says nothing for minutes.
            let said = timeout(EVERY, self.say()).await;
            if let Some(pulse) = pulse {
                pulse.note(matches!(said, Ok(Ok(_))));
            }
            match said {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => tracing::warn!(%error, "cannot say that this server lives"),
                Err(_) => tracing::warn!("cannot say that this server lives: no answer in time"),
            }
        }
    }

    /// Writes as all others do.
    async fn feel(&self, pulse: &Pulse) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let written = server::touch(&self.db, &self.me).await;
            pulse.note(written.is_ok());
            if let Err(error) = written {
                tracing::warn!(%error, "the database takes no writes");
            }
        }
    }

    /// Whether it is believed.
    async fn say(&self) -> sqlx::Result<bool> {
        let began = Beat::begin();
        let is_believed = server::beat(&self.db, &self.me, &self.gone).await?;
        match is_believed {
            true => self.beat.written(began),
            false => self.beat.is_over(),
        }
        Ok(is_believed)
    }

    /// Ends: nothing is begun any more, and who comes next need not wait.
    pub async fn end(&self) {
        self.beat.is_over();
        let left = timeout(EVERY, server::leave(&self.db, &self.me)).await;
        if !matches!(left, Ok(Ok(()))) {
            tracing::warn!("could not say that this server ends");
        }
    }
}
