//! The asks for instances of a node, as its page shows them.

use std::collections::HashMap;

use app::model::attempt::LaunchAttempt;
use app::model::node::LAUNCH_FAILED;

use crate::db::connection::Pool;
use crate::db::instance::{self, InstanceRow};
use crate::db::launch_attempt::{self, AttemptRow};

/// More of them nobody reads on a page.
const SHOWN: i64 = 20;

/// The newest first. One of before they were written down is told as far as its instance tells it.
pub(super) async fn of_node(
    pool: &Pool,
    cluster_id: &str,
    node: &str,
) -> sqlx::Result<Vec<LaunchAttempt>> {
    let instances = instance::of_node(pool, cluster_id, node, SHOWN).await?;
    let tokens: Vec<&str> = instances
        .iter()
        .map(|row| row.launch_token.as_str())
        .collect();
    let attempts = launch_attempt::with_tokens(pool, &tokens).await?;
    let attempts = attempts.into_iter().map(|row| (row.token.clone(), row));
    let mut attempts: HashMap<String, AttemptRow> = attempts.collect();
    let told = |row: &InstanceRow| told(row, attempts.remove(&row.launch_token));
    Ok(instances.iter().map(told).collect())
}

fn told(row: &InstanceRow, attempt: Option<AttemptRow>) -> LaunchAttempt {
    let came = row.provider_id.is_some() || row.registered_at.is_some();
    let attempt = attempt.unwrap_or_else(|| AttemptRow {
        at: row.launched_at,
        wanted: 1,
        came: i64::from(came),
        ..AttemptRow::default()
    });
    let failed = row.steps.iter().find(|step| step.name == LAUNCH_FAILED);
    LaunchAttempt {
        at: attempt.at,
        answered_at: attempt.answered_at.unwrap_or_default(),
        asks: attempt.asks,
        wanted: attempt.wanted,
        came: attempt.came,
        instance_id: row.id.clone(),
        provider_id: row.provider_id.clone(),
        pools: attempt.pools,
        strategy: attempt.strategy,
        resting: attempt.resting,
        errors: attempt.errors,
        error: failed.and_then(|step| step.detail.clone()),
    }
}

#[cfg(test)]
mod tests {
    use app::model::node::BootStep;

    use super::*;

    #[test]
    fn an_attempt_is_told_from_its_batch_and_its_instance() {
        let mut row = InstanceRow {
            provider_id: None,
            registered_at: None,
            launched_at: 7,
            ..InstanceRow::ready("a-1")
        };
        row.steps.push(BootStep {
            name: LAUNCH_FAILED.into(),
            at: 8,
            detail: Some("none".into()),
        });
        let old = told(&row, None);
        assert_eq!((old.at, old.wanted, old.came), (7, 1, 0));
        assert_eq!(old.error.as_deref(), Some("none"));
        let batch = AttemptRow {
            at: 6,
            wanted: 3,
            came: 2,
            answered_at: Some(9),
            ..AttemptRow::default()
        };
        let new = told(&InstanceRow::ready("a-1"), Some(batch));
        assert_eq!(
            (new.at, new.wanted, new.came, new.answered_at),
            (6, 3, 2, 9)
        );
        assert_eq!(
            (new.provider_id.as_deref(), new.error),
            (Some("i-a-1"), None)
        );
    }
}
