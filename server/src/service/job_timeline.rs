//! The way of a job from its first submit to its end, through all its lives.

use app::model::explanation::{Explanation, Outlook};
use app::model::job::{JobMoment, JobRecord, JobStep};
use app::model::job_life::{Life, LifeEnd};

use super::boot::told_once;
use super::done_to::DoneTo;
use crate::db::instance::InstanceRow;
use crate::db::now;

fn step(moment: JobMoment, at: i64) -> JobStep {
    JobStep {
        moment,
        at,
        node: String::new(),
        detail: String::new(),
        end: None,
    }
}

/// All that happened, in order; the boots are those of the life that goes on or ended last.
pub(super) fn timeline(record: &JobRecord, lives: &[Life], boots: &[InstanceRow]) -> Vec<JobStep> {
    let mut last = record.clone();
    let Some(before) = lives.last() else {
        return last_life(&last, boots);
    };
    // This life began when the one before it ended.
    last.job.submitted_at = before.ended_at;
    let mut steps = vec![step(JobMoment::Submitted, record.job.submitted_at)];
    for life in lives {
        if life.started_at > 0 {
            steps.push(JobStep {
                node: life.nodes.clone(),
                ..step(JobMoment::Running, life.started_at)
            });
        }
        steps.push(JobStep {
            end: Some(life.end.clone()),
            ..step(JobMoment::Requeued, life.ended_at)
        });
    }
    let rest = last_life(&last, boots).into_iter();
    steps.extend(rest.filter(|step| step.moment != JobMoment::Submitted));
    steps
}

fn last_life(record: &JobRecord, boots: &[InstanceRow]) -> Vec<JobStep> {
    let job = &record.job;
    let mut steps = vec![step(JobMoment::Submitted, job.submitted_at)];
    if record.eligible_at > job.submitted_at {
        steps.push(step(JobMoment::Eligible, record.eligible_at));
    }
    let configuring = job.state == "CONFIGURING";
    let allocated = boots.iter().map(|row| row.launched_at).min();
    // Once its nodes are up, Slurm sets the start anew: when it chose them is known by their launch only.
    if let Some(at) = allocated.or_else(|| configuring.then_some(job.started_at)) {
        steps.push(step(JobMoment::Allocated, at.max(job.submitted_at)));
    }
    for row in boots {
        steps.extend(told_once(&row.steps).map(|boot| JobStep {
            node: row.node_name.clone(),
            detail: boot.name.clone(),
            ..step(JobMoment::Boot, boot.at)
        }));
    }
    if job.started_at > 0 && !configuring {
        steps.push(JobStep {
            node: job.nodes.clone(),
            ..step(JobMoment::Running, job.started_at)
        });
    }
    if job.ended_at > 0 {
        steps.push(step(JobMoment::Ended, job.ended_at));
    } else if job.expected_at > now() {
        steps.push(step(JobMoment::Expected, job.expected_at));
    }
    // Slurm's times are whole seconds and ours are not: what came later is never shown first.
    let order = |step: &JobStep| match step.moment {
        JobMoment::Running => (1, step.at),
        JobMoment::Ended | JobMoment::Expected => (2, step.at),
        _ => (0, step.at),
    };
    steps.sort_by_key(order);
    steps
}

/// With what is known of why the job waits or failed. What waits for somebody to change something has no start to expect,
/// though Slurm guesses one.
pub(super) fn explained(
    mut steps: Vec<JobStep>,
    explanation: Option<&Explanation>,
    unopened: Option<String>,
) -> Vec<JobStep> {
    if explanation.is_some_and(|told| told.outlook == Outlook::NeedsAction) {
        steps.retain(|step| step.moment != JobMoment::Expected);
    }
    if let (Some(files), Some(last)) = (unopened, steps.last_mut())
        && last.moment == JobMoment::Ended
    {
        last.detail = files;
    }
    steps
}

/// Who sent it back, where Slurm's log does not say: what people did through the console, else its own script.
pub(super) fn attributed(
    mut lives: Vec<Life>,
    requeues: &[DoneTo],
    script: Option<&str>,
) -> Vec<Life> {
    // Slurm's times are whole seconds.
    const SLACK_MS: i64 = 5_000;
    let asks_itself = script.is_some_and(|script| script.lines().any(asks_to_requeue));
    for life in lives
        .iter_mut()
        .filter(|life| life.end == LifeEnd::Requeued)
    {
        let within = life.started_at - SLACK_MS..=life.ended_at + SLACK_MS;
        // The events are the newest first.
        let by_hand = requeues.iter().find(|one| within.contains(&one.at));
        life.end = match by_hand {
            Some(one) => LifeEnd::ByUser {
                user: one.by.clone(),
            },
            None if asks_itself => LifeEnd::Itself,
            None => LifeEnd::Requeued,
        };
    }
    lives
}

/// Whether a line of a script has the command, and does not only speak of it.
fn asks_to_requeue(line: &str) -> bool {
    let command = without_comment(line);
    let words: Vec<&str> = command.split_whitespace().collect();
    words.join(" ").contains("scontrol requeue")
}

/// Up to a `#` that begins a word outside quotes, as a shell has it.
fn without_comment(line: &str) -> &str {
    let (mut quote, mut begins_word) = (None, true);
    for (at, c) in line.char_indices() {
        match (c, quote) {
            ('#', None) if begins_word => return &line[..at],
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(end)) if c == end => quote = None,
            _ => (),
        }
        begins_word = c.is_whitespace() || c == ';';
    }
    line
}

#[cfg(test)]
mod tests {
    use JobMoment::*;
    use app::model::job_id::JobId;

    use super::*;

    fn record() -> JobRecord {
        let mut record = JobRecord::default();
        record.job.submitted_at = 1_000;
        record.job.started_at = 4_000;
        record.job.ended_at = 9_000;
        record.job.nodes = "a-1".into();
        record.job.state = "COMPLETED".into();
        record.eligible_at = 1_000;
        record
    }

    fn life(restarts: i64, started_at: i64, ended_at: i64) -> Life {
        Life {
            restarts,
            submitted_at: started_at - 500,
            started_at,
            ended_at,
            nodes: "a-1".into(),
            end: LifeEnd::Requeued,
            output_bytes: None,
        }
    }

    fn moments(steps: &[JobStep]) -> Vec<JobMoment> {
        steps.iter().map(|step| step.moment).collect()
    }

    #[test]
    fn a_timeline_is_told_in_order() {
        let boot = InstanceRow {
            launched_at: 1_500,
            registered_at: Some(2_000),
            ready_at: Some(4_200),
            steps: vec![app::model::node::BootStep {
                name: "ready".into(),
                at: 4_200,
                detail: None,
            }],
            ..InstanceRow::ready("a-1")
        };
        let steps = timeline(&record(), &[], &[boot]);
        assert_eq!(
            moments(&steps),
            [Submitted, Allocated, Boot, Running, Ended]
        );
    }

    #[test]
    fn only_what_passes_by_itself_has_a_start_to_expect() {
        let mut waits = record();
        (waits.job.started_at, waits.job.ended_at) = (0, 0);
        waits.job.expected_at = i64::MAX;
        let steps = timeline(&waits, &[], &[]);
        let told = |outlook| {
            let explanation = Explanation {
                code: String::new(),
                title: String::new(),
                meaning: String::new(),
                outlook,
                prospect: String::new(),
                remedy: String::new(),
                page: String::new(),
            };
            moments(&explained(steps.clone(), Some(&explanation), None))
        };
        assert_eq!(told(Outlook::ByItself), [Submitted, Expected]);
        assert_eq!(told(Outlook::NeedsAction), [Submitted]);
        assert_eq!(
            moments(&explained(steps.clone(), None, None)),
            [Submitted, Expected]
        );
    }

    #[test]
    fn the_end_says_which_file_could_not_be_opened() {
        let file = || Some("/w/12.out".to_owned());
        let ended = explained(timeline(&record(), &[], &[]), None, file());
        let details: Vec<&str> = ended.iter().map(|step| step.detail.as_str()).collect();
        assert_eq!(details, ["", "", "/w/12.out"]);
        let mut runs = record();
        runs.job.ended_at = 0;
        let runs = explained(timeline(&runs, &[], &[]), None, file());
        assert!(runs.iter().all(|step| step.detail.is_empty()));
    }

    #[test]
    fn every_life_is_told() {
        let mut record = record();
        record.job.started_at = 8_000;
        let steps = timeline(
            &record,
            &[life(0, 2_000, 3_000), life(1, 4_000, 5_000)],
            &[],
        );
        assert_eq!(
            moments(&steps),
            [
                Submitted, Running, Requeued, Running, Requeued, Running, Ended
            ]
        );
        assert!(steps.is_sorted_by_key(|step| step.at));
        assert_eq!(steps[0].at, 1_000);
    }

    #[test]
    fn who_sent_it_back_is_told_as_far_as_it_is_known() {
        let lives = vec![
            life(0, 100_000, 200_000),
            life(1, 300_000, 400_000),
            Life {
                end: LifeEnd::Preempted { by: "50".into() },
                ..life(2, 500_000, 600_000)
            },
        ];
        let by_hand = [DoneTo {
            at: 200_300,
            by: "ann".to_owned(),
            to: JobId::Whole(1),
        }];
        let ends = |script| -> Vec<LifeEnd> {
            let lives = attributed(lives.clone(), &by_hand, script);
            lives.into_iter().map(|life| life.end).collect()
        };
        let ann = LifeEnd::ByUser { user: "ann".into() };
        let preempted = LifeEnd::Preempted { by: "50".into() };
        let script = Some("trap 'scontrol requeue $SLURM_JOB_ID' USR1");
        assert_eq!(
            ends(script),
            [ann.clone(), LifeEnd::Itself, preempted.clone()]
        );
        for speaks_of_it in [
            None,
            Some("# by hand: scontrol requeue 12"),
            Some("srun a  # else scontrol requeue $SLURM_JOB_ID"),
            Some("echo 'it''s' \"#1\" # scontrol requeue"),
        ] {
            let told = [ann.clone(), LifeEnd::Requeued, preempted.clone()];
            assert_eq!(ends(speaks_of_it), told, "{speaks_of_it:?}");
        }
        for asks in [
            "echo '# again'; scontrol  requeue $SLURM_JOB_ID",
            "[ $# = 0 ] && /opt/bin/scontrol requeue 12 # again",
        ] {
            assert_eq!(ends(Some(asks))[1], LifeEnd::Itself, "{asks}");
        }
    }
}
