//! The role `database`: keeps the database of the accounting running.

use std::path::Path;

use super::init::Init;
use super::protocol::Daemon;
use super::{Result, keeper, read_json, rotate};

pub fn run(dir: &Path, data_dir: &Path) -> Result<()> {
    let daemon: Daemon = read_json(&dir.join("database.json"))?;
    let init = Init::new(dir, data_dir, &[])?;
    rotate::start(dir);
    keeper::keep(&init, dir, vec![daemon])
}
