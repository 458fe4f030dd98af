//! The customer's user data, and the user data of the derived template that is made of it (A3).
//!
//! cloud-init runs what it finds in user data in an order of its own: the scripts of all parts and `runcmd` together, at
//! the very end of the boot. The promise is another one: cloud-config before the node registers, shell scripts between
//! that and slurmd. So the derived archive has the customer's shell parts as files, which the agent runs.
//!
//! - [`unwrap`]: base64 and gzip around the whole.
//! - [`headers`], [`boundary`], [`archive`]: MIME as people write it. No library takes the archives that the guide prints.
//! - [`compose`]: the derived archive, within EC2's limit.
//!
//! Sources: canonical/cloud-init `cloudinit/user_data.py`, `handlers/shell_script.py`, `handlers/cloud_config.py`; the AWS
//! PCS user guide, "Working with Amazon EC2 user data".

mod archive;
mod boundary;
mod compose;
mod headers;
mod unwrap;

pub use archive::{Archive, Part, read};
pub use compose::{File, LIMIT, OwnParts, SCRIPTS, compose};

/// The member that all refusals here are about.
const FIELD: &str = "LaunchTemplateData.UserData";

#[cfg(test)]
pub(crate) mod tests;
