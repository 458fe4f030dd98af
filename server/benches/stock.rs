//! The same Slurm without what we set: the baseline of what is said about jobs.

use std::path::PathBuf;

use crate::harness::TestPlane;

/// The configuration of the one cluster of a plane.
pub struct Stock {
    conf: PathBuf,
    ours: String,
}

impl Stock {
    pub fn of(plane: &TestPlane) -> Self {
        let clusters = std::fs::read_dir(plane.server.data().join("clusters"));
        let cluster = clusters.expect("clusters are there").flatten().next();
        let conf = cluster.expect("there is a cluster").path();
        let conf = conf.join("controller/slurm.conf");
        let ours = std::fs::read_to_string(&conf).expect("a cluster has a slurm.conf");
        Self { conf, ours }
    }

    /// Leaves out these parameters, and changes those with a value. The server does not notice: what it put in force is
    /// written elsewhere.
    pub fn without(&self, plane: &TestPlane, parameters: &[(&str, Option<&str>)]) {
        let change = |line: &str| {
            let name = line.split_once('=').map_or("", |(name, _)| name);
            match parameters.iter().find(|(changed, _)| *changed == name) {
                None => format!("{line}\n"),
                Some((_, None)) => String::new(),
                Some((_, Some(value))) => format!("{name}={value}\n"),
            }
        };
        self.reconfigure(plane, &self.ours.lines().map(change).collect::<String>());
    }

    pub fn ours(&self, plane: &TestPlane) {
        self.reconfigure(plane, &self.ours);
    }

    fn reconfigure(&self, plane: &TestPlane, text: &str) {
        std::fs::write(&self.conf, text).expect("slurm.conf can be written");
        plane.administrate("scontrol reconfigure");
    }
}
