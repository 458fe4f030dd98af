//! The options that a server was started with, for whoever looks for the cause of a trouble. What may hold a password is said
//! to be given, and never what it is: a new option does not compile before somebody decided that.

use std::fmt::Debug;

use super::{AccountingStore, CloudWatch, Config, Place, Store};

const NOT_TOLD: &str = "given; not told";
const NOT_GIVEN: &str = "not given";

impl Config {
    /// By their names, in the order of the manual.
    pub fn told(&self) -> Vec<(&'static str, String)> {
        let Config {
            store:
                Store {
                    data_dir,
                    database_url,
                    database_url_file,
                },
            accounting:
                AccountingStore {
                    accounting_database_url,
                    accounting_database_url_file,
                },
            place: Place { region, account_id },
            listen,
            public_url,
            behind_tls_proxy,
            provider,
            advertise,
            nodes_port,
            kms_key,
            no_secrets_manager,
            cloudwatch:
                CloudWatch {
                    cloudwatch_namespace,
                    no_cloudwatch_metrics,
                },
            agents,
            shared_dirs,
            buckets_dir,
            faults,
            admin_password_file,
            scheduler_root,
            ports,
            job_user,
            mail_program,
            audit_days,
            metrics_seconds,
            notify_loopback,
            site,
            log_format,
        } = self;
        vec![
            ("--data-dir", shown(data_dir)),
            ("--database-url", hidden(database_url.is_some())),
            ("--database-url-file", shown(database_url_file)),
            (
                "--accounting-database-url",
                hidden(accounting_database_url.is_some()),
            ),
            (
                "--accounting-database-url-file",
                shown(accounting_database_url_file),
            ),
            ("--region", region.clone()),
            ("--account-id", account_id.clone()),
            ("--listen", listen.to_string()),
            (
                "--public-url",
                public_url
                    .as_ref()
                    .map_or_else(|| NOT_GIVEN.into(), ToString::to_string),
            ),
            ("--behind-tls-proxy", behind_tls_proxy.to_string()),
            ("--provider", shown(provider)),
            ("--advertise", shown(advertise)),
            ("--nodes-port", nodes_port.to_string()),
            ("--kms-key", shown(kms_key)),
            ("--no-secrets-manager", no_secrets_manager.to_string()),
            ("--cloudwatch-namespace", cloudwatch_namespace.clone()),
            ("--no-cloudwatch-metrics", no_cloudwatch_metrics.to_string()),
            ("--agents-dir", shown(agents.directory())),
            ("--shared-dir", shown(shared_dirs)),
            ("--buckets-dir", shown(buckets_dir)),
            ("--faults", shown(faults)),
            ("--admin-password-file", shown(admin_password_file)),
            ("--scheduler-root", shown(scheduler_root)),
            ("--ports", shown(ports)),
            ("--job-user", shown(job_user)),
            ("--mail-program", shown(mail_program)),
            ("--audit-days", audit_days.to_string()),
            ("--metrics-seconds", metrics_seconds.to_string()),
            ("--notify-loopback", notify_loopback.to_string()),
            ("--site", shown(site)),
            ("--log-format", shown(log_format)),
        ]
    }
}

fn shown(value: impl Debug) -> String {
    format!("{value:?}")
}

fn hidden(is_given: bool) -> String {
    let words = if is_given { NOT_TOLD } else { NOT_GIVEN };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::config::{Cli, Command};

    #[test]
    fn the_address_of_a_database_is_never_told() {
        let given = [
            "openpcs",
            "serve",
            "--database-url=postgres://u:canary-one@h/n",
            "--accounting-database-url=mysql://u:canary-two@h/",
        ];
        let Command::Serve(config) = Cli::parse_from(given).command else {
            panic!("it is to serve");
        };
        let told = config.told();
        assert!(told.contains(&("--database-url", super::NOT_TOLD.into())));
        assert!(!format!("{told:?}").contains("canary"), "{told:?}");
    }
}
