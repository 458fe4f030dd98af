//! How jobs are scheduled, and started again after a node has failed: what the service sets in slurm.conf, version by version.
//!
//! What is for 25.11 and later is proved by the text only: no later Slurm than 24.11 was there to be tried.

use super::line::Line;
use super::{ConfInput, MIN_JOB_AGE};

/// The first version with expedited requeue and a delay of its own for requeued jobs.
const EXPEDITES: &str = "25.11";

/// Whose job is first, where accounts tell jobs apart: theirs who have had less, and a QOS's priority counts as much. Age
/// counts a tenth of it, so that of equals the oldest is first. By Slurm's own defaults nothing counts but who came first.
/// It complains of weights where there are no accounts.
const WEIGHTS: [(&str, &str); 3] = [
    ("PriorityWeightAge", "1000"),
    ("PriorityWeightFairshare", "10000"),
    ("PriorityWeightQOS", "10000"),
];

/// What people may change but did not.
pub fn scheduling(input: &ConfInput) -> Line {
    let mut p = Line::default();
    let most = input.size.max_jobs();
    // Slurm accepts a job only while fewer than this are in its memory, each task of an array counted.
    p.set("MaxJobCount", (most + ended_jobs(most) + 1).to_string());
    p.set("MinJobAge", MIN_JOB_AGE.to_string());
    p.set("JobRequeue", "1");
    p.set("SelectType", "select/cons_tres");
    p.set("SelectTypeParameters", "CR_CPU");
    p.set("SchedulerParameters", scheduler_parameters(input, ""));
    if input.slurmdbd_port.is_some() {
        for (name, weight) in WEIGHTS {
            p.set(name, weight);
        }
    }
    // The controller talks to each node itself: a node in the middle of a tree may be gone at any time.
    p.set("TreeWidth", "65533");
    p
}

/// Room for jobs that ended and are remembered, so that they take none from those that wait and run: as many as a busy
/// cluster ends in that time, and no more than can be looked at without a pause.
///
/// Slurm has one limit for both. While few have ended, `sbatch` therefore takes more than the size allows: up to
/// MaxJobCount of single jobs, but never a larger array. The console counts those that are alive, and is exact.
fn ended_jobs(most: i64) -> i64 {
    (most * 4).min(10_000)
}

/// Ours before those that were given, which win.
pub fn scheduler_parameters(input: &ConfInput, given: &str) -> String {
    let most = input.size.max_jobs();
    let ours = [
        // Else batch jobs are scheduled every 3 s only.
        ("batch_sched_delay", 0),
        // Else `sbatch` waits for minutes with an array that the cluster's size never allows.
        ("max_array_tasks", most),
        // Else a job behind a hundred that wait, of whatever queue, starts with the pass of every minute: each queue has
        // its hundred to itself.
        ("default_queue_depth", most),
        ("partition_job_depth", 100),
    ];
    // Seconds until a requeued job may start again; before, that was until its credential had expired. AWS has the same.
    let delay = (input.version.as_str() >= EXPEDITES).then_some(("requeue_delay", 5));
    let ours = ours.into_iter().chain(delay);
    let missing = ours.filter(|(name, _)| !given.contains(name));
    let missing = missing.map(|(name, value)| format!("{name}={value}"));
    let given = Some(given.to_owned()).filter(|given| !given.is_empty());
    missing.chain(given).collect::<Vec<_>>().join(",")
}

/// From 25.11 on people may have a job that a node failed go before all others, by `sbatch --requeue=expedite`. AWS has that on
/// and says that it is a word of SchedulerParameters; Slurm's own tests set it here. Proved by the text only.
pub fn controller_parameters(version: &str) -> String {
    let always =
        "enable_configless,idle_on_node_suspend,power_save_interval=0,power_save_min_interval=0";
    match version >= EXPEDITES {
        true => format!("{always},enable_expedited_requeue"),
        false => always.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{setting, tutorial};
    use super::super::{ConfInput, render};

    fn value(version: &str, given: &str, name: &str) -> String {
        let input = ConfInput {
            version: version.to_owned(),
            settings: vec![setting("SchedulerParameters", given)],
            ..tutorial()
        };
        let conf = render(&input).slurm_conf;
        let mut values = conf.lines().filter_map(|line| line.split_once('='));
        let (_, value) = values.find(|(known, _)| *known == name).unwrap();
        value.to_owned()
    }

    #[test]
    fn requeued_jobs_may_be_expedited_and_wait_five_seconds_from_25_11_on() {
        for (version, is_known) in [
            ("24.11", false),
            ("25.05", false),
            ("25.11", true),
            ("26.05", true),
        ] {
            let controller = value(version, "defer", "SlurmctldParameters");
            assert_eq!(
                controller.contains(",enable_expedited_requeue"),
                is_known,
                "{version}"
            );
            let scheduler = value(version, "defer", "SchedulerParameters");
            assert_eq!(scheduler.contains("requeue_delay=5"), is_known, "{version}");
        }
    }

    #[test]
    fn with_accounts_fair_share_counts_unless_something_else_was_set() {
        let weights = |slurmdbd_port, settings| {
            let input = ConfInput {
                slurmdbd_port,
                settings,
                ..tutorial()
            };
            let conf = render(&input).slurm_conf;
            let weights = conf
                .lines()
                .filter(|line| line.starts_with("PriorityWeight"));
            weights.map(str::to_owned).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(weights(None, vec![]), "");
        assert_eq!(
            weights(Some(6819), vec![]),
            "PriorityWeightAge=1000 PriorityWeightFairshare=10000 PriorityWeightQOS=10000"
        );
        let given = vec![
            setting("priorityweightfairshare", "0"),
            setting("PriorityWeightQOS", "7"),
        ];
        assert_eq!(
            weights(Some(6819), given),
            "PriorityWeightAge=1000 PriorityWeightFairshare=0 PriorityWeightQOS=7"
        );
    }

    #[test]
    fn the_delay_that_was_given_wins() {
        let scheduler = value("25.11", "requeue_delay=60", "SchedulerParameters");
        assert_eq!(scheduler.matches("requeue_delay").count(), 1);
        assert!(scheduler.ends_with("requeue_delay=60"), "{scheduler}");
    }
}
