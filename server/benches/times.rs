//! What many times say together.

use std::time::Duration;

/// The time that 99 of 100 stay below.
pub fn p99(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[(times.len() * 99).div_ceil(100) - 1]
}
