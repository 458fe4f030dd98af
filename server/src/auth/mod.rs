//! Who asks and whether they may.

pub mod credentials;
pub mod password;
pub mod policy;
pub mod private_file;
pub mod seal;
pub mod sigv4;
pub mod slurm_token;
pub mod users;

use sha2::{Digest, Sha256};

/// What the database keeps of a bootstrap id.
pub fn bootstrap_hash(bootstrap_id: &str) -> String {
    hex::encode(Sha256::digest(bootstrap_id.as_bytes()))
}
