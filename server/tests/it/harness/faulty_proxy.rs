//! A proxy in front of a web server that loses, refuses and lies, call by call.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What becomes of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Well,
    /// It does not arrive, and there is no answer.
    Down,
    /// It does not arrive, and the answer is 500.
    Broken,
    /// It arrives, and there is no answer.
    AnswerLost,
    /// It arrives, and the answer is 500.
    Lie,
}

pub struct FaultyProxy {
    port: u16,
    fates: Arc<Mutex<VecDeque<Fate>>>,
}

impl FaultyProxy {
    /// In front of a server that ends each connection after its answer, at that port of this host.
    pub fn before(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let fates: Arc<Mutex<VecDeque<Fate>>> = Arc::default();
        let shared = fates.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let fates = shared.clone();
                std::thread::spawn(move || pass(client, target, &fates));
            }
        });
        Self { port, fates }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Of the next calls; those after them go well.
    pub fn let_happen(&self, fates: &[Fate]) {
        self.fates.lock().unwrap().extend(fates);
    }

    pub fn is_done(&self) -> bool {
        self.fates.lock().unwrap().is_empty()
    }
}

fn pass(mut client: TcpStream, target: u16, fates: &Mutex<VecDeque<Fate>>) {
    let Some(request) = request(&client) else {
        return;
    };
    let fate = fates.lock().unwrap().pop_front().unwrap_or(Fate::Well);
    let mut answer = vec![];
    if !matches!(fate, Fate::Down | Fate::Broken) {
        let mut server = TcpStream::connect(("127.0.0.1", target)).unwrap();
        server.write_all(&request).unwrap();
        let _ = server.read_to_end(&mut answer);
    }
    let broken = b"HTTP/1.1 500 x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    let _ = match fate {
        Fate::Well => client.write_all(&answer),
        Fate::Broken | Fate::Lie => client.write_all(broken),
        Fate::Down | Fate::AnswerLost => Ok(()),
    };
}

/// All of a request, with its body; none: the connection ended before.
pub(super) fn request(client: &TcpStream) -> Option<Vec<u8>> {
    let mut reader = BufReader::new(client);
    let (mut request, mut length) = (vec![], 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        request.extend_from_slice(line.as_bytes());
        let lower = line.to_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    request.extend(body);
    Some(request)
}
