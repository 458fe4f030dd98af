//! Ports of this host for programs that have to be told theirs. Whoever starts such a program asks it at a socket of its own
//! whether it is up: at the port somebody else may be by then, and two tests would share what each thinks is its own.

use std::net::TcpListener;
use std::process::Child;
use std::time::{Duration, Instant};

const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// More than these are not taken one after the other by others: the program ends because of something else.
const PORTS: usize = 5;

/// Has a program come up at a port that nobody listened at just now, or at another one where it does not.
pub fn at_free_port(mut comes_up_at: impl FnMut(u16) -> bool) {
    let is_up = (0..PORTS).any(|_| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        comes_up_at(port)
    });
    assert!(is_up, "it ends at each of {PORTS} ports");
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
