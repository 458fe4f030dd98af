//! `openpcs connect`: asks the server where the cluster's login node is, and becomes a command on it.

use std::ffi::OsString;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use chrono::Utc;
use http::Request;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::credentials_file::{PROFILE, Profile};
use crate::auth::sigv4::sign::Signer;
use crate::config::{Connect, default_data_dir};
use crate::http::port::LoginTarget;
use crate::sandbox::Sandbox;

const TIMEOUT: Duration = Duration::from_secs(30);

/// Returns only if it cannot: on success this process is the command, and its exit status is the command's.
pub fn run(connect: &Connect) -> anyhow::Result<()> {
    let profile = credentials(connect)?;
    let signer = Signer {
        region: connect
            .region
            .clone()
            .or(profile.region)
            .unwrap_or_else(|| "us-east-1".into()),
        access_key_id: profile.access_key_id,
        secret: profile.secret,
    };
    let target = login_target(&connect.endpoint, &connect.cluster, &signer)?;
    let mut command = command(&target, &connect.command)?;
    let cause = command.exec();
    Err(anyhow!(cause).context(format!(
        "{} cannot be started",
        command.get_program().to_string_lossy()
    )))
}

/// `nsenter … COMMAND`, with the cluster's Slurm first on PATH.
fn command(target: &LoginTarget, wanted: &[String]) -> anyhow::Result<Command> {
    let cwd = std::env::current_dir().unwrap_or_else(|_| "/".into());
    let enter = Sandbox::new(&target.sandbox_dir)
        .login(&cwd)
        .context("the login node cannot be entered; `connect` works on the server's host, as the server's user")?
        .context("the login node is not running now; wait until the cluster's nodes are up and try again")?;
    let shell = || std::env::var_os("SHELL").unwrap_or_else(|| "/bin/sh".into());
    let mut words = enter.into_iter().chain(if wanted.is_empty() {
        vec![shell()]
    } else {
        wanted.iter().map(OsString::from).collect()
    });
    let program = words.next().context("there is no command to run")?;
    let mut command = Command::new(program);
    command.args(words).env("PATH", path(&target.slurm_prefix)?);
    match &target.slurm_conf {
        Some(file) => command.env("SLURM_CONF", file),
        None => command.env_remove("SLURM_CONF"),
    };
    Ok(command)
}

fn path(slurm_prefix: &Path) -> anyhow::Result<OsString> {
    let inherited = std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into());
    let own = [slurm_prefix.join("bin"), slurm_prefix.join("sbin")];
    let all = own.into_iter().chain(std::env::split_paths(&inherited));
    std::env::join_paths(all).context("PATH cannot be made")
}

/// Asks the server, which checks the caller's rights and knows the cluster's name.
fn login_target(endpoint: &str, cluster: &str, signer: &Signer) -> anyhow::Result<LoginTarget> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if cluster.is_empty() || !cluster.chars().all(allowed) {
        bail!(
            "{cluster:?} is neither a cluster's name nor its id; `aws pcs list-clusters` shows them"
        );
    }
    let address = format!(
        "{}/openpcs/v1/clusters/{cluster}/login",
        endpoint.trim_end_matches('/')
    );
    let mut request = Request::get(&address)
        .body(())
        .with_context(|| {
            format!("{endpoint} is no address of a server; it is like http://127.0.0.1:8765")
        })?
        .map(|()| "");
    signer.sign(&mut request, Utc::now())?;
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .http_status_as_error(false)
        .build()
        .into();
    let mut response = agent
        .run(request.map(|_| ()))
        .with_context(|| format!("no server answers at {endpoint}; is `openpcs serve` running?"))?;
    if response.status().is_success() {
        return response
            .body_mut()
            .read_json()
            .context("the server's answer is not understood; is it of the same version?");
    }
    let status = response.status();
    match response.body_mut().read_json::<Refused>() {
        Ok(refused) => bail!("{}", refused.message),
        Err(_) => bail!("the server at {endpoint} answered {status}; is it an OpenPCS server?"),
    }
}

#[derive(Deserialize)]
struct Refused {
    message: String,
}

/// The first of: the named data directory, the AWS variables, the default data directory, the AWS credentials file.
fn credentials(connect: &Connect) -> anyhow::Result<Profile> {
    if let Some(dir) = &connect.data_dir {
        let file = dir.join("credentials");
        return from_file(&file, PROFILE).with_context(|| {
            format!(
                "{} has no profile [{PROFILE}] that you may read",
                file.display()
            )
        });
    }
    let set = |name| std::env::var(name).ok().filter(|v| !v.is_empty());
    if let (Some(access_key_id), Some(secret)) =
        (set("AWS_ACCESS_KEY_ID"), set("AWS_SECRET_ACCESS_KEY"))
    {
        return Ok(Profile {
            access_key_id,
            secret: Zeroizing::new(secret),
            region: set("AWS_DEFAULT_REGION"),
        });
    }
    let shared = set("AWS_SHARED_CREDENTIALS_FILE")
        .map(PathBuf::from)
        .or_else(|| set("HOME").map(|home| Path::new(&home).join(".aws/credentials")));
    let name = set("AWS_PROFILE").unwrap_or_else(|| PROFILE.into());
    from_file(&default_data_dir().join("credentials"), PROFILE)
        .or_else(|| from_file(&shared?, &name))
        .context(
            "there are no credentials: name the server's data directory with --data-dir, or set AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY to a key of `openpcs key create`",
        )
}

fn from_file(file: &Path, profile: &str) -> Option<Profile> {
    let text = Zeroizing::new(fs::read_to_string(file).ok()?);
    Profile::find(&text, profile)
}
