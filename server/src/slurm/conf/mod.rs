//! Renders Slurm's files for a cluster: slurm.conf, cgroup.conf, gres.conf and the topology. Pure; nothing is read or
//! written here.
//!
//! The values that are not obvious were measured; each says why. All that people typed goes through
//! [`settings::accepted`] once more, so that nothing but a catalogued name with a fitting value ever reaches a file
//! (S7), whatever is in the database.

mod audit;
mod gres;
mod hardware;
pub mod job_submit;
mod line;
mod scheduling;
pub mod slurmdbd;
pub mod slurmrestd;
mod smallest_job;
mod topology;
mod topology_tree;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use app::model::cluster::{CgroupCustomSetting, Size};
use app::model::node_name::node_names;
use app::model::setting::SlurmCustomSetting;
use openpcs_agent::configuration::Files;
use openpcs_agent::mail::MAIL;
use openpcs_provider::NetworkPlace;

use super::hostlist;
use super::settings::{self, Kind, NameAndValue, Scope, communication, program};
pub use hardware::Hardware;
use job_submit::JobSubmitInput;
use line::Line;
use scheduling::{controller_parameters, scheduler_parameters, scheduling};
pub use smallest_job::shut_queues;
use topology::Topology;
pub use topology::is_wanted as has_topology;

/// How long an ended job can be asked for unless it was set, in seconds: programs that wait for jobs with `squeue` need
/// some minutes.
pub const MIN_JOB_AGE: i64 = 300;

/// All that the files depend on. Directories and files are the caller's; node file names hold `%n`, which Slurm
/// replaces by the node's name.
#[derive(Clone, Debug)]
pub struct ConfInput {
    pub cluster_name: String,
    /// Slurm's major version, as `24.11`.
    pub version: String,
    pub size: Size,
    /// The host's own short name: slurmctld refuses to start under another.
    pub host: String,
    /// Where slurmctld listens.
    pub controller_address: IpAddr,
    pub slurmctld_port: u16,
    /// Where all nodes are; none: each at an address of its own, which it has when it registers.
    pub node_address: Option<IpAddr>,
    /// Where slurmdbd listens; none without accounting.
    pub slurmdbd_port: Option<u16>,
    /// The file of the key that signs tokens; none without the REST API.
    pub jwt_key: Option<PathBuf>,
    /// The site's script for the programs that submit jobs; empty: none.
    pub cli_filter: String,
    /// What is asked of each job; none where nothing is.
    pub job_submit: Option<JobSubmitInput>,
    /// The user that all daemons run as.
    pub user: String,
    pub state_directory: PathBuf,
    pub slurmctld_log_file: PathBuf,
    /// Whether slurmctld is to say who calls what.
    pub is_audited: bool,
    /// A line for each job that has ended.
    pub jobcomp_file: PathBuf,
    pub slurmctld_pid_file: PathBuf,
    pub slurmd_spool_directory: PathBuf,
    pub slurmd_log_file: PathBuf,
    pub slurmd_pid_file: PathBuf,
    /// Holds the programs `resume`, `suspend` and `prolog`, and `mail` where mail is sent.
    pub program_directory: PathBuf,
    /// Whether what jobs ask for by mail is sent.
    pub sends_mail: bool,
    /// Holds [`Files::gpu_devices`] symbolic links `gpu0`, `gpu1`, … to `/dev/null`: a GPU must have a device file
    /// of its own, else slurmd leaves it out and the node is invalid. None where nodes are machines, which have theirs.
    pub gpu_directory: Option<PathBuf>,
    /// How long a node may idle before Slurm suspends it.
    pub idle_seconds: u32,
    /// How long a node may take from launch to registration.
    pub resume_timeout_seconds: u16,
    /// How long a suspended node stays unusable: as long as its instance may still be there. Slurm adds up to a
    /// second. For processes on this host, which end at once, 1.
    pub suspend_timeout_seconds: u16,
    /// What starts a node's host anew; none where that host is also this server's. Without arguments: slurmd drops them.
    pub reboot_program: Option<&'static str>,
    pub settings: Vec<SlurmCustomSetting>,
    /// Those values of the settings that are directories of programs.
    pub program_directories: BTreeSet<String>,
    pub cgroup_settings: Vec<CgroupCustomSetting>,
    pub groups: Vec<GroupConf>,
    pub queues: Vec<QueueConf>,
    /// Where in the provider's network nodes are, by their names, as far as it is known.
    pub places: BTreeMap<String, NetworkPlace>,
}

impl ConfInput {
    /// Whether jobs run in cgroups: once something is asked of them. Then a node whose host has none does not come up, and
    /// so nobody gets them unasked.
    fn has_cgroups(&self) -> bool {
        !self.cgroup_settings.is_empty()
    }
}

/// A compute node group.
#[derive(Clone, Debug, Default)]
pub struct GroupConf {
    pub name: String,
    /// A port for each node, in the order of the nodes: `GROUP-1` has the first. Their number is the group's maximum.
    pub ports: Vec<u16>,
    /// Of each node.
    pub hardware: Hardware,
    /// Slurm must not suspend its nodes by itself: static groups, and groups with an idle time of their own. Explicit
    /// power_up and power_down work on them all the same.
    pub keep_running: bool,
    pub settings: Vec<SlurmCustomSetting>,
    pub gres_records: Vec<BTreeMap<String, String>>,
    /// Of its subnets, each once; none where nobody knows.
    pub zones: Vec<String>,
    /// One that puts instances near each other.
    pub placement_group: Option<String>,
}

/// A queue: a partition of the same name.
#[derive(Clone, Debug, Default)]
pub struct QueueConf {
    pub name: String,
    /// Names of its node groups; without any, or with none that has nodes, jobs wait.
    pub groups: Vec<String>,
    pub settings: Vec<SlurmCustomSetting>,
}

pub fn render(input: &ConfInput) -> Files {
    let gres = gres::render(input);
    let topology = topology::render(input);
    Files {
        slurm_conf: slurm_conf(input, &gres.types, &topology),
        cgroup_conf: cgroup_conf(input),
        gres_conf: gres.conf,
        topology_conf: topology.conf,
        topology_yaml: topology.yaml,
        gpu_devices: gres.devices,
        mpi_conf: mpi_conf(input),
        cli_filter: input.cli_filter.clone(),
        job_submit: input.job_submit.as_ref().map(job_submit::render),
    }
}

fn slurm_conf(input: &ConfInput, gres_types: &BTreeSet<String>, topology: &Topology) -> String {
    let mut parameters = identity(input);
    parameters.append(power_saving(input));
    parameters.append(scheduling(input));
    if !gres_types.is_empty() {
        let types: Vec<&str> = gres_types.iter().map(String::as_str).collect();
        parameters.set("GresTypes", types.join(","));
    }
    for given in &input.settings {
        apply_cluster_setting(&mut parameters, input, given);
    }
    if input.is_audited {
        audit::audit(&mut parameters, &input.version, "SlurmctldDebug");
    }
    if !topology.is_plugin {
        parameters.remove("TopologyPlugin");
    }
    let nodes = input.groups.iter().filter(|g| !g.ports.is_empty());
    parameters.write_column()
        + &nodes
            .map(|g| node_line(input.node_address, g).write())
            .collect::<String>()
        + &input
            .queues
            .iter()
            .map(|q| {
                let mut line = queue_line(input, q);
                if topology.yaml.is_empty() {
                    line.remove("Topology");
                }
                line.write()
            })
            .collect::<String>()
}

/// Of which cluster a file is, and where its slurmctld is.
fn of_cluster(name: &str, host: &str, address: IpAddr, port: u16) -> Line {
    let mut p = Line::default();
    // Slurm would fold it itself, with a complaint in the log.
    p.set("ClusterName", name.to_lowercase());
    p.set("SlurmctldHost", format!("{host}({address})"));
    p.set("SlurmctldPort", port.to_string());
    p
}

/// Who and where the daemons are.
fn identity(input: &ConfInput) -> Line {
    let mut p = of_cluster(
        &input.cluster_name,
        &input.host,
        input.controller_address,
        input.slurmctld_port,
    );
    p.set("AuthType", "auth/slurm");
    p.set("CredType", "cred/slurm");
    // A requeued job waits until its old credential has expired; the default is two minutes.
    p.set("AuthInfo", "cred_expire=30");
    if let Some(key) = &input.jwt_key {
        p.set("AuthAltTypes", "auth/jwt");
        p.set("AuthAltParameters", jwt_parameters(key));
    }
    if input.job_submit.is_some() {
        p.set("JobSubmitPlugins", "lua");
    }
    p.set("SlurmUser", &input.user);
    p.set("SlurmdUser", &input.user);
    if input.user == "root" {
        // Jobs are an ordinary user's; root's own `sbatch` is a slip.
        p.set("DisableRootJobs", "YES");
    }
    p.set_path("StateSaveLocation", &input.state_directory);
    p.set_path("SlurmctldLogFile", &input.slurmctld_log_file);
    p.set("JobCompType", "jobcomp/filetxt");
    p.set_path("JobCompLoc", &input.jobcomp_file);
    p.set_path("SlurmctldPidFile", &input.slurmctld_pid_file);
    p.set_path("SlurmdSpoolDir", &input.slurmd_spool_directory);
    p.set_path("SlurmdLogFile", &input.slurmd_log_file);
    p.set_path("SlurmdPidFile", &input.slurmd_pid_file);
    let (proctrack, task) = match input.has_cgroups() {
        true => ("proctrack/cgroup", "task/cgroup,task/affinity"),
        false => ("proctrack/linuxproc", "task/none"),
    };
    p.set("ProctrackType", proctrack);
    p.set("TaskPlugin", task);
    p.set("SlurmdParameters", "config_overrides");
    match input.sends_mail {
        true => p.set_path("MailProg", &input.program_directory.join(MAIL)),
        false => p.set("MailProg", "/bin/true"),
    }
    // Daemons listen on the address of their host's name only, which means loopback in their sandbox.
    let ours = communication::merged(&input.version, "", input.node_address.is_some());
    p.set("CommunicationParameters", ours);
    if let Some(port) = input.slurmdbd_port {
        p.set("AccountingStorageType", "accounting_storage/slurmdbd");
        p.set(
            "AccountingStorageHost",
            input.controller_address.to_string(),
        );
        p.set("AccountingStoragePort", port.to_string());
        // Else jobs have no memory and no processor time in their records.
        p.set("JobAcctGatherType", "jobacct_gather/linux");
    }
    p
}

/// Of `auth/jwt`, for slurmctld and slurmdbd: nobody else reads the file.
fn jwt_parameters(key: &Path) -> String {
    format!("jwt_key={}", key.display())
}

/// How nodes start and stop.
fn power_saving(input: &ConfInput) -> Line {
    let program = |name: &str| input.program_directory.join(name);
    let mut p = Line::default();
    // The power saving thread wakes up every second. With its usual interval of 10 s it sleeps on when a job came in
    // the second of its last look; with 0 it looks at every wake-up, which costs a pass over the nodes.
    p.set("SlurmctldParameters", controller_parameters(&input.version));
    p.set_path("ResumeProgram", &program("resume"));
    p.set_path("SuspendProgram", &program("suspend"));
    if let Some(reboot) = input.reboot_program {
        p.set("RebootProgram", reboot);
    }
    // Slurm would start it for every job; with `server/slurmctld/warm.c` it does for those that must wait.
    p.set_path("PrologSlurmctld", &program("prolog"));
    // No EpilogSlurmctld: while it runs, Slurm misses that the job's nodes are free, and the next job waits for the
    // backfill scheduler, up to 30 s.
    p.set("ResumeRate", "0");
    p.set("SuspendRate", "0");
    // Never infinite: that switches power saving off, and with it every explicit power_up and power_down.
    p.set("SuspendTime", input.idle_seconds.to_string());
    p.set("SuspendTimeout", input.suspend_timeout_seconds.to_string());
    p.set("ResumeTimeout", input.resume_timeout_seconds.to_string());
    let kept: Vec<String> = input
        .groups
        .iter()
        .filter(|g| g.keep_running && !g.ports.is_empty())
        .map(nodes_of)
        .collect();
    if !kept.is_empty() {
        p.set("SuspendExcNodes", kept.join(","));
    }
    // As it suspends a node Slurm forgets that somebody drained it, and why: whoever looks for the fault would find it gone.
    p.set("SuspendExcStates", "DRAIN");
    // Not 2: a node that was set down would be back for any sign of life, and what is left of an instance as it dies
    // is one. Jobs would be given to a node on which nothing runs.
    p.set("ReturnToService", "1");
    p.set("SlurmdTimeout", "60");
    p
}

fn apply_cluster_setting(parameters: &mut Line, input: &ConfInput, given: &SlurmCustomSetting) {
    let Some((setting, value)) = settings::accepted(Scope::Cluster, given) else {
        return;
    };
    match (setting.name, setting.kind) {
        // slurmctld does not start with it where there is no slurmdbd to ask.
        ("AccountingStorageEnforce" | "AccountingStorageTRES", _)
            if input.slurmdbd_port.is_none() => {}
        ("AuthAltParameters", _) => {
            let ours = input.jwt_key.as_deref().map(jwt_parameters);
            let all = ours.into_iter().chain([value.to_owned()]);
            parameters.set(setting.name, all.collect::<Vec<_>>().join(","));
        }
        ("SchedulerParameters", _) => {
            parameters.set(setting.name, scheduler_parameters(input, value));
        }
        ("CommunicationParameters", _) => {
            parameters.set(
                setting.name,
                communication::merged(&input.version, value, input.node_address.is_some()),
            );
        }
        (name, Kind::Programs) => {
            let is_directory = input.program_directories.contains(value);
            parameters.set(name, program::pattern(value, is_directory));
        }
        (name, _) => parameters.set(name, value),
    }
}

fn nodes_of(group: &GroupConf) -> String {
    let most = i64::try_from(group.ports.len()).unwrap_or(i64::MAX);
    let names: Vec<String> = node_names(&group.name, most).collect();
    hostlist::compress(&names)
}

/// One number where it is the same for all.
fn ports_of(group: &GroupConf) -> String {
    match group.ports.as_slice() {
        [first, rest @ ..] if rest.iter().all(|port| port == first) => first.to_string(),
        ports => hostlist::numbers(ports),
    }
}

fn node_line(address: Option<IpAddr>, group: &GroupConf) -> Line {
    let mut line = Line::default();
    line.set("NodeName", nodes_of(group));
    if let Some(address) = address {
        line.set("NodeAddr", address.to_string());
    }
    line.set("Port", ports_of(group));
    let Hardware {
        cpus,
        memory_mib,
        gpus,
    } = group.hardware;
    line.set("CPUs", cpus.to_string());
    // Slurm takes a missing half of the layout for 1 and then cuts the CPUs down to it.
    let sockets = given_number(group, "Sockets");
    let cores = given_number(group, "CoresPerSocket");
    let other_half = |half: Option<i64>| half.map(|half| (cpus / half).max(1));
    line.set("Sockets", other_half(cores).unwrap_or(cpus).to_string());
    line.set(
        "CoresPerSocket",
        other_half(sockets).unwrap_or(1).to_string(),
    );
    line.set("ThreadsPerCore", "1");
    line.set("RealMemory", memory_mib.to_string());
    if gpus > 0 {
        line.set("Gres", format!("gpu:{gpus}"));
    }
    line.set("Weight", "1");
    for given in &group.settings {
        if let Some((setting, value)) = settings::accepted(Scope::NodeGroup, given) {
            line.set(setting.name, value);
        }
    }
    line.set("State", "CLOUD");
    line
}

/// A positive number that the group's settings give.
fn given_number(group: &GroupConf, name: &str) -> Option<i64> {
    let given = group
        .settings
        .iter()
        .find(|s| s.name().eq_ignore_ascii_case(name))?;
    given.value().parse().ok().filter(|number| *number > 0)
}

fn queue_line(input: &ConfInput, queue: &QueueConf) -> Line {
    let mut line = Line::default();
    line.set("PartitionName", &queue.name);
    let nodes: Vec<String> = input
        .groups
        .iter()
        .filter(|g| !g.ports.is_empty() && queue.groups.contains(&g.name))
        .map(nodes_of)
        .collect();
    if !nodes.is_empty() {
        line.set("Nodes", nodes.join(","));
    }
    line.set("State", "UP");
    for given in &queue.settings {
        if let Some((setting, value)) = settings::accepted(Scope::Queue, given) {
            line.set(setting.name, value);
        }
    }
    if nodes.is_empty() && line.get("State") == Some("UP") {
        // Slurm refuses jobs for a partition without nodes; in one that is down they wait until it has some.
        line.set("State", "DOWN");
    }
    line
}

fn cgroup_conf(input: &ConfInput) -> String {
    let mut line = Line::default();
    // 23.11 knows no word for that and finds out by itself.
    if !input.has_cgroups() && input.version.as_str() >= "24.05" {
        line.set("CgroupPlugin", "disabled");
    }
    for given in &input.cgroup_settings {
        if let Some((setting, value)) = settings::accepted(Scope::Cgroup, given) {
            line.set(setting.name, value);
        }
    }
    line.write_column()
}

/// Nodes of one host share `/tmp`, where PMIx would keep what is of a step under the same name for each; `/run` is each
/// node's own.
fn mpi_conf(input: &ConfInput) -> String {
    match input.node_address {
        Some(_) => "PMIxCliTmpDirBase=/run\n".to_owned(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests;
