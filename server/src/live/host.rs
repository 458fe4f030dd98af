//! What the kernel says of this machine and of the server's process: asked anew each time, for it is cheap. What it does not
//! say is none.

use std::path::Path;

use app::model::system::Room;
use nix::sys::statvfs::statvfs;
use procfs::process::{LimitValue, Process};
use procfs::{Current, LoadAverage, Meminfo, ProcResult};

/// The name that the host gives itself.
pub fn name() -> String {
    let name = nix::unistd::gethostname().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The same without its domain, as Slurm knows hosts.
pub fn short_name() -> String {
    let name = name();
    name.split('.').next().unwrap_or(&name).to_owned()
}

/// The name of the user that the server runs as, and with it all daemons.
pub fn own_user() -> anyhow::Result<String> {
    let uid = nix::unistd::geteuid();
    let user = nix::unistd::User::from_uid(uid)?;
    Ok(user
        .ok_or_else(|| anyhow::anyhow!("user id {uid} has no name; give it one in /etc/passwd"))?
        .name)
}

/// How many programs the host runs at once.
pub fn cpus() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Of the last 1, 5 and 15 minutes.
pub fn load() -> Option<[f32; 3]> {
    let load = LoadAverage::current().ok()?;
    Some([load.one, load.five, load.fifteen])
}

pub fn memory() -> Option<Room> {
    let memory = Meminfo::current().ok()?;
    Some(Room {
        free: memory.mem_available.unwrap_or(memory.mem_free),
        total: memory.mem_total,
    })
}

/// Of the file system that has this path: free for whoever is not root.
pub fn disk(path: &Path) -> Option<Room> {
    let disk = statvfs(path).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(disk.fragment_size());
    Some(Room {
        free: bytes(disk.blocks_available()),
        total: bytes(disk.blocks()),
    })
}

/// The server's own process.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    pub cpu_seconds: f64,
    /// In bytes.
    pub resident: u64,
    pub virtual_memory: u64,
    pub threads: i64,
    pub open_files: usize,
    /// None: no limit.
    pub most_files: Option<u64>,
    /// Seconds since 1970.
    pub started_at: f64,
}

pub fn usage() -> ProcResult<Usage> {
    let process = Process::myself()?;
    let stat = process.stat()?;
    let seconds = |ticks: u64| ticks as f64 / procfs::ticks_per_second() as f64;
    Ok(Usage {
        cpu_seconds: seconds(stat.utime + stat.stime),
        resident: stat.rss.saturating_mul(procfs::page_size()),
        virtual_memory: stat.vsize,
        threads: stat.num_threads,
        open_files: process.fd_count()?,
        most_files: match process.limits()?.max_open_files.soft_limit {
            LimitValue::Value(most) => Some(most),
            LimitValue::Unlimited => None,
        },
        started_at: procfs::boot_time_secs()? as f64 + seconds(stat.starttime),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_says_it_all() {
        assert!(!name().is_empty() && cpus() > 0);
        let (memory, disk) = (memory().unwrap(), disk(Path::new("/")).unwrap());
        assert!(memory.free <= memory.total && disk.free <= disk.total);
        assert!(load().unwrap().iter().all(|load| *load >= 0.0));
        let usage = usage().unwrap();
        assert!(usage.resident > 0 && usage.open_files > 0 && usage.threads > 0);
        assert!(usage.resident < usage.virtual_memory);
        let now = chrono::Utc::now().timestamp() as f64;
        assert!(usage.started_at > 1e9 && usage.started_at <= now + 1.0);
        assert_eq!(super::disk(Path::new("/no/such/place")), None);
    }
}
