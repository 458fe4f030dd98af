//! Waiting for a state: the only way in which a test lets time pass.

use std::time::{Duration, Instant};

/// Long enough for a loaded machine with two cores.
pub const DEADLINE: Duration = Duration::from_secs(90);

/// Looks again and again until `look` finds what it wants; an error is what it saw instead, and is shown at the end.
pub async fn wait_until<T>(what: &str, mut look: impl AsyncFnMut() -> Result<T, String>) -> T {
    let started = Instant::now();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(seen) if started.elapsed() > DEADLINE => {
                panic!("waited in vain: {what}; last seen: {seen}")
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}
