//! The command line and the environment. The doc comments are the manual: `openpcs help` prints them.

mod ask;
mod cloudwatch;
mod place;
mod serve;
mod store;
mod told;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use ask::{
    Apply, Connect, Diagnose, DocumentFormat, Export, Metrics, Notification, NotificationCommand,
    NotificationNoun, Plan, Reach, Server, ServerCommand, Token, Why,
};
pub use cloudwatch::CloudWatch;
pub use place::AgentsDir;
use place::{SCHEDULER_ROOT, directory};
pub use serve::{Config, LogFormat, Place, Provider};
pub use store::{AccountingStore, Store, default_data_dir};

/// An open, self-hosted AWS Parallel Computing Service: Slurm clusters with the API and the console of AWS PCS.
#[derive(Debug, Parser)]
#[command(name = "openpcs", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API and the console.
    Serve(Box<Config>),
    /// Open a shell on a cluster's login node, or run one command there.
    Connect(Connect),
    /// Print a token for a cluster's Slurm REST API.
    Token(Token),
    /// Tell why a job waits or failed, and when it is likely to start.
    Why(Why),
    /// Tell what an operation would do to nodes and jobs, without doing it. The exit status is 0 if it would be done.
    Plan(Plan),
    /// Print a cluster with its groups and queues as one document.
    Export(Export),
    /// Make a cluster be what a document says: create what is missing, update what differs.
    Apply(Apply),
    /// Print what was measured of a cluster, or of all together: a line for each time, a tab between the columns.
    Metrics(Metrics),
    /// Write a bundle of what helps to find the cause of a trouble: versions, configuration, states, events, the ends of logs.
    /// No password, key or token is in it, and nothing of what jobs run or write.
    Diagnose(Diagnose),
    /// The servers that share a PostgreSQL database, as one of them knows them.
    Server(Server),
    /// Where people are told of what happens, and of what: channels and rules, and a test of a channel.
    Notification(Notification),
    /// Bring the database's schema up to date and end. `serve` does the same when it starts.
    Migrate(Store),
    /// Copy the database, the keys, the first credentials and the records of accounting into a directory; the server may run
    /// meanwhile.
    ///
    /// What Slurm keeps of waiting and running jobs is not in it. A PostgreSQL database is left to `pg_dump`.
    Backup {
        #[command(flatten)]
        store: Store,
        /// Directory to make, or an empty one. It holds the data key: keep it as you keep the data directory.
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
    /// Put a backup into a new data directory, or back into the one that it is of. The server must be stopped.
    ///
    /// In the directory that it is of, clusters and their jobs go on. Those that are younger than the backup are set
    /// aside, as are younger instances: see `openpcs set-aside`. Groups and queues that are younger take no new nodes, and
    /// go when nothing that is set aside runs in their cluster or its settings are changed.
    Restore {
        #[command(flatten)]
        store: Store,
        /// Directory that `openpcs backup` made.
        #[arg(long, value_name = "DIR")]
        from: PathBuf,
    },
    /// Tie the data directory to another database than the one it belongs to. For restoring by hand.
    Adopt(Store),
    /// Clusters and instances on disk that the database does not know, as after restoring a backup.
    ///
    /// They are left as they are: what runs in them goes on. A newer backup may know them.
    SetAside {
        #[command(flatten)]
        store: Store,
        #[command(subcommand)]
        command: SetAsideCommand,
    },
    /// The audit trail: who asked for what, and what became of it.
    Audit {
        #[command(flatten)]
        store: Store,
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Manage the people who may sign in.
    User {
        #[command(flatten)]
        store: Store,
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Manage the access keys that sign API requests.
    Key {
        #[command(flatten)]
        store: Store,
        #[command(subcommand)]
        command: KeyCommand,
    },
    /// Print what the server's role in an AWS account must be allowed, for --provider aws.
    IamPolicy(CloudWatch),
    /// Package this host's Slurm for nodes whose image has none; they fetch it from the server, for --provider aws.
    PackageSlurm(PackageSlurm),
    /// Print what the local provider offers: networks, templates, images, instance types, Slurm versions.
    Catalogue {
        /// Directory with the Slurm versions, as `slurm-24.11`.
        #[arg(long, env = "OPENPCS_SCHEDULER_ROOT", default_value = SCHEDULER_ROOT, value_parser = directory)]
        scheduler_root: PathBuf,
        /// Print everything as JSON.
        #[arg(long)]
        json: bool,
    },
}

/// What to package.
#[derive(Clone, Debug, Args)]
pub struct PackageSlurm {
    /// The major version, as 24.11.
    #[arg(value_name = "VERSION")]
    pub version: String,
    /// Directory with the Slurm versions, as `slurm-24.11`.
    #[arg(long, env = "OPENPCS_SCHEDULER_ROOT", default_value = SCHEDULER_ROOT, value_parser = directory)]
    pub scheduler_root: PathBuf,
    #[command(flatten)]
    pub agents_dir: AgentsDir,
}

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Print the newest records: time, user, operation, resource, and how it ended.
    List {
        /// How many at most.
        #[arg(long, value_name = "RECORDS", default_value_t = 50)]
        last: u32,
    },
    /// Check that no record was removed or changed, and print the last one's hash, to compare with later.
    Verify,
    /// Print all records as JSON, one a line, the newest first.
    Export,
}

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add a user and print the password.
    Add {
        name: String,
        /// File with the password, instead of a generated one.
        #[arg(long)]
        password_file: Option<PathBuf>,
    },
    /// List the users.
    List,
    /// Delete a user and the user's access keys.
    Delete { name: String },
    /// Set a new password and print it.
    Password {
        name: String,
        /// File with the password, instead of a generated one.
        #[arg(long)]
        password_file: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub enum SetAsideCommand {
    /// List them, and whether anything runs in them.
    List,
    /// Have the server end one with everything in it and remove it from disk.
    Remove {
        /// CLUSTER, or CLUSTER/INSTANCE, as `list` shows it.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make an access key and print it; the secret is shown only now.
    Create { user: String },
    /// List the access keys, of one user or of all.
    List { user: Option<String> },
    /// Delete an access key; requests signed with it are refused within seconds.
    Delete { id: String },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::provider::ports::PortRange;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_command_after_two_hyphens_is_left_alone() {
        let cli = Cli::try_parse_from([
            "openpcs",
            "connect",
            "get-started",
            "--",
            "sinfo",
            "-N",
            "--long",
        ]);
        let Command::Connect(connect) = cli.unwrap().command else {
            panic!("connect");
        };
        assert_eq!(connect.command, ["sinfo", "-N", "--long"]);
    }

    #[test]
    fn a_server_is_for_its_host_unless_something_stands_in_front_of_it() {
        let is_for_this_host = |options: &[&str]| {
            let line = ["openpcs", "serve"].iter().chain(options);
            let Command::Serve(config) = Cli::try_parse_from(line).unwrap().command else {
                panic!("serve");
            };
            config.is_for_this_host()
        };
        assert!(is_for_this_host(&[]));
        assert!(is_for_this_host(&["--listen", "[::1]:1"]));
        assert!(!is_for_this_host(&["--behind-tls-proxy"]));
        assert!(!is_for_this_host(&["--listen", "0.0.0.0:1"]));
        assert!(!is_for_this_host(&["--public-url", "http://pcs"]));
    }

    #[test]
    fn nodes_of_other_hosts_need_an_address_to_call() {
        let address = |options: &[&str]| {
            let line = ["openpcs", "serve"].iter().chain(options);
            let Command::Serve(config) = Cli::try_parse_from(line).unwrap().command else {
                panic!("serve");
            };
            config.nodes_address()
        };
        let aws = ["--provider", "aws", "--advertise"];
        let advertise = |ip: &'static str| [&aws[..], &[ip]].concat();
        assert_eq!(address(&["--advertise", "10.0.0.5"]).unwrap(), None);
        let found = address(&advertise("10.0.0.5")).unwrap();
        assert_eq!(found, Some("10.0.0.5:8766".parse().unwrap()));
        assert!(address(&aws[..2]).is_err());
        assert!(address(&advertise("0.0.0.0")).is_err());
    }

    #[test]
    fn ports_are_a_range() {
        let range = PortRange {
            first: 20000,
            last: 20010,
        };
        assert_eq!("20000-20010".parse(), Ok(range));
        for bad in ["", "1-2", "3000", "3000-2000", "2000-70000", "a-b"] {
            assert!(bad.parse::<PortRange>().is_err(), "{bad}");
        }
    }
}
