//! `openpcs catalogue`: what the local provider offers.

use std::io::{self, Write};
use std::path::Path;

use app::model::catalogue::Catalogue;

use crate::provider::local::catalogue::catalogue;
use crate::slurm::catalogue::versions;

pub fn run(scheduler_root: &Path, json: bool) -> anyhow::Result<()> {
    let catalogue = catalogue(versions(scheduler_root))?;
    let text = if json {
        serde_json::to_string_pretty(&catalogue)? + "\n"
    } else {
        table(&catalogue)
    };
    match io::stdout().write_all(text.as_bytes()) {
        // `openpcs catalogue | head`: whoever reads has seen enough.
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// One entry a line: kind, id, name.
fn table(catalogue: &Catalogue) -> String {
    let mut lines = Vec::new();
    let mut add =
        |kind: &str, id: &str, name: &str| lines.push(format!("{kind:<18}{id:<34}{name}\n"));
    catalogue
        .vpcs
        .iter()
        .for_each(|x| add("vpc", &x.id, &x.name));
    catalogue
        .subnets
        .iter()
        .for_each(|x| add("subnet", &x.id, &x.name));
    catalogue
        .security_groups
        .iter()
        .for_each(|x| add("security group", &x.id, &x.name));
    catalogue
        .launch_templates
        .iter()
        .for_each(|x| add("launch template", &x.id, &x.name));
    catalogue
        .instance_profiles
        .iter()
        .for_each(|x| add("instance profile", &x.name, &x.arn));
    catalogue
        .images
        .iter()
        .for_each(|x| add("image", &x.id, &x.name));
    catalogue.instance_types.iter().for_each(|x| {
        let size = format!(
            "{} vCPUs, {} MiB, {} GPUs, {}",
            x.vcpus, x.memory_mib, x.gpus, x.architecture
        );
        add("instance type", &x.id, &size);
    });
    catalogue
        .key_pairs
        .iter()
        .for_each(|x| add("key pair", &x.id, &x.name));
    catalogue.slurm_versions.iter().for_each(|x| {
        let state = if x.installed {
            "installed"
        } else {
            "not installed"
        };
        add(
            "Slurm version",
            &x.id,
            &format!("{state}, end of life {}", x.end_of_life),
        );
    });
    lines.concat()
}
