//! Signing in and out: a plain form, so that it works without WebAssembly. How guessing is slowed down: see `lockout`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use app::model::name::Arns;
use app::paths;
use app::port::Caller;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use tower_sessions::Session;

use super::body::{self, STRANGERS, Unread};
use super::caller;
use super::front::{Client, Ends};
use super::layer::{RequestId, see_other};
use super::local_user;
use super::lockout::{Attempt, Lockout, Origin};
use super::session::{self, local};
use super::unavailable;
use crate::auth::password::PASSWORD_MAX;
use crate::auth::users::{Account, Passwords};
use crate::db::audit::record::Record;
use crate::fault::is_disk_full;
use crate::service::audit::Recorder;

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
    pub arns: Arns,
    pub recorder: Recorder,
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
    let asked = Asked::by(&request);
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
    let outcome = attempt(&state, from, &user, &password).await;
    asked.record(&state, &user, &outcome).await;
    match outcome {
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

/// Whoever is told that they are signed out is.
pub async fn sign_out(State(state): State<SignIn>, session: Session, request: Request) -> Response {
    let user = session::named(&session).await;
    let asked = Asked::by(&request);
    if let Err(error) = session.flush().await {
        tracing::error!(%error, "cannot delete the session");
        return unavailable::answer(&Method::POST, paths::POST_SIGN_OUT, request.headers());
    }
    if let Some(user) = user {
        let arn = state.arns.user(&user);
        let who = Some((user.as_str(), arn.as_str()));
        let record = Record::of_sign_in("Logout", who, &asked.request_id, asked.caller);
        state.recorder.record(record);
    }
    see_other(paths::SIGN_IN)
}

/// Who asks to be let in or goes, for the audit trail.
struct Asked {
    caller: Caller,
    request_id: String,
}

impl Asked {
    fn by(request: &Request) -> Asked {
        let id = request.extensions().get::<RequestId>();
        Asked {
            caller: caller::of_request(request),
            request_id: id.map_or_else(String::new, |RequestId(id)| id.clone()),
        }
    }

    /// Who is not known is not named: people type passwords where names belong.
    async fn record(self, state: &SignIn, user: &str, outcome: &Outcome) {
        let account = state.passwords.account(user).await.ok().flatten();
        let arn = state.arns.user(user);
        let known = account.map(|_| (user, arn.as_str()));
        let is_known = known.is_some();
        let record = Record::of_sign_in("ConsoleLogin", known, &self.request_id, self.caller);
        let word = |word: &str| json!({"ConsoleLogin": word});
        let (code, why) = match outcome {
            Outcome::SignedIn(_) => return state.recorder.record(record.answered(word("Success"))),
            Outcome::Refused => ("FailedAuthentication", "Failed authentication"),
            Outcome::Locked(_) => ("TooManyAttempts", "Too many failed attempts"),
            Outcome::Unavailable => ("ServiceUnavailable", "The password could not be checked"),
        };
        let record = record.answered(word("Failure")).failed(code, why);
        match is_known {
            true => state.recorder.record(record),
            false => state.recorder.record_stranger(record),
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
            arns: Arns::default(),
            recorder: Recorder::default(),
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
