//! Whether the server lives (`/healthz`) and whether it can work (`/readyz`).

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::HttpState;

/// Always fine: it was answered.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// Fine, or 503 with the reason.
pub async fn readyz(State(state): State<HttpState>) -> Response {
    match state.readiness.ready().await {
        Ok(()) => "ok\n".into_response(),
        Err(reason) => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("not ready: {reason}\n"),
        )
            .into_response(),
    }
}
