//! The doors. `POST /` is the API, `GET /` the console: both on one address.
//!
//! A door decodes, finds out who asks, and calls the plane; it decides nothing else.

pub mod aws_json;
pub mod console;
pub mod error;
pub mod events;
pub mod health;
pub mod instance;
pub mod layer;
pub mod lockout;
pub mod login;
pub mod origin;
pub mod output;
pub mod own;
pub mod port;
pub mod serve;
pub mod session;
pub mod session_store;

use std::sync::Arc;

use app::port::ControlPlane;
use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post};

use crate::auth::sigv4::Verifier;

/// What the doors need of the plane.
#[derive(Clone)]
pub struct HttpState {
    pub plane: Arc<dyn ControlPlane>,
    pub hooks: Arc<dyn port::Hooks>,
    pub logins: Arc<dyn port::Logins>,
    pub readiness: Arc<dyn port::Readiness>,
    pub verifier: Arc<Verifier>,
}

/// Every route, and around them the layers. The console comes with a state of its own.
pub fn router(state: HttpState, console: Option<Router>) -> Router {
    let own = Router::new()
        .route("/", post(aws_json::handle))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/instance/v1/steps", post(instance::step))
        .route("/controller/v1/hooks", post(instance::hook))
        .route(
            "/openpcs/v1/clusters/{identifier}/login",
            get(login::handle),
        )
        .route("/openpcs/v1/clusters/{identifier}/export", get(own::export))
        .route("/openpcs/v1/plan", post(own::plan))
        .route("/openpcs/v1/apply", post(own::apply))
        .with_state(state);
    own.merge(console.unwrap_or_default())
        .layer(from_fn(layer::observe))
}

#[cfg(test)]
mod tests;
