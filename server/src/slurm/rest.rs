//! slurmrestd: whether a version's is here, and how it is started.
//!
//! It takes whoever shows a token that the cluster's key has signed, and nobody else; slurmctld checks each token once more.
//! So it needs no right of its own, and has none: where the server is root, slurmrestd runs as a user that nothing else is,
//! for as root, and as the user of slurmctld, it refuses to. An ordinary user's server has no other user to give it: there
//! all of the cluster is that one user's, and slurmrestd is told not to mind.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;
use openpcs_agent::layout::REST_CONF;
use openpcs_agent::protocol::{Daemon, SLURMRESTD_DAEMON};

/// Neither distributions nor systemd give this one to anybody.
const USER_ID: u32 = 65530;
/// So many connections at a time, each of which may cost slurmctld one: others wait. A body of more than some megabytes
/// slurmrestd refuses by itself.
const CONNECTIONS: u32 = 64;
/// Which work for them.
const THREADS: u32 = 8;
/// Below the directory of a version.
const PLUGINS: &str = "lib/slurm";
const NEEDED: [&str; 3] = ["auth_jwt.so", "rest_auth_jwt.so", "openapi_slurmctld.so"];
/// What the name of a plugin begins with that has a version of the API.
const PARSER: &str = "data_parser_";

/// How a cluster's is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rest {
    pub address: SocketAddr,
    /// Whether there is a slurmdbd that it asks too.
    pub has_accounting: bool,
}

/// Whether that Slurm has it: it was built with what it needs.
pub fn is_there(slurm_prefix: &Path) -> bool {
    let has = |name: &&str| slurm_prefix.join(PLUGINS).join(name).is_file();
    program(slurm_prefix).is_file() && NEEDED.iter().all(has) && api(slurm_prefix).is_some()
}

/// The newest version of the API that it speaks, as `v0.0.42`; none where it speaks none.
pub fn api(slurm_prefix: &Path) -> Option<String> {
    let plugins = std::fs::read_dir(slurm_prefix.join(PLUGINS)).ok()?;
    let newest = plugins
        .flatten()
        .filter_map(|entry| number(&entry.file_name()))
        .max();
    newest.map(|[major, minor, patch]| format!("v{major}.{minor}.{patch}"))
}

/// Of `data_parser_v0_0_42.so`.
fn number(plugin: &OsStr) -> Option<[u32; 3]> {
    let name = plugin.to_str()?.strip_prefix(PARSER)?;
    let words = name.strip_prefix('v')?.strip_suffix(".so")?.split('_');
    let parts: Vec<u32> = words.map_while(|word| word.parse().ok()).collect();
    parts.try_into().ok()
}

fn program(slurm_prefix: &Path) -> PathBuf {
    slurm_prefix.join("sbin/slurmrestd")
}

/// The daemon of a version that speaks `api`.
pub fn daemon(slurm_prefix: &Path, api: &str, rest: &Rest) -> Daemon {
    let plugins = match rest.has_accounting {
        true => "slurmctld,slurmdbd",
        false => "slurmctld",
    };
    let own = [
        format!("-f{REST_CONF}"),
        "-arest_auth/jwt".into(),
        format!("-s{plugins}"),
        format!("-d{api}"),
        format!("-t{THREADS}"),
        format!("--max-connections={CONNECTIONS}"),
        rest.address.to_string(),
    ];
    // Without a token of its own: it passes on those that it is shown.
    let environment = BTreeMap::from([("SLURM_JWT".to_owned(), "daemon".to_owned())]);
    let mut daemon = Daemon {
        name: SLURMRESTD_DAEMON.into(),
        program: program(slurm_prefix),
        arguments: own.into(),
        environment,
    };
    if geteuid().is_root() {
        have_become_nobody(&mut daemon);
    } else {
        let (name, word) = ("SLURMRESTD_SECURITY", "disable_user_check");
        daemon.environment.insert(name.into(), word.into());
    }
    daemon
}

/// Has root start it as a user without any right.
fn have_become_nobody(daemon: &mut Daemon) {
    let mut words = vec![
        format!("--reuid={USER_ID}"),
        format!("--regid={USER_ID}"),
        "--clear-groups".into(),
        "--inh-caps=-all".into(),
        "--bounding-set=-all".into(),
        "--no-new-privs".into(),
        "--".into(),
        daemon.program.display().to_string(),
    ];
    words.append(&mut daemon.arguments);
    daemon.program = "setpriv".into();
    daemon.arguments = words;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_api_is_spoken() {
        let prefix = tempfile::tempdir().unwrap();
        assert_eq!(api(prefix.path()), None);
        let plugins = prefix.path().join(PLUGINS);
        std::fs::create_dir_all(&plugins).unwrap();
        for name in [
            "data_parser_v0_0_9.so",
            "data_parser_v0_0_42.so",
            "data_parser_v0_0_41.so",
            "data_parser_v0_0.so",
            "data_parser_v0_0_x.so",
            "openapi_slurmctld.so",
        ] {
            std::fs::write(plugins.join(name), "").unwrap();
        }
        assert_eq!(api(prefix.path()).as_deref(), Some("v0.0.42"));
        assert!(!is_there(prefix.path()), "no program");
    }

    #[test]
    fn an_address_of_the_sixth_version_is_one_word() {
        let rest = Rest {
            address: "[fd00::4]:6820".parse().unwrap(),
            has_accounting: true,
        };
        let daemon = daemon(Path::new("/s"), "v0.0.42", &rest);
        assert_eq!(daemon.arguments.last().unwrap(), "[fd00::4]:6820");
        assert!(
            daemon
                .arguments
                .contains(&"-sslurmctld,slurmdbd".to_owned())
        );
    }
}
