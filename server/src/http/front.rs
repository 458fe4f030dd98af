//! What the server knows of the way to it: the address that browsers use, and the proxy that may stand in between.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use axum::extract::Request;
use axum::http::{Extensions, HeaderMap, Uri};

/// How people reach the server.
#[derive(Clone, Debug, Default)]
pub struct Front {
    pub public_url: Option<PublicUrl>,
    /// A proxy ends TLS. It alone can reach the server, so what it says of its clients is believed.
    pub behind_tls_proxy: bool,
}

impl Front {
    /// Browsers come by TLS only.
    pub fn is_tls(&self) -> bool {
        self.behind_tls_proxy || self.public_url.as_ref().is_some_and(|url| url.https)
    }

    /// The session's cookie: cookies know no ports, so two servers on one host must name theirs differently. The port is
    /// the one that browsers use; servers behind one address share it, and the sessions with it.
    pub fn cookie_name(&self, listening_on: u16) -> String {
        let port = self.public_url.as_ref().map(PublicUrl::port);
        format!("openpcs-{}", port.unwrap_or(listening_on))
    }

    /// Who sends this request: the other end of the connection, or whom the proxy names last. Any earlier name is only
    /// the client's word. None when the proxy names nobody: its own address is that of everybody.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Option<Client> {
        let address = match self.behind_tls_proxy {
            true => {
                let last = headers.get_all("x-forwarded-for").iter().next_back()?;
                address_in(last.to_str().ok()?.rsplit(',').next()?.trim())?
            }
            false => peer,
        };
        Some(Client(address.to_canonical()))
    }
}

/// As proxies write it: an address, perhaps in brackets, perhaps with a port.
fn address_in(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse().ok().map(|end: SocketAddr| end.ip());
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    text.parse().ok().or_else(with_port).or_else(bracketed)
}

/// The two ends of the connection of a request, in its extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    pub peer: SocketAddr,
    pub local: SocketAddr,
}

impl Ends {
    pub fn new(peer: SocketAddr, local: SocketAddr) -> Ends {
        let plain = |end: SocketAddr| SocketAddr::new(end.ip().to_canonical(), end.port());
        Ends {
            peer: plain(peer),
            local: plain(local),
        }
    }
}

/// The address of whoever sends a request, in its extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client(pub IpAddr);

impl Client {
    /// None when nobody said who it is: see [`Front::client`].
    pub fn of(extensions: &Extensions) -> Option<Client> {
        extensions.get::<Client>().copied()
    }

    /// What one client can be expected to have: a whole network of IPv6, of which anybody gets as many addresses as
    /// they like.
    pub fn network(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::from([a, b, c, d, 0, 0, 0, 0])
            }
        }
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The names of the host that a request is for: the header's, and the address's where that has one. Without ports:
/// tunnels and proxies change them. None where it is not said clearly.
pub fn host_names(request: &Request) -> Option<Vec<String>> {
    let mut headers = request.headers().get_all("host").iter();
    let header = match (headers.next(), headers.next()) {
        (Some(one), None) => Some(name_of(one.to_str().ok()?)?),
        (None, None) => None,
        _ => return None,
    };
    let authority = match request.uri().authority() {
        Some(authority) => Some(name_of(authority.as_str())?),
        None => None,
    };
    let names: Vec<String> = header.into_iter().chain(authority).collect();
    (!names.is_empty()).then_some(names)
}

/// `name`, `name:port`, `[::1]:port`; lower case, without brackets.
fn name_of(authority: &str) -> Option<String> {
    let uri: Uri = Uri::builder()
        .scheme("http")
        .authority(authority)
        .path_and_query("/")
        .build()
        .ok()?;
    let host = uri.host()?.trim_end_matches('.');
    Some(bare(host)).filter(|host| !host.is_empty())
}

fn bare(host: &str) -> String {
    let host = host.strip_prefix('[').unwrap_or(host);
    host.strip_suffix(']').unwrap_or(host).to_ascii_lowercase()
}

/// The address under which browsers reach the console, as `https://pcs.example.org`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    https: bool,
    /// Lower case, without brackets.
    host: String,
    port: Option<u16>,
}

impl PublicUrl {
    pub fn host(&self) -> &str {
        &self.host
    }

    fn port(&self) -> u16 {
        self.port.unwrap_or(if self.https { 443 } else { 80 })
    }
}

/// As a browser writes an origin: without the scheme's own port.
impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, own) = if self.https {
            ("https", 443)
        } else {
            ("http", 80)
        };
        match self.host.contains(':') {
            true => write!(f, "{scheme}://[{}]", self.host)?,
            false => write!(f, "{scheme}://{}", self.host)?,
        }
        match self.port.filter(|port| *port != own) {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<PublicUrl, String> {
        let parsed = text.parse::<Uri>().ok().filter(|uri| {
            let is_origin = uri.path_and_query().is_none_or(|path| path.as_str() == "/");
            // What stands behind the host is a port, or it is wrong.
            let authority = uri.authority().map(|authority| authority.as_str());
            let is_host = authority == uri.host() || uri.port_u16().is_some();
            is_origin && is_host && !text.contains(['@', '#'])
        });
        let https = parsed.as_ref().and_then(|uri| match uri.scheme_str()? {
            "https" => Some(true),
            "http" => Some(false),
            _ => None,
        });
        let host = parsed.as_ref().and_then(Uri::host).map(bare);
        match (https, host.filter(|host| !host.is_empty())) {
            (Some(https), Some(host)) => Ok(PublicUrl {
                https,
                host,
                port: parsed.and_then(|uri| uri.port_u16()),
            }),
            _ => Err("the address has a scheme and a host and nothing after them, as https://pcs.example.org".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn a_public_url_is_an_origin() {
        for (text, shown, port) in [
            ("https://pcs.example.org", "https://pcs.example.org", 443),
            ("https://PCS.example.org/", "https://pcs.example.org", 443),
            ("https://pcs:443", "https://pcs", 443),
            ("http://pcs:8080", "http://pcs:8080", 8080),
            ("http://[2001:db8::1]:80/", "http://[2001:db8::1]", 80),
        ] {
            let url: PublicUrl = text.parse().unwrap();
            assert_eq!((url.to_string().as_str(), url.port()), (shown, port));
        }
        for bad in [
            "",
            "pcs",
            "pcs:80",
            "ftp://pcs",
            "https://",
            "https://pcs/console",
            "https://pcs/?a",
            "https://me@pcs",
            "https://pcs:99999",
        ] {
            assert!(bad.parse::<PublicUrl>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn only_a_proxy_may_say_who_the_client_is() {
        let peer = IpAddr::from([127, 0, 0, 1]);
        let mut headers = HeaderMap::new();
        let direct = Front::default();
        let proxied = Front {
            behind_tls_proxy: true,
            ..Front::default()
        };
        assert_eq!(proxied.client(peer, &headers), None);
        headers.append("x-forwarded-for", "10.0.0.1".parse().unwrap());
        for (value, named) in [
            ("6.6.6.6, 10.0.0.2", "10.0.0.2"),
            ("10.0.0.2:4711", "10.0.0.2"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("6.6.6.6:1, [2001:db8::1]:4711", "2001:db8::1"),
            ("[::ffff:10.0.0.2]:4711", "10.0.0.2"),
        ] {
            headers.append("x-forwarded-for", value.parse().unwrap());
            let named = Some(Client(named.parse().unwrap()));
            assert_eq!(proxied.client(peer, &headers), named, "{value}");
            assert_eq!(direct.client(peer, &headers), Some(Client(peer)));
        }
        for nobody in [
            "unknown",
            "_hidden:80",
            "10.0.0.1,",
            "10.0.0.2:x",
            "[10.0.0.2",
            "",
        ] {
            headers.append("x-forwarded-for", nobody.parse().unwrap());
            assert_eq!(proxied.client(peer, &headers), None, "{nobody}");
            assert_eq!(direct.client(peer, &headers), Some(Client(peer)));
        }
    }

    #[test]
    fn a_client_is_an_address_or_a_network() {
        let network = |text: &str| Client(text.parse().unwrap()).network().to_string();
        assert_eq!(network("10.0.0.1"), "10.0.0.1");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    }

    #[test]
    fn a_request_names_its_host_clearly_or_not_at_all() {
        let names = |uri: &str, hosts: &[&str]| {
            let mut request = Request::get(uri);
            for host in hosts {
                request = request.header("host", *host);
            }
            host_names(&request.body(Body::empty()).unwrap())
        };
        let one = |name: &str| Some(vec![name.to_owned()]);
        assert_eq!(names("/", &["PCS.example:8765"]), one("pcs.example"));
        assert_eq!(names("/", &["pcs."]), one("pcs"));
        assert_eq!(names("/", &["[::1]:8765"]), one("::1"));
        assert_eq!(
            names("http://evil/", &["pcs"]),
            Some(vec!["pcs".to_owned(), "evil".to_owned()])
        );
        for hosts in [&[][..], &["pcs", "evil"], &[""], &["a b"], &[":80"]] {
            assert_eq!(names("/", hosts), None, "{hosts:?}");
        }
    }
}
