//! The role `controller`: keeps one cluster's slurmctld running, with its state, whatever becomes of the server.
//!
//! slurmctld runs daemonised. In the foreground `scontrol reconfigure` replaces the process in place, and a bad
//! configuration ends it; daemonised it starts its successor first and lives on when that fails. So the process changes,
//! and its pid file lags behind: what counts is whether any process of that name is left in the sandbox.

use std::path::Path;
use std::time::{Duration, Instant};

use super::init::Init;
use super::protocol::{ControllerFile, SLURMCTLD_IS_GONE};
use super::state::ControllerState;
use super::{Result, context, read_json, rotate, say, slurm_daemon};
use crate::{configuration, layout};

/// A slurmctld that lived so long did not fail at its start.
const STEADY: Duration = Duration::from_secs(10);
/// How `Init::next_death` tells that a process ended by itself and in order.
const CLEAN_END: &str = "exit status 0";
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

pub fn run(dir: &Path, data_dir: &Path) -> Result<()> {
    let init = Init::new(dir, data_dir, &[])?;
    init.listen_as_host()?;
    init.know_nodes(&layout::names_file(dir))?;
    rotate::start(dir);
    context(
        "publish slurm.conf",
        configuration::publish(Path::new("/"), dir),
    )?;
    let mut pause = FIRST_PAUSE;
    while !init.stopping() {
        let started = Instant::now();
        let end = serve(&init, dir);
        say(&format!(
            "{SLURMCTLD_IS_GONE}: {}",
            end.unwrap_or_else(|message| message)
        ));
        if started.elapsed() >= STEADY {
            pause = FIRST_PAUSE;
            continue;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    Ok(())
}

/// Runs slurmctld and its successors to the end of the last one and says how that was.
fn serve(init: &Init, dir: &Path) -> Result<String> {
    let file: ControllerFile = read_json(&dir.join("controller.json"))?;
    context("put back slurm.conf", configuration::put_back_accepted(dir))?;
    let conf = dir.join("slurm.conf");
    let mut command = slurm_daemon(&file.slurm_prefix, "slurmctld");
    command
        .arg("-f")
        .arg(&conf)
        .arg("-L")
        .arg(dir.join("slurmctld.log"))
        .env("SLURM_CONF", &conf)
        .env("SLURM_SACK_KEY", dir.join("slurm.key"));
    if let Some(library) = &file.library {
        command
            .env("LD_PRELOAD", library)
            .env("OPENPCS_CONTROLLER", dir);
    }
    let state = ControllerState::new(dir);
    let now = chrono::Utc::now().timestamp_millis();
    context("note what is left", state.before_start(now))?;
    say("starting slurmctld");
    context("start slurmctld", command.spawn())?;
    while let Some((_, status)) = init.next_death() {
        if !runs("slurmctld") {
            if status == CLEAN_END {
                context("note the orderly end", state.after_clean_end())?;
            }
            return Ok(status);
        }
    }
    Ok("no process is left".into())
}

/// Whether a process of this name is in the sandbox. One that has ended counts until its death was taken: the list of
/// processes is read before each of them, so a daemon may have started its successor in between and ended, and only a
/// look after that death is sure to see the successor.
fn runs(name: &str) -> bool {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return false;
    };
    entries.flatten().any(|entry| {
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // `PID (NAME) STATE …`; a zombie is dead.
        let Some((head, _)) = stat.rsplit_once(") ") else {
            return false;
        };
        head.split_once('(').is_some_and(|(_, comm)| comm == name)
    })
}
