//! What people ask of jobs through the console, as the timeline has it: written and read here alone.

use super::What;
use crate::model::job::JobAction;

impl What {
    /// It was done to this job, by the id that Slurm was given.
    pub fn done_to_job(action: JobAction, job: String) -> What {
        match action {
            JobAction::Cancel => What::JobCancelled { job },
            JobAction::Requeue => What::JobRequeued { job },
            JobAction::Hold => What::JobHeld { job },
            JobAction::Release => What::JobReleased { job },
        }
    }

    /// What was done to which job, the first time or again after its controller had been killed.
    pub fn as_done_to_job(&self) -> Option<(JobAction, &str)> {
        Some(match self {
            What::JobCancelled { job } | What::JobCancelledAgain { job } => {
                (JobAction::Cancel, job)
            }
            What::JobRequeued { job } => (JobAction::Requeue, job),
            What::JobHeld { job } | What::JobHeldAgain { job } => (JobAction::Hold, job),
            What::JobReleased { job } => (JobAction::Release, job),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for action in JobAction::ALL {
            let what = What::done_to_job(action, "4_[3-4]".into());
            assert_eq!(what.as_done_to_job(), Some((action, "4_[3-4]")));
        }
        let job = || "7".to_owned();
        for (again, action) in [
            (What::JobCancelledAgain { job: job() }, JobAction::Cancel),
            (What::JobHeldAgain { job: job() }, JobAction::Hold),
        ] {
            assert_eq!(again.as_done_to_job(), Some((action, "7")));
        }
        let back = What::JobCameBack { job: job() };
        assert_eq!(back.as_done_to_job(), None);
    }
}
