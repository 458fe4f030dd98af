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
const LOOPBACK: &str = "127.0.0.1";

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

/// Slurm's daemons bind the address of the host's own name, which must be what the file says of the controller.
fn text(own: &str, slurm_conf: &str, known: &str) -> String {
    let short = own.split('.').next().unwrap_or(own);
    let names = if short == own {
        own
    } else {
        &format!("{own} {short}")
    };
    let mut text = match controller(slurm_conf) {
        LOOPBACK => format!("{LOOPBACK} localhost {names}\n"),
        address => format!("{LOOPBACK} localhost\n{address} {names}\n"),
    };
    for node in nodes(slurm_conf) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{LOOPBACK} {node}");
    }
    for line in known.lines() {
        text += &without(line, &[own, short]);
    }
    text
}

/// The line without these names; nothing where no name is left. A name that means loopback too is loopback first.
fn without(line: &str, names: &[&str]) -> String {
    let said = line.split('#').next().unwrap_or(line);
    if !said.split_whitespace().any(|word| names.contains(&word)) {
        return format!("{line}\n");
    }
    let left: Vec<&str> = said
        .split_whitespace()
        .filter(|word| !names.contains(word))
        .collect();
    match left.len() {
        0 | 1 => String::new(),
        _ => format!("{}\n", left.join(" ")),
    }
}

/// The address in `SlurmctldHost=NAME(ADDRESS)`.
fn controller(slurm_conf: &str) -> &str {
    let line = slurm_conf
        .lines()
        .find_map(|line| line.strip_prefix("SlurmctldHost="));
    let address = line.and_then(|line| line.trim_end().strip_suffix(')')?.split_once('('));
    address.map_or(LOOPBACK, |(_, address)| address)
}

/// Those of this host. Others tell each other, see [`openpcs_agent`]'s role `node`.
fn nodes(slurm_conf: &str) -> impl Iterator<Item = String> + '_ {
    let here = slurm_conf
        .lines()
        .filter(|line| line.contains(" NodeAddr="));
    let expressions = here.filter_map(|line| {
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
        let conf = "ClusterName=a\nNodeName=compute-[1-2] NodeAddr=127.0.0.1 CPUs=2\n\
                    NodeName=login-1 NodeAddr=127.0.0.1 CPUs=1\n";
        assert_eq!(
            text("vm.example", conf, "10.0.0.9 nas\n"),
            "127.0.0.1 localhost vm.example vm\n127.0.0.1 compute-1\n127.0.0.1 compute-2\n127.0.0.1 login-1\n\
             10.0.0.9 nas\n"
        );
    }

    #[test]
    fn nodes_of_other_hosts_are_not_loopback_and_the_controller_is_where_they_reach_it() {
        let conf = "SlurmctldHost=vm(10.0.0.5)\nNodeName=burst-[1-2] Port=6818\n";
        assert_eq!(
            text(
                "vm",
                conf,
                "127.0.0.1 localhost vm # us\n127.0.1.1 vm\n10.0.0.9 nas # vm\n"
            ),
            "127.0.0.1 localhost\n10.0.0.5 vm\n127.0.0.1 localhost\n10.0.0.9 nas # vm\n"
        );
    }

    #[test]
    fn whoever_has_the_file_open_sees_the_change() {
        use std::io::{Read, Seek};
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "NodeName=a-[1-300] NodeAddr=127.0.0.1\n").unwrap();
        let mut bound = std::fs::File::open(names_file(dir.path())).unwrap();
        write(dir.path(), "NodeName=b-1 NodeAddr=127.0.0.1\n").unwrap();
        let mut text = String::new();
        bound.rewind().unwrap();
        bound.read_to_string(&mut text).unwrap();
        assert!(
            text.contains("127.0.0.1 b-1\n") && !text.contains("a-1"),
            "{text}"
        );
    }
}
