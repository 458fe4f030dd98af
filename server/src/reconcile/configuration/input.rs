//! From rows to what the renderer of Slurm's files takes.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;

use anyhow::Context;
use app::model::log::Log;
use app::model::setting::SlurmCustomSetting;
use openpcs_agent::configuration::Files;
use openpcs_agent::protocol::{SLURMCTLD_DAEMON, SLURMDBD_DAEMON, TrialFile};

use crate::db::cluster::{ClusterRow, ClusterSpec, SLURMCTLD, SLURMDBD};
use crate::db::compute_node_group::{ComputeNodeGroupRow, ComputeNodeGroupSpec};
use crate::db::meaning::by_name;
use crate::db::placement::Placement;
use crate::live::host;
use crate::plan::configuration::rows::Specs;
use crate::reconcile::Parts;

use crate::slurm::conf::job_submit::JobSubmitInput;
use crate::slurm::conf::slurmrestd::{self, SlurmrestdInput};
use crate::slurm::conf::{self, ConfInput, GroupConf, Hardware, QueueConf};
use crate::slurm::settings::{Kind, Scope, accounting, cli_filter, program};

/// Slurm gives a node up later than the node reconciler does, so that ours is the reason people read.
const RESUME_MARGIN_S: i64 = 60;

/// On a host with systemd, whichever distribution it is.
const REBOOT: &str = "/usr/sbin/reboot";

/// The trial's own queue; no name of a queue has an underscore.
const TRIAL_QUEUE: &str = "openpcs_trial";
const STEP_OPTIONS: &str = "InteractiveStepOptions";
const LAUNCH: &str = "LaunchParameters";
/// With it salloc starts a step on the job's node instead of a shell where it is.
const STEP: &str = "use_interactive_step";
/// Settings that are left out of a trial: what the daemons say is what it is for, and no program of the people's may run
/// for it. Their programs are looked at where they are given.
const NOT_TRIED: [&str; 12] = [
    "DisableRootJobs",
    "Epilog",
    "HealthCheckProgram",
    "LogTimeFormat",
    "Prolog",
    "SlurmctldDebug",
    "SlurmdDebug",
    "SrunEpilog",
    "SrunProlog",
    "TaskEpilog",
    "TaskProlog",
    "UnkillableStepProgram",
];

/// Slurm's files for these specs. Nobody is asked: all that it takes is in the rows and on this host.
///
/// A group whose instance type nobody knows any more stays as it is in the file in force, so that its jobs go on; where it
/// is in none it is left out, so that the others go on.
pub fn render(parts: &Parts, specs: &Specs<'_>) -> anyhow::Result<Files> {
    Ok(conf::render(&input(parts, specs)?))
}

/// The queues that would take no job with these, each in a sentence.
pub fn shut_queues(parts: &Parts, specs: &Specs<'_>) -> anyhow::Result<BTreeSet<String>> {
    Ok(conf::shut_queues(&input(parts, specs)?))
}

/// The same configuration for a trial: it differs from the real one in places and ports only, so that neither the
/// controller nor a node that runs notices.
///
/// `with_jobs`: whether the nodes that are tried are to run one each.
pub fn render_trial(
    parts: &Parts,
    specs: &Specs<'_>,
    with_jobs: bool,
) -> anyhow::Result<(Files, TrialFile)> {
    let mut input = without_accounting(input(parts, specs)?);
    // The key is not there, and nobody asks a trial by a token.
    input.jwt_key = None;
    // The site's rules are not for the trial's own job.
    input.job_submit = None;
    input.cli_filter = cli_filter::for_trial(&input.cli_filter);
    let dir = parts.controllers.trial_dir(&specs.cluster.0.id);
    let mut ports = FreePorts::default();
    input.controller_address = Ipv4Addr::LOCALHOST.into();
    input.node_address = Some(Ipv4Addr::LOCALHOST.into());
    input.reboot_program = None;
    input.slurmctld_port = ports.take()?;
    input.state_directory = dir.join("state");
    input.slurmctld_log_file = dir.join("slurmctld.log");
    // What the daemons say is what the trial is for.
    input.is_audited = false;
    input.jobcomp_file = dir.join("jobcomp.log");
    input.program_directory = dir.join("bin");
    input.sends_mail = false;
    input.gpu_directory = Some(dir.join("gpu"));
    input.settings.retain(|given| {
        !NOT_TRIED
            .iter()
            .any(|name| name.eq_ignore_ascii_case(&given.parameter_name))
    });
    // The jobs of a trial are root's where slurmctld is.
    input.settings.push(SlurmCustomSetting {
        parameter_name: "DisableRootJobs".to_owned(),
        parameter_value: "NO".to_owned(),
    });
    let mut nodes = vec![];
    for group in &mut input.groups {
        if let Some(first) = group.ports.first_mut() {
            *first = ports.take()?;
            nodes.push(format!("{}-1", group.name));
        }
    }
    input.queues.push(QueueConf {
        name: TRIAL_QUEUE.to_owned(),
        groups: input.groups.iter().map(|g| g.name.clone()).collect(),
        settings: vec![],
    });
    let file = TrialFile {
        slurm_prefix: parts.controllers.prefix(&input.version),
        controller_port: input.slurmctld_port,
        nodes,
        queue: with_jobs.then(|| TRIAL_QUEUE.to_owned()),
        interactive: use_interactive_step(&mut input.settings),
    };
    Ok((conf::render(&input), file))
}

/// A trial has no slurmdbd to ask, and must write nothing down.
fn without_accounting(mut input: ConfInput) -> ConfInput {
    if input.slurmdbd_port.take().is_none() {
        return input;
    }
    let stays = |scope: Scope| {
        move |given: &SlurmCustomSetting| {
            let (name, value) = (&given.parameter_name, &given.parameter_value);
            let known = scope
                .find(name)
                .map_or(name.as_str(), |setting| setting.name);
            !accounting::is_needed(scope, known, value)
        }
    };
    input.settings.retain(stays(Scope::Cluster));
    for queue in &mut input.queues {
        queue.settings.retain(stays(Scope::Queue));
    }
    input
}

/// The slurm.conf that slurmrestd has of its own.
pub fn render_slurmrestd(row: &ClusterRow, has_accounting: bool) -> anyhow::Result<String> {
    let place = row.placement.as_ref();
    let place = place.context("the controller has no place yet")?;
    Ok(slurmrestd::render(&SlurmrestdInput {
        cluster_name: row.name.clone(),
        host: host::short_name(),
        controller_address: place.address,
        slurmctld_port: port_of(place, SLURMCTLD, SLURMCTLD_DAEMON)?,
        slurmdbd_port: has_accounting.then(|| slurmdbd_port(place)).transpose()?,
        user: host::own_user()?,
    }))
}

fn job_submit(parts: &Parts, cluster_id: &str, spec: &ClusterSpec) -> Option<JobSubmitInput> {
    let plugin = spec.slurm.job_submit_plugins.as_ref()?.first()?;
    Some(JobSubmitInput {
        name: plugin.name.clone(),
        script: spec.job_submit_script.clone()?,
        program: parts.controllers.policy_program(),
        file: parts.controllers.job_submit_script(cluster_id),
    })
}

fn slurmdbd_port(place: &Placement) -> anyhow::Result<u16> {
    port_of(place, SLURMDBD, SLURMDBD_DAEMON)
}

fn port_of(place: &Placement, at: usize, daemon: &str) -> anyhow::Result<u16> {
    let port = place.ports.get(at).copied();
    port.with_context(|| format!("{daemon} has no port yet"))
}

/// Has salloc use the options of its step, where there are any; whether there are. They are of use later only, when the
/// step is switched on, and then nobody looks at them once more.
fn use_interactive_step(settings: &mut Vec<SlurmCustomSetting>) -> bool {
    let is =
        |given: &SlurmCustomSetting, name: &str| given.parameter_name.eq_ignore_ascii_case(name);
    if !settings.iter().any(|given| is(given, STEP_OPTIONS)) {
        return false;
    }
    let launch = settings.iter_mut().find(|given| is(given, LAUNCH));
    match launch {
        Some(given) => given.parameter_value = format!("{STEP},{}", given.parameter_value),
        None => settings.push(SlurmCustomSetting {
            parameter_name: LAUNCH.to_owned(),
            parameter_value: STEP.to_owned(),
        }),
    }
    true
}

/// Ports of loopback that were free a moment ago, each another one.
#[derive(Default)]
struct FreePorts(Vec<TcpListener>);

impl FreePorts {
    fn take(&mut self) -> std::io::Result<u16> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        self.0.push(listener);
        Ok(port)
    }
}

fn input(parts: &Parts, specs: &Specs<'_>) -> anyhow::Result<ConfInput> {
    let (row, spec) = specs.cluster;
    let directory = parts.controllers.dir(&row.id);
    let settings = by_name(spec.slurm.slurm_custom_settings.as_ref());
    let profile = parts.provider.profile();
    let resume_timeout = (profile.register_ms + profile.boot_ms) / 1000 + RESUME_MARGIN_S;
    let place = row.placement.as_ref();
    let place = place.context("the controller has no place yet")?;
    let in_force = parts.controllers.conf_in_force(&row.id)?;
    let in_force = in_force.map_or(String::new(), |files| files.slurm_conf);
    Ok(ConfInput {
        cluster_name: row.name.clone(),
        version: spec.scheduler.version.clone(),
        size: spec.size,
        host: host::short_name(),
        controller_address: place.address,
        slurmctld_port: port_of(place, SLURMCTLD, SLURMCTLD_DAEMON)?,
        node_address: (!profile.own_addresses).then_some(place.address),
        slurmdbd_port: spec
            .has_accounting()
            .then(|| slurmdbd_port(place))
            .transpose()?,
        jwt_key: spec.has_rest().then(|| parts.controllers.jwt_key(&row.id)),
        cli_filter: match cli_filter::is_used(&settings) {
            true => parts.controllers.cli_filter()?.unwrap_or_default(),
            false => String::new(),
        },
        job_submit: job_submit(parts, &row.id, spec),
        user: host::own_user()?,
        state_directory: directory.join("state"),
        slurmctld_log_file: parts.controller_log(&row.id).path().into(),
        is_audited: specs.is_audited,
        jobcomp_file: (parts.controllers)
            .log(&row.id, Log::JobCompletion.as_str())
            .path()
            .into(),
        // Controller and nodes have a /run of their own each, gone with their processes.
        slurmctld_pid_file: PathBuf::from("/run/slurmctld.pid"),
        slurmd_spool_directory: PathBuf::from("/run/slurmd"),
        slurmd_log_file: PathBuf::from("/run/slurmd.log"),
        slurmd_pid_file: PathBuf::from("/run/slurmd.pid"),
        program_directory: directory.join("bin"),
        sends_mail: parts.controllers.sends_mail(),
        gpu_directory: (profile.shares_files).then(|| directory.join("gpu")),
        idle_seconds: u32::try_from(
            spec.slurm
                .scale_down_idle_time_in_seconds
                .unwrap_or_default(),
        )?,
        resume_timeout_seconds: u16::try_from(resume_timeout)?,
        suspend_timeout_seconds: profile.suspend_seconds,
        reboot_program: Some(match profile.own_addresses {
            true => REBOOT,
            false => openpcs_agent::reboot::PROGRAM,
        }),
        program_directories: program_directories(&settings, profile.shares_files),
        settings,
        cgroup_settings: spec
            .slurm
            .cgroup_custom_settings
            .clone()
            .unwrap_or_default(),
        groups: specs
            .groups
            .iter()
            .filter_map(|(row, spec)| group(row, spec, &in_force).transpose())
            .collect::<Result<_, _>>()?,
        queues: queues(specs),
        places: specs.network.clone(),
    })
}

fn group(
    row: &ComputeNodeGroupRow,
    spec: &ComputeNodeGroupSpec,
    conf_in_force: &str,
) -> anyhow::Result<Option<GroupConf>> {
    let known = hardware(spec).or_else(|| Hardware::in_conf(conf_in_force, &row.name));
    let Some(hardware) = known else {
        return Ok(None);
    };
    let slurm = spec.settings.slurm_configuration.clone();
    let slurm = slurm.unwrap_or_default();
    let ports = row.ports().get(..spec.nodes());
    Ok(Some(GroupConf {
        name: row.name.clone(),
        ports: ports.context("not all nodes have a place yet")?.to_vec(),
        hardware,
        keep_running: spec.is_static() || slurm.scale_down_idle_time_in_seconds.is_some(),
        settings: by_name(slurm.slurm_custom_settings.as_ref()),
        gres_records: slurm.gres_custom_settings.unwrap_or_default(),
        zones: spec.zones.clone(),
        placement_group: spec.placement_group.clone(),
    }))
}

/// What each node has, whichever of the group's types it is: they are alike in vCPUs and GPUs (N3), not in cores and memory.
fn hardware(spec: &ComputeNodeGroupSpec) -> Option<Hardware> {
    spec.made_as()?;
    let types = spec.instance_types.iter().map(|kind| Hardware {
        cpus: kind.cores,
        memory_mib: kind.memory_mib,
        gpus: kind.gpus,
    });
    types.reduce(Hardware::least)
}

fn queues(specs: &Specs<'_>) -> Vec<QueueConf> {
    specs
        .queues
        .iter()
        .map(|(row, spec)| QueueConf {
            name: row.name.clone(),
            groups: specs
                .groups
                .iter()
                .filter(|(g, _)| spec.uses(&g.id))
                .map(|(g, _)| g.name.clone())
                .collect(),
            settings: by_name(
                spec.slurm
                    .as_ref()
                    .and_then(|s| s.slurm_custom_settings.as_ref()),
            ),
        })
        .collect()
}

fn program_directories(settings: &[SlurmCustomSetting], shares_files: bool) -> BTreeSet<String> {
    let of_programs = settings.iter().filter(|given| {
        let setting = Scope::Cluster.find(&given.parameter_name);
        setting.is_some_and(|setting| setting.kind == Kind::Programs)
    });
    of_programs
        .map(|given| given.parameter_value.clone())
        .filter(|value| program::is_directory(value, shares_files))
        .collect()
}

#[cfg(test)]
mod tests {
    use app::model::compute_node_group::InstanceConfig;
    use app::model::status::Status;

    use super::*;
    use crate::db::compute_node_group::tests::{kind, row};

    #[test]
    fn the_options_of_sallocs_step_are_tried_also_before_it_is_switched_on() {
        let given = |name: &str, value: &str| SlurmCustomSetting {
            parameter_name: name.to_owned(),
            parameter_value: value.to_owned(),
        };
        let mut settings = vec![given(LAUNCH, "test_exec")];
        assert!(!use_interactive_step(&mut settings));
        settings.push(given("interactivestepoptions", "--pty $SHELL"));
        assert!(use_interactive_step(&mut settings));
        assert_eq!(
            settings[0].parameter_value,
            "use_interactive_step,test_exec"
        );
        settings.remove(0);
        assert!(use_interactive_step(&mut settings));
        assert_eq!(settings[1], given(LAUNCH, STEP));
    }

    fn named(name: &str) -> InstanceConfig {
        InstanceConfig {
            instance_type: Some(name.into()),
        }
    }

    #[test]
    fn a_node_line_is_what_each_type_of_the_group_has() {
        let mut spec = row("compute", 0, Status::Active).spec;
        spec.settings.instance_configs = vec![named("few"), named("much"), named("little")];
        let mut offered = [kind("few", 2), kind("much", 4), kind("little", 4)];
        (offered[1].memory_mib, offered[2].memory_mib) = (9000, 4000);
        spec.resolve(&offered[..2]);
        let least = |cpus, memory_mib| {
            Some(Hardware {
                cpus,
                memory_mib,
                gpus: 0,
            })
        };
        assert_eq!(hardware(&spec), least(2, 4096));
        spec.instance_types = offered.into();
        assert_eq!(hardware(&spec), least(2, 4000));
        // Nodes are made as the first.
        spec.instance_types.remove(0);
        assert_eq!(hardware(&spec), None);
    }

    #[test]
    fn a_group_of_a_type_that_is_gone_stays_as_it_is_or_is_left_out() {
        let group_in = |conf: &str| {
            let row = row("compute", 0, Status::Active);
            group(&row, &row.spec, conf).unwrap()
        };
        let conf = "NodeName=compute-[1-2] CPUs=4 RealMemory=8192 Gres=gpu:1 State=CLOUD\n";
        let hardware = Hardware {
            cpus: 4,
            memory_mib: 8192,
            gpus: 1,
        };
        assert_eq!(group_in(conf).map(|group| group.hardware), Some(hardware));
        assert!(group_in("NodeName=other-1 CPUs=4 RealMemory=8192\n").is_none());
        assert!(group_in("").is_none());
    }
}
