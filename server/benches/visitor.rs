//! Somebody signed in to the console, as many windows as one likes.

use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT_ENCODING, COOKIE, ORIGIN, SET_COOKIE};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;

use crate::harness::TestPlane;

pub struct Visitor {
    endpoint: String,
    address: String,
    cookie: String,
    client: reqwest::Client,
}

impl Visitor {
    pub async fn sign_in(plane: &TestPlane) -> Self {
        let endpoint = plane.server.endpoint();
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client without settings of the machine");
        let password = std::fs::read_to_string(plane.server.data().join("admin-password"))
            .expect("the server wrote the administrator's password");
        let answer = client
            .post(format!("{endpoint}{}", app::paths::POST_SIGN_IN))
            .header(ORIGIN, &endpoint)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("user=admin&password={}", password.trim()))
            .send()
            .await
            .expect("the server answers");
        let cookie = answer
            .headers()
            .get(SET_COOKIE)
            .and_then(|cookie| cookie.to_str().ok())
            .and_then(|cookie| cookie.split(';').next())
            .expect("whoever signs in gets a cookie");
        Self {
            address: plane.server.address(),
            cookie: cookie.to_owned(),
            endpoint,
            client,
        }
    }

    /// The page in that encoding, as `br`, and how long the server took for it.
    pub async fn page(&self, path: &str, encoding: &str) -> (Vec<u8>, Duration) {
        let begun = Instant::now();
        let answer = self
            .client
            .get(format!("{}{path}", self.endpoint))
            .header(COOKIE, &self.cookie)
            .header(ACCEPT_ENCODING, encoding)
            .send()
            .await
            .expect("the server answers");
        assert_eq!(answer.status(), 200, "{path}");
        let page = answer.bytes().await.expect("a page comes whole");
        (page.to_vec(), begun.elapsed())
    }

    /// The live stream of a page that is left open, its greeting read.
    pub async fn stream(&self) -> Lines<BufReader<TcpStream>> {
        let mut connection = TcpStream::connect(&self.address)
            .await
            .expect("the server takes connections");
        let request = format!(
            "GET {} HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\n\r\n",
            app::paths::EVENTS,
            self.address,
            self.cookie
        );
        connection
            .write_all(request.as_bytes())
            .await
            .expect("the server reads");
        let mut lines = BufReader::new(connection).lines();
        until(&mut lines, "event: hello").await;
        lines
    }
}

/// Reads up to that line.
pub async fn until(lines: &mut Lines<BufReader<TcpStream>>, wanted: &str) {
    loop {
        let line = lines.next_line().await.expect("a stream is text");
        let line = line.expect("the stream goes on");
        if line == wanted {
            return;
        }
    }
}

/// The time that 99 of 100 stay below.
pub fn p99(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[(times.len() * 99).div_ceil(100) - 1]
}
