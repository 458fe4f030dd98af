//! The site's own filter of jobs, in Lua: a script that salloc, sbatch and srun run before they submit, on whichever host.
//! Its administrator puts it beside the versions of Slurm, `ROOT/cli_filter.lua`; the clusters that use it hand it to their
//! login and compute nodes. Without it none of those programs would work.

use std::path::Path;

use app::model::setting::SlurmCustomSetting;
use openpcs_agent::configuration::CLI_FILTER;

const PLUGINS: &str = "CliFilterPlugins";
const LUA: &str = "cli_filter/lua";
/// The first version that can be told of another place, on each host, by `CliFilterParameters`.
const HAS_PARAMETERS: &str = "25.11";

/// The functions that Slurm asks for.
const ASKED_OF_NOBODY: &str = "\
for _, name in ipairs({'slurm_cli_setup_defaults', 'slurm_cli_pre_submit', 'slurm_cli_post_submit'}) do
    if type(_G[name]) ~= 'function' then error(name .. ' is not defined') end
    _G[name] = function() return slurm.SUCCESS end
end
";

/// Whether one of the settings asks for it.
pub fn is_used(settings: &[SlurmCustomSetting]) -> bool {
    settings.iter().any(|given| {
        given.parameter_name.eq_ignore_ascii_case(PLUGINS) && names_lua(&given.parameter_value)
    })
}

/// Why it cannot be had, as the end of a sentence. `prefix` is the directory of a version.
pub fn problem(prefix: &Path, version: &str, setting: &str, value: &str) -> Option<String> {
    if setting != PLUGINS || version >= HAS_PARAMETERS || !names_lua(value) {
        return None;
    }
    let script = prefix.with_file_name(CLI_FILTER);
    (!script.is_file()).then(|| {
        format!(
            "names {LUA}, whose script is not there. Put it at {} on the server's host: it is handed to all login and \
             compute nodes.",
            script.display()
        )
    })
}

/// The script for a trial: it is loaded as it is, and asked of no job. The trial's own have nothing that a site may want.
/// Empty stays empty.
pub fn for_trial(script: &str) -> String {
    match script.is_empty() {
        true => String::new(),
        // In a function of its own: a script may end with a return. Its lines keep their numbers.
        false => format!("local function site() {script}\nend\nsite()\n{ASKED_OF_NOBODY}"),
    }
}

fn names_lua(value: &str) -> bool {
    let mut words = value.split(',');
    words.any(|word| word.eq_ignore_ascii_case(LUA))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_needs_its_script_unless_it_may_be_elsewhere() {
        let root = tempfile::tempdir().unwrap();
        let prefix = root.path().join("slurm-24.11");
        let said = |version, value| problem(&prefix, version, PLUGINS, value);
        let both = "cli_filter/syslog,cli_filter/Lua";
        let told = said("24.11", both).unwrap();
        let script = root.path().join(CLI_FILTER);
        assert!(told.contains(&script.display().to_string()), "{told}");
        assert_eq!(said("24.11", "cli_filter/syslog"), None);
        assert_eq!(said("25.11", both), None);
        std::fs::write(script, "").unwrap();
        assert_eq!(said("24.11", both), None);
    }

    #[test]
    fn a_trial_loads_each_line_where_it_stands() {
        assert_eq!(for_trial(""), "");
        let tried = for_trial("x = 1\nreturn x");
        assert_eq!(tried.lines().nth(1), Some("return x"));
    }

    #[test]
    fn it_is_handed_out_where_a_setting_names_it() {
        let given = |name: &str, value: &str| SlurmCustomSetting {
            parameter_name: name.into(),
            parameter_value: value.into(),
        };
        assert!(is_used(&[
            given("KillWait", "3"),
            given("clifilterplugins", LUA)
        ]));
        assert!(!is_used(&[given(PLUGINS, "cli_filter/none")]));
        assert!(!is_used(&[given("MpiDefault", LUA)]));
    }
}
