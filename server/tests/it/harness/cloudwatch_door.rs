//! CloudWatch as its newest SDKs ask it, in CBOR, before an emulator that reads JSON only. It may refuse.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use ciborium::Value as Cbor;
use flate2::read::GzDecoder;
use serde_json::{Value, json};

use super::faulty_proxy::request;

/// One call of `PutMetricData` that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    pub namespace: String,
    pub data: usize,
    pub is_packed: bool,
}

#[derive(Default)]
struct State {
    refuses: AtomicBool,
    puts: Mutex<Vec<Put>>,
}

pub struct CloudWatchDoor {
    port: u16,
    state: Arc<State>,
}

impl CloudWatchDoor {
    /// Before the emulator at that port of this host.
    pub fn before(moto: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::<State>::default();
        let shared = state.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let state = shared.clone();
                std::thread::spawn(move || answer(client, moto, &state));
            }
        });
        Self { port, state }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// From now on: as to a role that may not.
    pub fn refuse(&self, refuses: bool) {
        self.state.refuses.store(refuses, Ordering::SeqCst);
    }

    pub fn puts(&self) -> Vec<Put> {
        self.state.puts.lock().unwrap().clone()
    }
}

fn answer(mut client: TcpStream, moto: u16, state: &State) {
    let Some(whole) = request(&client) else {
        return;
    };
    let end = whole.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = whole.split_at(end.unwrap() + 4);
    let head = String::from_utf8(head.to_vec()).unwrap();
    let is_put = head.contains("GraniteServiceVersion20100801/operation/PutMetricData ");
    let _ = match is_put && !state.refuses.load(Ordering::SeqCst) {
        true => {
            put(&head, body, moto, state);
            say(&mut client, "200 OK", "", &json!({}))
        }
        false => {
            let refusal = json!({
                "__type": "com.amazonaws.cloudwatch#AccessDenied",
                "message": "no identity-based policy allows it",
            });
            let code = "x-amzn-query-error: AccessDenied;Sender\r\n";
            say(&mut client, "403 Forbidden", code, &refusal)
        }
    };
}

fn put(head: &str, body: &[u8], moto: u16, state: &State) {
    let is_packed = head.to_lowercase().contains("content-encoding: gzip");
    let mut plain = vec![];
    match is_packed {
        true => GzDecoder::new(body).read_to_end(&mut plain).unwrap(),
        false => Read::read_to_end(&mut &*body, &mut plain).unwrap(),
    };
    let document = json_of(ciborium::from_reader(&*plain).unwrap());
    forward(&document, head, moto);
    state.puts.lock().unwrap().push(Put {
        namespace: document["Namespace"].as_str().unwrap().into(),
        data: document["MetricData"].as_array().unwrap().len(),
        is_packed,
    });
}

/// The emulator knows by who signed, and for what, which service is meant.
fn forward(document: &Value, head: &str, moto: u16) {
    let signed = |line: &&str| line.to_lowercase().starts_with("authorization:");
    let authorization = head.lines().find(signed).unwrap();
    let body = document.to_string();
    let length = body.len();
    let mut emulator = TcpStream::connect(("127.0.0.1", moto)).unwrap();
    write!(
        emulator,
        "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n{authorization}\r\n\
         content-type: application/x-amz-json-1.0\r\ncontent-length: {length}\r\n\
         x-amz-target: GraniteServiceVersion20100801.PutMetricData\r\n\r\n{body}"
    )
    .unwrap();
    let mut said = String::new();
    emulator.read_to_string(&mut said).unwrap();
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
}

fn json_of(value: Cbor) -> Value {
    match value {
        Cbor::Integer(number) => i64::try_from(number).unwrap().into(),
        Cbor::Float(number) => number.into(),
        Cbor::Text(text) => text.into(),
        // Of a time.
        Cbor::Tag(1, inner) => json_of(*inner),
        Cbor::Array(list) => list.into_iter().map(json_of).collect(),
        Cbor::Map(members) => {
            let member = |(name, value): (Cbor, Cbor)| (name.into_text().unwrap(), json_of(value));
            members.into_iter().map(member).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn say(client: &mut TcpStream, status: &str, more: &str, body: &Value) -> std::io::Result<()> {
    let mut written = vec![];
    ciborium::into_writer(body, &mut written).unwrap();
    let length = written.len();
    write!(
        client,
        "HTTP/1.1 {status}\r\nsmithy-protocol: rpc-v2-cbor\r\ncontent-type: application/cbor\r\n\
         {more}connection: close\r\ncontent-length: {length}\r\n\r\n"
    )?;
    client.write_all(&written)
}
