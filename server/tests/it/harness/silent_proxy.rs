//! A proxy in front of a database whose connections fall silent, as after a failover or where a router forgot them: no end,
//! no reset, and what is said on them is lost.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub struct SilentProxy {
    port: u16,
    age: Arc<AtomicU64>,
}

impl SilentProxy {
    /// In front of what listens at that port of this host.
    pub fn before(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let age = Arc::new(AtomicU64::new(0));
        let shared = age.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), Ok(server)) = (client, TcpStream::connect(("127.0.0.1", target)))
                else {
                    continue;
                };
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let (age, born) = (shared.clone(), shared.load(Ordering::SeqCst));
                    std::thread::spawn(move || {
                        pass(from, to, || age.load(Ordering::SeqCst) == born)
                    });
                }
            }
        });
        Self { port, age }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Connections that there are fall silent; new ones work.
    pub fn silence(&self) {
        self.age.fetch_add(1, Ordering::SeqCst);
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, speaks: impl Fn() -> bool) {
    let mut buffer = [0; 16 << 10];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if speaks() && to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    if speaks() {
        let _ = to.shutdown(Shutdown::Both);
    }
}
