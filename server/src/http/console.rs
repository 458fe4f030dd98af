//! The console's door: pages, server functions, static files; and who the caller is.
//!
//! Authorization is not here: rendering a page calls the service in the process, past every layer of this router.
//! What is here is the session: it becomes the [`Backend`] in the request's extensions, and a page without one sends
//! the browser to sign in.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use app::model::error::Error;
use app::model::name::Arns;
use app::paths;
use app::port::{Backend, ControlPlane, Ctx, Principal, Why};
use app::preference::Preference;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, VARY};
use axum::http::{HeaderValue, StatusCode, request::Parts};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router};
use leptos::config::LeptosOptions;
use leptos::nonce::use_nonce;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{LeptosRoutes, ResponseOptions};
use tokio::sync::{Semaphore, watch};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_sessions::Session;

use super::alive::Sessions;
use super::front::Front;
use super::layer::{RequestId, page_policy, see_other};
use super::lockout::Lockout;
use super::session;
use super::sign_in::{SignIn, sign_in, sign_out};
use super::{
    audit_file, caller, diagnostics, events, function, host, log_lines, origin, output, past_jobs,
    unavailable,
};
use crate::auth::users::Passwords;
use crate::db::Db;
use crate::service::audit::Recorder;
use crate::service::change::Changes;
use crate::service::doors::{Diagnostics, Outputs};

/// What the door needs of the house.
#[derive(Clone)]
pub struct ConsoleState {
    pub plane: Arc<dyn ControlPlane>,
    pub passwords: Arc<dyn Passwords>,
    pub outputs: Arc<dyn Outputs>,
    pub diagnostics: Arc<dyn Diagnostics>,
    pub changes: Changes,
    pub db: Db,
    /// Becomes true when the server stops: streams end, for a graceful shutdown waits for them.
    pub shutdown: watch::Receiver<bool>,
    /// The folder with `pkg/`, made by `openpcs-bundle`.
    pub site: PathBuf,
    pub arns: Arns,
    pub front: Arc<Front>,
    /// The port of the server's own address.
    pub port: u16,
    pub recorder: Recorder,
}

/// All routes of the console. It has no fallback of its own: unknown addresses are a page of it.
pub fn router(state: ConsoleState) -> Router {
    let options = LeptosOptions::builder()
        .output_name("openpcs")
        .site_root(state.site.to_string_lossy().into_owned())
        .site_pkg_dir("pkg")
        .build();
    let shell = {
        let options = options.clone();
        move || app::shell(options.clone())
    };
    let front = state.front.clone();
    let cookie = front.cookie_name(state.port);
    let cookies = session::layer(state.db.clone(), cookie, front.is_tls());
    let sessions = Sessions::new(state.db.clone(), state.passwords.clone());
    let outputs = output::Source {
        outputs: state.outputs.clone(),
        shutdown: state.shutdown.clone(),
        sessions: sessions.clone(),
    };
    let sign_in_state = SignIn {
        passwords: state.passwords.clone(),
        lockout: Arc::new(Lockout::default()),
        arns: state.arns.clone(),
        recorder: state.recorder.clone(),
    };

    Router::new()
        .leptos_routes_with_context(&options, app::routes(), provide_backend, shell)
        .with_state(options)
        .route(
            paths::POST_SIGN_OUT,
            post(sign_out).with_state(sign_in_state.clone()),
        )
        .route(paths::POST_SIGN_IN, post(sign_in).with_state(sign_in_state))
        .route(paths::PREFERENCE, get(session::set_preference))
        .route(
            paths::EVENTS,
            get(events::stream).with_state(events::Source {
                changes: state.changes.clone(),
                shutdown: state.shutdown.clone(),
                sessions,
            }),
        )
        .route(
            paths::JOB_OUTPUT_ROUTE,
            get(output::stream).with_state(outputs.clone()),
        )
        .route(
            paths::JOB_OUTPUT_FILE_ROUTE,
            get(output::file).with_state(outputs.clone()),
        )
        .route(
            paths::CONTROLLER_LOG_ROUTE,
            get(output::log_stream).with_state(outputs.clone()),
        )
        .route(
            paths::CONTROLLER_LOG_FILE_ROUTE,
            get(output::log_file).with_state(outputs),
        )
        .route(
            paths::DIAGNOSTICS,
            get(diagnostics::file).with_state((state.diagnostics.clone(), state.recorder.clone())),
        )
        .route(paths::PAST_JOBS_FILE, get(past_jobs::file))
        .route(paths::LOG_FILE_ROUTE, get(log_lines::file))
        .route(paths::NODE_LOG_FILE_ROUTE, get(log_lines::node_file))
        .route(paths::AUDIT_FILE, get(audit_file::file))
        .layer(from_fn(function::read_call))
        // Bodies are bounded where they are read.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(front.clone(), origin::same_origin))
        .layer(from_fn_with_state(state.clone(), identify))
        .layer(cookies)
        .layer(from_fn(take_turns))
        .layer(SetResponseHeaderLayer::if_not_present(
            CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
        // Pages and answers; never the live streams.
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .nest_service("/pkg", files(&state.site))
        .layer(from_fn_with_state(front, host::known_host))
}

/// The files of `pkg/`: names stay while contents change with a release, so browsers ask every time and mostly hear
/// "not modified".
fn files(site: &Path) -> Router {
    let directory = ServeDir::new(site.join("pkg"))
        .precompressed_br()
        .precompressed_gzip();
    Router::new()
        .fallback_service(directory)
        .layer(SetResponseHeaderLayer::if_not_present(
            CACHE_CONTROL,
            HeaderValue::from_static("no-cache"),
        ))
        .layer(SetResponseHeaderLayer::if_not_present(
            VARY,
            HeaderValue::from_static("accept-encoding"),
        ))
}

/// Runs for every page and server function before it does.
fn provide_backend() {
    if let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>())
        && let Ok(policy) = HeaderValue::from_str(&page_policy(&nonce))
    {
        response.insert_header(CONTENT_SECURITY_POLICY, policy);
    }
    if let Some(backend) =
        use_context::<Parts>().and_then(|p| p.extensions.get::<Backend>().cloned())
    {
        provide_context(backend);
    }
}

/// Pages rendered at once; others wait. A page is work for a processor and asks the database several times: with more
/// of them each only waits longer for its connection, in the end too long, and none is ready sooner.
const PAGES: usize = 16;
static RENDERING: Semaphore = Semaphore::const_new(PAGES);

async fn take_turns(request: Request, next: Next) -> Response {
    if request.uri().path().starts_with(paths::CONSOLE) {
        return next.run(request).await;
    }
    // It is never closed; without a turn the page comes all the same.
    let _turn = RENDERING.acquire().await;
    next.run(request).await
}

/// What a stranger may ask for below [`paths::CONSOLE`]; the live stream says itself that nobody is signed in.
const PUBLIC: [&str; 4] = [
    paths::POST_SIGN_IN,
    paths::POST_SIGN_OUT,
    paths::PREFERENCE,
    paths::EVENTS,
];

/// From session to context.
async fn identify(
    State(state): State<ConsoleState>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    let by_itself = request.uri().path() == paths::GET_SYSTEM;
    let passwords = state.passwords.as_ref();
    let signed_in = match session::current_user(&session, passwords, by_itself).await {
        Ok(signed_in) => signed_in,
        Err(error) => {
            tracing::error!(%error, "cannot read the session");
            let path = request.uri().path();
            return unavailable::answer(request.method(), path, request.headers());
        }
    };
    let path = request.uri().path();
    let is_function = path.starts_with(paths::CONSOLE);
    if signed_in.is_none() && is_function && !PUBLIC.contains(&path) {
        let refusal = Error::not_signed_in();
        caller::not_signed_in(&state.recorder, &request, &request_id, &refusal);
        return function::refused(StatusCode::UNAUTHORIZED, refusal);
    }
    if signed_in.is_none() && !is_function && path != paths::SIGN_IN {
        let here = request
            .uri()
            .path_and_query()
            .map_or(paths::CLUSTERS, |p| p.as_str());
        return see_other(&paths::sign_in(here));
    }
    let caller = caller::of_request(&request);
    let ctx = signed_in.as_ref().map(|session| {
        let who = Principal::User {
            arn: state.arns.user(&session.account.name),
            name: session.account.name.clone(),
        };
        let language = Preference::of(request.headers()).language;
        Ctx::new(who, Why::Console, request_id)
            .from(caller)
            .in_language(language.tag())
    });
    if let Some(session) = signed_in {
        request.extensions_mut().insert(session);
    }
    request.extensions_mut().insert(Backend {
        plane: state.plane,
        ctx,
    });
    next.run(request).await
}
