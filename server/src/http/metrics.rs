//! What programs that watch the server read: `GET /metrics`, as Prometheus reads it.

use app::model::error::ErrorKind;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::prometheus_text::CONTENT_TYPE as PROMETHEUS;

use super::HttpState;
use super::host::is_for_us;

/// Who shows no token must at least have come under a name of this host: a page of another site, whose name leads here, is
/// somebody else.
pub async fn handle(State(state): State<HttpState>, request: Request) -> Response {
    let bearer = bearer(request.headers());
    if bearer.is_none() && !is_for_us(&state.front, &request) {
        let refusal =
            "Without a token metrics are told under the address that the server listens on only.\n";
        return (StatusCode::MISDIRECTED_REQUEST, refusal).into_response();
    }
    match state.metrics.metrics(bearer).await {
        Ok(text) => (
            [(CONTENT_TYPE, PROMETHEUS), (CACHE_CONTROL, "no-store")],
            text,
        )
            .into_response(),
        Err(refusal) if refusal.kind == ErrorKind::AccessDenied => {
            let realm = [(WWW_AUTHENTICATE, "Bearer realm=\"metrics\"")];
            (StatusCode::UNAUTHORIZED, realm, refusal.message + "\n").into_response()
        }
        Err(fault) => (StatusCode::INTERNAL_SERVER_ERROR, fault.message + "\n").into_response(),
    }
}

/// What is shown, right or wrong; nothing where nothing is.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let shown = headers.get(AUTHORIZATION)?.to_str().unwrap_or_default();
    Some(shown.strip_prefix("Bearer ").unwrap_or_default())
}
