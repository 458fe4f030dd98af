//! How to serve: the options of `openpcs serve`.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::Context;
use app::model::name::Arns;
use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};

use super::cloudwatch::CloudWatch;
use super::place::{AgentsDir, LISTEN, SCHEDULER_ROOT, directory};
use super::store::{AccountingStore, Store};
use crate::http::front::{Front, PublicUrl};
use crate::provider::ports::PortRange;
use crate::slurm::settings::program::problem_on_host;

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
    pub cloudwatch: CloudWatch,
    #[command(flatten)]
    pub agents: AgentsDir,
    /// Directory of a file system that this host and the nodes mount at the same place, for --provider aws: what jobs write
    /// there is shown. May be given several times
    #[arg(long = "shared-dir", env = "OPENPCS_SHARED_DIRS", value_name = "DIR", value_delimiter = ':', value_parser = directory)]
    pub shared_dirs: Vec<PathBuf>,
    /// Directory of buckets: the script `s3://BUCKET/KEY` of a node or a cluster is DIR/BUCKET/KEY where DIR/BUCKET is
    /// there, and in S3 otherwise [default: `buckets` in the data directory]
    #[arg(long, env = "OPENPCS_BUCKETS_DIR", value_name = "DIR")]
    pub buckets_dir: Option<PathBuf>,
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
    /// Program of this host that sends the mail that jobs ask for, called as `FILE -s SUBJECT ADDRESS`, like /usr/bin/mail.
    /// Without it, `--mail-type` of sbatch sends nothing
    #[arg(long, env = "OPENPCS_MAIL_PROGRAM", value_name = "FILE")]
    pub mail_program: Option<PathBuf>,
    /// Days that the audit trail is kept, of which CloudTrail's own event history has 90; 0 keeps it for ever.
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
    #[arg(long, env = "OPENPCS_NOTIFY_LOOPBACK", value_parser = FalseyValueParser::new())]
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

    /// Refuses what is no program.
    pub fn check_mail_program(&self) -> anyhow::Result<()> {
        match self.mail_program.as_deref().and_then(problem_on_host) {
            Some(why) => anyhow::bail!("--mail-program {why}"),
            None => Ok(()),
        }
    }

    /// Below which buckets of this host are.
    pub fn buckets(&self) -> PathBuf {
        let own = || self.store.data_dir.join("buckets");
        self.buckets_dir.clone().unwrap_or_else(own)
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
    use super::*;

    #[test]
    fn account_and_region_are_checked() {
        assert!(account_id("111122223333").is_ok() && account_id("1").is_err());
        assert!(region("us-east-1").is_ok() && region("us east").is_err() && region("").is_err());
    }
}
