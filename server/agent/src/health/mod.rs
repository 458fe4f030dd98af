//! Standard checks of a node's health (N19): before slurmd starts, and every half minute while it runs.
//!
//! The agent looks itself instead of being Slurm's `HealthCheckProgram`: that setting is the customer's own, one for all of a
//! cluster, and must be a file on every node; what is asked for here is a group's, and the agent knows what its node was
//! promised.

pub mod message;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::channel;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::sys::statvfs::{FsFlags, statvfs};

use crate::say;
use crate::slurmd::Failure;
use crate::steps::Reporter;
use message::{Fault, Health, Repair};

const EVERY: Duration = Duration::from_secs(30);
/// A directory or a program that has not answered by then hangs.
const PATIENCE: Duration = Duration::from_secs(10);
/// Of one instance so many faults are told: who reads the first ten needs no more.
const MOST_TOLD: usize = 10;
/// Less free space than that is none, in percent.
const LEAST_FREE: u64 = 1;
/// So much of the promised memory is there at least, in percent: firmware and kernel keep some.
const LEAST_MEMORY: u64 = 90;
/// Slurm takes no message of a node whose clock is further off.
const MOST_OFF_MS: u64 = 60_000;
const STEP: &str = "health-failed";

/// Names of checks.
pub type Checks = BTreeSet<String>;

/// What was found at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    free_percent: u64,
    is_read_only: bool,
    memory_mib: Option<u64>,
    /// Only known at the start.
    clock_off_ms: u64,
    silent_dirs: Vec<PathBuf>,
    gpus: u64,
    /// What nvidia-smi says, if it is there and fails.
    gpu_words: Option<String>,
    slurmd_answers: bool,
}

impl Health {
    /// How far this clock is from the server's, now that its answer is here.
    pub fn clock_off_ms(&self) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |now| i64::try_from(now.as_millis()).unwrap_or(i64::MAX));
        now.abs_diff(self.server_time_ms)
    }

    /// Before slurmd starts; the checks that found something. A fault for which the node is to be replaced ends it at once: it
    /// has no jobs yet.
    pub fn begin(&self, clock_off_ms: u64, reporter: &Reporter) -> Result<Checks, Failure> {
        let mut told = Checks::new();
        for fault in self.judge(&self.look(clock_off_ms, None)) {
            if fault.action == Repair::Replace {
                return Err(Failure {
                    step: STEP,
                    reason: format!("{}: {}", fault.check, fault.words),
                    log: None,
                });
            }
            told.insert(fault.check.clone());
            reporter.fault(fault);
        }
        Ok(told)
    }

    /// In the background, as long as the agent lives. A fault is told when it was seen twice in a row, and again only after
    /// it had gone; `known` are told already.
    pub fn watch(self, mut known: Checks, slurmd_port: u16, reporter: Reporter) {
        std::thread::spawn(move || {
            let (mut before, mut told) = (Checks::new(), 0);
            while told < MOST_TOLD {
                std::thread::sleep(EVERY);
                let faults = self.judge(&self.look(0, Some(slurmd_port)));
                let now: Checks = faults.iter().map(|it| it.check.clone()).collect();
                for fault in faults {
                    if before.contains(&fault.check) && known.insert(fault.check.clone()) {
                        told += 1;
                        reporter.fault(fault);
                    }
                }
                known.retain(|check| now.contains(check));
                before = now;
            }
            say("the node's health is not told of any more: it was often enough");
        });
    }

    fn look(&self, clock_off_ms: u64, slurmd_port: Option<u16>) -> Seen {
        let root = statvfs("/").ok();
        let free = root.as_ref().map(|fs| {
            let all = fs.blocks().max(1);
            fs.blocks_available().saturating_mul(100) / all
        });
        let dirs = self.shared_dirs.iter().filter(|dir| !answers(dir));
        Seen {
            free_percent: free.unwrap_or(100),
            is_read_only: root.is_some_and(|fs| fs.flags().contains(FsFlags::ST_RDONLY)),
            memory_mib: memory_mib(),
            clock_off_ms,
            silent_dirs: dirs.cloned().collect(),
            gpus: gpu_devices(Path::new("/dev")),
            gpu_words: self
                .gpus
                .filter(|count| *count > 0)
                .and_then(|_| gpu_words()),
            slurmd_answers: slurmd_port.is_none_or(slurmd_answers),
        }
    }

    /// What is wrong with what was seen, and what is to be done about it.
    fn judge(&self, seen: &Seen) -> Vec<Fault> {
        let mut faults = vec![];
        let mut found = |check: &str, by_itself: Repair, words: String| {
            let action = match self.repair {
                Repair::Auto => by_itself,
                asked => asked,
            };
            let check = check.to_owned();
            faults.push(Fault {
                check,
                words,
                action,
            });
        };
        // Another instance would be better: it is a fault of this one.
        let of_instance = Repair::Replace;
        // Another instance would have the same: a person is to look.
        let of_all = Repair::Isolate;
        // Nodes of this host all have its file system.
        let of_disk = match self.memory_mib {
            Some(_) => of_instance,
            None => of_all,
        };
        if seen.is_read_only {
            let words = "it can only be read";
            found("root-filesystem", of_disk, words.into());
        } else if seen.free_percent < LEAST_FREE {
            let words = format!("less than {LEAST_FREE} % of it is free");
            found("root-filesystem", of_disk, words);
        }
        if let (Some(promised), Some(there)) = (self.memory_mib, seen.memory_mib)
            && there.saturating_mul(100) < promised.saturating_mul(LEAST_MEMORY)
        {
            let words = format!("{there} MiB of {promised} MiB are there");
            found("memory", of_instance, words);
        }
        if seen.clock_off_ms > MOST_OFF_MS {
            let seconds = seen.clock_off_ms / 1000;
            found(
                "clock",
                of_all,
                format!("it is {seconds} s off the server's"),
            );
        }
        for dir in &seen.silent_dirs {
            let words = format!("{} is not there, or does not answer", dir.display());
            found("shared-directory", of_all, words);
        }
        if let Some(promised) = self.gpus
            && seen.gpus < promised
        {
            let words = format!("{} of {promised} GPUs have a device file", seen.gpus);
            found("gpu", of_instance, words);
        } else if let Some(words) = &seen.gpu_words {
            found("gpu", of_instance, format!("nvidia-smi: {words}"));
        }
        if !seen.slurmd_answers {
            let words = "it takes no connection at its port";
            found("slurmd", of_instance, words.into());
        }
        faults
    }
}

/// Whether a directory answers: one whose server is away would hold up whoever looks for ever.
fn answers(dir: &Path) -> bool {
    let (sender, receiver) = channel();
    let dir = dir.to_owned();
    std::thread::spawn(move || sender.send(std::fs::read_dir(dir).is_ok()));
    receiver.recv_timeout(PATIENCE).unwrap_or(false)
}

fn memory_mib() -> Option<u64> {
    let all = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = all
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1024)
}

/// `nvidia0`, `nvidia1`, …
fn gpu_devices(dev: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(dev) else {
        return 0;
    };
    let is_gpu = |name: &str| {
        let number = name.strip_prefix("nvidia").unwrap_or_default();
        !number.is_empty() && number.chars().all(|c| c.is_ascii_digit())
    };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter(|name| is_gpu(name)).count() as u64
}

/// Why nvidia-smi fails; none where it is not there, or works.
fn gpu_words() -> Option<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || sender.send(Command::new("nvidia-smi").arg("-L").output()));
    match receiver.recv_timeout(PATIENCE) {
        Err(_) => Some("no answer".into()),
        Ok(Err(_)) => None,
        Ok(Ok(output)) if output.status.success() => None,
        Ok(Ok(output)) => {
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            let first = words.lines().next().unwrap_or_default();
            Some(format!("{}; {first}", output.status))
        }
    }
}

fn slurmd_answers(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpStream::connect_timeout(&address, PATIENCE).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(repair: Repair) -> Health {
        Health {
            repair,
            memory_mib: Some(1000),
            gpus: Some(4),
            shared_dirs: vec![],
            server_time_ms: 0,
        }
    }

    fn well() -> Seen {
        Seen {
            free_percent: 50,
            is_read_only: false,
            memory_mib: Some(960),
            clock_off_ms: 100,
            silent_dirs: vec![],
            gpus: 4,
            gpu_words: None,
            slurmd_answers: true,
        }
    }

    #[test]
    fn each_fault_has_its_repair() {
        use Repair::{Isolate, Replace};
        for (seen, check, repair) in [
            (
                Seen {
                    is_read_only: true,
                    ..well()
                },
                "root-filesystem",
                Replace,
            ),
            (
                Seen {
                    free_percent: 0,
                    ..well()
                },
                "root-filesystem",
                Replace,
            ),
            (
                Seen {
                    memory_mib: Some(899),
                    ..well()
                },
                "memory",
                Replace,
            ),
            (
                Seen {
                    clock_off_ms: 61_000,
                    ..well()
                },
                "clock",
                Isolate,
            ),
            (
                Seen {
                    silent_dirs: vec!["/home".into()],
                    ..well()
                },
                "shared-directory",
                Isolate,
            ),
            (Seen { gpus: 3, ..well() }, "gpu", Replace),
            (
                Seen {
                    gpu_words: Some("ERR!".into()),
                    ..well()
                },
                "gpu",
                Replace,
            ),
            (
                Seen {
                    slurmd_answers: false,
                    ..well()
                },
                "slurmd",
                Replace,
            ),
        ] {
            for (asked, done) in [
                (Repair::Auto, repair),
                (Replace, Replace),
                (Isolate, Isolate),
                (Repair::None, Repair::None),
            ] {
                let faults = health(asked).judge(&seen);
                let told: Vec<(&str, Repair)> = faults
                    .iter()
                    .map(|it| (it.check.as_str(), it.action))
                    .collect();
                assert_eq!(told, [(check, done)], "{seen:?}");
            }
        }
        assert_eq!(health(Repair::Auto).judge(&well()), []);
        let promised_nothing = Health {
            memory_mib: None,
            gpus: None,
            ..health(Repair::Auto)
        };
        let little = Seen {
            memory_mib: Some(1),
            gpus: 0,
            ..well()
        };
        assert_eq!(promised_nothing.judge(&little), []);
        let full = Seen {
            free_percent: 0,
            ..little
        };
        assert_eq!(promised_nothing.judge(&full)[0].action, Isolate);
    }

    #[test]
    fn what_is_there_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        assert!(answers(dir.path()) && !answers(&dir.path().join("gone")));
        for name in ["nvidia0", "nvidia12", "nvidiactl", "nvidia-uvm", "nvidia"] {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        assert_eq!(gpu_devices(dir.path()), 2);
        assert!(memory_mib().is_some_and(|mib| mib > 0));
        assert!(!slurmd_answers(1));
    }
}
