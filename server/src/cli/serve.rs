//! `openpcs serve`: the server, from its first log line to its last.

use std::io::{IsTerminal, Write};
use std::sync::Arc;

use tracing_subscriber::EnvFilter;

use super::first_start::{FirstStart, ensure_admin};
use crate::auth::credentials::DatabaseKeys;
use crate::auth::seal::Seal;
use crate::auth::sigv4::Verifier;
use crate::config::{Config, LogFormat};
use crate::http::serve::{bind, serve, stop_signal};
use crate::http::{HttpState, router};
use crate::plane::Plane;

pub async fn run(config: Config) -> anyhow::Result<()> {
    start_log(config.log_format);
    let stop = stop_signal()?;
    let db = super::open(&config.store).await?;
    let seal = Arc::new(Seal::open_or_create(&config.store.data_dir)?);
    let first_start = ensure_admin(&db, &seal, &config).await?;
    let listener = bind(config.listen).await?;
    let address = listener.local_addr()?;
    let keys = DatabaseKeys {
        db: db.clone(),
        seal: seal.clone(),
        arns: config.place.arns(),
    };
    let verifier = Verifier::new(&config.place.region, Arc::new(keys));
    let plane = Plane::start(&config, db, seal, address).await?;
    let state = HttpState {
        plane: plane.control_plane.clone(),
        hooks: plane.hooks.clone(),
        logins: plane.logins.clone(),
        readiness: plane.readiness.clone(),
        verifier: Arc::new(verifier),
    };
    let router = router(state, Some(plane.console(&config)));
    if let Some(first_start) = first_start {
        say_how_to_sign_in(&first_start);
    }
    say(&format!("openpcs ready on http://{address}"))?;
    let served = serve(listener, router, stop).await;
    plane.shutdown().await;
    served?;
    tracing::info!("stopped; clusters and their jobs go on without the server");
    Ok(())
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

fn start_log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx::query=warn"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Pretty => log.init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
}
