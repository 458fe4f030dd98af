//! Random bytes, and random names for things.

pub use openpcs_agent::random::{random_bytes, random_hex};

/// A random number below `limit`, which is above 0. Good enough to spread things, not to draw lots.
pub fn random_below(limit: u16) -> u16 {
    random_bytes(2)
        .iter()
        .fold(0, |number: u16, byte| number << 8 | u16::from(*byte))
        % limit
}

/// `pcs_` and ten of [a-z0-9] (C1).
pub fn resource_id() -> String {
    format!("pcs_{}", letters(10))
}

/// An id of a delivery: AWS's have no prefix.
pub fn delivery_id() -> String {
    letters(16)
}

fn letters(count: usize) -> String {
    const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    random_bytes(count)
        .iter()
        .map(|b| char::from(ALPHABET[usize::from(*b) % ALPHABET.len()]))
        .collect()
}

/// `i-` and 17 hexadecimal digits, as EC2 makes them.
pub fn instance_id() -> String {
    let mut digits = random_hex(9);
    digits.truncate(17);
    format!("i-{digits}")
}
