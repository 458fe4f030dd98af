//! One POST over HTTP: to an address that the guard lets pass, without redirects or proxies, and nothing of the answer is
//! read but its head.

use std::sync::{Arc, OnceLock};

use http::header::{CONTENT_TYPE, HOST, USER_AGENT};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::guard::Guard;

/// Of the head of an answer, in bytes.
const LONGEST_HEAD: usize = 16 * 1024;

/// JSON, and headers beside the usual ones.
pub struct Posted {
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

pub async fn post(guard: Guard, url: &str, posted: Posted) -> Result<(), String> {
    let uri: Uri = url.parse().map_err(|_| "This is no URL.".to_owned())?;
    let (host, is_tls) = (host(&uri)?, uri.scheme_str() == Some("https"));
    let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    let stream = guard.connect(host, port).await?;
    if is_tls {
        let connector = TlsConnector::from(tls());
        let name = ServerName::try_from(host.to_owned());
        let name = name.map_err(|_| format!("{host} is no name that a certificate can have."))?;
        let stream = connector.connect(name, stream).await;
        let stream = stream.map_err(|error| format!("There is no TLS with {host}: {error}."))?;
        return exchange(stream, &uri, posted).await;
    }
    let is_here = stream
        .peer_addr()
        .is_ok_and(|peer| peer.ip().to_canonical().is_loopback());
    if uri.scheme_str() != Some("http") || !is_here {
        return Err("Messages go by https: give a URL that begins with https://.".to_owned());
    }
    exchange(stream, &uri, posted).await
}

/// Without the brackets of an IPv6 address.
fn host(uri: &Uri) -> Result<&str, String> {
    let host = uri.host().filter(|host| !host.is_empty());
    let host = host.ok_or_else(|| "The URL names no host.".to_owned())?;
    let bare = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    Ok(bare.unwrap_or(host))
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    uri: &Uri,
    posted: Posted,
) -> Result<(), String> {
    let broken = |error: hyper::Error| format!("The connection broke: {error}.");
    let mut connection = http1::Builder::new();
    connection.max_buf_size(LONGEST_HEAD);
    let io = TokioIo::new(stream);
    let (mut sender, connection) = connection.handshake(io).await.map_err(broken)?;
    let answer = sender.send_request(request(uri, posted)?);
    // Whichever ends first: a connection that ended gives its error to the request, too.
    let answer = tokio::select! {
        answer = answer => answer,
        _ = async { let _ = connection.await; std::future::pending::<()>().await } => {
            return Err("The connection broke.".to_owned());
        }
    };
    judge(answer.map_err(broken)?.status())
}

fn request(uri: &Uri, posted: Posted) -> Result<Request<Full<Bytes>>, String> {
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(HOST, authority)
        .header(USER_AGENT, concat!("openpcs/", env!("CARGO_PKG_VERSION")))
        .header(CONTENT_TYPE, "application/json");
    for (name, value) in posted.headers {
        request = request.header(name, value);
    }
    let request = request.body(Full::new(Bytes::from(posted.body)));
    request.map_err(|_| "This URL cannot be asked for.".to_owned())
}

fn judge(status: StatusCode) -> Result<(), String> {
    if status.is_success() {
        return Ok(());
    }
    Err(match status.is_redirection() {
        true => {
            format!("It answered {status}: redirects are not followed. Give the URL that it names.")
        }
        false => format!("It answered {status}."),
    })
}

/// With the certificates that this host trusts.
fn tls() -> Arc<ClientConfig> {
    static TLS: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    let made = || {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let ring = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let builder =
            ClientConfig::builder_with_provider(ring).with_safe_default_protocol_versions();
        #[allow(clippy::expect_used, reason = "ring has the suites of both versions")]
        let builder = builder.expect("the versions are known");
        Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
    };
    TLS.get_or_init(made).clone()
}
