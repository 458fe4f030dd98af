//! Sessions: how long they last and whose they are; and what a person prefers. Plain forms and links, so
//! that all of it works without WebAssembly.

use app::i18n::Language;
use app::paths;
use app::preference::{LANGUAGE_COOKIE, THEME_COOKIE, Theme};
use axum::extract::Query;
use axum::http::HeaderValue;
use axum::http::header::SET_COOKIE;
use axum::response::Response;
use serde::Deserialize;
use time::{Duration, OffsetDateTime};
use tower_sessions::cookie::SameSite;
use tower_sessions::session::Error;
use tower_sessions::{Expiry, Session, SessionManagerLayer};

use super::layer::see_other;
use super::session_store::{DatabaseStore, key};
use crate::auth::users::{Account, Passwords};
use crate::db::Db;

const USER: &str = "user";
const STAMP: &str = "stamp";
const SEEN: &str = "seen";
/// A working day: whoever leaves for the night signs in again.
const IDLE: Duration = Duration::hours(10);
/// Activity is written down this often at most: a page's many requests are one write.
const SEEN_EVERY: Duration = Duration::minutes(5);

pub fn layer(db: Db, cookie: String, secure: bool) -> SessionManagerLayer<DatabaseStore> {
    SessionManagerLayer::new(DatabaseStore { db })
        .with_name(cookie)
        .with_http_only(true)
        .with_secure(secure)
        // Strict would greet whoever follows a link in a mail with the sign-in page; `origin` guards what is not a read.
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(IDLE))
}

/// A session and whose it is.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub account: Account,
    /// Its id in the database.
    pub key: String,
}

/// Who is signed in. Marks the session as used, unless a page asks by itself; ends it if its user was deleted or has
/// another password.
pub async fn current_user(
    session: &Session,
    passwords: &dyn Passwords,
    by_itself: bool,
) -> anyhow::Result<Option<SignedIn>> {
    let Some(user) = session.get::<String>(USER).await? else {
        return Ok(None);
    };
    let stamp = session.get::<String>(STAMP).await?.unwrap_or_default();
    let account = passwords.account(&user).await?;
    let account = account.filter(|account| account.stamp == stamp);
    let (Some(account), Some(id)) = (account, session.id()) else {
        session.flush().await?;
        return Ok(None);
    };
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let seen = session.get::<i64>(SEEN).await?.unwrap_or_default();
    if !by_itself && now - seen > SEEN_EVERY.whole_seconds() {
        session.insert(SEEN, now).await?;
    }
    let key = key(&id);
    Ok(Some(SignedIn { account, key }))
}

/// A new id, so that one planted before the sign-in is worth nothing after it.
pub async fn begin(session: &Session, account: &Account) -> Result<(), Error> {
    session.cycle_id().await?;
    session.insert(USER, &account.name).await?;
    session.insert(STAMP, &account.stamp).await?;
    session
        .insert(SEEN, OffsetDateTime::now_utc().unix_timestamp())
        .await?;
    // Here, and not after the answer: whoever is told that they are signed in is.
    session.save().await
}

/// Whose the session is, by its own word.
pub async fn named(session: &Session) -> Option<String> {
    session.get::<String>(USER).await.ok().flatten()
}

#[derive(Deserialize)]
pub struct Choice {
    language: Option<String>,
    theme: Option<String>,
    #[serde(default)]
    next: String,
}

/// Keeps a language or a theme for a year and goes back.
pub async fn set_preference(Query(choice): Query<Choice>) -> Response {
    let mut response = see_other(local(&choice.next));
    let language = choice.language.as_deref().and_then(Language::parse);
    let theme = choice.theme.as_deref().and_then(Theme::parse);
    let chosen = [
        language.map(|language| (LANGUAGE_COOKIE, language.tag())),
        theme.map(|theme| (THEME_COOKIE, theme.as_str())),
    ];
    for (name, value) in chosen.into_iter().flatten() {
        let cookie = format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax");
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
    response
}

/// Where to go on: nowhere but in the console.
pub fn local(next: &str) -> &str {
    if paths::is_local(next) {
        next
    } else {
        paths::CLUSTERS
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::Router;
    use axum::body::Body;
    use axum::http::Request as HttpRequest;
    use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION};
    use axum::routing::{get, post};
    use tower::ServiceExt;

    use super::super::sign_in::{SignIn, sign_in, sign_out};
    use async_trait::async_trait;

    use super::super::front::Client;
    use super::*;
    use crate::auth::users::Unreadable;

    struct OneUser;

    #[async_trait]
    impl Passwords for OneUser {
        async fn verify(
            &self,
            user: &str,
            password: &str,
        ) -> std::result::Result<Option<Account>, Unreadable> {
            let account = self.account(user).await?;
            Ok(account.filter(|_| password == "right"))
        }

        async fn account(&self, user: &str) -> std::result::Result<Option<Account>, Unreadable> {
            Ok((user == "ann").then(|| Account {
                name: user.to_owned(),
                stamp: "first password".to_owned(),
            }))
        }
    }

    /// Later: Ann was given another password, or she was deleted.
    struct Later(Option<&'static str>);

    #[async_trait]
    impl Passwords for Later {
        async fn verify(
            &self,
            _: &str,
            _: &str,
        ) -> std::result::Result<Option<Account>, Unreadable> {
            Ok(None)
        }

        async fn account(&self, user: &str) -> std::result::Result<Option<Account>, Unreadable> {
            Ok(self.0.map(|stamp| Account {
                name: user.to_owned(),
                stamp: stamp.to_owned(),
            }))
        }
    }

    async fn who(session: Session, users: &dyn Passwords) -> String {
        let user = current_user(&session, users, false).await.unwrap();
        user.map(|user| user.account.name).unwrap_or_default()
    }

    /// The folder goes with the test.
    async fn database() -> (Db, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/test.db?mode=rwc", folder.path().display());
        (Db::connect(&url).await.unwrap(), folder)
    }

    async fn door() -> (Router, tempfile::TempDir) {
        let (db, folder) = database().await;
        let sign_in_state = SignIn {
            passwords: Arc::new(OneUser),
            lockout: Arc::default(),
            arns: Default::default(),
            recorder: Default::default(),
        };
        let router = Router::new()
            .route("/in", post(sign_in).with_state(sign_in_state.clone()))
            .route("/out", post(sign_out).with_state(sign_in_state))
            .route("/who", get(async |session| who(session, &OneUser).await))
            .route(
                "/changed",
                get(async |session| who(session, &Later(Some("second password"))).await),
            )
            .route(
                "/deleted",
                get(async |session| who(session, &Later(None)).await),
            )
            .layer(layer(db, "openpcs-1".into(), false));
        (router, folder)
    }

    async fn ask(router: &Router, method: &str, path: &str, cookie: &str, form: &str) -> Response {
        let request = HttpRequest::builder()
            .method(method)
            .uri(path)
            .header(COOKIE, cookie)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .extension(Client([10, 0, 0, 1].into()))
            .body(Body::from(form.to_owned()))
            .unwrap();
        router.clone().oneshot(request).await.unwrap()
    }

    async fn who_has(router: &Router, cookie: &str) -> String {
        text(ask(router, "GET", "/who", cookie, "").await).await
    }

    async fn text(response: Response) -> String {
        let body = axum::body::to_bytes(response.into_body(), 100)
            .await
            .unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    }

    fn cookie(response: &Response) -> String {
        let header = response.headers()[SET_COOKIE].to_str().unwrap();
        header.split(';').next().unwrap().to_owned()
    }

    fn location(response: &Response) -> &str {
        response.headers()[LOCATION].to_str().unwrap()
    }

    #[tokio::test]
    async fn a_session_lasts_from_sign_in_to_sign_out() {
        let (router, _folder) = door().await;
        let signed_in = ask(
            &router,
            "POST",
            "/in",
            "",
            "user=ann&password=right&next=/clusters/a",
        )
        .await;
        assert_eq!(location(&signed_in), "/clusters/a");
        let attributes = signed_in.headers()[SET_COOKIE].to_str().unwrap();
        assert!(attributes.contains("HttpOnly") && attributes.contains("SameSite=Lax"));

        let cookie = cookie(&signed_in);
        assert_eq!(who_has(&router, &cookie).await, "ann");
        ask(&router, "POST", "/out", &cookie, "").await;
        assert_eq!(who_has(&router, &cookie).await, "");
    }

    #[tokio::test]
    async fn a_session_ends_with_its_user_and_with_the_password_it_began_with() {
        let (router, _folder) = door().await;
        for path in ["/changed", "/deleted"] {
            let form = "user=ann&password=right&next=/";
            let cookie = cookie(&ask(&router, "POST", "/in", "", form).await);
            assert_eq!(who_has(&router, &cookie).await, "ann");
            assert_eq!(text(ask(&router, "GET", path, &cookie, "").await).await, "");
            assert_eq!(who_has(&router, &cookie).await, "", "{path}");
        }
    }

    #[tokio::test]
    async fn a_page_that_asks_by_itself_keeps_no_session_alive() {
        let (db, _folder) = database().await;
        let session = Session::new(None, Arc::new(DatabaseStore { db }), None);
        let ann = OneUser.account("ann").await.unwrap().unwrap();
        begin(&session, &ann).await.unwrap();
        session.insert(SEEN, 1).await.unwrap();
        for (by_itself, is_marked) in [(true, false), (false, true)] {
            let user = current_user(&session, &OneUser, by_itself).await.unwrap();
            assert!(user.is_some());
            let seen = session.get::<i64>(SEEN).await.unwrap();
            assert_eq!(seen > Some(1), is_marked);
        }
    }

    #[tokio::test]
    async fn signing_in_changes_the_session_id() {
        let (router, _folder) = door().await;
        let form = "user=ann&password=right&next=/";
        let first = cookie(&ask(&router, "POST", "/in", "", form).await);
        let second = cookie(&ask(&router, "POST", "/in", &first, form).await);
        assert_ne!(first, second);
        assert_eq!(who_has(&router, &first).await, "");
    }

    #[tokio::test]
    async fn wrong_passwords_are_refused_then_locked_and_lead_nowhere_else() {
        let (router, _folder) = door().await;
        let wrong = "user=ann&password=wrong&next=https://evil";
        for _ in 0..6 {
            let refused = ask(&router, "POST", "/in", "", wrong).await;
            assert_eq!(
                location(&refused),
                "/sign-in?next=%2Fclusters&failed=refused"
            );
        }
        let right = "user=ann&password=right&next=/";
        let locked = ask(&router, "POST", "/in", "", right).await;
        assert!(location(&locked).contains("failed=locked&seconds="));
    }
}
