use proptest::prelude::*;

use super::*;

pub fn setting(name: &str, value: &str) -> SlurmCustomSetting {
    SlurmCustomSetting {
        parameter_name: name.to_owned(),
        parameter_value: value.to_owned(),
    }
}

fn empty() -> ConfInput {
    ConfInput {
        cluster_name: "Get-Started".into(),
        version: "24.11".into(),
        size: Size::Small,
        host: "laptop".into(),
        controller_address: std::net::Ipv4Addr::LOCALHOST.into(),
        slurmctld_port: 6817,
        node_address: Some(std::net::Ipv4Addr::LOCALHOST.into()),
        slurmdbd_port: None,
        jwt_key: None,
        cli_filter: String::new(),
        job_submit: None,
        user: "root".into(),
        state_directory: "/data/c/state".into(),
        slurmctld_log_file: "/data/c/slurmctld.log".into(),
        is_audited: false,
        jobcomp_file: "/data/c/jobcomp.log".into(),
        slurmctld_pid_file: "/data/c/slurmctld.pid".into(),
        slurmd_spool_directory: "/data/c/spool/%n".into(),
        slurmd_log_file: "/data/c/log/%n.log".into(),
        slurmd_pid_file: "/data/c/spool/%n/slurmd.pid".into(),
        program_directory: "/data/c/bin".into(),
        sends_mail: false,
        gpu_directory: Some("/data/c/gpu".into()),
        idle_seconds: 600,
        resume_timeout_seconds: 60,
        suspend_timeout_seconds: 1,
        reboot_program: None,
        settings: vec![],
        program_directories: BTreeSet::new(),
        cgroup_settings: vec![],
        groups: vec![],
        queues: vec![],
        places: BTreeMap::new(),
    }
}

/// The cluster of the guide's tutorial, with a setting of every kind.
pub fn tutorial() -> ConfInput {
    let group = |name: &str, ports: Vec<u16>, keep_running| GroupConf {
        name: name.into(),
        ports,
        hardware: Hardware {
            cpus: 2,
            memory_mib: 8192,
            gpus: 0,
        },
        keep_running,
        ..GroupConf::default()
    };
    let mut input = empty();
    input.settings = vec![
        setting("prolog", "/opt/hpc/prolog.d/"),
        setting("SelectTypeParameters", "CR_CPU_Memory"),
        setting("SchedulerParameters", "bf_continue"),
        setting("AccountingStorageEnforce", "all"),
        setting("SlurmctldPort", "1"),
        setting("Epilog", "/opt/hpc/epilog.sh"),
        setting("CommunicationParameters", "NoInAddrAny,keepalivetime=30"),
    ];
    input.program_directories = BTreeSet::from(["/opt/hpc/prolog.d/".to_owned()]);
    input.groups = vec![
        group("login", vec![18001], true),
        group("compute-1", (18002..=18005).collect(), false),
        GroupConf {
            hardware: Hardware {
                cpus: 2,
                memory_mib: 8192,
                gpus: 8,
            },
            settings: vec![
                setting("Weight", "50"),
                setting("features", "gpu,fast"),
                setting("Sockets", "1"),
            ],
            ..group("gpu", vec![18006, 18010], false)
        },
    ];
    input.queues = vec![
        QueueConf {
            name: "demo".into(),
            groups: vec!["compute-1".into(), "gpu".into()],
            settings: vec![setting("Default", "YES"), setting("MaxTime", "1-00:00:00")],
        },
        QueueConf {
            name: "later".into(),
            ..QueueConf::default()
        },
    ];
    input
}

#[test]
fn a_cluster_without_groups() {
    let files = render(&empty());
    insta::assert_snapshot!("empty_slurm_conf", files.slurm_conf);
    insta::assert_snapshot!(files.cgroup_conf, @"CgroupPlugin=disabled");
    assert_eq!(files.gres_conf, "");
}

#[test]
fn jobs_run_in_cgroups_once_something_is_asked_of_them() {
    let with = |settings: &[(&str, &str)]| {
        let cgroup_setting = |(name, value): &(&str, &str)| CgroupCustomSetting {
            parameter_name: (*name).into(),
            parameter_value: (*value).into(),
        };
        let input = ConfInput {
            cgroup_settings: settings.iter().map(cgroup_setting).collect(),
            ..empty()
        };
        let files = render(&input);
        let plugins = files.slurm_conf.lines().map(str::to_owned);
        let plugins = plugins
            .filter(|line| line.starts_with("ProctrackType=") || line.starts_with("TaskPlugin="));
        (plugins.collect::<Vec<_>>(), files.cgroup_conf)
    };
    let (plugins, conf) = with(&[]);
    assert_eq!(
        plugins,
        ["ProctrackType=proctrack/linuxproc", "TaskPlugin=task/none"]
    );
    assert_eq!(conf, "CgroupPlugin=disabled\n");
    let (plugins, conf) = with(&[("constrainramspace", "yes")]);
    assert_eq!(
        plugins,
        [
            "ProctrackType=proctrack/cgroup",
            "TaskPlugin=task/cgroup,task/affinity"
        ]
    );
    assert_eq!(conf, "ConstrainRAMSpace=yes\n");
}

#[test]
fn tokens_are_taken_with_the_rest_api_only_and_whatever_else_was_set_stays() {
    let with = |jwt_key: Option<&str>, settings| {
        let input = ConfInput {
            jwt_key: jwt_key.map(Into::into),
            settings,
            ..empty()
        };
        let conf = render(&input).slurm_conf;
        let of_tokens = conf.lines().filter(|line| line.starts_with("AuthAlt"));
        of_tokens.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(with(None, vec![]), "");
    assert_eq!(
        with(Some("/c/jwt.key"), vec![]),
        "AuthAltTypes=auth/jwt AuthAltParameters=jwt_key=/c/jwt.key"
    );
    let given = vec![setting("AuthAltParameters", "disable_token_creation")];
    assert_eq!(
        with(Some("/c/jwt.key"), given),
        "AuthAltTypes=auth/jwt AuthAltParameters=jwt_key=/c/jwt.key,disable_token_creation"
    );
}

#[test]
fn the_tutorials_cluster() {
    let files = render(&tutorial());
    insta::assert_snapshot!("tutorial_slurm_conf", files.slurm_conf);
    insta::assert_snapshot!(files.gres_conf, @r"
    AutoDetect=off
    NodeName=gpu-[1-2] Name=gpu File=/data/c/gpu/gpu[0-7]
    ");
    assert_eq!(files.gpu_devices, 8);
}

#[test]
fn nodes_that_are_hosts_can_be_rebooted() {
    let mut input = empty();
    assert!(!render(&input).slurm_conf.contains("RebootProgram"));
    input.reboot_program = Some("/usr/sbin/reboot");
    let conf = render(&input).slurm_conf;
    assert!(conf.contains("RebootProgram=/usr/sbin/reboot\n"), "{conf}");
}

#[test]
fn a_queue_without_nodes_takes_jobs_that_wait() {
    let mut input = empty();
    input.groups = vec![GroupConf {
        name: "parked".into(),
        ..GroupConf::default()
    }];
    for (groups, settings, line) in [
        (&[][..], vec![], "State=DOWN"),
        (&["parked"], vec![], "State=DOWN"),
        (&[], vec![setting("State", "UP")], "State=DOWN"),
        (&[], vec![setting("State", "INACTIVE")], "State=INACTIVE"),
    ] {
        input.queues = vec![QueueConf {
            name: "demo".into(),
            groups: groups.iter().map(|name| (*name).into()).collect(),
            settings,
        }];
        let file = render(&input).slurm_conf;
        let last = file.lines().last();
        assert_eq!(last, Some(format!("PartitionName=demo {line}").as_str()));
    }
}

#[test]
fn root_submits_nothing_unless_somebody_wants_it() {
    let line = |input: &ConfInput| {
        let file = render(input).slurm_conf;
        let found = file
            .lines()
            .find(|line| line.starts_with("DisableRootJobs"));
        found.map(str::to_owned)
    };
    let mut input = empty();
    assert_eq!(line(&input).as_deref(), Some("DisableRootJobs=YES"));
    input.settings = vec![setting("DisableRootJobs", "NO")];
    assert_eq!(line(&input).as_deref(), Some("DisableRootJobs=NO"));
    // An ordinary user's daemons have no job of root's to fear.
    let user = "alice".into();
    assert_eq!(line(&ConfInput { user, ..empty() }), None);
}

#[test]
fn generic_resources_follow_the_groups_own_settings() {
    let mut input = tutorial();
    input.groups[1].settings = vec![setting("Gres", "gpu:a100:2,gpu:t4:1,licence:5")];
    input.groups[2].gres_records = vec![BTreeMap::from([
        ("Name".to_owned(), "gpu".to_owned()),
        ("File".to_owned(), "/dev/nvidia[0-7]".to_owned()),
        ("AutoDetect".to_owned(), "nvml".to_owned()),
        ("NodeName".to_owned(), "login-1".to_owned()),
    ])];
    let files = render(&input);
    assert!(files.slurm_conf.contains("\nGresTypes=gpu,licence\n"));
    insta::assert_snapshot!(files.gres_conf, @r"
    AutoDetect=off
    NodeName=compute-1-[1-4] Name=gpu Type=a100 File=/data/c/gpu/gpu[0-1]
    NodeName=compute-1-[1-4] Name=gpu Type=t4 File=/data/c/gpu/gpu2
    NodeName=compute-1-[1-4] Name=licence Count=5
    NodeName=gpu-[1-2] File=/data/c/gpu/gpu[0-7] Name=gpu
    ");
}

/// What the records do not name is there all the same, and what is to be detected is on machines only.
#[test]
fn records_of_generic_resources_are_beside_what_is_declared() {
    let mut input = tutorial();
    let record = |words: &[(&str, &str)]| -> BTreeMap<String, String> {
        let each = words
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()));
        each.collect()
    };
    input.groups[1].settings = vec![setting("Gres", "gpu:a100:2,shard:8")];
    input.groups[1].gres_records = vec![record(&[("Name", "shard"), ("Count", "8")])];
    input.groups[2].gres_records = vec![record(&[("name", "gpu"), ("autodetect", "NVIDIA")])];
    insta::assert_snapshot!(render(&input).gres_conf, @r"
    AutoDetect=off
    NodeName=compute-1-[1-4] Count=8 Name=shard
    NodeName=compute-1-[1-4] Name=gpu Type=a100 File=/data/c/gpu/gpu[0-1]
    NodeName=gpu-[1-2] Name=gpu File=/data/c/gpu/gpu[0-7]
    ");
    input.gpu_directory = None;
    insta::assert_snapshot!(render(&input).gres_conf, @r"
    AutoDetect=off
    NodeName=compute-1-[1-4] Count=8 Name=shard
    NodeName=compute-1-[1-4] Name=gpu Type=a100 File=/dev/nvidia[0-1]
    NodeName=gpu-[1-2] AutoDetect=NVIDIA Name=gpu
    ");
}

#[test]
fn machines_have_the_devices_of_their_driver() {
    let mut input = tutorial();
    input.gpu_directory = None;
    input.groups[1].gres_records = vec![BTreeMap::from([
        ("Name".to_owned(), "gpu".to_owned()),
        ("File".to_owned(), "/dev/dri/renderD[128-129]".to_owned()),
    ])];
    insta::assert_snapshot!(render(&input).gres_conf, @r"
    AutoDetect=off
    NodeName=compute-1-[1-4] File=/dev/dri/renderD[128-129] Name=gpu
    NodeName=gpu-[1-2] Name=gpu File=/dev/nvidia[0-7]
    ");
}

#[test]
fn the_largest_group_is_one_short_line() {
    let mut input = empty();
    input.groups = vec![GroupConf {
        name: "many".into(),
        ports: (20_000..22_048).collect(),
        ..GroupConf::default()
    }];
    let conf = render(&input).slurm_conf;
    assert!(conf.contains("NodeName=many-[1-2048] NodeAddr=127.0.0.1 Port=[20000-22047] "));
}

#[test]
fn paths_with_spaces_are_quoted() {
    let mut input = empty();
    input.state_directory = "/data/my cluster/state".into();
    let conf = render(&input).slurm_conf;
    assert!(conf.contains("\nStateSaveLocation=\"/data/my cluster/state\"\n"));
}

#[test]
fn what_a_file_says_of_a_group_is_what_it_was_made_of() {
    let mut input = tutorial();
    input.groups.push(GroupConf {
        name: "compute".into(),
        ports: vec![1],
        hardware: Hardware {
            cpus: 3,
            memory_mib: 7,
            gpus: 0,
        },
        ..GroupConf::default()
    });
    let file = render(&input).slurm_conf;
    for group in &input.groups {
        let found = Hardware::in_conf(&file, &group.name);
        assert_eq!(found, Some(group.hardware), "{}", group.name);
    }
    for other in ["comp", "compute-", "compute-1-", "none", ""] {
        assert_eq!(Hardware::in_conf(&file, other), None, "{other}");
    }
    assert_eq!(Hardware::in_conf("NodeName=a-[1-2] CPUs=x", "a"), None);
}

/// The parameters of a file as Slurm's parser sees them: comments and continuations first, then `name=value` with
/// the value quoted or without spaces (parse_config.c).
fn parameters(file: &str) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    for line in file.lines() {
        assert!(!line.contains(['#', '\\']), "{line}");
        let (mut names, mut rest) = (Vec::new(), line.trim());
        while !rest.is_empty() {
            let (name, after) = rest.split_once('=').unwrap();
            names.push(name.to_owned());
            let end = match after.strip_prefix('"') {
                Some(quoted) => 2 + quoted.find('"').unwrap(),
                None => after.find(char::is_whitespace).unwrap_or(after.len()),
            };
            rest = after[end..].trim_start();
        }
        lines.push(names);
    }
    lines
}

/// The same without every parameter of that name, and without `GresTypes`, which follows from one.
fn without(name: &str, lines: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let others = |line: Vec<String>| -> Vec<String> {
        line.into_iter()
            .filter(|n| !n.eq_ignore_ascii_case(name) && n != "GresTypes")
            .collect()
    };
    lines
        .into_iter()
        .map(others)
        .filter(|line| !line.is_empty())
        .collect()
}

proptest! {
    #[test]
    fn a_hostile_setting_adds_at_most_its_own_parameter(
        name in prop_oneof![
            prop::sample::select(vec!["Features", "AllowGroups", "SchedulerParameters", "Prolog", "Gres", "Include"])
                .prop_map(str::to_owned),
            "\\PC{0,12}",
        ],
        value in prop_oneof!["\\PC{0,30}", "[a-zA-Z0-9 =\"#;$`'\\\\\n\r\t/.,:-]{0,30}"],
    ) {
        let mut input = tutorial();
        for settings in [
            &mut input.settings,
            &mut input.groups[1].settings,
            &mut input.queues[1].settings,
        ] {
            *settings = vec![];
        }
        let plain = parameters(&render(&input).slurm_conf);
        let hostile = vec![setting(&name, &value)];
        input.settings = hostile.clone();
        input.groups[1].settings = hostile.clone();
        input.queues[1].settings = hostile;
        let files = render(&input);
        let rendered = parameters(&files.slurm_conf);
        prop_assert_eq!(without(&name, rendered), without(&name, plain));
        prop_assert!(parameters(&files.gres_conf).len() <= 12);
    }
}
