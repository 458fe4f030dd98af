//! Receivers of messages at the wire: one of webhooks, one of mail. Each keeps its port while it is down.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// With names in small letters.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Posted {
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        &found
            .unwrap_or_else(|| panic!("no {name} in {:?}", self.headers))
            .1
    }
}

type Posts = Arc<Mutex<Vec<Posted>>>;

/// Of webhooks. It answers each with the status that it is told to.
pub struct Receiver {
    pub port: u16,
    posts: Posts,
    answer: Arc<Mutex<String>>,
}

impl Receiver {
    pub fn start() -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (posts, answer) = (
            Posts::default(),
            Arc::new(Mutex::new("204 No Content".into())),
        );
        let (kept, said) = (posts.clone(), answer.clone());
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (kept, said) = (kept.clone(), said.clone());
                thread::spawn(move || serve(client, &kept, &said));
            }
        });
        Receiver {
            port,
            posts,
            answer,
        }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    /// Status line, and headers behind it if there are any.
    pub fn answer(&self, status: &str) {
        *self.answer.lock().unwrap() = status.into();
    }

    /// All that came, whatever it was answered.
    pub fn posts(&self) -> Vec<Posted> {
        self.posts.lock().unwrap().clone()
    }
}

fn serve(client: TcpStream, posts: &Posts, answer: &Mutex<String>) {
    let mut reader = BufReader::new(client.try_clone().unwrap());
    let (mut line, mut headers) = (String::new(), vec![]);
    while reader.read_line(&mut line).is_ok_and(|read| read > 0) && line != "\r\n" {
        if let Some((name, value)) = line.trim_end().split_once(": ") {
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        line.clear();
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    if headers.is_empty() || reader.read_exact(&mut body).is_err() {
        return;
    }
    let body = String::from_utf8(body).unwrap();
    posts.lock().unwrap().push(Posted { headers, body });
    let status = answer.lock().unwrap().clone();
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let _ = (&client).write_all(head.as_bytes());
}

/// Of mail: takes every letter, and keeps it as it came.
pub struct MailServer {
    pub port: u16,
    letters: Arc<Mutex<Vec<String>>>,
}

impl MailServer {
    pub fn start() -> MailServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let letters = Arc::new(Mutex::new(vec![]));
        let kept = letters.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let kept = kept.clone();
                thread::spawn(move || talk(client, &kept));
            }
        });
        MailServer { port, letters }
    }

    pub fn letters(&self) -> Vec<String> {
        self.letters.lock().unwrap().clone()
    }
}

/// As much of RFC 5321 as a client needs that has nothing to prove.
fn talk(client: TcpStream, letters: &Mutex<Vec<String>>) {
    let say = |text: &str| (&client).write_all(text.as_bytes()).is_ok();
    let mut reader = BufReader::new(client.try_clone().unwrap());
    let (mut line, mut envelope) = (String::new(), String::new());
    say("220 here ESMTP\r\n");
    while reader.read_line(&mut line).is_ok_and(|read| read > 0) {
        let word = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        match word.as_str() {
            "DATA" => {
                say("354 go on\r\n");
                let mut letter = std::mem::take(&mut envelope);
                line.clear();
                while reader.read_line(&mut line).is_ok_and(|read| read > 0) && line != ".\r\n" {
                    letter += &line;
                    line.clear();
                }
                letters.lock().unwrap().push(letter);
                say("250 taken\r\n");
            }
            "QUIT" => {
                say("221 bye\r\n");
                return;
            }
            "EHLO" => drop(say("250-here\r\n250 8BITMIME\r\n")),
            _ => {
                envelope += &line;
                say("250 well\r\n");
            }
        }
        line.clear();
    }
}
