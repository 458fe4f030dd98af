//! The configuration of a cluster's Slurm in its controller's directory: what is installed, and what slurmctld took last.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::files;
use crate::layout::{CLIENT_CONF, REST_CONF, rest_conf};

const IN_FORCE: &str = "in-force.json";
/// Slurm's own name for it.
const JOB_SUBMIT_PLUGIN: &str = "job_submit.lua";
pub const JOB_SUBMIT_SCRIPT: &str = "job_submit.star";
/// Slurm's own names, too.
const MPI: &str = "mpi.conf";
pub const CLI_FILTER: &str = "cli_filter.lua";
const TOPOLOGY: [&str; 2] = ["topology.conf", "topology.yaml"];
const CLIENT_DIRS: [&str; 2] = ["/run/slurm", "/run/slurm/conf"];

/// The files, to be written side by side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Files {
    pub slurm_conf: String,
    pub cgroup_conf: String,
    pub gres_conf: String,
    /// Of Slurm before 25.05; empty: no file.
    #[serde(default)]
    pub topology_conf: String,
    /// From 25.05 on; empty: no file.
    #[serde(default)]
    pub topology_yaml: String,
    /// How many stand-in devices the directory of GPUs must hold.
    pub gpu_devices: u64,
    /// Empty: no file, and MPI goes by what it finds.
    #[serde(default)]
    pub mpi_conf: String,
    /// In Lua, run by the programs that submit jobs; slurmctld hands it to nodes. Empty: no file.
    #[serde(default)]
    pub cli_filter: String,
    /// None where no script is asked of jobs.
    #[serde(default)]
    pub job_submit: Option<JobSubmit>,
}

/// What slurmctld asks of each job that is submitted or changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSubmit {
    /// In Lua, for Slurm.
    pub plugin: String,
    /// The site's own.
    pub script: String,
}

/// Copies `slurm.conf` with the topology and the filter of jobs, and slurmrestd's where there is one, from a controller's directory, which is
/// closed to all users but the server's, into the private `/run` of its sandbox, whose root directory is `root`.
pub fn publish(root: &Path, dir: &Path) -> io::Result<()> {
    let inside = |path: &str| root.join(path.trim_start_matches('/'));
    let device = |path: &Path| Ok::<_, io::Error>(std::fs::metadata(path)?.dev());
    if root != Path::new("/") && device(&inside("/run"))? == device(Path::new("/run"))? {
        // The agent has only just started, and `/run` is still the host's.
        return Ok(());
    }
    for dir in CLIENT_DIRS {
        files::create_open_dir(&inside(dir))?;
    }
    for name in [TOPOLOGY[0], TOPOLOGY[1], CLI_FILTER] {
        let there = inside(CLIENT_CONF).with_file_name(name);
        match files::read(&dir.join(name))? {
            Some(text) => files::write(&there, &text, files::PLAIN)?,
            None => files::remove_file(&there)?,
        }
    }
    let conf = std::fs::read(dir.join("slurm.conf"))?;
    files::write(&inside(CLIENT_CONF), &conf, files::PLAIN)?;
    match files::read(&rest_conf(dir))? {
        Some(conf) => files::write(&inside(REST_CONF), &conf, files::PLAIN),
        None => Ok(()),
    }
}

/// The configuration that the slurmctld of a controller's directory took last. An error names the file.
pub fn accepted(dir: &Path) -> io::Result<Option<Files>> {
    let path = dir.join(IN_FORCE);
    let read = files::read(&path).and_then(|text| match text {
        Some(text) => Ok(Some(serde_json::from_slice(&text)?)),
        None => Ok(None),
    });
    let named =
        |e: io::Error| io::Error::new(e.kind(), format!("{} cannot be read: {e}", path.display()));
    read.map_err(named)
}

/// Before slurmctld starts again: what was installed but never accepted, by a server that was killed in between, is
/// taken back. The server goes on with it when it is there again.
pub fn put_back_accepted(dir: &Path) -> io::Result<()> {
    match accepted(dir)? {
        Some(files) => write_files(dir, &files),
        None => Ok(()),
    }
}

/// Writes the files and the devices that they name.
pub fn write_files(dir: &Path, new: &Files) -> io::Result<()> {
    let devices = dir.join("gpu");
    files::create_dir(&devices)?;
    for device in 0..new.gpu_devices {
        files::link(
            Path::new("/dev/null"),
            &devices.join(format!("gpu{device}")),
        )?;
    }
    // slurm.conf, which names them, comes last.
    for (name, text) in [
        (TOPOLOGY[0], &new.topology_conf),
        (TOPOLOGY[1], &new.topology_yaml),
        (MPI, &new.mpi_conf),
        (CLI_FILTER, &new.cli_filter),
    ] {
        // Slurm would heed a topology.yaml that is there, whatever slurm.conf says.
        match text.is_empty() {
            true => files::remove_file(&dir.join(name))?,
            false => files::write(&dir.join(name), text.as_bytes(), files::PLAIN)?,
        }
    }
    if let Some(job_submit) = &new.job_submit {
        let script = job_submit.script.as_bytes();
        files::write(&dir.join(JOB_SUBMIT_SCRIPT), script, files::PLAIN)?;
        let plugin = job_submit.plugin.as_bytes();
        files::write(&dir.join(JOB_SUBMIT_PLUGIN), plugin, files::PLAIN)?;
    }
    for (name, text) in [
        ("cgroup.conf", &new.cgroup_conf),
        ("gres.conf", &new.gres_conf),
        ("slurm.conf", &new.slurm_conf),
    ] {
        files::write(&dir.join(name), text.as_bytes(), files::PLAIN)?;
    }
    Ok(())
}

/// Remembers that slurmctld runs with this configuration.
pub fn accept(dir: &Path, files: &Files) -> io::Result<()> {
    files::write(
        &dir.join(IN_FORCE),
        &serde_json::to_vec(files)?,
        files::PLAIN,
    )
}
