//! The command line and the environment. The doc comments are the manual: `openpcs help` prints them.

use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::Context;
use app::model::metric::Range;
use app::model::name::Arns;
use clap::builder::FalseyValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use zeroize::Zeroizing;

use crate::auth::private_file;
use crate::http::front::{Front, PublicUrl};
use crate::provider::ports::PortRange;
use crate::sandbox::check_path;
use crate::slurm::database::Storage;

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
    /// The servers that share a PostgreSQL database, as one of them knows them.
    Server(Server),
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
    IamPolicy,
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

const SCHEDULER_ROOT: &str = "/opt/openpcs/scheduler";
/// Where `serve` listens, and where `connect` looks for it.
const LISTEN: &str = "127.0.0.1:8765";

/// Where that is which nodes fetch.
#[derive(Clone, Debug, Args)]
pub struct AgentsDir {
    /// Directory with what nodes of each architecture fetch: openpcs-agent-x86_64 and openpcs-agent-arm64, and what
    /// `openpcs package-slurm` makes [default: `agents` beside this program]
    #[arg(long, env = "OPENPCS_AGENTS", value_name = "DIR")]
    agents_dir: Option<PathBuf>,
}

impl AgentsDir {
    pub fn directory(&self) -> PathBuf {
        self.agents_dir.clone().unwrap_or_else(|| {
            let program = std::env::current_exe().unwrap_or_default();
            program.with_file_name("agents")
        })
    }
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

/// Where the server keeps its things.
#[derive(Clone, Debug, Args)]
pub struct Store {
    /// Directory of the database, the keys and the clusters' files. Made if it is not there.
    #[arg(long, global = true, env = "OPENPCS_DATA_DIR", default_value_os_t = default_data_dir(), value_parser = directory)]
    pub data_dir: PathBuf,
    /// Address of the database, `sqlite:…` or `postgres://…` [default: sqlite://DATA_DIR/openpcs.db]. Everybody on this
    /// host sees it in the list of processes: one with a password belongs into a file.
    #[arg(
        long,
        global = true,
        env = "OPENPCS_DATABASE_URL",
        hide_env_values = true
    )]
    pub database_url: Option<String>,
    /// File with the address of the database; only its owner may read it (mode 0600).
    #[arg(
        long,
        global = true,
        env = "OPENPCS_DATABASE_URL_FILE",
        value_name = "FILE",
        conflicts_with = "database_url"
    )]
    pub database_url_file: Option<PathBuf>,
}

impl Store {
    /// Fails if the file with it cannot be read, or others may read it.
    pub fn database_url(&self) -> anyhow::Result<String> {
        if let Some(url) = &self.database_url {
            return Ok(url.clone());
        }
        let Some(file) = &self.database_url_file else {
            return Ok(format!(
                "sqlite://{}?mode=rwc",
                self.database_file().display()
            ));
        };
        let text = private_file::read(file).context("--database-url-file cannot be used")?;
        let url = std::str::from_utf8(&text).map_or("", str::trim);
        anyhow::ensure!(
            !url.is_empty(),
            "{} has no address of a database; write one into it, as postgres://USER:PASSWORD@HOST/NAME",
            file.display()
        );
        Ok(url.to_owned())
    }

    /// The database is where it is unless told otherwise.
    pub fn is_default_database(&self) -> bool {
        self.database_url.is_none() && self.database_url_file.is_none()
    }

    /// The file of the default database.
    pub fn database_file(&self) -> PathBuf {
        self.data_dir.join("openpcs.db")
    }
}

/// Where the accounting keeps its records.
#[derive(Clone, Debug, Args)]
pub struct AccountingStore {
    /// Address of a MySQL or MariaDB for the accounting, as mysql://USER:PASSWORD@HOST:PORT/, in which each cluster gets a
    /// database of its own [default: a MariaDB that the server starts by itself]. Everybody on this host sees it in the
    /// list of processes: one with a password belongs into a file. What an address cannot hold is written as %40 for @.
    #[arg(
        long = "accounting-database-url",
        env = "OPENPCS_ACCOUNTING_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    accounting_database_url: Option<String>,
    /// File with that address; only its owner may read it (mode 0600).
    #[arg(
        long = "accounting-database-url-file",
        env = "OPENPCS_ACCOUNTING_DATABASE_URL_FILE",
        value_name = "FILE",
        conflicts_with = "accounting_database_url"
    )]
    accounting_database_url_file: Option<PathBuf>,
}

impl AccountingStore {
    /// The one that was given; none: the server's own. Fails if slurmdbd could not be told of it, without telling more than
    /// the character that is wrong.
    pub fn storage(&self) -> anyhow::Result<Option<Storage>> {
        let (url, option) = match (
            &self.accounting_database_url,
            &self.accounting_database_url_file,
        ) {
            (Some(url), _) => (Zeroizing::new(url.clone()), "--accounting-database-url"),
            (None, Some(file)) => {
                let option = "--accounting-database-url-file";
                let text = private_file::read(file);
                let text = text.with_context(|| format!("{option} cannot be used"))?;
                let text = std::str::from_utf8(&text).map_or("", str::trim);
                (Zeroizing::new(text.to_owned()), option)
            }
            (None, None) => return Ok(None),
        };
        let storage = url.parse().map_err(anyhow::Error::msg);
        storage
            .map(Some)
            .with_context(|| format!("{option} cannot be used"))
    }
}

/// The account and region that the server is.
#[derive(Clone, Debug, Args)]
pub struct Place {
    /// Region in ARNs; requests must be signed for it.
    #[arg(long, env = "OPENPCS_REGION", default_value = "us-east-1", value_parser = region)]
    pub region: String,
    /// Account in ARNs, twelve digits.
    #[arg(long, env = "OPENPCS_ACCOUNT_ID", default_value = "111122223333", value_parser = account_id)]
    pub account_id: String,
}

impl Place {
    pub fn arns(&self) -> Arns {
        Arns {
            region: self.region.clone(),
            account: self.account_id.clone(),
        }
    }
}

/// Where instances come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Provider {
    /// Processes on this host; needs no AWS account.
    Local,
    /// Amazon EC2.
    Aws,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// For machines, an object per line.
    Json,
}

/// How to serve.
#[derive(Clone, Debug, Args)]
pub struct Config {
    #[command(flatten)]
    pub store: Store,
    #[command(flatten)]
    pub accounting: AccountingStore,
    #[command(flatten)]
    pub place: Place,
    /// Address to listen on; port 0 takes any free one. One that other hosts can reach needs `--behind-tls-proxy`:
    /// passwords and keys must not cross a network in clear.
    #[arg(long, env = "OPENPCS_LISTEN", default_value = LISTEN)]
    pub listen: SocketAddr,
    /// Address under which browsers reach the console, as https://pcs.example.org. Under any other name than this, the
    /// address listened on and those of this host itself, the console is refused.
    #[arg(long, env = "OPENPCS_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<PublicUrl>,
    /// A proxy, on this host or another, ends TLS and passes requests on. It must be the only one that can reach the
    /// address listened on, pass on `Host` as it came (requests of the API are signed with it), and name its client in
    /// `X-Forwarded-For`, whose last entry is believed. Name the address that it serves with `--public-url`.
    #[arg(long, env = "OPENPCS_BEHIND_TLS_PROXY", value_parser = FalseyValueParser::new())]
    pub behind_tls_proxy: bool,
    /// Where instances come from.
    #[arg(long, env = "OPENPCS_PROVIDER", value_enum, default_value = "local")]
    pub provider: Provider,
    /// Address of this host at which nodes of another provider than the local one reach it: in their network, and not open
    /// to others.
    #[arg(long, env = "OPENPCS_ADVERTISE", value_name = "IP")]
    pub advertise: Option<IpAddr>,
    /// Port at that address for nodes; 0 takes any free one.
    #[arg(
        long,
        env = "OPENPCS_NODES_PORT",
        value_name = "PORT",
        default_value_t = 8766
    )]
    pub nodes_port: u16,
    /// Id, ARN or alias of a key of AWS KMS that wraps the data key from now on: without it nobody opens what is sealed in
    /// the database. The server's AWS credentials must let it encrypt and decrypt with that key.
    #[arg(long, env = "OPENPCS_KMS_KEY", value_name = "ID")]
    pub kms_key: Option<String>,
    /// Does not put the keys of clusters into the account's Secrets Manager, for --provider aws. Nodes and people read
    /// them from this server either way.
    #[arg(long, env = "OPENPCS_NO_SECRETS_MANAGER", value_parser = FalseyValueParser::new())]
    pub no_secrets_manager: bool,
    #[command(flatten)]
    pub agents: AgentsDir,
    /// Directory of a file system that this host and the nodes mount at the same place, for --provider aws: what jobs write
    /// there is shown. May be given several times
    #[arg(long = "shared-dir", env = "OPENPCS_SHARED_DIRS", value_name = "DIR", value_delimiter = ':', value_parser = directory)]
    pub shared_dirs: Vec<PathBuf>,
    /// Makes the provider fail as this file says, for tests: see `provider::fault`.
    #[arg(long, hide = true, value_name = "FILE")]
    pub faults: Option<PathBuf>,
    /// File with the password that the user `admin` gets on the first start, instead of a generated one.
    #[arg(long, env = "OPENPCS_ADMIN_PASSWORD_FILE")]
    pub admin_password_file: Option<PathBuf>,
    /// Directory with the Slurm versions, as `slurm-24.11`.
    #[arg(long, env = "OPENPCS_SCHEDULER_ROOT", default_value = SCHEDULER_ROOT, value_parser = directory)]
    pub scheduler_root: PathBuf,
    /// Ports for the clusters' daemons, FIRST-LAST: one per controller and one per instance that may run at once.
    #[arg(long, env = "OPENPCS_PORTS", default_value = "20000-31999")]
    pub ports: PortRange,
    /// Ordinary user of this host that jobs run as, when the server runs as root [default: openpcs-jobs]
    #[arg(long, env = "OPENPCS_JOB_USER", value_name = "NAME")]
    pub job_user: Option<String>,
    /// Days that the audit trail is kept; 0 keeps it for ever.
    #[arg(
        long,
        env = "OPENPCS_AUDIT_DAYS",
        value_name = "DAYS",
        default_value_t = 400
    )]
    pub audit_days: u32,
    /// Seconds that metrics are measured at once; a minute is put together of them. For tests.
    #[arg(
        long,
        hide = true,
        value_name = "SECONDS",
        default_value_t = 60,
        value_parser = clap::value_parser!(u32).range(1..=60)
    )]
    pub metrics_seconds: u32,
    /// Notifications may be sent to this host itself, also by plain HTTP and SMTP: for receivers and relays that run here
    #[arg(long, env = "OPENPCS_NOTIFY_LOOPBACK")]
    pub notify_loopback: bool,
    /// Directory of the console's built files [default: `site` beside the directory of this program]
    #[arg(long, env = "OPENPCS_SITE")]
    pub site: Option<PathBuf>,
    /// How log lines look; they go to standard error. What is logged: RUST_LOG, default `info`.
    #[arg(long, env = "OPENPCS_LOG_FORMAT", value_enum, default_value = "pretty")]
    pub log_format: LogFormat,
}

impl Config {
    /// Refuses an address that others reach without TLS.
    pub fn check_listen(&self) -> anyhow::Result<()> {
        let listen = self.listen;
        anyhow::ensure!(
            listen.ip().to_canonical().is_loopback() || self.behind_tls_proxy,
            "--listen {listen} could be reached from other hosts, and without TLS whoever is on the way reads passwords \
             and keys. Put a proxy that ends TLS in front of the server and say so with --behind-tls-proxy and \
             --public-url https://NAME, or listen on this host only, as --listen 127.0.0.1:{}, and come by an SSH tunnel.",
            listen.port()
        );
        Ok(())
    }

    /// Where nodes call; none when they are of this host. Fails if they could not.
    pub fn nodes_address(&self) -> anyhow::Result<Option<SocketAddr>> {
        if self.provider == Provider::Local {
            return Ok(None);
        }
        let ip = self.advertise.context(
            "--provider aws needs --advertise IP: the private address of this host at which its nodes reach it.",
        )?;
        anyhow::ensure!(
            !ip.is_unspecified() && !ip.is_multicast(),
            "--advertise {ip} is no address of a host. Name the one at which nodes reach this host."
        );
        Ok(Some(SocketAddr::new(ip, self.nodes_port)))
    }

    /// Whether nobody but this host reaches the server: it listens on loopback, and nothing is said to stand in front of it.
    pub fn is_for_this_host(&self) -> bool {
        let is_direct = !self.behind_tls_proxy && self.public_url.is_none();
        is_direct && self.listen.ip().to_canonical().is_loopback()
    }

    /// How people reach the server.
    pub fn front(&self) -> Front {
        Front {
            public_url: self.public_url.clone(),
            behind_tls_proxy: self.behind_tls_proxy,
        }
    }

    /// `target/site` for `target/debug/openpcs`, `/opt/openpcs/site` for `/opt/openpcs/bin/openpcs`.
    pub fn site(&self) -> PathBuf {
        self.site.clone().unwrap_or_else(|| {
            let program = std::env::current_exe().unwrap_or_default();
            let above = program.parent().and_then(Path::parent);
            above.unwrap_or(Path::new(".")).join("site")
        })
    }
}

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
    #[command(flatten)]
    pub reach: Reach,
}

fn metric_range(word: &str) -> Result<Range, String> {
    let mut all = Range::ALL.into_iter();
    all.find(|range| range.as_str() == word).ok_or_else(|| {
        let known = Range::ALL.map(Range::as_str).join(", ");
        format!("there is no such range; give one of {known}")
    })
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

/// `$XDG_DATA_HOME/openpcs`, else `~/.local/share/openpcs`, else `openpcs-data` here.
pub fn default_data_dir() -> PathBuf {
    let set = |name| {
        std::env::var_os(name)
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    };
    set("XDG_DATA_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".local/share")))
        .map_or_else(
            || std::path::absolute("openpcs-data").unwrap_or_default(),
            |share| share.join("openpcs"),
        )
}

/// Paths under these directories stand in Slurm's configuration files, which know no quoting (S7).
fn directory(text: &str) -> Result<PathBuf, String> {
    let path = std::path::absolute(text).map_err(|e| e.to_string())?;
    check_path("the directory", &path)?;
    Ok(path)
}

fn region(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !text.is_empty() && text.len() <= 32 && text.chars().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err("a region has lower-case letters, digits and hyphens, as us-east-1".into())
    }
}

fn account_id(text: &str) -> Result<String, String> {
    if text.len() == 12 && text.chars().all(|c| c.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("an account id has twelve digits, as 111122223333".into())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

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
    fn a_time_has_a_unit() {
        for (text, expected) in [("90s", 90), ("30m", 1800), ("24h", 86_400), ("-1s", -1)] {
            assert_eq!(seconds(text), Ok(expected), "{text}");
        }
        for text in ["", "m", "30", "3d", "1.5h", "9223372036854775807h", "3µ"] {
            assert!(seconds(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn directories_are_fit_for_slurm() {
        assert_eq!(
            directory("/srv/open+pcs_1.0"),
            Ok("/srv/open+pcs_1.0".into())
        );
        for bad in ["", "/a b", "/a\nb", "/a'b", "/a/../b", "/ä", "/a#b", "/a=b"] {
            assert!(directory(bad).is_err(), "{bad:?}");
        }
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

    #[test]
    fn account_and_region_are_checked() {
        assert!(account_id("111122223333").is_ok() && account_id("1").is_err());
        assert!(region("us-east-1").is_ok() && region("us east").is_err() && region("").is_err());
    }
}
