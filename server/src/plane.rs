//! Assembly and shutdown: every part is made here, once, and handed to those that need it.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use app::model::catalogue::SlurmVersion;
use app::port::{ControlPlane, Watched};
use async_trait::async_trait;
use axum::Router;
use openpcs_provider::Provider;
use openpcs_provider::lease::Beat;
use serde_json::json;
use tokio::net::UnixListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use crate::auth::private_file;
use crate::auth::seal::Seal;
use crate::auth::users::DatabaseUsers;
use crate::config::Config;
use crate::data_dir::DataDir;
use crate::data_dir::lock::Lock;
use crate::db::audit::record::Record;
use crate::db::names::Known;
use crate::db::server::ServerRow;
use crate::db::{Db, audit, change, now};
use crate::http::agents;
use crate::http::console::{self, ConsoleState};
use crate::http::front::Front;
use crate::live::gate::Gates;
use crate::live::homes::Homes;
use crate::live::host;
use crate::live::meter::Meter;
use crate::live::observed::Observed;
use crate::live::pulse::Pulse;
use crate::live::reach::Reach;
use crate::live::status::Statuses;
use crate::live::wake::Wakers;
use crate::logs::stores::Stores;
use crate::notify::guard::Guard;
use crate::parts::Parts;
use crate::provider::aws::{Account, Host};
use crate::provider::buckets::Buckets;
use crate::provider::fault::Faulty;
use crate::provider::local::Local;
use crate::provider::script::Scripts;
use crate::random;
use crate::reconcile::beat::Speaker;
use crate::reconcile::driver;
use crate::service::Service;
use crate::service::audit::Recorder;
use crate::service::change::Changes;
use crate::service::doors::{Diagnostics, Hooks, Logins, Metrics, Outputs, Readiness};
use crate::service::follow::ServerOutputs;
use crate::service::for_nodes::ForNodes;
use crate::service::metrics::ServerMetrics;
use crate::service::system::Itself;
use crate::slurm::catalogue;
use crate::slurm::controller_host::ControllerHost;
use crate::slurm::database::Database;
use crate::slurm::job_user::JobUser;

/// How long the reconcilers may take to end: they are idempotent, so no run needs to finish.
const SHUTDOWN: Duration = Duration::from_secs(2);
/// Of the token for metrics: 256 bits.
const TOKEN_BYTES: usize = 32;

/// A running control plane.
pub struct Plane {
    pub control_plane: Arc<dyn ControlPlane>,
    pub hooks: Arc<dyn Hooks>,
    pub logins: Arc<dyn Logins>,
    pub outputs: Arc<dyn Outputs>,
    pub readiness: Arc<dyn Readiness>,
    pub metrics: Arc<dyn Metrics>,
    pub diagnostics: Arc<dyn Diagnostics>,
    pub meter: Meter,
    pub db: Db,
    pub homes: Homes,
    pub recorder: Recorder,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    speaker: Speaker,
    _lock: Lock,
}

impl Plane {
    /// The plane of a server that people reach at that URL, and the socket at which its agents call.
    pub async fn start(
        config: &Config,
        job_user: JobUser,
        db: Db,
        seal: Arc<Seal>,
        url: String,
        nodes: Option<(Account, ForNodes)>,
    ) -> anyhow::Result<(Self, UnixListener)> {
        let data_dir = &config.store.data_dir;
        let lock = Lock::take(data_dir)?;
        let server = ServerRow {
            id: DataDir::at(data_dir).make_server_id()?,
            url,
            host: nix::unistd::gethostname()?.to_string_lossy().into_owned(),
            process: lock.process.clone(),
        };
        let speaker = Speaker {
            db: db.clone(),
            me: server,
            gone: lock.gone(),
            beat: Beat::default(),
        };
        // Before anything of another process is touched.
        speaker.begin().await?;
        let socket = agents::bind(data_dir)
            .context("the socket of the agents cannot be made in the data directory")?;
        if let Some((_, nodes)) = &nodes {
            tracing::info!(endpoint = nodes.endpoint, "nodes call here");
        }
        let token = metrics_token(data_dir)?;
        let meter = Meter::default();
        let for_nodes = nodes.as_ref().map(|(_, nodes)| nodes.clone());
        let provider = provider(config, &db, nodes)?;
        let parts = parts(config, provider, job_user, seal, &speaker, &meter)?;
        // Before this server records anything, so that the trail is in the order of time.
        if let Err(error) = audit::adopt(&db, audit::kept_since(config.audit_days)).await {
            tracing::warn!(%error, "old rows of the audit trail are taken into its chain later");
        }
        let (recorder, writer) = Recorder::start(db.clone());
        recorder.record(of_server("ServerStarts", &speaker.me));
        let (pulse, reach) = (Pulse::default(), Reach::new(db.clone()));
        let service = Service {
            parts: parts.clone(),
            submissions: Default::default(),
            names: Default::default(),
            recorder: recorder.clone(),
            itself: Arc::new(Itself {
                started_at: now(),
                database: config.store.database_url()?.parse()?,
                options: config.told(),
                scheduler_root: config.scheduler_root.clone(),
                meter: meter.clone(),
                pulse: pulse.clone(),
                reach: reach.clone(),
                versions: Default::default(),
                for_nodes,
                account: Default::default(),
            }),
        };
        let (stop, stopped) = watch::channel(false);
        let beat = speaker.beat.clone();
        let driver = tokio::spawn(driver::run(parts.clone(), beat, stopped));
        let word = tokio::spawn(speaker.clone().go_on(pulse.clone()));
        let tail = tokio::spawn(change::tail(db.clone()));
        let network = tokio::spawn(service.clone().warn_of_account());
        let plane = Self {
            control_plane: Arc::new(Watched {
                plane: Arc::new(service.clone()),
                watcher: recorder.clone(),
            }),
            outputs: Arc::new(ServerOutputs::new(service.clone())),
            metrics: Arc::new(ServerMetrics::new(
                service.clone(),
                token,
                config.is_for_this_host(),
            )),
            meter,
            homes: parts.homes,
            logins: Arc::new(service.clone()),
            diagnostics: Arc::new(service.clone()),
            hooks: Arc::new(service),
            readiness: Arc::new(ServerReadiness {
                reach,
                pulse,
                driver: driver.abort_handle(),
            }),
            db,
            stop,
            recorder,
            tasks: vec![driver, word, tail, network, writer],
            speaker,
            _lock: lock,
        };
        Ok((plane, socket))
    }

    /// The console's routes, on a server that listens on that port.
    pub fn console(&self, config: &Config, front: Arc<Front>, port: u16) -> Router {
        console::router(ConsoleState {
            plane: self.control_plane.clone(),
            passwords: Arc::new(DatabaseUsers {
                db: self.db.clone(),
            }),
            outputs: self.outputs.clone(),
            diagnostics: self.diagnostics.clone(),
            changes: Changes::follow(self.db.changes(), config.place.arns()),
            db: self.db.clone(),
            shutdown: self.stop.subscribe(),
            site: config.site(),
            arns: config.place.arns(),
            front,
            port,
            recorder: self.recorder.clone(),
        })
    }

    /// Ends the reconcilers. Clusters and nodes go on: they do not need the server to run jobs.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        if let Some(driver) = self.tasks.first_mut() {
            // Aborted below if it takes too long.
            let _ = tokio::time::timeout(SHUTDOWN, driver).await;
        }
        let stops = of_server("ServerStops", &self.speaker.me);
        self.recorder.record(stops);
        self.recorder.stop(SHUTDOWN).await;
        for task in &self.tasks {
            task.abort();
        }
        // No word may come after the last one.
        let going = self.tasks.iter_mut().filter(|task| !task.is_finished());
        let ended = futures::future::join_all(going);
        let _ = tokio::time::timeout(SHUTDOWN, ended).await;
        self.speaker.end().await;
    }
}

/// Two starts of a server without a stop between them say that it crashed, and that the trail may lack what was read then.
fn of_server(event: &str, server: &ServerRow) -> Record {
    let details =
        json!({"server": server.id, "host": server.host, "version": env!("CARGO_PKG_VERSION")});
    Record::of_service(event.into(), "", details)
}

/// Where instances come from, as it is asked for.
fn provider(
    config: &Config,
    db: &Db,
    nodes: Option<(Account, ForNodes)>,
) -> anyhow::Result<Arc<dyn Provider>> {
    let (data_dir, agent) = (&config.store.data_dir, agent_path()?);
    let versions = catalogue::versions(&config.scheduler_root);
    check_host(&config.scheduler_root, &versions, &agent)?;
    catalogue::check_dates(&config.scheduler_root)?;
    check_in_sight(data_dir, [&config.scheduler_root, &agent])?;
    let provider: Arc<dyn Provider> = match nodes {
        None => Arc::new(Local::new(
            data_dir,
            &config.scheduler_root,
            &agent,
            agents_endpoint(data_dir),
            versions,
        )?),
        Some((account, nodes)) => account.provider(Host {
            slurm_versions: versions,
            endpoint: nodes.endpoint,
            agents: nodes.agents,
            names: Arc::new(Known(db.clone())),
            keeps_keys: !config.no_secrets_manager,
            metrics_namespace: config.cloudwatch.namespace().map(str::to_owned),
        }),
    };
    Ok(match &config.faults {
        Some(file) => Arc::new(Faulty::new(provider, file.clone())),
        None => provider,
    })
}

/// Where agents of this host call.
fn agents_endpoint(data_dir: &Path) -> String {
    format!("unix:{}", agents::socket_file(data_dir).display())
}

fn parts(
    config: &Config,
    provider: Arc<dyn Provider>,
    job_user: JobUser,
    seal: Arc<Seal>,
    speaker: &Speaker,
    meter: &Meter,
) -> anyhow::Result<Parts> {
    let data_dir = &config.store.data_dir;
    let db = speaker.db.clone();
    let beat = (!db.has_one_server()).then(|| speaker.beat.clone());
    Ok(Parts {
        arns: config.place.arns(),
        provider,
        controllers: ControllerHost::new(data_dir, &config.scheduler_root, agent_path()?)
            .with_mail_program(config.mail_program.clone()),
        logs: Stores::below(data_dir),
        delivering: Default::default(),
        database: accounting_database(config)?,
        job_user,
        seal,
        observed: Observed::new(db.changes()),
        wakers: Wakers::default(),
        gates: Gates::default(),
        statuses: Statuses::new(meter.clone()),
        homes: Homes::new(beat),
        address: config.advertise.unwrap_or(Ipv4Addr::LOCALHOST.into()),
        ports: config.ports,
        audit_days: config.audit_days,
        metrics_every: Duration::from_secs(config.metrics_seconds.into()),
        server: speaker.me.clone(),
        endpoint: agents_endpoint(data_dir),
        guard: Guard {
            allow_loopback: config.notify_loopback,
        },
        shared_dirs: config.shared_dirs.clone(),
        scripts: Scripts::new(Buckets::below(config.buckets())),
        db,
    })
}

/// Where accounts are kept. One that was given may come up later.
fn accounting_database(config: &Config) -> anyhow::Result<Database> {
    let data_dir = &config.store.data_dir;
    Ok(match config.accounting.storage()? {
        None => Database::private(data_dir, &agent_path()?, host::own_user()?),
        Some(storage) => {
            tracing::info!(database = %storage, "accounts are kept there");
            Database::given(data_dir, storage)
        }
    })
}

/// Says at start what would fail later: no Slurm, no namespaces.
fn check_host(
    scheduler_root: &Path,
    versions: &[SlurmVersion],
    agent: &Path,
) -> anyhow::Result<()> {
    if !versions.iter().any(|v| v.installed) {
        anyhow::bail!(
            "There is no Slurm under {}. Run `make setup`, or name the directory that has slurm-MAJOR directories \
             with --scheduler-root.",
            scheduler_root.display()
        );
    }
    let lacks_library =
        |v: &&SlurmVersion| v.installed && catalogue::library(scheduler_root, &v.id).is_none();
    for version in versions.iter().filter(lacks_library) {
        tracing::warn!(
            version = version.id,
            "jobs on nodes that are up start slower than they could with this Slurm: slurmctld loads nothing to let \
             them pass. `make setup` makes that for 23.11 to 24.11"
        );
    }
    crate::sandbox::probe(agent).map_err(anyhow::Error::msg)
}

/// Clusters and nodes do not see the data directory.
fn check_in_sight(data_dir: &Path, needed: [&Path; 2]) -> anyhow::Result<()> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.into());
    let is_hidden =
        |path: &&Path| path.starts_with(data_dir) || real(path).starts_with(real(data_dir));
    match needed.into_iter().find(is_hidden) {
        Some(path) => anyhow::bail!(
            "{} is in the data directory {}, which nodes do not see. Choose another --data-dir.",
            path.display(),
            data_dir.display()
        ),
        None => Ok(()),
    }
}

/// `openpcs-agent` stands beside the server's own program.
fn agent_path() -> anyhow::Result<PathBuf> {
    let path = std::env::current_exe()
        .context("the server cannot find its own program")?
        .with_file_name("openpcs-agent");
    anyhow::ensure!(
        path.is_file(),
        "{} is missing: it belongs beside the server's program. Build it with `cargo build -p openpcs-agent`, or \
         install both programs together.",
        path.display()
    );
    Ok(path)
}

/// What programs that read `/metrics` from other hosts show; made at the first start. To have another one, remove the file
/// and restart the server.
fn metrics_token(data_dir: &Path) -> anyhow::Result<Zeroizing<String>> {
    let file = data_dir.join("metrics-token");
    let made = || Zeroizing::new(format!("{}\n", random::random_hex(TOKEN_BYTES)).into_bytes());
    let text = private_file::read_or_create(&file, made)?;
    let token = std::str::from_utf8(&text).map_or("", str::trim);
    anyhow::ensure!(
        token.len() >= TOKEN_BYTES,
        "{} holds no token: remove the file and start again",
        file.display()
    );
    Ok(Zeroizing::new(token.to_owned()))
}

struct ServerReadiness {
    reach: Reach,
    pulse: Pulse,
    driver: tokio::task::AbortHandle,
}

/// Strangers may ask: nothing is written for them, and no cause is told.
#[async_trait]
impl Readiness for ServerReadiness {
    async fn ready(&self) -> Result<(), String> {
        if self.driver.is_finished() {
            return Err("The reconcilers have ended. Restart the server.".into());
        }
        if self.reach.answer().await.is_none() {
            return Err("The database does not answer. The server's log has the cause.".into());
        }
        if !self.pulse.is_fresh() {
            return Err("The database takes no writes. The server's log has the cause.".into());
        }
        Ok(())
    }
}
