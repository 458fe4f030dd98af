//! Random bytes from the operating system.

/// `count` random bytes from the operating system.
///
/// # Panics
/// When the system has no randomness to give: nothing safe can be done then.
pub fn random_bytes(count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    #[allow(clippy::expect_used, reason = "nothing safe can be done without")]
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// `bytes` random bytes, as lower-case hexadecimal.
pub fn random_hex(bytes: usize) -> String {
    hex::encode(random_bytes(bytes))
}
