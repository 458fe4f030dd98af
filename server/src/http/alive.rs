//! Streams end with their session: when it is signed out, expires, or its user is deleted or gets another password, by
//! whichever server or command.
//!
//! One task looks for all streams at once, and only while there are any: a thousand open pages cost one look.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::watch;

use super::session::SignedIn;
use crate::auth::users::Passwords;
use crate::db::Db;
use crate::db::session::session_list;

/// Well below the second within which a stream must end.
const LOOK: Duration = Duration::from_millis(400);
/// After a look that failed: a database that is away is not asked, and its silence not logged, several times a second.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Knows the sessions that have streams.
#[derive(Clone)]
pub struct Sessions {
    db: Db,
    passwords: Arc<dyn Passwords>,
    /// By the session's key in the database.
    open: Arc<Mutex<HashMap<String, Open>>>,
}

struct Open {
    user: String,
    stamp: String,
    ended: watch::Sender<bool>,
}

/// Says when a session is over.
pub struct Alive(watch::Receiver<bool>);

impl Alive {
    /// Done when the session is over.
    pub async fn ended(&mut self) {
        // The sender is dropped after it has said so, or with the server.
        let _ = self.0.wait_for(|ended| *ended).await;
    }
}

impl Sessions {
    pub fn new(db: Db, passwords: Arc<dyn Passwords>) -> Sessions {
        Sessions {
            db,
            passwords,
            open: Arc::default(),
        }
    }

    /// Watches the session as long as somebody holds what this gives.
    pub fn watch(&self, session: &SignedIn) -> Alive {
        let mut open = self.lock();
        let nobody_looks = open.is_empty();
        let entry = open.entry(session.key.clone()).or_insert_with(|| Open {
            user: session.account.name.clone(),
            stamp: session.account.stamp.clone(),
            ended: watch::channel(false).0,
        });
        let alive = Alive(entry.ended.subscribe());
        drop(open);
        if nobody_looks {
            tokio::spawn(self.clone().keep_looking());
        }
        alive
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Open>> {
        // See `Wakers::of`: the map stays sound whoever panics.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends when no stream is left.
    async fn keep_looking(self) {
        loop {
            tokio::time::sleep(LOOK).await;
            {
                let mut open = self.lock();
                open.retain(|_, session| session.ended.receiver_count() > 0);
                if open.is_empty() {
                    return;
                }
            }
            match self.live().await {
                Ok(live) => self.lock().retain(|key, session| {
                    let is_live = live.has(key, session);
                    if !is_live {
                        session.ended.send_replace(true);
                    }
                    is_live
                }),
                // Whether a session is over is not known: its streams go on.
                Err(cause) => {
                    tracing::debug!(%cause, "cannot look for ended sessions");
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
            }
        }
    }

    async fn live(&self) -> anyhow::Result<Live> {
        // Users first: a session that begins with a new password is then not taken for one of the old.
        let users: HashSet<String> = {
            let open = self.lock();
            open.values().map(|session| session.user.clone()).collect()
        };
        let mut stamps = HashMap::new();
        for user in users {
            let account = self.passwords.account(&user).await?;
            stamps.insert(user, account.map(|account| account.stamp));
        }
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let keys = session_list(&self.db, now).await?;
        Ok(Live {
            stamps,
            keys: keys.into_iter().collect(),
        })
    }
}

/// What the database says.
struct Live {
    /// Of each user with a stream; none once deleted.
    stamps: HashMap<String, Option<String>>,
    keys: HashSet<String>,
}

impl Live {
    fn has(&self, key: &str, session: &Open) -> bool {
        let is_same = match self.stamps.get(&session.user) {
            Some(stamp) => stamp.as_deref() == Some(session.stamp.as_str()),
            // Opened after the look.
            None => return true,
        };
        is_same && self.keys.contains(key)
    }
}
