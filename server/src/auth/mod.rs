//! Who asks and whether they may.

pub mod answer;
pub mod credentials;
pub mod password;
pub mod policy;
pub mod private_file;
pub mod seal;
pub mod sigv4;
pub mod users;
