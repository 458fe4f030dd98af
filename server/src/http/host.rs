//! The console answers under its own names only. A page of another site could else, once its own name leads here (DNS
//! rebinding), act as a page of this console. Calls of the API are signed with their host, and agents have tokens.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::front::{Ends, Front, host_names};

pub async fn known_host(State(front): State<Arc<Front>>, request: Request, next: Next) -> Response {
    if is_for_us(&front, &request) {
        return next.run(request).await;
    }
    let refusal = match &front.public_url {
        Some(url) => format!("This console is at {url}. Open it there."),
        None => "This console is not known under the name of this address. Start the server with --public-url and the \
                 address that you use, as --public-url https://pcs.example.org, or open the console on the server's own \
                 host."
            .into(),
    };
    (StatusCode::MISDIRECTED_REQUEST, refusal + "\n").into_response()
}

/// Whether all that the request says of its host is a name of this server.
pub fn is_for_us(front: &Front, request: &Request) -> bool {
    let local = request
        .extensions()
        .get::<Ends>()
        .map(|ends| ends.local.ip());
    let names = host_names(request);
    names.is_some_and(|names| names.iter().all(|name| is_known(front, local, name)))
}

/// The public name, the address that was connected to, or one of this host that no other site can have.
fn is_known(front: &Front, local: Option<IpAddr>, name: &str) -> bool {
    if let Ok(address) = name.parse::<IpAddr>() {
        let address = address.to_canonical();
        let is_local = local.is_some_and(|local| local.to_canonical() == address);
        return is_local || address.is_loopback() || is_public(front, name);
    }
    name == "localhost" || name.ends_with(".localhost") || is_public(front, name)
}

fn is_public(front: &Front, name: &str) -> bool {
    front
        .public_url
        .as_ref()
        .is_some_and(|url| url.host() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_names_are_known_and_no_others() {
        let front = Front {
            public_url: Some("https://pcs.example.org".parse().unwrap()),
            ..Front::default()
        };
        let local = Some(IpAddr::from([192, 0, 2, 7]));
        for known in [
            "pcs.example.org",
            "localhost",
            "pcs.localhost",
            "127.0.0.1",
            "127.1.2.3",
            "::1",
            "192.0.2.7",
            "::ffff:192.0.2.7",
        ] {
            assert!(is_known(&front, local, known), "{known}");
        }
        for unknown in [
            "evil.example",
            "example.org",
            "pcs.example.org.evil",
            "localhost.evil",
            "192.0.2.8",
            "0.0.0.0",
            "127.0.0.1.evil",
        ] {
            assert!(!is_known(&front, local, unknown), "{unknown}");
        }
        assert!(!is_known(&Front::default(), local, "pcs.example.org"));
    }
}
