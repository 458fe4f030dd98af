//! Many small checks on one plane: starting one for each would take longer than all of them.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use futures::future::LocalBoxFuture;

use super::{Database, TestPlane};

/// A promise and the function that checks it.
pub type Check = (
    &'static str,
    for<'a> fn(&'a TestPlane) -> LocalBoxFuture<'a, ()>,
);

/// Runs all checks, also after one has failed, and then names those that failed.
pub async fn run(database: Database, checks: &[Check]) {
    let plane = TestPlane::start(database).await;
    let mut failed = vec![];
    for (name, check) in checks {
        eprintln!("check {name}");
        if AssertUnwindSafe(check(&plane))
            .catch_unwind()
            .await
            .is_err()
        {
            failed.push(*name);
        }
    }
    plane.finish().await;
    assert!(failed.is_empty(), "failed on {database:?}: {failed:?}");
}
