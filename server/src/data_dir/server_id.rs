//! The name of a data directory's server among those of its database: the same after a restart, for its clusters are where
//! its directory is.

use std::fs;
use std::io::ErrorKind;

use anyhow::{Context, bail};
use openpcs_agent::files;

use super::DataDir;
use crate::random::random_hex;

const FILE: &str = "server-id";
/// Of a new one; it is written as twice as many digits.
const BYTES: usize = 16;

impl DataDir {
    /// None: no server was started on it yet. A file that says nothing is no name: its clusters would be another server's.
    pub fn server_id(&self) -> anyhow::Result<Option<String>> {
        let path = self.path.join(FILE);
        let known = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            known => known.with_context(|| format!("cannot read {}", path.display()))?,
        };
        if known.trim().is_empty() {
            bail!(
                "{} is empty, as after a power cut: write into it the id of this host's server, as `openpcs server list` \
                 at another server or the table `server` of the database has it; or, if this server has no clusters, \
                 remove the file.",
                path.display()
            );
        }
        Ok(Some(known))
    }

    /// The one that it has, or a new one.
    pub fn make_server_id(&self) -> anyhow::Result<String> {
        if let Some(known) = self.server_id()? {
            return Ok(known);
        }
        let (path, new) = (self.path.join(FILE), random_hex(BYTES));
        files::write(&path, new.as_bytes(), files::PLAIN)
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_keeps_its_name_and_an_empty_one_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::at(dir.path());
        assert_eq!(data.server_id().unwrap(), None);
        let id = data.make_server_id().unwrap();
        assert_eq!(id.len(), 2 * BYTES);
        assert_eq!(data.make_server_id().unwrap(), id);
        assert_eq!(data.server_id().unwrap(), Some(id));
        for empty in ["", "\n"] {
            fs::write(dir.path().join(FILE), empty).unwrap();
            let refusal = data.make_server_id().unwrap_err().to_string();
            assert!(
                refusal.contains("is empty") && refusal.contains("remove the file"),
                "{refusal}"
            );
        }
    }
}
