//! The records that clusters of a data directory have, for whoever may read that: the server need not be asked where they are.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::unistd::{Uid, User};
use openpcs_agent::files;
use openpcs_agent::layout::cluster_dir;

use super::address::Storage;
use super::private;
use super::records::Records;

/// Of each cluster, by its id, how one comes to them.
pub fn kept(data_dir: &Path) -> io::Result<BTreeMap<String, Records>> {
    let mut all = BTreeMap::new();
    let own = private::kept(data_dir)?;
    if !own.is_empty() {
        let records = own_records(data_dir)?;
        all.extend(own.into_iter().map(|id| (id, records.clone())));
    }
    // Where slurmdbd writes them now counts.
    for id in files::dir_names(&data_dir.join("clusters"))? {
        let conf = cluster_dir(data_dir, &id).join("controller/slurmdbd.conf");
        let conf = files::read(&conf)?.unwrap_or_default();
        let storage = Storage::read(&String::from_utf8_lossy(&conf));
        if let Some(given) = storage.filter(|storage| storage.port.is_some()) {
            let client = given.client();
            all.insert(id, Records { client });
        }
    }
    Ok(all)
}

/// The private database takes nobody but its own user.
fn own_records(data_dir: &Path) -> io::Result<Records> {
    let owner = std::fs::metadata(private::socket_dir(data_dir))?;
    let user = User::from_uid(Uid::from_raw(owner.uid()))?;
    let user = user.map(|user| user.name).unwrap_or_default();
    let as_owner = Some((owner.uid(), owner.gid()));
    Ok(private::records(data_dir, &user, as_owner))
}
