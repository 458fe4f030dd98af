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
use app::port::{Backend, Caller, ControlPlane, Principal};
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION, VARY};
use axum::http::{HeaderValue, StatusCode, request::Parts};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use leptos::config::LeptosOptions;
use leptos::nonce::use_nonce;
use leptos::prelude::{FromServerFnError, provide_context, use_context};
use leptos_axum::{LeptosRoutes, ResponseOptions};
use tokio::sync::watch;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_sessions::Session;

use super::layer::{RequestId, page_policy};
use super::lockout::Lockout;
use super::port::Outputs;
use super::session::{self, Passwords};
use super::{events, origin, output};
use crate::db::Db;

/// What the door needs of the house.
#[derive(Clone)]
pub struct ConsoleState {
    pub plane: Arc<dyn ControlPlane>,
    pub passwords: Arc<dyn Passwords>,
    pub outputs: Arc<dyn Outputs>,
    pub db: Db,
    /// Becomes true when the server stops: streams end, for a graceful shutdown waits for them.
    pub shutdown: watch::Receiver<bool>,
    /// The folder with `pkg/`, made by `openpcs-bundle`.
    pub site: PathBuf,
    pub arns: Arns,
    /// The server is reached by TLS: the cookie says so.
    pub secure: bool,
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
    let sessions = session::layer(state.db.clone(), state.secure);
    let sign_in = session::SignIn {
        passwords: state.passwords.clone(),
        lockout: Arc::new(Lockout::default()),
    };

    Router::new()
        .leptos_routes_with_context(&options, app::routes(), provide_backend, shell)
        .with_state(options)
        .route(
            paths::POST_SIGN_IN,
            post(session::sign_in).with_state(sign_in),
        )
        .route(paths::POST_SIGN_OUT, post(session::sign_out))
        .route(paths::PREFERENCE, get(session::set_preference))
        .route(
            paths::EVENTS,
            get(events::stream).with_state(events::Source::new(
                state.db.changes(),
                state.shutdown.clone(),
            )),
        )
        .route(
            paths::JOB_OUTPUT_ROUTE,
            get(output::stream).with_state(output::Source {
                outputs: state.outputs.clone(),
                shutdown: state.shutdown.clone(),
            }),
        )
        .layer(from_fn(origin::same_origin))
        .layer(from_fn_with_state(state.clone(), identify))
        .layer(sessions)
        .layer(SetResponseHeaderLayer::if_not_present(
            CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
        // Pages and answers; never the live streams.
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .nest_service("/pkg", files(&state.site))
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

/// What a stranger may ask for below [`paths::CONSOLE`]; the live stream says itself that nobody is signed in.
const PUBLIC: [&str; 4] = [
    paths::POST_SIGN_IN,
    paths::POST_SIGN_OUT,
    paths::PREFERENCE,
    paths::EVENTS,
];

/// From session to caller.
async fn identify(
    State(state): State<ConsoleState>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    let user = match session::current_user(&session, state.passwords.as_ref()).await {
        Ok(user) => user,
        Err(error) => {
            tracing::error!(%error, "cannot read the session");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    let path = request.uri().path();
    let is_function = path.starts_with(paths::CONSOLE);
    if user.is_none() && is_function && !PUBLIC.contains(&path) {
        return (StatusCode::UNAUTHORIZED, Error::not_signed_in().ser()).into_response();
    }
    if user.is_none() && !is_function && path != paths::SIGN_IN {
        let here = request
            .uri()
            .path_and_query()
            .map_or(paths::CLUSTERS, |p| p.as_str());
        return see_other(&paths::sign_in(here));
    }
    let caller = user.map(|name| Caller {
        request_id,
        principal: Principal::User {
            arn: state.arns.user(&name),
            name,
        },
    });
    request.extensions_mut().insert(Backend {
        plane: state.plane,
        caller,
    });
    next.run(request).await
}

/// Go on there with a GET.
pub(super) fn see_other(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(location) => (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}
