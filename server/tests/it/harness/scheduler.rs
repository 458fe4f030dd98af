//! A place of a test's own where versions of Slurm are installed. Only one major version can be had everywhere, so a newer one
//! is a second prefix of the same release, whose slurmctld and slurmdbd are scripts that say another version and become the
//! real ones.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use aws_sdk_pcs::types::UpdateSchedulerRequest;

use super::{Server, TestPlane};

pub const OLD: &str = "24.11";
pub const NEW: &str = "25.11";

pub struct Scheduler {
    root: PathBuf,
}

impl Scheduler {
    /// With the old version; the server, which is not started yet, looks there.
    pub fn of(server: &mut Server) -> Scheduler {
        let real = std::env::var("OPENPCS_SCHEDULER_ROOT");
        let real = PathBuf::from(real.unwrap_or_else(|_| "/opt/openpcs/scheduler".into()));
        let root = server.root().join("scheduler");
        std::fs::create_dir(&root).unwrap();
        let old = format!("slurm-{OLD}");
        symlink(real.join(&old), root.join(&old)).unwrap();
        server.environment("OPENPCS_SCHEDULER_ROOT", root.to_str().unwrap());
        Scheduler { root }
    }

    fn prefix(&self, version: &str) -> PathBuf {
        self.root.join(format!("slurm-{version}"))
    }

    /// What a site puts beside the versions.
    pub fn put(&self, name: &str, text: &str) {
        std::fs::write(self.root.join(name), text).unwrap();
    }

    /// Says from which day on clusters with the old version are suspended; none takes that back.
    pub fn suspend_from(&self, day: Option<&str>) {
        let file = self.root.join("versions.json");
        let text = match day {
            Some(day) => format!(r#"{{"{OLD}": {{"suspendFrom": "{day}"}}}}"#),
            None => "{}".to_owned(),
        };
        // In one step: the server may read it at any moment.
        let new = self.root.join("versions.new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, file).unwrap();
    }

    /// Installs the newer version; `first` is what its daemons do before they become the real ones.
    pub fn install(&self, first: &str) {
        let (old, new) = (self.prefix(OLD), self.prefix(NEW));
        let sbin = new.join("sbin");
        std::fs::create_dir_all(&sbin).unwrap();
        for part in ["bin", "lib"] {
            symlink(old.join(part), new.join(part)).unwrap();
        }
        for entry in std::fs::read_dir(old.join("sbin")).unwrap().flatten() {
            let (name, real) = (entry.file_name(), entry.path());
            match name.to_str() {
                Some("slurmctld" | "slurmdbd") => script(&sbin.join(name), &real, first),
                _ => symlink(real, sbin.join(name)).unwrap(),
            }
        }
    }

    pub fn remove(&self) {
        std::fs::remove_dir_all(self.prefix(NEW)).unwrap();
    }
}

/// Asks for another version of a cluster's Slurm; why not, if that is refused.
pub async fn update_to(plane: &TestPlane, cluster: &str, version: &str) -> Result<(), String> {
    let update = plane.admin().update_cluster().cluster_identifier(cluster);
    let scheduler = UpdateSchedulerRequest::builder().version(version);
    let answer = update.scheduler(scheduler.build().unwrap()).send().await;
    let told = |error| format!("{:?}", aws_sdk_pcs::Error::from(error));
    answer.map(drop).map_err(told)
}

fn script(file: &Path, real: &Path, first: &str) {
    let real = real.canonicalize().unwrap();
    let text = format!(
        "#!/bin/sh\n[ \"$1\" != -V ] || {{ echo slurm {NEW}.0; exit; }}\n{first}\nexec {} \"$@\"\n",
        real.display()
    );
    std::fs::write(file, text).unwrap();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
}
