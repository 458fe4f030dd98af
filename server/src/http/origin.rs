//! No other site may act with a person's cookie: whatever is not a read must come from a page of our own.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::front::Front;

pub async fn same_origin(
    State(front): State<Arc<Front>>,
    request: Request,
    next: Next,
) -> Response {
    let reads = [Method::GET, Method::HEAD].contains(request.method());
    let authority = request.uri().authority().map(|a| a.as_str());
    if reads || is_ours(&front, request.headers(), authority) {
        next.run(request).await
    } else {
        let refusal = "This request does not come from a page of this console. Open the console and try again.";
        (StatusCode::FORBIDDEN, refusal).into_response()
    }
}

/// `Sec-Fetch-Site` where the browser sends it (it does so for https and loopback only), else `Origin`. Every browser
/// sends `Origin` with a POST, so a request with neither is refused. `authority` is the host in the request's address.
/// Ours is the public address, for a proxy may have named the host anew, and the host that the request is for.
fn is_ours(front: &Front, headers: &HeaderMap, authority: Option<&str>) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = header("sec-fetch-site") {
        return site == "same-origin";
    }
    let host = header(HOST.as_str()).or(authority);
    let Some(origin) = header(ORIGIN.as_str()) else {
        return false;
    };
    let public = front.public_url.as_ref().map(ToString::to_string);
    let host_of_origin = origin.split_once("://").map(|(_, host)| host);
    public.is_some_and(|public| public.eq_ignore_ascii_case(origin))
        || matches!((host_of_origin, host), (Some(o), Some(host)) if o.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(pairs: &[(&'static str, &str)]) -> bool {
        let headers = pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        let front = Front {
            public_url: Some("https://pcs.example.org".parse().unwrap()),
            ..Front::default()
        };
        is_ours(&front, &headers, None)
    }

    #[test]
    fn only_our_own_pages_may_post() {
        assert!(ours(&[("host", "pcs:8765"), ("origin", "http://pcs:8765")]));
        assert!(ours(&[("host", "pcs"), ("sec-fetch-site", "same-origin")]));
        assert!(ours(&[
            ("host", "127.0.0.1:8765"),
            ("origin", "https://pcs.example.org")
        ]));
    }

    #[test]
    fn other_sites_ports_and_nobody_may_not() {
        for refused in [
            &[("host", "pcs")][..],
            &[("host", "pcs"), ("origin", "null")],
            &[("host", "pcs"), ("origin", "https://evil")],
            &[("host", "pcs:8765"), ("origin", "http://pcs:9999")],
            &[("host", "pcs"), ("origin", "http://pcs.example.org")],
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
