//! Signing in: a plain form, so that it works without WebAssembly. How guessing is slowed down: see `lockout`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use app::paths;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tower_sessions::Session;

use super::body::{self, STRANGERS, Unread};
use super::front::{Client, Ends};
use super::layer::see_other;
use super::local_user;
use super::lockout::{Attempt, Lockout, Origin};
use super::session::{self, local};
use super::unavailable;
use crate::auth::password::PASSWORD_MAX;
use crate::auth::users::{Account, Passwords};
use crate::fault::is_disk_full;

/// The longest name that a user can have, in bytes.
const NAME_MAX: usize = 64;
/// A name, a password and the address of a page, each byte of them written as three.
const FORM_BYTES: usize = 32 * 1024;
/// How long an attempt waits for those before it, of its name and its address.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub struct SignIn {
    pub passwords: Arc<dyn Passwords>,
    pub lockout: Arc<Lockout>,
}

#[derive(Deserialize)]
struct Form {
    user: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// How an attempt ended.
enum Outcome {
    SignedIn(Account),
    Refused,
    /// Try again after that time.
    Locked(Duration),
    /// Nobody knows whether the password is right.
    Unavailable,
}

pub async fn sign_in(State(state): State<SignIn>, session: Session, request: Request) -> Response {
    let client = Client::of(request.extensions());
    let ends = request.extensions().get::<Ends>().copied();
    let headers = request.headers().clone();
    let unavailable = || unavailable::answer(&Method::POST, paths::POST_SIGN_IN, &headers);
    let form = match body::read(request.into_body(), FORM_BYTES, &STRANGERS).await {
        Ok(form) => form,
        Err(unread) => return not_read(unread),
    };
    let Ok(Form {
        user,
        password,
        next,
    }) = serde_urlencoded::from_bytes(&form.bytes)
    else {
        return see_other(&format!("{}&failed=refused", paths::sign_in(local(""))));
    };
    let next = local(&next);
    let from = origin(client, ends).await;
    match attempt(&state, from, &user, &password).await {
        Outcome::SignedIn(account) => match session::begin(&session, &account).await {
            Ok(()) => {
                tracing::info!(user, %from, "signed in");
                see_other(next)
            }
            Err(error) => {
                tracing::error!(%error, "cannot store the session");
                match is_disk_full(&error.to_string()) {
                    true => unavailable::disk_full(&headers),
                    false => unavailable(),
                }
            }
        },
        Outcome::Unavailable => unavailable(),
        Outcome::Refused => see_other(&format!("{}&failed=refused", paths::sign_in(next))),
        Outcome::Locked(left) => {
            let seconds = left.as_secs() + 1;
            see_other(&format!(
                "{}&failed=locked&seconds={seconds}",
                paths::sign_in(next)
            ))
        }
    }
}

/// Behind a proxy on this host the other end is the proxy, and the client is whom it names.
async fn origin(client: Option<Client>, ends: Option<Ends>) -> Origin {
    let direct = ends.filter(|ends| client == Some(Client(ends.peer.ip())));
    Origin {
        client,
        local_user: match direct {
            Some(ends) => local_user::uid(ends).await,
            None => None,
        },
    }
}

async fn attempt(state: &SignIn, from: Origin, user: &str, password: &str) -> Outcome {
    if user.len() > NAME_MAX || password.len() > PASSWORD_MAX * 4 {
        tracing::warn!(%from, "sign-in refused: no name or password is that long");
        return Outcome::Refused;
    }
    if from.client.is_none() {
        tracing::warn!(
            "the proxy names no client in X-Forwarded-For: guessing passwords locks nobody out"
        );
    }
    let Ok(known) = state.passwords.account(user).await else {
        return Outcome::Unavailable;
    };
    let attempt = Attempt {
        user,
        stamp: known.as_ref().map(|account| account.stamp.as_str()),
        from,
    };
    if let Err(left) = state.lockout.begin(attempt, Instant::now()) {
        tracing::debug!(user, %from, "sign-in refused: too many failed");
        return Outcome::Locked(left);
    }
    let turn = tokio::time::timeout(PATIENCE, state.lockout.turn(attempt)).await;
    if turn.is_err() {
        tracing::warn!(user, %from, "sign-in refused: too many at once");
        return Outcome::Locked(Duration::from_secs(1));
    }
    match state.passwords.verify(user, password).await {
        Err(_) => Outcome::Unavailable,
        Ok(Some(account)) => {
            state.lockout.succeeded(attempt, Instant::now());
            Outcome::SignedIn(account)
        }
        Ok(None) => {
            tracing::warn!(user, %from, "sign-in refused");
            state.passwords.failed().await;
            Outcome::Refused
        }
    }
}

fn not_read(unread: Unread) -> Response {
    let mut response = (unread.status(), unread.message() + "\n").into_response();
    if let Some(seconds) = unread.retry_after() {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;

    use super::*;
    use crate::auth::users::Unreadable;

    /// Ann's password is `right`; counts the hashes, and how many were made at once at most.
    #[derive(Default)]
    struct Counting {
        hashes: AtomicUsize,
        now: AtomicUsize,
        most: AtomicUsize,
    }

    #[async_trait]
    impl Passwords for Counting {
        async fn verify(&self, user: &str, password: &str) -> Result<Option<Account>, Unreadable> {
            self.hashes.fetch_add(1, Ordering::SeqCst);
            let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(now, Ordering::SeqCst);
            tokio::task::yield_now().await;
            self.now.fetch_sub(1, Ordering::SeqCst);
            let account = self.account(user).await?;
            Ok(account.filter(|_| password == "right"))
        }

        async fn account(&self, user: &str) -> Result<Option<Account>, Unreadable> {
            Ok((user == "ann").then(|| Account {
                name: user.into(),
                stamp: String::new(),
            }))
        }
    }

    fn from(address: [u8; 4]) -> Origin {
        Origin {
            client: Some(Client(address.into())),
            local_user: None,
        }
    }

    fn door() -> (Arc<Counting>, SignIn) {
        let passwords = Arc::new(Counting::default());
        let state = SignIn {
            passwords: passwords.clone(),
            lockout: Arc::default(),
        };
        (passwords, state)
    }

    #[tokio::test]
    async fn of_a_thousand_guesses_at_once_few_are_tried_and_those_one_by_one() {
        let (passwords, state) = door();
        let guesses = (0..1000).map(|n| {
            let state = state.clone();
            let password = if n == 900 { "right" } else { "wrong" };
            async move { attempt(&state, from([6, 6, 6, 6]), "ann", password).await }
        });
        let outcomes = futures::future::join_all(guesses).await;
        assert!(
            !outcomes
                .iter()
                .any(|outcome| matches!(outcome, Outcome::SignedIn(_)))
        );
        assert_eq!(passwords.hashes.load(Ordering::SeqCst), 6);
        assert_eq!(passwords.most.load(Ordering::SeqCst), 1);
        let elsewhere = attempt(&state, from([10, 0, 0, 1]), "ann", "right").await;
        assert!(matches!(elsewhere, Outcome::SignedIn(_)));
    }

    #[tokio::test]
    async fn many_names_from_one_address_are_hashed_one_by_one() {
        let (passwords, state) = door();
        let guesses = (0..200).map(|n| {
            let (state, name) = (state.clone(), format!("user-{n}"));
            async move { attempt(&state, from([6, 6, 6, 6]), &name, "wrong").await }
        });
        futures::future::join_all(guesses).await;
        assert!(passwords.hashes.load(Ordering::SeqCst) < 60);
        assert_eq!(passwords.most.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn what_no_name_or_password_is_costs_nothing() {
        let (passwords, state) = door();
        let (name, password) = ("n".repeat(NAME_MAX + 1), "p".repeat(PASSWORD_MAX * 4 + 1));
        for _ in 0..100 {
            for (user, password) in [(name.as_str(), "right"), ("ann", password.as_str())] {
                let outcome = attempt(&state, from([6, 6, 6, 6]), user, password).await;
                assert!(matches!(outcome, Outcome::Refused));
            }
        }
        assert_eq!(passwords.hashes.load(Ordering::SeqCst), 0);
        let right = attempt(&state, from([6, 6, 6, 6]), "ann", "right").await;
        assert!(matches!(right, Outcome::SignedIn(_)));
    }
}
