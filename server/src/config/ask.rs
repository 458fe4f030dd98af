//! What is asked of a server that runs, and how it is reached.

use std::ffi::OsString;
use std::path::PathBuf;

use app::model::metric::Range;
use app::model::metric_part::By;
use clap::{Args, Subcommand, ValueEnum};

use super::place::directory;
use super::store::{Store, default_data_dir};

/// How to reach a cluster.
#[derive(Clone, Debug, Args)]
pub struct Connect {
    /// Name or id of the cluster.
    pub cluster: String,
    /// As the administrator of its Slurm, for sacctmgr and scontrol: as the server's user, where the controller is.
    #[arg(long)]
    pub admin: bool,
    /// Command to run there; without one, a shell opens. Where the server is root, it runs as the user of jobs: in the
    /// current directory if that user can write to it, else in the user's home.
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
    #[command(flatten)]
    pub reach: Reach,
}

/// Which job.
#[derive(Clone, Debug, Args)]
pub struct Why {
    /// Name or id of the cluster.
    pub cluster: String,
    /// As Slurm's programs print it: 12, 12_3 for an array's task, 12+1 for a component of a heterogeneous job.
    pub job: String,
    #[command(flatten)]
    pub reach: Reach,
}

/// Whose token, and for how long.
#[derive(Clone, Debug, Args)]
pub struct Token {
    /// Name or id of the cluster.
    pub cluster: String,
    /// Whom it is for, a user of the server's host [default: the user that jobs run as]
    #[arg(long)]
    pub user: Option<String>,
    /// How long it lasts: a number with s, m or h; a day at most.
    #[arg(long, default_value = "30m", value_parser = seconds)]
    pub lifetime: i64,
    #[command(flatten)]
    pub reach: Reach,
}

/// Of `90s`, `30m`, `24h`.
fn seconds(text: &str) -> Result<i64, String> {
    let wrong = || format!("{text:?} is no time: write it as 90s, 30m or 24h");
    let unit = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3600,
        _ => return Err(wrong()),
    };
    let number: i64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    number.checked_mul(unit).ok_or_else(wrong)
}

/// Where the server is, and who asks.
#[derive(Clone, Debug, Args)]
pub struct Reach {
    /// Address of the server.
    #[arg(
        long,
        global = true,
        env = "OPENPCS_ENDPOINT",
        default_value = "http://127.0.0.1:8765"
    )]
    pub endpoint: String,
    /// Data directory of the server, whose file `credentials` signs the request. Without it: AWS_ACCESS_KEY_ID and
    /// AWS_SECRET_ACCESS_KEY, the default data directory, the AWS credentials file with the profile of AWS_PROFILE.
    #[arg(long, global = true, env = "OPENPCS_DATA_DIR", value_parser = directory)]
    pub data_dir: Option<PathBuf>,
    /// Region of the server [default: AWS_REGION, the profile's region, us-east-1]
    #[arg(long, global = true, env = "AWS_REGION")]
    pub region: Option<String>,
}

/// What to tell.
#[derive(Clone, Debug, Args)]
pub struct Plan {
    /// As the AWS CLI spells it: update-compute-node-group, delete-queue …
    pub operation: String,
    /// File with the operation's input as the AWS CLI takes it; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub cli_input_json: PathBuf,
    /// Print the plan as JSON.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub reach: Reach,
}

/// What to print.
#[derive(Clone, Debug, Args)]
pub struct Export {
    /// Name or id of the cluster.
    pub cluster: String,
    #[arg(long, value_enum, default_value = "yaml")]
    pub format: DocumentFormat,
    #[command(flatten)]
    pub reach: Reach,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DocumentFormat {
    Yaml,
    Json,
}

/// What to apply.
#[derive(Clone, Debug, Args)]
pub struct Apply {
    /// The document, YAML or JSON; `-` is standard input.
    #[arg(short, long, value_name = "FILE")]
    pub file: PathBuf,
    /// Name of the cluster, instead of the document's: makes another one of the same kind.
    #[arg(long)]
    pub name: Option<String>,
    /// Only tell what would be done.
    #[arg(long)]
    pub dry_run: bool,
    /// Also delete the groups and queues that the document does not name.
    #[arg(long)]
    pub prune: bool,
    /// Return when everything is ACTIVE, not as soon as everything is asked for.
    #[arg(long)]
    pub wait: bool,
    #[command(flatten)]
    pub reach: Reach,
}

/// Asks a running server.
#[derive(Debug, Args)]
pub struct Metrics {
    /// Name or id of the cluster; without, all clusters together.
    pub cluster: Option<String>,
    /// For how long back: 1h, 3h, 12h, 1d, 7d, 30d or 15mo.
    #[arg(long, default_value = "3h", value_parser = metric_range)]
    pub range: Range,
    /// Tell each one by itself: group, queue or instance-type.
    #[arg(long, value_parser = metric_part)]
    pub by: Option<By>,
    #[command(flatten)]
    pub reach: Reach,
}

fn metric_part(word: &str) -> Result<By, String> {
    let mut all = By::WITHIN.into_iter();
    all.find(|by| by.as_str() == word).ok_or_else(|| {
        let known = By::WITHIN.map(By::as_str).join(", ");
        format!("metrics are not kept by that; give one of {known}")
    })
}

fn metric_range(word: &str) -> Result<Range, String> {
    let mut all = Range::ALL.into_iter();
    all.find(|range| range.as_str() == word).ok_or_else(|| {
        let known = Range::ALL.map(Range::as_str).join(", ");
        format!("there is no such range; give one of {known}")
    })
}

/// Asks a running server; where none answers, collects what the data directory has.
#[derive(Debug, Args)]
pub struct Diagnose {
    /// Name or id of the cluster; without, of all clusters.
    pub cluster: Option<String>,
    /// File to write, which must not be there [default: openpcs-diagnostics-TIME.tar.gz in this directory]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Address of the database, for when no server answers [default: sqlite://DATA_DIR/openpcs.db]
    #[arg(long, env = "OPENPCS_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// File with that address; only its owner may read it (mode 0600).
    #[arg(
        long,
        env = "OPENPCS_DATABASE_URL_FILE",
        value_name = "FILE",
        conflicts_with = "database_url"
    )]
    pub database_url_file: Option<PathBuf>,
    #[command(flatten)]
    pub reach: Reach,
}

impl Diagnose {
    /// Where the server keeps its things.
    pub fn store(&self) -> Store {
        let data_dir = self.reach.data_dir.clone();
        Store {
            data_dir: data_dir.unwrap_or_else(default_data_dir),
            database_url: self.database_url.clone(),
            database_url_file: self.database_url_file.clone(),
        }
    }
}

/// Asks a running server.
#[derive(Debug, Args)]
pub struct Server {
    #[command(flatten)]
    pub reach: Reach,
    #[command(subcommand)]
    pub command: ServerCommand,
}

#[derive(Debug, Subcommand)]
pub enum ServerCommand {
    /// List them: id, host, address, whether it lives, when it was seen last, its clusters.
    List,
    /// Give up a server that will never return: its clusters can then be deleted, and nothing else.
    ///
    /// What is left of them on its host stays there. Should it come back, it sets them aside: see `openpcs set-aside`.
    Forget {
        /// As `list` shows it.
        id: String,
        /// Do it; without, only tell what would happen.
        #[arg(long)]
        yes: bool,
    },
}

/// Asks a running server.
#[derive(Debug, Args)]
pub struct Notification {
    #[command(flatten)]
    pub reach: Reach,
    #[command(subcommand)]
    pub command: NotificationCommand,
}

#[derive(Debug, Subcommand)]
pub enum NotificationCommand {
    /// List channels and rules: what it is, id, name, and how it does.
    List,
    /// Make a channel or a rule; prints its id.
    ///
    /// The file has its settings, as `{"kind": "webhook", "name": "ops", "url": "https://HOST/PATH"}` or
    /// `{"name": "nodes", "triggers": ["node-failed"], "channelId": "ID"}`.
    Create {
        noun: NotificationNoun,
        /// JSON; `-` reads standard input.
        file: PathBuf,
        /// What a webhook is signed with, Slack's address, or a mail password.
        #[arg(long, value_name = "FILE")]
        secret_file: Option<PathBuf>,
    },
    /// Delete a channel or a rule, by its id or name.
    Delete { name: String },
    /// Send a test message to a channel, by its id or name.
    Test { name: String },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum NotificationNoun {
    Channel,
    Rule,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit() {
        for (text, expected) in [("90s", 90), ("30m", 1800), ("24h", 86_400), ("-1s", -1)] {
            assert_eq!(seconds(text), Ok(expected), "{text}");
        }
        for text in ["", "m", "30", "3d", "1.5h", "9223372036854775807h", "3µ"] {
            assert!(seconds(text).is_err(), "{text:?}");
        }
    }
}
