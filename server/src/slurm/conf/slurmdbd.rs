//! Renders slurmdbd.conf, as `slurmdbd.conf(5)` has it. Pure.

use std::net::IpAddr;
use std::path::PathBuf;

use app::model::cluster::SlurmdbdCustomSetting;

use super::line::Line;
use crate::slurm::database::Storage;
use crate::slurm::settings::{self, Scope};

/// What is purged when it is as old as was said for all. Transactions too: they are the records of who changed what.
const PURGED: [&str; 7] = [
    "PurgeEventAfter",
    "PurgeJobAfter",
    "PurgeResvAfter",
    "PurgeStepAfter",
    "PurgeSuspendAfter",
    "PurgeTXNAfter",
    "PurgeUsageAfter",
];

/// All that the file depends on.
#[derive(Clone, Debug)]
pub struct SlurmdbdInput {
    /// The host's own short name: slurmdbd refuses to start under another.
    pub host: String,
    pub address: IpAddr,
    pub port: u16,
    /// The user that all daemons run as.
    pub user: String,
    pub log_file: PathBuf,
    /// How it comes into the database server.
    pub storage: Storage,
    /// The cluster's own.
    pub database: String,
    /// The file of the key that signs tokens; none without the REST API.
    pub jwt_key: Option<PathBuf>,
    /// None, or below one: for ever.
    pub purge_days: Option<i64>,
    pub settings: Vec<SlurmdbdCustomSetting>,
    /// Of Slurm, if it is to say who calls what.
    pub audited: Option<String>,
}

pub fn render(input: &SlurmdbdInput) -> String {
    let mut p = Line::default();
    p.set("AuthType", "auth/slurm");
    if let Some(key) = &input.jwt_key {
        p.set("AuthAltTypes", "auth/jwt");
        p.set("AuthAltParameters", super::jwt_parameters(key));
    }
    p.set("DbdHost", &input.host);
    p.set("DbdAddr", input.address.to_string());
    p.set("DbdPort", input.port.to_string());
    p.set("SlurmUser", &input.user);
    p.set_path("LogFile", &input.log_file);
    // The sandbox has a /run of its own.
    p.set("PidFile", "/run/slurmdbd.pid");
    p.set("StorageType", "accounting_storage/mysql");
    let storage = &input.storage;
    p.set("StorageHost", &storage.host);
    if let Some(port) = storage.port {
        p.set("StoragePort", port.to_string());
    }
    p.set("StorageUser", &storage.user);
    if let Some(password) = &storage.password {
        p.set("StoragePass", password.as_str());
    }
    if let Some(parameters) = storage.parameters() {
        p.set("StorageParameters", parameters);
    }
    p.set("StorageLoc", &input.database);
    // Without it each record is a transaction of its own, and a full queue of jobs ends slower.
    p.set("CommitDelay", "1");
    if let Some(days) = input.purge_days.filter(|days| *days > 0) {
        for name in PURGED {
            p.set(name, format!("{days}days"));
        }
    }
    for given in &input.settings {
        if let Some((setting, value)) = settings::accepted(Scope::Slurmdbd, given) {
            p.set(setting.name, value);
        }
    }
    if let Some(version) = &input.audited {
        super::audit::audit(&mut p, version, "DebugLevel");
    }
    p.write_column()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> SlurmdbdInput {
        SlurmdbdInput {
            host: "head".into(),
            address: [10, 0, 0, 4].into(),
            port: 6819,
            user: "root".into(),
            log_file: "/d/slurmdbd.log".into(),
            storage: "mysql://slurm:no%20luck@db/?ssl-ca=/etc/a%20ca.pem"
                .parse()
                .unwrap(),
            database: "pcs_a".into(),
            jwt_key: None,
            purge_days: None,
            settings: vec![],
            audited: None,
        }
    }

    #[test]
    fn what_was_set_wins_over_the_days_for_all() {
        let given = |name: &str, value: &str| SlurmdbdCustomSetting {
            parameter_name: name.into(),
            parameter_value: value.into(),
        };
        let conf = render(&SlurmdbdInput {
            purge_days: Some(90),
            settings: vec![
                given("purgejobafter", "12months"),
                given("StorageLoc", "other"),
            ],
            ..input()
        });
        assert!(conf.contains("PurgeJobAfter=12months\n"), "{conf}");
        assert!(conf.contains("PurgeUsageAfter=90days\n"), "{conf}");
        assert!(conf.contains("StorageLoc=pcs_a\n"), "{conf}");
    }

    /// A backup reads it.
    #[test]
    fn what_is_written_of_the_database_is_read_again() {
        let SlurmdbdInput { storage, .. } = input();
        assert_eq!(Storage::read(&render(&input())), Some(storage));
        let storage = Storage {
            host: "localhost".into(),
            port: None,
            user: "root".into(),
            password: None,
            ssl_ca: None,
        };
        let conf = render(&SlurmdbdInput {
            storage: storage.clone(),
            ..input()
        });
        assert!(
            !["Pass", "Port", "Parameters"]
                .iter()
                .any(|what| conf.contains(&format!("Storage{what}="))),
            "{conf}"
        );
        assert_eq!(Storage::read(&conf), Some(storage));
        assert_eq!(Storage::read(""), None);
    }

    #[test]
    fn records_are_kept_unless_days_are_said() {
        for days in [None, Some(-1)] {
            let conf = render(&SlurmdbdInput {
                purge_days: days,
                ..input()
            });
            assert!(!conf.contains("Purge"), "{conf}");
        }
    }
}
