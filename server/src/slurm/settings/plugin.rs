//! Settings whose value names a plugin: a cluster can only have those that its Slurm was built with. With any other
//! one the programs that load it end at once, be they slurmctld, every slurmd or each person's `sbatch`.

use std::path::Path;

/// The settings, and the family that their plugins' files begin with, as `cli_filter_lua.so`.
const PLUGINS: [(&str, &str); 11] = [
    ("CliFilterPlugins", "cli_filter"),
    ("JobAcctGatherType", "jobacct_gather"),
    ("JobCompType", "jobcomp"),
    ("JobContainerType", "job_container"),
    ("MCSPlugin", "mcs"),
    ("MetricsType", "metrics"),
    ("MpiDefault", "mpi"),
    ("PreemptType", "preempt"),
    ("PriorityType", "priority"),
    ("SchedulerType", "sched"),
    ("TopologyPlugin", "topology"),
];

/// Why this Slurm cannot load what the setting names, as the end of a sentence; none when it can, and for settings that
/// name no plugin. `prefix` holds the `lib` of the Slurm version.
pub fn problem(prefix: &Path, setting: &str, value: &str) -> Option<String> {
    let (_, family) = PLUGINS.iter().find(|(name, _)| *name == setting)?;
    let known = built(prefix, family)?;
    let missing = value.split(',').find(|word| {
        let name = word.rsplit('/').next().unwrap_or(word);
        !known.iter().any(|known| known.eq_ignore_ascii_case(name))
    })?;
    // Slurm's own way of writing it: `mpi` is the one family whose values go without.
    let has_family = value.contains('/') || *family != "mpi";
    let there: Vec<String> = known
        .iter()
        .map(|name| match has_family {
            true => format!("{family}/{name}"),
            false => name.clone(),
        })
        .collect();
    Some(format!(
        "names {missing}, a plugin that the Slurm of this host was built without. It has {}.",
        there.join(", ")
    ))
}

/// The plugins of a family, sorted; `none` is no plugin and always there, but for what there must be one of. None when
/// the directory cannot be read: then the trial of the configuration has the say.
fn built(prefix: &Path, family: &str) -> Option<Vec<String>> {
    let files = std::fs::read_dir(prefix.join("lib/slurm")).ok()?;
    let mut names: Vec<String> = files
        .flatten()
        .filter_map(|file| {
            let name = file.file_name().into_string().ok()?;
            let name = name.strip_suffix(".so")?.strip_prefix(family)?;
            Some(name.strip_prefix('_')?.to_owned())
        })
        .collect();
    if !["priority", "sched"].contains(&family) {
        names.push("none".to_owned());
    }
    names.sort();
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, Scope};
    use super::*;

    fn prefix(files: &[&str]) -> tempfile::TempDir {
        let prefix = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(prefix.path().join("lib/slurm")).unwrap();
        for file in files {
            std::fs::write(prefix.path().join("lib/slurm").join(file), "").unwrap();
        }
        prefix
    }

    #[test]
    fn a_plugin_that_was_not_built_is_refused_with_what_there_is() {
        let prefix = prefix(&[
            "cli_filter_syslog.so",
            "mpi_pmi2.so",
            "jobacct_gather_linux.so",
            "job_container_tmpfs.so",
            "README",
        ]);
        let problem = |name, value| problem(prefix.path(), name, value);
        for (name, value) in [
            ("CliFilterPlugins", "cli_filter/syslog"),
            ("CliFilterPlugins", "cli_filter/none"),
            ("MpiDefault", "pmi2"),
            ("MpiDefault", "NONE"),
            ("JobContainerType", "job_container/tmpfs"),
            ("KillWait", "30"),
        ] {
            assert_eq!(problem(name, value), None, "{name}={value}");
        }
        assert_eq!(
            problem("CliFilterPlugins", "cli_filter/syslog,cli_filter/lua").unwrap(),
            "names cli_filter/lua, a plugin that the Slurm of this host was built without. \
             It has cli_filter/none, cli_filter/syslog."
        );
        assert!(
            problem("MpiDefault", "pmix")
                .unwrap()
                .ends_with("It has none, pmi2.")
        );
        assert!(problem("PriorityType", "priority/basic").is_some());
    }

    #[test]
    fn only_plugins_that_were_built_are_offered() {
        let prefix = prefix(&["cli_filter_syslog.so", "mpi_pmi2.so"]);
        let offered = |name, value| {
            let setting = Scope::Cluster.find(name).unwrap();
            let is_built = |word: &str| problem(prefix.path(), name, word).is_none();
            setting.kind.check_where(value, is_built).unwrap_err()
        };
        for (name, value, message) in [
            (
                "CliFilterPlugins",
                "lua",
                "must be one of cli_filter/none, cli_filter/syslog.",
            ),
            (
                "CliFilterPlugins",
                "cli_filter/none,lua",
                "must be one of cli_filter/none, cli_filter/syslog.",
            ),
            ("MpiDefault", "openmpi", "must be one of none, pmi2."),
            (
                "EnforcePartLimits",
                "x",
                "must be one of ALL, ANY, NO, YES.",
            ),
        ] {
            assert_eq!(offered(name, value), message);
        }
    }

    #[test]
    fn where_no_slurm_can_be_looked_at_nothing_is_said() {
        assert_eq!(problem(Path::new("/nowhere"), "MpiDefault", "pmix"), None);
    }

    /// A setting that names a plugin and is in the catalogue but not in the table would be a way around.
    #[test]
    fn every_setting_of_a_plugin_is_in_the_table() {
        for setting in Scope::Cluster.settings() {
            let names_plugin = match setting.kind {
                Kind::Choice(words) | Kind::Choices(words) => words.iter().any(|w| w.contains('/')),
                _ => false,
            };
            let listed = PLUGINS.iter().any(|(name, _)| *name == setting.name);
            assert!(listed || !names_plugin, "{}", setting.name);
        }
        for (name, _) in PLUGINS {
            assert!(Scope::Cluster.find(name).is_some(), "{name}");
        }
    }
}
