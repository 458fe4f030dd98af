//! What records are called where they are delivered to (L3): streams of CloudWatch Logs, objects of S3, files.
//!
//! The guide prints the pattern of an object's name with `#{expr date …}`; its example shows that the `#` is of the
//! pattern's language, and no part of the name.

use app::model::date;
use app::model::log::Log;
use app::model::log_line::stream_of;

/// Which cluster lines are of, and what it ran then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

/// A stream of CloudWatch Logs.
pub fn stream(origin: &Origin, log: Log) -> String {
    stream_of(&origin.cluster_id, log, origin.major())
}

/// The key of an object of S3, or a file below a directory: that of the hour in which `at` is, in UTC.
pub fn object(origin: &Origin, log: Log, at: i64, hash: &str) -> String {
    let (account, region, id) = (&origin.account_id, &origin.region, &origin.cluster_id);
    let major = origin.major();
    let (place, name) = match log {
        Log::Daemon(daemon) => {
            let daemon = daemon.as_str();
            (format!("{daemon}/{major}"), format!("{daemon}_{major}"))
        }
        Log::Audit(daemon) => {
            let daemon = daemon.as_str();
            (
                format!("scheduler_audit/{daemon}"),
                format!("{daemon}_{major}"),
            )
        }
        Log::JobCompletion => (log.as_str().to_owned(), log.as_str().to_owned()),
    };
    // `2024-09-01T00:…`
    let hour = date::machine(at)[..13].replace('T', "-");
    let folder = hour.replace('-', "/");
    format!(
        "AWSLogs/{account}/PCS/{region}/{id}/{place}/{folder}/PCS_{name}_{hour}_{id}_{hash}.log"
    )
}

/// The same of a test: a stream of its own, so that a log has nothing that is none of its lines.
pub fn test_stream(origin: &Origin) -> String {
    format!("AWSLogs/PCS/{}/test.log", origin.cluster_id)
}

/// The same of an object or a file, of its own.
pub fn test_object(origin: &Origin, at: i64, hash: &str) -> String {
    let (account, region, id) = (&origin.account_id, &origin.region, &origin.cluster_id);
    format!("AWSLogs/{account}/PCS/{region}/{id}/test/PCS_test_{at}_{id}_{hash}.log")
}

#[cfg(test)]
mod tests {
    use app::model::log::LogDaemon;

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
        let slurmctld = Log::Daemon(LogDaemon::Slurmctld);
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
            stream(&origin("25.05"), Log::Daemon(LogDaemon::Slurmrestd)),
            "AWSLogs/PCS/abcdef0123/slurmrestd_25.05.log"
        );
        let audit = Log::Audit(LogDaemon::Slurmdbd);
        assert_eq!(
            stream(&origin("25.11.1"), audit),
            "AWSLogs/PCS/abcdef0123/slurmdbd_25.11_audit.log"
        );
        assert!(object(&origin("25.11.1"), audit, at, "1").starts_with(
            "AWSLogs/111111111111/PCS/us-east-2/abcdef0123/scheduler_audit/slurmdbd/2024/09/01/00/"
        ));
    }

    #[test]
    fn jobs_that_ended_are_one_log_of_all_versions() {
        let at = date::parse("2025-06-19T11:00:00Z").unwrap();
        let (origin, jobs) = (origin("25.05.1"), Log::JobCompletion);
        assert_eq!(stream(&origin, jobs), "AWSLogs/PCS/abcdef0123/jobcomp.log");
        assert_eq!(
            object(&origin, jobs, at, "04be080b"),
            "AWSLogs/111111111111/PCS/us-east-2/abcdef0123/jobcomp/2025/06/19/11/\
             PCS_jobcomp_2025-06-19-11_abcdef0123_04be080b.log"
        );
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
