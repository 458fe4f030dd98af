//! The names of a cluster's nodes, as `/etc/hosts` of all its sandboxes: people's programs look each other up by the
//! names that Slurm gives them (`MASTER_ADDR=$(scontrol show hostnames …)`), and all nodes of this host are loopback.
//!
//! Sandboxes bind the file, so it is written in place: a file that is renamed over it they would never see.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use openpcs_agent::files;
use openpcs_agent::layout::names_file;

use crate::slurm::hostlist;

const HOSTS: &str = "/etc/hosts";

/// Writes down the nodes of that `slurm.conf`, and what this host knows.
pub fn write(controller_dir: &Path, slurm_conf: &str) -> io::Result<()> {
    let path = names_file(controller_dir);
    if let Some(dir) = path.parent() {
        files::create_open_dir(dir)?;
    }
    let known = std::fs::read_to_string(HOSTS).unwrap_or_default();
    let own = nix::unistd::gethostname()?.to_string_lossy().into_owned();
    let text = text(&own, slurm_conf, &known);
    if std::fs::read_to_string(&path).is_ok_and(|now| now == text) {
        return Ok(());
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(files::PLAIN)
        .open(&path)?;
    file.set_permissions(std::fs::Permissions::from_mode(files::PLAIN))?;
    // First all, then shorter: whoever reads meanwhile finds no empty file.
    file.write_all(text.as_bytes())?;
    file.set_len(text.len() as u64)
}

/// Slurm's daemons bind the address of the host's own name, which must be loopback here too.
fn text(own: &str, slurm_conf: &str, known: &str) -> String {
    let short = own.split('.').next().unwrap_or(own);
    let mut text = format!("127.0.0.1 localhost {own}");
    if short != own {
        text = format!("{text} {short}");
    }
    text.push('\n');
    for node in nodes(slurm_conf) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "127.0.0.1 {node}");
    }
    text + known
}

fn nodes(slurm_conf: &str) -> impl Iterator<Item = String> + '_ {
    let expressions = slurm_conf.lines().filter_map(|line| {
        let rest = line.strip_prefix("NodeName=")?;
        rest.split_whitespace().next()
    });
    expressions.flat_map(|nodes| hostlist::expand(nodes).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_nodes_are_loopback_and_the_hosts_own_names_stay() {
        let conf = "ClusterName=a\nNodeName=compute-[1-2] CPUs=2\nNodeName=login-1 CPUs=1\n";
        assert_eq!(
            text("vm.example", conf, "10.0.0.9 nas\n"),
            "127.0.0.1 localhost vm.example vm\n127.0.0.1 compute-1\n127.0.0.1 compute-2\n127.0.0.1 login-1\n\
             10.0.0.9 nas\n"
        );
    }

    #[test]
    fn whoever_has_the_file_open_sees_the_change() {
        use std::io::{Read, Seek};
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "NodeName=a-[1-300]\n").unwrap();
        let mut bound = std::fs::File::open(names_file(dir.path())).unwrap();
        write(dir.path(), "NodeName=b-1\n").unwrap();
        let mut text = String::new();
        bound.rewind().unwrap();
        bound.read_to_string(&mut text).unwrap();
        assert!(
            text.contains("127.0.0.1 b-1\n") && !text.contains("a-1"),
            "{text}"
        );
    }
}
