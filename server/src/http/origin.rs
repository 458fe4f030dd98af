//! No other site may act with a person's cookie: whatever is not a read must come from a page of our own.

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

pub async fn same_origin(request: Request, next: Next) -> Response {
    let reads = [Method::GET, Method::HEAD].contains(request.method());
    if reads
        || is_ours(
            request.headers(),
            request.uri().authority().map(|a| a.as_str()),
        )
    {
        next.run(request).await
    } else {
        let refusal = "This request does not come from a page of this console. Open the console and try again.";
        (StatusCode::FORBIDDEN, refusal).into_response()
    }
}

/// `Sec-Fetch-Site` where the browser sends it (it does so for https and loopback only), else `Origin`. Every browser
/// sends `Origin` with a POST, so a request with neither is refused. `authority` is HTTP/2's name for the host.
fn is_ours(headers: &HeaderMap, authority: Option<&str>) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = header("sec-fetch-site") {
        return site == "same-origin";
    }
    let host = header(HOST.as_str()).or(authority);
    let origin = header(ORIGIN.as_str()).and_then(|origin| origin.split_once("://"));
    matches!((origin, host), (Some((_, origin)), Some(host)) if origin.eq_ignore_ascii_case(host))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn ours(pairs: &[(&'static str, &str)]) -> bool {
        let headers = pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        is_ours(&headers, None)
    }

    #[test]
    fn only_our_own_pages_may_post() {
        assert!(ours(&[("host", "pcs:8765"), ("origin", "http://pcs:8765")]));
        assert!(ours(&[("host", "pcs"), ("sec-fetch-site", "same-origin")]));
    }

    #[test]
    fn other_sites_ports_and_nobody_may_not() {
        for refused in [
            &[("host", "pcs")][..],
            &[("host", "pcs"), ("origin", "null")],
            &[("host", "pcs"), ("origin", "https://evil")],
            &[("host", "pcs:8765"), ("origin", "http://pcs:9999")],
            &[("host", "pcs"), ("sec-fetch-site", "same-site")],
            &[
                ("host", "pcs"),
                ("origin", "http://pcs"),
                ("sec-fetch-site", "cross-site"),
            ],
        ] {
            assert!(!ours(refused), "{refused:?}");
        }
    }
}
