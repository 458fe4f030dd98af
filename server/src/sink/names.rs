//! What records are called where they are delivered to (L3): streams of CloudWatch Logs, objects of S3, files.
//!
//! The guide prints the pattern of an object's name with `#{expr date …}`; its example shows that the `#` is of the
//! pattern's language, and no part of the name.

use app::model::date;
use app::model::log::LogDaemon;
use app::model::log_line::stream_of;

/// Which cluster lines are of, and what it ran then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    pub account_id: String,
    pub region: String,
    pub cluster_id: String,
    /// Of Slurm, `24.11.5`.
    pub version: String,
}

impl Origin {
    /// `24.11`.
    pub fn major(&self) -> &str {
        let patch = self.version.match_indices('.').nth(1);
        patch.map_or(&self.version, |(at, _)| &self.version[..at])
    }

    /// `5`.
    pub fn patch(&self) -> &str {
        let patch = self.version.match_indices('.').nth(1);
        patch.map_or("", |(at, _)| &self.version[at + 1..])
    }
}

/// One log of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Log {
    pub daemon: LogDaemon,
    /// Of who called what (`PCS_SCHEDULER_AUDIT_LOGS`), not of what happened (`PCS_SCHEDULER_LOGS`).
    pub is_audit: bool,
}

impl Log {
    pub const fn scheduler(daemon: LogDaemon) -> Log {
        Log {
            daemon,
            is_audit: false,
        }
    }

    /// As the journal knows it.
    pub fn key(self) -> String {
        let audit = if self.is_audit { "_audit" } else { "" };
        format!("{}{audit}", self.daemon.as_str())
    }
}

/// A stream of CloudWatch Logs.
pub fn stream(origin: &Origin, log: Log) -> String {
    let audit = if log.is_audit { "_audit" } else { "" };
    let version = format!("{}{audit}", origin.major());
    stream_of(&origin.cluster_id, log.daemon, &version)
}

/// The key of an object of S3, or a file below a directory: that of the hour in which `at` is, in UTC.
pub fn object(origin: &Origin, log: Log, at: i64, hash: &str) -> String {
    let (account, region, id) = (&origin.account_id, &origin.region, &origin.cluster_id);
    let (name, major) = (log.daemon.as_str(), origin.major());
    let place = match log.is_audit {
        true => format!("scheduler_audit/{name}"),
        false => format!("{name}/{major}"),
    };
    // `2024-09-01T00:…`
    let hour = date::machine(at)[..13].replace('T', "-");
    let folder = hour.replace('-', "/");
    format!(
        "AWSLogs/{account}/PCS/{region}/{id}/{place}/{folder}/PCS_{name}_{major}_{hour}_{id}_{hash}.log"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(version: &str) -> Origin {
        Origin {
            account_id: "111111111111".into(),
            region: "us-east-2".into(),
            cluster_id: "abcdef0123".into(),
            version: version.into(),
        }
    }

    #[test]
    fn names_are_the_guides() {
        let at = date::parse("2024-09-01T00:59:59Z").unwrap();
        let slurmctld = Log::scheduler(LogDaemon::Slurmctld);
        assert_eq!(
            stream(&origin("24.05.4"), slurmctld),
            "AWSLogs/PCS/abcdef0123/slurmctld_24.05.log"
        );
        assert_eq!(
            object(&origin("24.05.4"), slurmctld, at, "0123abcdef"),
            "AWSLogs/111111111111/PCS/us-east-2/abcdef0123/slurmctld/24.05/2024/09/01/00/\
             PCS_slurmctld_24.05_2024-09-01-00_abcdef0123_0123abcdef.log"
        );
        assert_eq!(
            stream(&origin("25.05"), Log::scheduler(LogDaemon::Slurmrestd)),
            "AWSLogs/PCS/abcdef0123/slurmrestd_25.05.log"
        );
        let audit = Log {
            daemon: LogDaemon::Slurmdbd,
            is_audit: true,
        };
        assert_eq!(
            stream(&origin("25.11.1"), audit),
            "AWSLogs/PCS/abcdef0123/slurmdbd_25.11_audit.log"
        );
        assert!(object(&origin("25.11.1"), audit, at, "1").starts_with(
            "AWSLogs/111111111111/PCS/us-east-2/abcdef0123/scheduler_audit/slurmdbd/2024/09/01/00/"
        ));
    }

    #[test]
    fn versions_come_apart() {
        for (version, major, patch) in [
            ("24.11.5", "24.11", "5"),
            ("24.11", "24.11", ""),
            ("25.05.0-rc1", "25.05", "0-rc1"),
            ("", "", ""),
        ] {
            let origin = origin(version);
            assert_eq!((origin.major(), origin.patch()), (major, patch));
        }
    }
}
