//! Places on this host and in the network that several commands name.

use std::path::PathBuf;

use clap::Args;

use crate::sandbox::check_path;

pub const SCHEDULER_ROOT: &str = "/opt/openpcs/scheduler";
/// Where `serve` listens, and where `connect` looks for it.
pub const LISTEN: &str = "127.0.0.1:8765";

/// Where that is which nodes fetch.
#[derive(Clone, Debug, Args)]
pub struct AgentsDir {
    /// Directory with what nodes of each architecture fetch: openpcs-agent-x86_64 and openpcs-agent-arm64, and what
    /// `openpcs package-slurm` makes [default: `agents` beside this program]
    #[arg(long, env = "OPENPCS_AGENTS", value_name = "DIR")]
    agents_dir: Option<PathBuf>,
}

impl AgentsDir {
    pub fn directory(&self) -> PathBuf {
        self.agents_dir.clone().unwrap_or_else(|| {
            let program = std::env::current_exe().unwrap_or_default();
            program.with_file_name("agents")
        })
    }
}

/// Paths under these directories stand in Slurm's configuration files, which know no quoting (S7).
pub fn directory(text: &str) -> Result<PathBuf, String> {
    let path = std::path::absolute(text).map_err(|e| e.to_string())?;
    check_path("the directory", &path)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_fit_for_slurm() {
        assert_eq!(
            directory("/srv/open+pcs_1.0"),
            Ok("/srv/open+pcs_1.0".into())
        );
        for bad in ["", "/a b", "/a\nb", "/a'b", "/a/../b", "/ä", "/a#b", "/a=b"] {
            assert!(directory(bad).is_err(), "{bad:?}");
        }
    }
}
