//! What an instance keeps of having become a node. Its claim's number is on its disk, so that after a reboot it is still the
//! instance that made the claim; that it has claimed since it last started is noted where a reboot forgets it.

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Options;
use crate::files;
use crate::random::random_hex;

const CLAIM_ID_BYTES: usize = 16;

/// What is on the disk, 0600.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    /// Whose it is: an image may be made of this disk, and then boots on others.
    provider_id: String,
    claim_id: String,
}

/// What this instance shows when it claims to be a node.
#[derive(Debug, PartialEq, Eq)]
pub struct Recalled {
    pub claim_id: String,
    /// It made a claim before it last started.
    pub has_restarted: bool,
}

pub struct Memory {
    claim: PathBuf,
    since_start: PathBuf,
}

impl Memory {
    pub fn of(options: &Options) -> Memory {
        Memory {
            claim: options.state_dir.join("claim.json"),
            since_start: options.run_dir.join("claimed"),
        }
    }

    /// The same number each time, also to an agent that starts anew on the same instance.
    pub fn recall(&self, provider_id: &str) -> io::Result<Recalled> {
        let known = self.known()?.filter(|it| it.provider_id == provider_id);
        if let Some(Kept { claim_id, .. }) = known {
            let has_restarted = !self.since_start.try_exists()?;
            return Ok(Recalled {
                claim_id,
                has_restarted,
            });
        }
        let new = Kept {
            provider_id: provider_id.into(),
            claim_id: random_hex(CLAIM_ID_BYTES),
        };
        if let Some(directory) = self.claim.parent() {
            files::create_dir(directory)?;
        }
        // First, so that a claim of before the last start is never taken for one of after it.
        self.claimed()?;
        files::write(&self.claim, &serde_json::to_vec(&new)?, files::SECRET)?;
        Ok(Recalled {
            claim_id: new.claim_id,
            has_restarted: false,
        })
    }

    /// From now on until the next start it is known that this one has claimed.
    pub fn claimed(&self) -> io::Result<()> {
        files::write(&self.since_start, b"", files::PLAIN)
    }

    /// What makes no sense is as good as nothing: the instance is a new one then.
    fn known(&self) -> io::Result<Option<Kept>> {
        let text = files::read(&self.claim)?;
        Ok(text.and_then(|text| serde_json::from_slice(&text).ok()))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_claim_outlives_the_agent_and_a_reboot_and_is_of_one_instance() {
        let dir = tempfile::tempdir().unwrap();
        let options = Options {
            state_dir: dir.path().join("lib/openpcs"),
            run_dir: dir.path().into(),
            ..Options::default()
        };
        let memory = Memory::of(&options);
        let first = memory.recall("i-1").unwrap();
        assert_eq!(first.claim_id.len(), 2 * CLAIM_ID_BYTES);
        assert!(!first.has_restarted);
        let mode = std::fs::metadata(&memory.claim).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, files::SECRET);
        assert_eq!(memory.recall("i-1").unwrap(), first, "a new agent");

        // What is in memory goes when the host starts anew.
        std::fs::remove_file(&memory.since_start).unwrap();
        let again = Recalled {
            has_restarted: true,
            ..first
        };
        assert_eq!(memory.recall("i-1").unwrap(), again);
        assert_eq!(memory.recall("i-1").unwrap(), again, "not claimed yet");
        memory.claimed().unwrap();
        assert!(!memory.recall("i-1").unwrap().has_restarted);

        let other = memory.recall("i-2").unwrap();
        assert!(other.claim_id != again.claim_id && !other.has_restarted);
        std::fs::write(&memory.claim, "{").unwrap();
        assert_ne!(memory.recall("i-2").unwrap().claim_id, other.claim_id);
    }
}
