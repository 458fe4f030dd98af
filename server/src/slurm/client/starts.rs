//! Has a cluster begin no job for a moment, while its controller goes on answering: jobs that come meanwhile wait in the
//! queue. All its nodes are in a reservation of root's, which ends by itself should nobody take it back.

use super::{Client, SlurmError};

const RESERVATION: &str = "openpcs-upgrade";
/// Longer than a controller is exchanged for, as a rule.
const UNTIL: &str = "EndTime=now+30seconds";

impl Client {
    /// From here on no job begins, for half a minute at most.
    pub async fn stop_starts(&self) -> Result<(), SlurmError> {
        // One that was left behind would end too soon.
        let _ = self.let_start().await;
        let name = format!("ReservationName={RESERVATION}");
        let who = ["StartTime=now", UNTIL, "Nodes=ALL", "Users=root"];
        // Also nodes that jobs run on, and those of other reservations.
        let flags = ["Flags=IGNORE_JOBS,OVERLAP"];
        let words = ["create", &name].into_iter().chain(who).chain(flags);
        self.run("scontrol", words).await.map(drop)
    }

    /// Jobs begin again.
    pub async fn let_start(&self) -> Result<(), SlurmError> {
        let name = format!("ReservationName={RESERVATION}");
        self.run("scontrol", ["delete", &name]).await.map(drop)
    }

    /// Whether a job is being started: a prolog of it runs, or its launch is on its way to a node. One whose nodes boot is,
    /// too.
    pub async fn starts_any(&self) -> Result<bool, SlurmError> {
        let jobs = ["--noheader", "--all", "--states=CONFIGURING,RUNNING"];
        let words = jobs.into_iter().chain(["--format=%T %r"]);
        let answer = self.run("squeue", words).await?;
        if String::from_utf8_lossy(&answer).lines().any(starts) {
            return Ok(true);
        }
        let counts = self.counts().await?;
        Ok(counts.of("Agent queue size") + counts.of("Agent count") > 0)
    }
}

/// Of a job's state and reason. Slurm calls one running whose nodes are still in their prologs.
fn starts(job: &str) -> bool {
    job.starts_with("CONFIGURING") || job.ends_with(" Prolog")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_starts_is_told_from_what_runs() {
        assert!(starts("CONFIGURING None") && starts("RUNNING Prolog"));
        assert!(!starts("RUNNING None"));
    }
}
