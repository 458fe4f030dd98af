//! What the cloud tells an instance of itself: the instance metadata service of EC2, version 2.

use std::sync::Mutex;
use std::time::Duration;

use ureq::http::StatusCode;

use crate::Result;

const ADDRESS: &str = "http://169.254.169.254";
/// It answers from the instance's own host, or not at all.
const TIMEOUT: Duration = Duration::from_secs(3);
const TOKEN_SECONDS: &str = "21600";
/// The longest that is asked for is a notice of a hundred bytes.
const MOST: u64 = 64 * 1024;

pub struct Imds {
    agent: ureq::Agent,
    address: String,
    token: Mutex<Option<String>>,
}

impl Imds {
    /// `OPENPCS_IMDS` says where another one is, for tests.
    pub fn of_environment() -> Imds {
        let address = std::env::var("OPENPCS_IMDS").unwrap_or_else(|_| ADDRESS.into());
        Imds::at(&address)
    }

    pub fn at(address: &str) -> Imds {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            // It would be asked about itself.
            .proxy(None)
            .build();
        Imds {
            agent: config.into(),
            address: address.trim_end_matches('/').into(),
            token: Mutex::default(),
        }
    }

    /// What stands at that path; none when nothing does.
    pub fn get(&self, path: &str) -> Result<Option<String>> {
        // One who panicked with it has left a token or none: both will do.
        let mut known = self.token.lock().unwrap_or_else(|e| e.into_inner());
        let token = match known.take() {
            Some(token) => token,
            None => self.new_token()?,
        };
        let mut token = token;
        let (mut status, mut body) = self.ask(path, &token)?;
        if status == StatusCode::UNAUTHORIZED {
            token = self.new_token()?;
            (status, body) = self.ask(path, &token)?;
        }
        *known = Some(token);
        match status {
            StatusCode::OK => Ok(Some(body)),
            StatusCode::NOT_FOUND => Ok(None),
            other => Err(format!("the metadata service answered {other} at {path}")),
        }
    }

    fn new_token(&self) -> Result<String> {
        let request = self
            .agent
            .put(format!("{}/latest/api/token", self.address))
            .header("x-aws-ec2-metadata-token-ttl-seconds", TOKEN_SECONDS);
        let (status, token) = answer(request.send_empty())?;
        match status {
            StatusCode::OK => Ok(token.trim().to_owned()),
            other => Err(format!("the metadata service gives no token: {other}")),
        }
    }

    fn ask(&self, path: &str, token: &str) -> Result<(StatusCode, String)> {
        let request = self
            .agent
            .get(format!("{}{path}", self.address))
            .header("x-aws-ec2-metadata-token", token);
        answer(request.call())
    }
}

fn answer(
    answer: std::result::Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<(StatusCode, String)> {
    let silent = |error: ureq::Error| format!("the metadata service does not answer: {error}");
    let mut answer = answer.map_err(silent)?;
    let status = answer.status();
    let body = answer.body_mut().with_config().limit(MOST);
    Ok((status, body.read_to_string().map_err(silent)?))
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;

    use super::*;

    /// Answers one request after the other, each on a connection of its own, and tells what came.
    fn serve(answers: &'static [&'static str]) -> (String, std::thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let serving = std::thread::spawn(move || {
            let mut asked = vec![];
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let head: Vec<String> = lines
                    .map_while(|line| line.ok())
                    .take_while(|line| !line.is_empty())
                    .collect();
                asked.push(head.join("\n").to_lowercase());
                let (status, body) = answer.split_once(' ').unwrap_or((answer, ""));
                let length = body.len();
                write!(
                    stream,
                    "HTTP/1.1 {status} -\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
                )
                .unwrap();
            }
            asked
        });
        (address, serving)
    }

    #[test]
    fn it_asks_with_a_token_and_takes_a_new_one_when_that_is_no_good_any_more() {
        let (address, serving) = serve(&["200 one", "200 i-1", "401", "200 two", "404", "500"]);
        let imds = Imds::at(&address);
        assert_eq!(imds.get("/a"), Ok(Some("i-1".into())));
        assert_eq!(imds.get("/b"), Ok(None));
        assert!(imds.get("/c").unwrap_err().contains("500"));
        let asked = serving.join().unwrap();
        assert!(asked[0].starts_with("put /latest/api/token"));
        assert!(asked[0].contains("x-aws-ec2-metadata-token-ttl-seconds: 21600"));
        assert!(asked[1].starts_with("get /a ") && asked[1].contains("metadata-token: one"));
        assert!(asked[4].starts_with("get /b ") && asked[4].contains("metadata-token: two"));
        // Nobody listens any more.
        assert!(imds.get("/a").is_err());
    }
}
