//! The role `controller`: keeps the daemons of a cluster's controller running, slurmctld first of all, with their state,
//! whatever becomes of the server.

use std::path::Path;

use super::init::Init;
use super::protocol::ControllerFile;
use super::{Result, context, keeper, read_json, rotate};
use crate::{configuration, layout};

pub fn run(dir: &Path, data_dir: &Path) -> Result<()> {
    let file: ControllerFile = read_json(&dir.join("controller.json"))?;
    let init = Init::new(dir, data_dir, &file.sees)?;
    init.listen_as_host()?;
    init.know_nodes(&layout::names_file(dir))?;
    rotate::start(dir);
    context(
        "publish slurm.conf",
        configuration::publish(Path::new("/"), dir),
    )?;
    keeper::keep(&init, dir, file.daemons)
}
