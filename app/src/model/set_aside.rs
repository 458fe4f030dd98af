//! What is on disk and the database does not know: nobody deleted it, so it is left as it is.

use serde::{Deserialize, Serialize};

/// A cluster, or an instance of a cluster that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetAside {
    pub cluster_id: String,
    /// None: the whole cluster.
    pub instance_id: Option<String>,
    /// Where it is on the server's host.
    pub directory: String,
    /// Whether anything runs in it.
    pub runs: bool,
}

impl SetAside {
    /// As `openpcs set-aside` lists and takes it.
    pub fn name(&self) -> String {
        match &self.instance_id {
            None => self.cluster_id.clone(),
            Some(instance) => format!("{}/{instance}", self.cluster_id),
        }
    }
}

/// All of it, and where: the commands that deal with it need to be told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AllSetAside {
    pub data_dir: String,
    pub found: Vec<SetAside>,
}
