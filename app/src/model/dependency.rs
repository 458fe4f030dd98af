//! What a job waits for in other jobs, as Slurm tells it: `afterok:29(failed),singleton(unfulfilled)` (sbatch(1),
//! `--dependency`). Slurm leaves out what is fulfilled.

use serde::{Deserialize, Serialize};

/// One condition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dependency {
    /// `afterok`, `afterany`, `singleton`, …
    pub condition: String,
    /// The other job's number, or an array task's as `30_2`; empty for `singleton`.
    pub job: String,
    /// It can no longer be met.
    pub has_failed: bool,
    /// How the other job stands, as far as it is known.
    pub state: String,
    /// Once it has ended.
    pub exit_code: Option<i64>,
    /// The signal that ended it.
    #[serde(default)]
    pub signal: Option<i64>,
    /// Who cancelled it by this server.
    #[serde(default)]
    pub cancelled_by: Option<String>,
}

/// The conditions in that text; what cannot be read is left out.
pub fn parse(text: &str) -> Vec<Dependency> {
    text.split([',', '?']).filter_map(one).collect()
}

fn one(text: &str) -> Option<Dependency> {
    let (what, state) = text.trim().strip_suffix(')')?.split_once('(')?;
    let (condition, job) = what.split_once(':').unwrap_or((what, ""));
    // `30_*` is all of an array; `30+5` is five minutes after it.
    let job = job.split(['+', '*']).next().unwrap_or_default();
    Some(Dependency {
        condition: condition.to_owned(),
        job: job.trim_end_matches('_').to_owned(),
        has_failed: state == "failed",
        ..Dependency::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_as_slurm_writes_them() {
        let read = |text: &str| -> Vec<(String, String, bool)> {
            let all = parse(text).into_iter();
            all.map(|d| (d.condition, d.job, d.has_failed)).collect()
        };
        let one = |condition: &str, job: &str, failed| (condition.into(), job.into(), failed);
        assert_eq!(read(""), []);
        assert_eq!(
            read("afterok:29(failed),afterany:30_*(unfulfilled)"),
            [one("afterok", "29", true), one("afterany", "30", false)]
        );
        assert_eq!(
            read("after:31+5(unfulfilled)?aftercorr:32_4(failed)"),
            [one("after", "31", false), one("aftercorr", "32_4", true)]
        );
        assert_eq!(
            read("singleton(unfulfilled)"),
            [one("singleton", "", false)]
        );
        assert_eq!(read("nonsense,(,),:"), []);
    }
}
