//! Where the things of a cluster are on disk.

use std::path::{Path, PathBuf};

/// Where clients find `slurm.conf` in every sandbox: on nodes slurmd puts it there.
pub const CLIENT_CONF: &str = "/run/slurm/conf/slurm.conf";

/// What slurmrestd reads, beside it: it runs as a user who sees nothing of the controller's directory.
pub const REST_CONF: &str = "/run/slurm/conf/slurmrestd.conf";

/// Slurm's own name for it: slurmdbd looks for it beside slurm.conf, and takes none that others may read.
pub const SLURMDBD_CONF: &str = "slurmdbd.conf";

/// Everything that a cluster has on disk.
pub fn cluster_dir(data_dir: &Path, cluster_id: &str) -> PathBuf {
    data_dir.join("clusters").join(cluster_id)
}

/// Holds the stand-ins for a cluster's GPUs, for its controller and its nodes.
pub fn gpu_dir(data_dir: &Path, cluster_id: &str) -> PathBuf {
    cluster_dir(data_dir, cluster_id).join("controller/gpu")
}

/// Holds the names of a cluster's nodes, for its controller and its nodes.
pub fn hosts_file(data_dir: &Path, cluster_id: &str) -> PathBuf {
    names_file(&cluster_dir(data_dir, cluster_id).join("controller"))
}

/// Where the sandboxes of a cluster's instances are.
pub fn instances_dir(data_dir: &Path, cluster_id: &str) -> PathBuf {
    cluster_dir(data_dir, cluster_id).join("instances")
}

/// The same of [`REST_CONF`] in a controller's directory; there only with the REST API.
pub fn rest_conf(controller_dir: &Path) -> PathBuf {
    controller_dir.join("slurmrestd.conf")
}

/// While this file is there, the prolog of every job is called: see `server/slurmctld/warm.c`, which knows it by the same
/// name.
pub fn gate_file(controller_dir: &Path) -> PathBuf {
    controller_dir.join("gate-closed")
}

/// The names of the nodes, in a controller's directory: in a directory of its own, which all sandboxes of the cluster
/// see.
pub fn names_file(controller_dir: &Path) -> PathBuf {
    controller_dir.join("names/hosts")
}
