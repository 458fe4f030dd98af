//! Words in lists of options. Slurm looks for those that it knows and says nothing of any other, so that a slip, or a word
//! that an old guide has, does nothing for ever and nobody is told (slurm.conf(5); tried with 24.11).
//!
//! Checked when settings are given only: what was taken before stays in force, and does there what it did.

use std::path::Path;

/// The newest version whose words are all below. Of a later one its own programs are asked for what is not.
const NEWEST: &str = "24.11";

/// `word=` only means something with a value.
const SCHEDULER: &[&str] = &[
    "allow_zero_lic",
    "assoc_limit_stop",
    "batch_sched_delay=",
    "bb_array_stage_cnt=",
    "bf_allow_magnetic_slot",
    "bf_busy_nodes",
    "bf_continue",
    "bf_hetjob_immediate",
    "bf_hetjob_prio=",
    "bf_interval=",
    "bf_job_part_count_reserve=",
    "bf_licenses",
    "bf_max_job_array_resv=",
    "bf_max_job_assoc=",
    "bf_max_job_part=",
    "bf_max_job_start=",
    "bf_max_job_test=",
    "bf_max_job_user=",
    "bf_max_job_user_part=",
    "bf_max_time=",
    "bf_min_age_reserve=",
    "bf_min_prio_reserve=",
    "bf_node_space_size=",
    "bf_one_resv_per_job",
    "bf_resolution=",
    "bf_running_job_reserve",
    "bf_topopt_enable",
    "bf_topopt_iterations=",
    "bf_window=",
    "bf_window_linear=",
    "bf_yield_interval=",
    "bf_yield_sleep=",
    "build_queue_timeout=",
    "correspond_after_task_cnt=",
    "default_queue_depth=",
    "defer",
    "defer_batch",
    "delay_boot=",
    "disable_hetjob_steps",
    "disable_job_shrink",
    "enable_hetjob_steps",
    "enable_job_state_cache",
    "enable_user_top",
    "extra_constraints",
    "Ignore_NUMA",
    "ignore_constraint_validation",
    "ignore_prefer_validation",
    "max_array_tasks=",
    "max_rpc_cnt=",
    "max_rpc_count=",
    "max_sched_time=",
    "max_script_size=",
    "max_submit_line_size=",
    "max_switch_wait=",
    "no_backup_scheduling",
    "no_env_cache",
    "nohold_on_prolog_fail",
    "pack_serial_at_end",
    "partition_job_depth=",
    "reduce_completing_frag",
    "requeue_setup_env_fail",
    "salloc_wait_nodes",
    "sbatch_wait_nodes",
    "sched_interval=",
    "sched_max_job_start=",
    "sched_min_interval=",
    "spec_cores_first",
    "step_retry_count=",
    "step_retry_time=",
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
    "min_exempt_priority=",
    "reclaim_licenses",
    "reorder_count=",
    "send_user_signal",
    "strict_order",
    "suspend_grace_time=",
    "youngest_first",
];
const DEPENDENCY: &[&str] = &[
    "disable_remote_singleton",
    "kill_invalid_depend",
    "max_depend_depth=",
];
const TOPOLOGY: &[&str] = &[
    "Dragonfly",
    "RoutePart",
    "RouteTree",
    "SwitchAsNodeRank",
    "TopoMaxSizeUnroll=",
    "TopoOptional",
];
const BROADCAST: &[&str] = &["Compression=", "DestDir=", "send_libs"];
const MPI: &[&str] = &["disable_slurm_hydra_bootstrap", "ports="];
const MCS: &[&str] = &[
    "enforced",
    "noenforced",
    "noprivatedata",
    "noselect",
    "ondemand",
    "ondemandselect",
    "privatedata",
    "select",
];
/// Letters that are wrong, missing or too many in a slip.
const MOST: usize = 2;
/// Words that are told when there are too many for a sentence: those nearest to the wrong one.
const TOLD: usize = 12;
/// A shorter word stands in every program by chance.
const LEAST: usize = 5;

/// The settings whose value is such a list, and all that Slurm looks for in it.
fn known(setting: &str) -> Option<&'static [&'static str]> {
    Some(match setting {
        "BcastParameters" | "SbcastParameters" => BROADCAST,
        "DependencyParameters" => DEPENDENCY,
        "LaunchParameters" => LAUNCH,
        "MCSParameters" => MCS,
        "MpiParams" => MPI,
        "PreemptParameters" => PREEMPT,
        "SchedulerParameters" => SCHEDULER,
        "TopologyParam" => TOPOLOGY,
        _ => return None,
    })
}

/// Which part does not do what it seems to, and what there is, as the end of a sentence. `prefix` holds the programs of
/// that version of Slurm.
pub fn problem(prefix: &Path, version: &str, setting: &str, value: &str) -> Option<String> {
    let known = known(setting)?;
    // Behind a colon stand the names of groups.
    let list = match setting {
        "MCSParameters" => value.split(':').next().unwrap_or(value),
        _ => value,
    };
    let mut seen: Vec<String> = vec![];
    for part in list.split(',') {
        let (word, given) = match part.split_once('=') {
            Some((word, given)) => (word, Some(given)),
            None => (part, None),
        };
        let folded = word.to_lowercase();
        let found = known
            .iter()
            .find(|known| bare(known).eq_ignore_ascii_case(word));
        match found {
            Some(found) if found.ends_with('=') && given.is_none_or(str::is_empty) => {
                return Some(format!(
                    "holds {word} without a value, and Slurm passes over it in silence. Write {found} and the value."
                ));
            }
            Some(_) if seen.contains(&folded) => {
                return Some(format!(
                    "holds {word} twice, and Slurm sees the first only. Keep one."
                ));
            }
            Some(_) => seen.push(folded),
            None if version > NEWEST && is_in_programs(prefix, word) => {}
            None => return Some(unknown(known, word)),
        }
    }
    None
}

fn bare(known: &str) -> &str {
    known.trim_end_matches('=')
}

fn unknown(known: &[&str], word: &str) -> String {
    let folded = word.to_lowercase();
    let mut near: Vec<(usize, &str)> = known
        .iter()
        .map(|known| {
            let known = bare(known);
            (strsim::osa_distance(&known.to_lowercase(), &folded), known)
        })
        .collect();
    let said = format!("holds {word:?}, which Slurm does not know and would not mention.");
    near.sort_unstable();
    if let Some((1..=MOST, meant)) = near.first() {
        return format!("{said} Write {meant}, if that is meant.");
    }
    let few = near.len() <= TOLD;
    near.truncate(TOLD);
    let mut words: Vec<&str> = near.into_iter().map(|(_, known)| known).collect();
    words.sort_unstable();
    let words = words.join(", ");
    match few {
        true => format!("{said} It knows {words}."),
        false => format!(
            "{said} Of those it knows, {words} are the nearest; slurm.conf(5) lists all. Take it out, or correct it."
        ),
    }
}

/// Whether any program of this Slurm has the word. One that cannot be read may have it.
fn is_in_programs(prefix: &Path, word: &str) -> bool {
    if word.len() < LEAST {
        return false;
    }
    let directories = ["sbin", "lib/slurm"].map(|name| std::fs::read_dir(prefix.join(name)));
    if directories.iter().any(Result::is_err) {
        return true;
    }
    let files = directories.into_iter().flatten().flatten().flatten();
    files
        .map(|file| std::fs::read(file.path()).unwrap_or_default())
        .any(|program| {
            let is_no_letter = |byte: &u8| !byte.is_ascii_alphanumeric() && *byte != b'_';
            let mut words = program.split(is_no_letter);
            words.any(|found| found.eq_ignore_ascii_case(word.as_bytes()))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(version: &str, setting: &str, value: &str) -> Option<String> {
        problem(Path::new("/nowhere"), version, setting, value)
    }

    #[test]
    fn what_slurm_would_pass_over_is_named_with_what_there_is() {
        for (setting, value, words) in [
            ("SchedulerParameters", "bf_continu", "Write bf_continue,"),
            (
                "SchedulerParameters",
                "defer,bf_max_jobs_test=5",
                "Write bf_max_job_test,",
            ),
            ("SchedulerParameters", "BF_Widnow=60", "Write bf_window,"),
            ("SchedulerParameters", "nope", "\"nope\""),
            ("SchedulerParameters", "bf_turbo_mode", "slurm.conf(5)"),
            ("SchedulerParameters", "defer,", "\"\""),
            ("SchedulerParameters", "defer,bf_window", "without a value"),
            ("SchedulerParameters", "bf_window=", "without a value"),
            (
                "SchedulerParameters",
                "bf_window=60,BF_WINDOW=90",
                "BF_WINDOW twice",
            ),
            (
                "LaunchParameters",
                "use_interactiv_step",
                "Write use_interactive_step,",
            ),
            ("LaunchParameters", "nope", "use_interactive_step"),
            (
                "PreemptParameters",
                "youngest_frist",
                "Write youngest_first,",
            ),
            ("PreemptParameters", "oldest", "youngest_first"),
            (
                "DependencyParameters",
                "kill_invalid_depends",
                "Write kill_invalid_depend,",
            ),
            (
                "DependencyParameters",
                "max_depend_depth",
                "without a value",
            ),
            ("TopologyParam", "foo", "SwitchAsNodeRank"),
            ("BcastParameters", "DestDir=/tmp,zip", "Compression"),
            ("SbcastParameters", "Compression", "without a value"),
            ("MpiParams", "12000-12999", "ports"),
            ("MCSParameters", "nonsense:staff", "ondemandselect"),
        ] {
            let told = said("24.11", setting, value).unwrap_or_default();
            assert!(told.contains(words), "{setting}={value}: {told}");
        }
    }

    #[test]
    fn every_word_that_slurm_knows_is_taken_in_any_case() {
        for setting in [
            "BcastParameters",
            "DependencyParameters",
            "LaunchParameters",
            "MCSParameters",
            "MpiParams",
            "PreemptParameters",
            "SbcastParameters",
            "SchedulerParameters",
            "TopologyParam",
        ] {
            for word in known(setting).unwrap() {
                let value = word.replace('=', "=1");
                assert_eq!(said("23.11", setting, &value), None, "{setting}={value}");
                assert_eq!(said("24.11", setting, &value.to_uppercase()), None);
            }
        }
        assert_eq!(
            said("24.11", "MCSParameters", "enforced:group1|group2"),
            None
        );
        assert_eq!(said("24.11", "Features", "bf_continu"), None);
    }

    #[test]
    fn a_later_slurm_is_asked_itself() {
        let prefix = tempfile::tempdir().unwrap();
        for dir in ["sbin", "lib/slurm"] {
            std::fs::create_dir_all(prefix.path().join(dir)).unwrap();
        }
        std::fs::write(prefix.path().join("sbin/slurmctld"), b"\0bf_of_tomorrow=\0").unwrap();
        let said = |version, value| {
            problem(prefix.path(), version, "SchedulerParameters", value).is_some()
        };
        assert!(!said("25.11", "BF_of_tomorrow=3"));
        assert!(said("25.11", "bf_of_tomorro"));
        assert!(said("25.11", "nope"));
        assert!(said("24.11", "bf_of_tomorrow=3"));
        let unseen = problem(Path::new("/nowhere"), "25.11", "LaunchParameters", "a_word");
        assert_eq!(unseen, None);
    }
}
