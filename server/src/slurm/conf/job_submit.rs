//! `jobSubmitPlugins`: the site's script beside slurm.conf, and the plugin in Slurm's own Lua that asks it (C14).
//!
//! The program that runs the script is `server/policy`. Slurm loads a changed plugin or script at the next submit.

use std::path::{Path, PathBuf};

use openpcs_agent::configuration::JobSubmit;

const PLUGIN: &str = include_str!("job_submit.lua");

/// A script and what runs it.
#[derive(Clone, Debug)]
pub struct JobSubmitInput {
    /// What people know the script by: letters, digits, `_` and `-`.
    pub name: String,
    /// The script's text.
    pub script: String,
    /// `openpcs-policy`.
    pub program: PathBuf,
    /// Where the script will be.
    pub file: PathBuf,
}

pub fn render(input: &JobSubmitInput) -> JobSubmit {
    let plugin = PLUGIN
        .replace("@PROGRAM@", &word(&input.program))
        .replace("@SCRIPT@", &word(&input.file))
        .replace("@NAME@", &lua(&input.name));
    JobSubmit {
        plugin,
        script: input.script.clone(),
    }
}

/// A path as one word of a shell's command, as a text of Lua's.
fn word(path: &Path) -> String {
    let path = path.display().to_string().replace('\'', "'\\''");
    lua(&format!("'{path}'"))
}

fn lua(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", escaped.replace('\n', "\\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_whatever_is_in_it() {
        let files = render(&JobSubmitInput {
            name: "limits-1".into(),
            script: "def job_submit(job, partitions, uid): pass".into(),
            program: "/opt/o'p\\c/openpcs-policy".into(),
            file: "/data \"x\"/job_submit.star".into(),
        });
        let plugin = files.plugin;
        assert!(
            plugin.contains(r#"local PROGRAM = "'/opt/o'\\''p\\c/openpcs-policy'""#),
            "{plugin}"
        );
        assert!(
            plugin.contains(r#"local SCRIPT = "'/data \"x\"/job_submit.star'""#),
            "{plugin}"
        );
        assert!(plugin.contains(r#"local NAME = "limits-1""#), "{plugin}");
        assert!(!plugin.contains('@'), "{plugin}");
    }
}
