//! What one run may take. The controller waits for it, with all of Slurm behind it.

use std::time::Duration;

use nix::sys::resource::{Resource, setrlimit};

/// Of the script: counted by its own interpreter, which tells the line.
pub const HEAP: usize = 64 * 1024 * 1024;
/// Bytes that a script may put into one field of a job, and about as many that it may say.
pub const TEXT: usize = 4096;
/// Functions within functions.
pub const CALLS: usize = 100;
/// From the first line to the last.
pub const PATIENCE: Duration = Duration::from_millis(500);
/// Of the whole process, should the interpreter not see it. The kernel ends it.
const MEMORY: u64 = 512 * 1024 * 1024;
/// Seconds of a core; likewise.
const CPU: u64 = 2;

/// From here on this process writes no file and opens few.
pub fn set() -> nix::Result<()> {
    setrlimit(Resource::RLIMIT_AS, MEMORY, MEMORY)?;
    setrlimit(Resource::RLIMIT_CPU, CPU, CPU)?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    setrlimit(Resource::RLIMIT_FSIZE, 0, 0)
}
