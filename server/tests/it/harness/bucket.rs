//! S3 as far as a script needs it: one bucket, `scripts`. Whoever asks unsigned is not let in.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::Server;

const MISSING: &str = "<Error><Code>NoSuchKey</Code><Message>It is not there</Message></Error>";

pub struct Bucket {
    endpoint: String,
    objects: Arc<Mutex<HashMap<String, Vec<u8>>>>,
}

impl Bucket {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let objects: Arc<Mutex<HashMap<String, Vec<u8>>>> = Arc::default();
        let bucket = Self {
            endpoint,
            objects: objects.clone(),
        };
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answer(stream.unwrap(), &objects.lock().unwrap());
            }
        });
        bucket
    }

    /// `key` as it stands in an address.
    pub fn put(&self, key: &str, object: impl Into<Vec<u8>>) {
        let path = format!("/scripts/{key}");
        self.objects.lock().unwrap().insert(path, object.into());
    }

    pub fn is_known_to(&self, server: &mut Server) {
        for (name, value) in [
            ("AWS_ENDPOINT_URL_S3", self.endpoint.as_str()),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_REGION", "us-east-1"),
        ] {
            server.environment(name, value);
        }
    }
}

fn answer(mut stream: TcpStream, objects: &HashMap<String, Vec<u8>>) {
    let lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let head: Vec<String> = lines
        .map_while(|line| line.ok())
        .take_while(|line| !line.is_empty())
        .collect();
    let is_signed = head.iter().any(|line| {
        let line = line.to_lowercase();
        line.starts_with("authorization: aws4-hmac-sha256") && line.contains("/s3/")
    });
    let path = head[0].split(' ').nth(1).unwrap_or_default();
    let (status, body) = match objects.get(path) {
        _ if !is_signed => (403, &b"<Error><Code>AccessDenied</Code></Error>"[..]),
        Some(object) => (200, object.as_slice()),
        None => (404, MISSING.as_bytes()),
    };
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
}
