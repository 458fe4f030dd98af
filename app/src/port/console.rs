//! What the console reads beyond the API.

use crate::model::set_aside::AllSetAside;
use crate::model::sight::Trouble;
use crate::model::user::{Identity, Refusals};

port! {
    /// Of whoever looks, and of the place.
    Console {
        /// Who asks and what this server manages.
        GetIdentity => identity() -> Identity;
        /// What whoever asks may not do to the jobs and nodes of a cluster.
        GetRefusals => refusals(cluster_identifier: String) -> Refusals;
        /// What cannot be seen of a cluster at the moment; empty when all can.
        GetTroubles => troubles(cluster_identifier: String) -> Vec<Trouble>;
        /// What is on disk and the database does not know, as after an older backup was restored.
        ListSetAside => set_aside() -> AllSetAside;
    }
}
