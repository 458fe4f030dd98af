//! Whether Slurm can work with a change: tried out beside what runs, before anything is touched.

use std::time::Instant;

use app::model::setting::SlurmCustomSetting;

use super::{Parts, changed, input, slurmdbd};
use crate::plan::configuration::rows::{Rows, Specs};
use crate::plan::configuration::search::Changes;
use crate::slurm::trial;

/// How often a trial is made when a port is taken from it in the moment before it listens.
const TRIALS: usize = 5;
const PORT_TAKEN: &str = "Address already in use";

/// Whether Slurm can work with the rows' configuration with these changes, or they change nothing about it; the inner error
/// says why not.
pub async fn trial(
    parts: &Parts,
    rows: &Rows,
    tried: &Changes<'_>,
) -> anyhow::Result<Result<(), String>> {
    let changed = changed::settings(rows, tried);
    if parts.provider.profile().shares_files
        && let Some(words) =
            changed::program_problem(&changed, parts.controllers.data_dir(), &parts.job_user)
    {
        return Ok(Err(words));
    }
    if let Some(words) = shut_queue(parts, rows, tried)? {
        return Ok(Err(words));
    }
    let with_jobs = changed::concerns_nodes(rows, tried);
    let settings: Vec<&SlurmCustomSetting> = changed.into_iter().map(|(_, given)| given).collect();
    let started = Instant::now();
    let mut refusal = refusal(parts, &rows.specs(tried, false), with_jobs, &settings).await?;
    let was_in_force = rows.cluster.applied_spec.is_some();
    if refusal.is_some() && was_in_force {
        // What is in force may be no better, as a release before this one took it: then a change is not to blame, and
        // must not be held up, least of all the end of a queue or a group.
        let old = self::refusal(parts, &rows.in_force(), with_jobs, &[]).await?;
        refusal = refusal.filter(|words| old.as_ref() != Some(words));
    }
    let took = started.elapsed();
    tracing::info!(
        cluster = rows.cluster.name,
        ?took,
        refusal,
        "tried a configuration"
    );
    Ok(refusal.map_or(Ok(()), Err))
}

/// Why a queue takes no job with these changes that does without them; what goes is gone either way.
fn shut_queue(parts: &Parts, rows: &Rows, tried: &Changes<'_>) -> anyhow::Result<Option<String>> {
    let with = input::shut_queues(parts, &rows.specs(tried, false))?;
    let without = input::shut_queues(parts, &rows.specs(&Changes::new(), false))?;
    Ok(with.difference(&without).next().cloned())
}

/// The same for a new cluster's controller.
pub async fn trial_of_new(parts: &Parts, rows: &Rows) -> anyhow::Result<Result<(), String>> {
    trial(parts, rows, &Changes::from([rows.cluster.id.as_str()])).await
}

async fn refusal(
    parts: &Parts,
    specs: &Specs<'_>,
    with_jobs: bool,
    changed: &[&SlurmCustomSetting],
) -> anyhow::Result<Option<String>> {
    let mut refusal = None;
    for _ in 0..TRIALS {
        let (files, what) = input::render_trial(parts, specs, with_jobs)?;
        let accounts = slurmdbd::render_trial(parts, specs)?;
        let cluster_id = &specs.cluster.0.id;
        let tried = parts
            .controllers
            .try_out(cluster_id, &files, accounts.as_deref(), &what);
        let verdict = tried.await?;
        refusal = trial::refusal(&verdict, changed);
        if !refusal
            .as_ref()
            .is_some_and(|words| words.contains(PORT_TAKEN))
        {
            break;
        }
    }
    Ok(refusal)
}
