//! Somebody signed in to the console, as many windows as one likes.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT_ENCODING, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Method, RequestBuilder, Response};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;

use super::{Server, TestPlane};

pub struct Visitor {
    endpoint: String,
    address: String,
    cookie: String,
    client: reqwest::Client,
}

/// How a sign-in was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedIn {
    /// With this cookie, all of it.
    Yes(String),
    /// The password was tried, or is none.
    No,
    /// Too many failed before.
    Locked,
}

/// A client that neither follows a redirect nor uses a proxy of the machine, with an address of this host.
pub fn client_at(address: [u8; 4]) -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .timeout(super::DEADLINE)
        .local_address(Some(IpAddr::from(address)))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

/// Sends the form of the sign-in page.
pub async fn sign_in(
    client: &reqwest::Client,
    server: &Server,
    user: &str,
    password: &str,
) -> SignedIn {
    let endpoint = server.endpoint();
    let answer = client
        .post(format!("{endpoint}{}", app::paths::POST_SIGN_IN))
        .header(ORIGIN, &endpoint)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("user={user}&password={password}"))
        .send()
        .await
        .unwrap();
    let text = |name| {
        answer
            .headers()
            .get(name)
            .map(|v| v.to_str().unwrap().to_owned())
    };
    let to = text(LOCATION).unwrap_or_default();
    match text(SET_COOKIE) {
        Some(cookie) => SignedIn::Yes(cookie),
        None if to.contains("failed=locked") => SignedIn::Locked,
        None => {
            assert!(to.contains("failed=refused"), "{} {to}", answer.status());
            SignedIn::No
        }
    }
}

impl Visitor {
    /// The administrator.
    pub async fn sign_in(plane: &TestPlane) -> Self {
        let password = std::fs::read_to_string(plane.server.data().join("admin-password")).unwrap();
        Self::sign_in_as(&plane.server, "admin", password.trim()).await
    }

    pub async fn sign_in_as(server: &Server, user: &str, password: &str) -> Self {
        let client = client_at([127, 0, 0, 1]);
        let SignedIn::Yes(cookie) = sign_in(&client, server, user, password).await else {
            panic!("{user} was not let in");
        };
        Self {
            address: server.address(),
            endpoint: server.endpoint(),
            cookie: cookie.split(';').next().unwrap_or_default().to_owned(),
            client,
        }
    }

    /// A request with the session, from a page of the console.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.endpoint))
            .header(COOKIE, &self.cookie)
            .header(ORIGIN, &self.endpoint)
    }

    pub async fn post(&self, path: &str, body: impl Into<String>) -> Response {
        let request = self.request(Method::POST, path).body(body.into());
        let request = request.header("content-type", "application/json");
        request.send().await.unwrap()
    }

    /// For the benchmarks: the page in that encoding, as `br`, and how long the server took for it.
    #[allow(dead_code, reason = "the tests themselves need none")]
    pub async fn page(&self, path: &str, encoding: &str) -> (Vec<u8>, Duration) {
        let begun = Instant::now();
        let request = self.request(Method::GET, path);
        let answer = request
            .header(ACCEPT_ENCODING, encoding)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let page = answer.bytes().await.unwrap();
        (page.to_vec(), begun.elapsed())
    }

    /// The live stream of a page that is left open, its greeting read.
    pub async fn stream(&self) -> Lines<BufReader<TcpStream>> {
        let mut lines = self.open(app::paths::EVENTS).await;
        until(&mut lines, "event: hello").await;
        lines
    }

    /// A stream, nothing of it read.
    pub async fn open(&self, path: &str) -> Lines<BufReader<TcpStream>> {
        let mut connection = TcpStream::connect(&self.address).await.unwrap();
        let (host, cookie) = (&self.address, &self.cookie);
        let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\n\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        BufReader::new(connection).lines()
    }
}

/// Reads up to that line.
pub async fn until(lines: &mut Lines<BufReader<TcpStream>>, wanted: &str) {
    let reading = async {
        loop {
            let line = lines.next_line().await.unwrap();
            if line.expect("the stream goes on") == wanted {
                return;
            }
        }
    };
    let read = tokio::time::timeout(super::DEADLINE, reading).await;
    assert!(read.is_ok(), "{wanted} never came");
}
