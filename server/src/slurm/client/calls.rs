//! How long Slurm's programs took, and whether they did what they were told: counted for those who watch the server (M2).
//! There are as many series as programs that are called.

use std::sync::LazyLock;
use std::time::Duration;

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;

type Labels = [(&'static str, String); 2];
/// Their times in seconds.
pub type Calls = Family<Labels, Histogram, fn() -> Histogram>;

/// From a question to a controller that rests to one that does not answer.
const SECONDS: [f64; 9] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

static CALLS: LazyLock<Calls> = LazyLock::new(|| Family::new_with_constructor(times));

fn times() -> Histogram {
    Histogram::new(SECONDS)
}

/// A program ended, or was given up.
pub(super) fn note(program: &str, succeeded: bool, took: Duration) {
    let outcome = if succeeded { "done" } else { "failed" };
    let labels = [
        ("program", program.to_owned()),
        ("outcome", outcome.to_owned()),
    ];
    CALLS.get_or_create(&labels).observe(took.as_secs_f64());
}

/// Those of this process, since its start.
pub fn all() -> Calls {
    CALLS.clone()
}
