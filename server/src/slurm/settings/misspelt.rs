//! Words in lists of options that Slurm does not know: it says nothing of them, so that a slip stays unseen for ever.
//!
//! Later versions know more words, so only what is nearly one of those below is taken for a slip (slurm.conf(5)).

const SCHEDULER: &[&str] = &[
    "allow_zero_lic",
    "assoc_limit_stop",
    "batch_sched_delay",
    "bb_array_stage_cnt",
    "bf_allow_magnetic_slot",
    "bf_busy_nodes",
    "bf_continue",
    "bf_hetjob_immediate",
    "bf_hetjob_prio",
    "bf_interval",
    "bf_job_part_count_reserve",
    "bf_licenses",
    "bf_max_job_array_resv",
    "bf_max_job_assoc",
    "bf_max_job_part",
    "bf_max_job_start",
    "bf_max_job_test",
    "bf_max_job_user",
    "bf_max_job_user_part",
    "bf_max_time",
    "bf_min_age_reserve",
    "bf_min_prio_reserve",
    "bf_node_space_size",
    "bf_one_resv_per_job",
    "bf_resolution",
    "bf_running_job_reserve",
    "bf_topopt_enable",
    "bf_topopt_iterations",
    "bf_window",
    "bf_window_linear",
    "bf_yield_interval",
    "bf_yield_sleep",
    "build_queue_timeout",
    "correspond_after_task_cnt",
    "default_queue_depth",
    "defer",
    "defer_batch",
    "delay_boot",
    "disable_hetjob_steps",
    "disable_job_shrink",
    "enable_hetjob_steps",
    "enable_job_state_cache",
    "enable_user_top",
    "extra_constraints",
    "Ignore_NUMA",
    "ignore_constraint_validation",
    "ignore_prefer_validation",
    "max_array_tasks",
    "max_rpc_cnt",
    "max_rpc_count",
    "max_sched_time",
    "max_script_size",
    "max_submit_line_size",
    "max_switch_wait",
    "no_backup_scheduling",
    "no_env_cache",
    "nohold_on_prolog_fail",
    "pack_serial_at_end",
    "partition_job_depth",
    "reduce_completing_frag",
    "requeue_setup_env_fail",
    "salloc_wait_nodes",
    "sbatch_wait_nodes",
    "sched_interval",
    "sched_max_job_start",
    "sched_min_interval",
    "spec_cores_first",
    "step_retry_count",
    "step_retry_time",
    "time_min_as_soft_limit",
    "whole_hetjob",
    "whole_pack",
];
const LAUNCH: &[&str] = &[
    "batch_step_set_cpu_freq",
    "cray_net_exclusive",
    "disable_send_gids",
    "enable_nss_slurm",
    "lustre_no_flush",
    "mem_sort",
    "mpir_use_nodeaddr",
    "slurmstepd_memlock",
    "slurmstepd_memlock_all",
    "test_exec",
    "ulimit_pam_adopt",
    "use_interactive_step",
];
const PREEMPT: &[&str] = &[
    "min_exempt_priority",
    "reclaim_licenses",
    "reorder_count",
    "send_user_signal",
    "strict_order",
    "suspend_grace_time",
    "youngest_first",
];
const DEPENDENCY: &[&str] = &[
    "disable_remote_singleton",
    "kill_invalid_depend",
    "max_depend_depth",
];
/// Letters that are wrong, missing or too many in a slip.
const MOST: usize = 2;

/// Which word is a slip, and what was meant, as the end of a sentence.
pub fn problem(setting: &str, value: &str) -> Option<String> {
    let known = match setting {
        "SchedulerParameters" => SCHEDULER,
        "LaunchParameters" => LAUNCH,
        "PreemptParameters" => PREEMPT,
        "DependencyParameters" => DEPENDENCY,
        _ => return None,
    };
    value.split(',').find_map(|part| {
        let (word, _) = part.split_once('=').unwrap_or((part, ""));
        let meant = meant(known, word)?;
        Some(format!(
            "holds {word}, which Slurm does not know and would not mention. Write {meant}, if that is meant."
        ))
    })
}

/// The known word that this one nearly is; none if it is one itself.
fn meant(known: &[&'static str], word: &str) -> Option<&'static str> {
    let word = word.to_lowercase();
    let distances = known
        .iter()
        .map(|known| (strsim::osa_distance(&known.to_lowercase(), &word), *known));
    let (distance, nearest) = distances.min_by_key(|(distance, _)| *distance)?;
    (1..=MOST).contains(&distance).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_named_with_what_was_meant() {
        for (setting, value, meant) in [
            ("SchedulerParameters", "bf_continu", "bf_continue"),
            (
                "SchedulerParameters",
                "defer,bf_max_jobs_test=5",
                "bf_max_job_test",
            ),
            ("SchedulerParameters", "BF_Widnow=60", "bf_window"),
            (
                "LaunchParameters",
                "use_interactiv_step",
                "use_interactive_step",
            ),
            ("PreemptParameters", "youngest_frist", "youngest_first"),
            (
                "DependencyParameters",
                "kill_invalid_depends",
                "kill_invalid_depend",
            ),
        ] {
            let problem = problem(setting, value);
            assert!(
                problem
                    .as_ref()
                    .is_some_and(|words| words.contains(&format!("Write {meant},"))),
                "{value}: {problem:?}"
            );
        }
    }

    #[test]
    fn what_slurm_knows_and_what_later_ones_may_know_is_taken() {
        for (setting, known) in [
            ("SchedulerParameters", SCHEDULER),
            ("LaunchParameters", LAUNCH),
            ("PreemptParameters", PREEMPT),
            ("DependencyParameters", DEPENDENCY),
        ] {
            for word in known {
                assert_eq!(problem(setting, word), None);
                assert_eq!(
                    problem(setting, &format!("{}=1", word.to_uppercase())),
                    None
                );
            }
            assert_eq!(problem(setting, "a_word_of_tomorrow,"), None);
        }
        assert_eq!(problem("Features", "bf_continu"), None);
    }
}
