//! Ports of this host for programs that have to be told theirs. Whoever starts such a program asks it at a socket of its own
//! whether it is up: at the port somebody else may be by then, and two tests would share what each thinks is its own.

use std::net::TcpListener;
use std::process::Child;
use std::time::{Duration, Instant};

const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// One that nobody listened at just now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Waits until the program is ready. False where it has ended instead, as it does where its port is taken.
pub fn comes_up(child: &mut Child, mut is_ready: impl FnMut() -> bool) -> bool {
    let started = Instant::now();
    while !is_ready() {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        assert!(
            started.elapsed() < STARTS_WITHIN,
            "{child:?} does not start"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    true
}
