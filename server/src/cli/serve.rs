//! `openpcs serve`: the server, from its first log line to its last.

use std::io::{IsTerminal, Write};
use std::sync::Arc;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tracing_subscriber::EnvFilter;

use super::first_start::{FirstStart, ensure_admin};
use super::nodes_door::NodesDoor;
use crate::auth::credentials::DatabaseKeys;
use crate::auth::sigv4::Verifier;
use crate::config::{Config, LogFormat, Provider};
use crate::data_dir::DataDir;
use crate::http::connection::Limits;
use crate::http::proof::Prover;
use crate::http::serve::{bind, most_connections, serve, stop_signal};
use crate::http::{Doors, HttpState, agents};
use crate::live::last_lines::Tee;
use crate::plane::Plane;
use crate::provider::aws::Account;
use crate::service::people::People;
use crate::slurm::job_user::JobUser;

/// Each open page of the console holds one.
const OPEN_FILES: u64 = 65_536;

pub async fn run(mut config: Config) -> anyhow::Result<()> {
    config.check_listen()?;
    config.check_mail_program()?;
    config.accounting.storage()?;
    start_log(config.log_format);
    let account = match config.provider {
        Provider::Local => None,
        Provider::Aws => Some(Account::find().await?),
    };
    if let Some(account) = &account {
        // What is in ARNs is the account's own.
        (config.place.account_id, config.place.region) =
            (account.id.clone(), account.region.clone());
    }
    allow_open_files();
    let job_user = JobUser::find(config.job_user.as_deref()).map_err(anyhow::Error::msg)?;
    let mut stop = Box::pin(stop_signal()?);
    let db = super::store::serve(&config.store).await?;
    let data_dir = DataDir::open(&config.store.data_dir)?;
    let seal = Arc::new(super::store::seal(&db, &data_dir).await?);
    if let Some(kms_key) = &config.kms_key {
        super::data_key::wrap(&data_dir, kms_key).await?;
    }
    let people = People {
        db: db.clone(),
        arns: config.place.arns(),
    };
    let first_start = ensure_admin(&people, &seal, &config).await?;
    let listener = bind(config.listen).await?;
    let address = listener.local_addr()?;
    let keys = DatabaseKeys {
        db: db.clone(),
        seal: seal.clone(),
        arns: config.place.arns(),
    };
    let keys = Arc::new(keys);
    let verifier = Verifier::new(&config.place.region, keys.clone());
    let prover = Prover {
        seal: seal.clone(),
        keys,
    };
    let url = match &config.public_url {
        Some(url) => url.to_string(),
        None => format!("http://{address}"),
    };
    let nodes = NodesDoor::open(&config).await?;
    let for_nodes = account.zip(nodes.as_ref().map(NodesDoor::for_nodes));
    let (plane, socket) = tokio::select! {
        started = Plane::start(&config, job_user.clone(), db.clone(), seal, url, for_nodes) => started?,
        // It may wait for the process before it to end.
        () = &mut stop => return Ok(()),
    };
    let front = Arc::new(config.front());
    let state = HttpState {
        plane: plane.control_plane.clone(),
        hooks: plane.hooks.clone(),
        logins: plane.logins.clone(),
        readiness: plane.readiness.clone(),
        metrics: plane.metrics.clone(),
        diagnostics: plane.diagnostics.clone(),
        meter: plane.meter.clone(),
        recorder: plane.recorder.clone(),
        verifier: Arc::new(verifier),
        prover: Arc::new(prover),
        front: front.clone(),
    };
    let for_agents = Doors::for_agents(state.clone());
    let (dir, homes) = (config.store.data_dir.clone(), plane.homes.clone());
    let agents = tokio::spawn(agents::serve(socket, dir, homes, for_agents));
    let nodes = nodes.map(|door| tokio::spawn(door.serve(state.clone())));
    let console = plane.console(&config, front, address.port());
    let doors = Doors::new(state, Some(console));
    if let Some(first_start) = first_start {
        say_how_to_sign_in(&first_start);
    }
    say_who_runs_jobs(&job_user);
    say(&format!("openpcs ready on http://{address}"))?;
    let served = serve(listener, doors, most_connections(), Limits::default(), stop).await;
    agents.abort();
    if let Some(nodes) = nodes {
        nodes.abort();
    }
    plane.shutdown().await;
    db.close().await;
    served?;
    tracing::info!("stopped; clusters and their jobs go on without the server");
    Ok(())
}

/// Shells give 1,024 for the sake of programs that use `select(2)`, as far as the administrator allows more.
fn allow_open_files() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE).and_then(|(soft, hard)| {
        setrlimit(
            Resource::RLIMIT_NOFILE,
            OPEN_FILES.min(hard).max(soft),
            hard,
        )
    });
    if let Err(error) = raised {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
}

/// To standard output at once, for scripts that wait for the line.
fn say(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

fn say_how_to_sign_in(first: &FirstStart) {
    eprintln!(
        "First start. Console: sign in as admin, password in {}\n\
         API: export AWS_SHARED_CREDENTIALS_FILE={} AWS_PROFILE=openpcs",
        first.password_file.display(),
        first.credentials_file.display(),
    );
}

fn say_who_runs_jobs(user: &JobUser) {
    let (name, home) = (&user.name, user.home.display());
    if user.is_other {
        eprintln!("Jobs run as the user {name}, whose home is {home}.");
    } else {
        eprintln!(
            "Jobs run as {name}, the user of this server: whoever may submit a job can read and change all that {name} \
             can, but for the data directory. Start the server as root to give jobs a user of their own."
        );
    }
}

fn start_log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx::query=warn"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(|| Tee);
    match format {
        LogFormat::Pretty => log.init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
}
