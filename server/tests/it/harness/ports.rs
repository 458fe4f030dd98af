//! A block of ports for each server, so that tests of any number of processes run side by side.

use std::fs::File;

/// Below the ports that a server uses unless told otherwise, and those that the system hands out by itself.
const FIRST: u16 = 10_000;
const BLOCKS: u16 = 33;
/// One for the server and 33 for each of its clusters, five at most: tests make them SMALL.
const SIZE: u16 = 300;

/// Ports that are ours as long as this lives.
pub struct Ports {
    pub listen: u16,
    pub first: u16,
    pub last: u16,
    _lock: File,
}

impl Ports {
    /// The first block that no other test holds, on this whole host.
    pub fn take() -> Self {
        let dir = std::env::temp_dir().join("openpcs-test-ports");
        std::fs::create_dir_all(&dir).unwrap();
        for block in 0..BLOCKS {
            let lock = File::create(dir.join(block.to_string())).unwrap();
            if lock.try_lock().is_ok() {
                let listen = FIRST + block * SIZE;
                return Self {
                    listen,
                    first: listen + 1,
                    last: listen + SIZE - 1,
                    _lock: lock,
                };
            }
        }
        panic!(
            "all {BLOCKS} blocks of ports are in use; see {}",
            dir.display()
        );
    }
}
