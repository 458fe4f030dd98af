//! The role `trial`: lets Slurm's programs read a configuration that is not in force yet, and writes down what they make
//! of it.
//!
//! As the daemon of accounts, where there is a slurmdbd.conf, with a slurmdbd that gets as far as its database, of which a
//! trial has none; as controller, with a slurmctld of the trial's own (its ports and directories are in the trial's
//! slurm.conf); as the people's programs, which ask that slurmctld and load every plugin that they load for a real job; as
//! node, with the slurmd of a node of each group; and, where settings of the cluster or a group change, as job on each of
//! these nodes.
//! Nothing of it is seen outside the sandbox, and all of it ends with this process.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::init::Init;
use super::protocol::{SOCKET_VARIABLE, TrialFile, Verdict};
use super::{Result, context, read_json};
use crate::files;
use crate::layout::SLURMDBD_CONF;

/// How long a daemon may take to come up, and all the programs together to answer. Slurm itself gives a message 10 s.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long all of it may take; nodes that are not tried by then are taken as up.
const WHOLE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(3);
/// Lines of a program's words that are told.
const WORDS: usize = 4;
/// What the programs are asked. The test jobs never start; a queue is not named, for there may be none.
const PROGRAMS: [(&str, &[&str]); 4] = [
    ("scontrol", &["show", "config"]),
    ("squeue", &[]),
    ("sbatch", &["--test-only", "--wrap=true"]),
    ("srun", &["--test-only", "true"]),
];
/// How slurmdbd says that all is well but for its database (`accounting_storage_mysql.c`).
const NO_DATABASE: &str = "The database must be up";
/// How a program says that it works and that slurmctld does not want its test job, as where there is no queue yet.
const NO_JOB: &str = "allocation failure: ";
const NO_CONTROLLER: &str = "Unable to contact slurm controller";
/// The same of a job that should start, as srun and salloc say it.
const NO_ALLOCATION: [&str; 2] = [
    "Unable to allocate resources: ",
    "Job submit/allocate failed: ",
];

pub fn run(dir: &Path, data_dir: &Path) -> Result<()> {
    let init = Init::new(dir, data_dir, &[])?;
    init.listen_as_host()?;
    let trial = Trial {
        dir,
        file: read_json(&dir.join("trial.json"))?,
    };
    let verdict = serde_json::to_vec(&trial.verdict()?).map_err(|error| error.to_string())?;
    context(
        "write verdict.json",
        files::write(&dir.join("verdict.json"), &verdict, files::PLAIN),
    )
}

struct Trial<'a> {
    dir: &'a Path,
    file: TrialFile,
}

impl Trial<'_> {
    fn verdict(&self) -> Result<Verdict> {
        let deadline = Instant::now() + WHOLE;
        if let Some(refusal) = self.accounts()? {
            return Ok(Verdict {
                refusal: Some(refusal),
                complaints: vec![],
            });
        }
        let mut controller = self.controller()?;
        let mut refusal = match controller.wait_for("Running as primary controller")? {
            Some(status) => Some(controller.words(status)),
            None => self.ask()?,
        };
        // It may have died of what it was asked.
        if let Some(status) = controller.ended()? {
            refusal = Some(controller.words(status));
        }
        let complaints = controller.complaints();
        for node in &self.file.nodes {
            if refusal.is_some() || Instant::now() > deadline {
                break;
            }
            refusal = self.node(node)?;
        }
        Ok(Verdict {
            refusal,
            complaints,
        })
    }

    /// Why slurmdbd does not start with its file; none when it does, and where there is none.
    fn accounts(&self) -> Result<Option<String>> {
        if !self.dir.join(SLURMDBD_CONF).exists() {
            return Ok(None);
        }
        let mut command = self.command("sbin", "slurmdbd");
        command
            .arg("-D")
            // It looks for its file beside that one.
            .env("SLURM_CONF", self.conf())
            .env(SOCKET_VARIABLE, self.dir.join("no-database"));
        let mut slurmdbd = Daemon::start("slurmdbd", command, self.dir.join("slurmdbd.out"))?;
        if let Some(status) = slurmdbd.wait_for(NO_DATABASE)? {
            return Ok(Some(slurmdbd.words(status)));
        }
        slurmdbd.end()?;
        Ok(None)
    }

    fn controller(&self) -> Result<Daemon> {
        let mut command = self.command("sbin", "slurmctld");
        command
            .args(["-D", "-f"])
            .arg(self.conf())
            .env("SLURM_CONF", self.conf());
        Daemon::start("slurmctld", command, self.dir.join("slurmctld.out"))
    }

    /// Why a node with this configuration does not come up; none when it does.
    fn node(&self, name: &str) -> Result<Option<String>> {
        if self.file.queue.is_some() {
            // Asked before it starts: it is then what Slurm waits for.
            let power_up = format!("NodeName={name}");
            self.client("scontrol", &["update", &power_up, "State=POWER_UP"])?;
        }
        let mut command = self.command("sbin", "slurmd");
        // As nodes do: see `instance`.
        command
            .args(["-D", "-b", "-N", name, "--conf-server"])
            .arg(format!("127.0.0.1:{}", self.file.controller_port));
        let mut slurmd = Daemon::start("slurmd", command, self.dir.join("slurmd.out"))?;
        if let Some(status) = slurmd.wait_for("slurmd started on")? {
            return Ok(Some(slurmd.words(status)));
        }
        let refusal = match &self.file.queue {
            Some(queue) => self.job(name, queue)?,
            None => None,
        };
        slurmd.end()?;
        Ok(refusal)
    }

    /// Why the smallest of jobs does not work on a node that has just come up; none when it does, and when slurmctld does
    /// not want it, as where root may run no jobs.
    fn job(&self, node: &str, queue: &str) -> Result<Option<String>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let (_, sinfo) =
                self.client("sinfo", &["-h", "-p", queue, "-n", node, "-o", "%T %E"])?;
            let state = sinfo.trim();
            if state.starts_with("idle ") || Instant::now() > deadline {
                break;
            }
            if ["drain", "down ", "inval"]
                .iter()
                .any(|bad| state.starts_with(bad))
            {
                return Ok(Some(format!("the node comes up as {state}")));
            }
            std::thread::sleep(PAUSE);
        }
        let job = ["-N1", "-n1", "--mem=1", "-p", queue, "-w", node];
        let srun = [&["--immediate=2"][..], &job, &["true"]].concat();
        let refusal = self.allocation("srun", &srun)?;
        if refusal.is_some() || !self.file.interactive {
            return Ok(refusal);
        }
        // The shell that it starts is one that ends at once: see `command`.
        self.allocation("salloc", &[&["--immediate=2"][..], &job].concat())
    }

    /// Why a program that starts a job does not work; none too when slurmctld does not want the job, and when it takes
    /// long, as a program that waits for somebody's words does.
    fn allocation(&self, program: &'static str, arguments: &[&str]) -> Result<Option<String>> {
        let (status, output) = self.client(program, arguments)?;
        let is_unwanted = NO_ALLOCATION.iter().any(|words| output.contains(words));
        let works = is_unwanted || status.is_none_or(|status| status.success());
        Ok((!works).then(|| format!("{program}: {}", reasons(program, &output))))
    }

    /// Runs one of the people's programs to its end, if it comes in time; what it prints.
    fn client(
        &self,
        program: &'static str,
        arguments: &[&str],
    ) -> Result<(Option<ExitStatus>, String)> {
        let mut command = self.command("bin", program);
        command.args(arguments).env("SLURM_CONF", self.conf());
        let mut running = Daemon::start(program, command, self.dir.join(format!("{program}.out")))?;
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            match running.ended()? {
                None if Instant::now() < deadline => std::thread::sleep(PAUSE),
                status => break status,
            }
        };
        Ok((status, running.output()))
    }

    /// Asks with all the programs at once; what the first that cannot work says.
    fn ask(&self) -> Result<Option<String>> {
        let mut running = vec![];
        for (program, arguments) in PROGRAMS {
            let mut command = self.command("bin", program);
            command.args(arguments).env("SLURM_CONF", self.conf());
            let out = self.dir.join(format!("{program}.out"));
            running.push(Daemon::start(program, command, out)?);
        }
        let deadline = Instant::now() + PATIENCE;
        for mut program in running {
            let status = loop {
                match program.ended()? {
                    Some(status) => break status,
                    None if Instant::now() > deadline => {
                        let name = program.name;
                        let seconds = PATIENCE.as_secs();
                        return Ok(Some(format!("{name}: no answer within {seconds} s")));
                    }
                    None => std::thread::sleep(PAUSE),
                }
            };
            let output = program.output();
            let works = output.contains(NO_JOB) && !output.contains(NO_CONTROLLER);
            if !status.success() && !works {
                return Ok(Some(program.words(status)));
            }
        }
        Ok(None)
    }

    fn command(&self, directory: &str, program: &str) -> Command {
        let mut command = Command::new(self.file.slurm_prefix.join(directory).join(program));
        command
            .env("SLURM_SACK_KEY", self.dir.join("slurm.key"))
            // salloc finds srun there.
            .env("PATH", self.search_path())
            .env_remove("SLURM_CONF")
            // What salloc's step starts for people, which nobody is here to talk to.
            .env("SHELL", "/bin/true")
            .stdin(Stdio::null());
        command
    }

    fn search_path(&self) -> OsString {
        let mut path = self.file.slurm_prefix.join("bin").into_os_string();
        if let Some(own) = std::env::var_os("PATH") {
            path.push(":");
            path.push(own);
        }
        path
    }

    fn conf(&self) -> PathBuf {
        self.dir.join("slurm.conf")
    }
}

/// A program of Slurm's and the file of all that it prints.
struct Daemon {
    name: &'static str,
    child: Child,
    out: PathBuf,
}

impl Daemon {
    fn start(name: &'static str, mut command: Command, out: PathBuf) -> Result<Self> {
        let file = context("write what Slurm says", File::create(&out))?;
        let copy = context("write what Slurm says", file.try_clone())?;
        let child = context(
            "start Slurm's programs",
            command.stdout(file).stderr(copy).spawn(),
        )?;
        Ok(Self { name, child, out })
    }

    fn ended(&mut self) -> Result<Option<ExitStatus>> {
        context("watch Slurm's programs", self.child.try_wait())
    }

    fn end(mut self) -> Result<()> {
        context("end Slurm's programs", self.child.kill())?;
        context("end Slurm's programs", self.child.wait()).map(drop)
    }

    /// Waits until it says this; its status if it ended instead. One that lives and says something else, as another
    /// version may, counts as up after a while.
    fn wait_for(&mut self, words: &str) -> Result<Option<ExitStatus>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.ended()? {
                return Ok(Some(status));
            }
            if self.output().contains(words) || Instant::now() > deadline {
                return Ok(None);
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn output(&self) -> String {
        let mut bytes = Vec::new();
        // What cannot be read was not said; the exit status still tells.
        let _ = File::open(&self.out).and_then(|mut file| file.read_to_end(&mut bytes));
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Why it ended, as it says itself: the last fatal line and the errors before it.
    fn words(&self, status: ExitStatus) -> String {
        let name = self.name;
        let output = self.output();
        let lines = complaints(name, &output);
        match lines.get(lines.len().saturating_sub(WORDS)..) {
            Some(words) if !words.is_empty() => format!("{name}: {}", words.join(" | ")),
            _ => match status.signal() {
                Some(signal) => format!("{name} dies of signal {signal} with it"),
                None => format!("{name} ends with {status}"),
            },
        }
    }

    fn complaints(&self) -> Vec<String> {
        complaints(self.name, &self.output())
    }
}

/// Why a program that starts a job did not. Of options that it does not know, and of what a step's program says as it
/// dies, it prints no errors.
fn reasons(program: &str, output: &str) -> String {
    let mut found = complaints(program, output);
    if program == "salloc" {
        // Which starts the other, for the step.
        found.extend(complaints("srun", output));
    }
    if found.is_empty() {
        let lines = output.lines().filter(|line| !line.starts_with("salloc: "));
        found.extend(lines.take(WORDS).map(str::to_owned));
    }
    found.join(" | ")
}

/// The errors that a program printed, each once, without what every fresh slurmctld says.
fn complaints(program: &str, output: &str) -> Vec<String> {
    const ALWAYS: [&str; 4] = [
        "default partition not set",
        "state file",
        "NOTE: Trying backup",
        "please ignore error",
    ];
    let mut found: Vec<String> = vec![];
    for line in output.lines() {
        let words = line.strip_prefix(program).unwrap_or(line);
        let words = words.trim_start_matches(": ");
        let is_one = words.starts_with("error: ") || words.starts_with("fatal: ");
        let is_news = !ALWAYS.iter().any(|always| words.contains(always));
        if is_one && is_news && !found.iter().any(|known| known == words) {
            found.push(words.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_a_job_of_sallocs_does_not_start_is_found_in_what_it_prints() {
        let granted = "salloc: Granted job allocation 1\n";
        for (output, words) in [
            (
                "srun: unrecognized option '--bogus'\nTry \"srun --help\" for more information\n",
                "srun: unrecognized option '--bogus' | Try \"srun --help\" for more information",
            ),
            (
                "srun: fatal: No command given to execute.\n",
                "fatal: No command given to execute.",
            ),
            ("salloc: error: Something\n", "error: Something"),
        ] {
            let output = format!("{granted}{output}salloc: Relinquishing job allocation 1\n");
            assert_eq!(reasons("salloc", &output), words);
        }
    }

    #[test]
    fn what_every_controller_says_is_no_complaint() {
        let output = "slurmctld: slurmctld version 24.11.5 started\n\
            slurmctld: error: read_slurm_conf: default partition not set.\n\
            slurmctld: error: Could not open job state file /t/job_state: No such file or directory\n\
            slurmctld: error: NOTE: Trying backup state save file. Jobs may be lost!\n\
            slurmctld: error: Invalid SchedulerParameters bf_interval: -5\n\
            slurmctld: error: Invalid SchedulerParameters bf_interval: -5\n\
            slurmctld: fatal: no more\n";
        assert_eq!(
            complaints("slurmctld", output),
            [
                "error: Invalid SchedulerParameters bf_interval: -5",
                "fatal: no more"
            ]
        );
    }
}
