use std::path::Path;

use super::*;

fn given(name: &str, value: &str) -> SlurmCustomSetting {
    SlurmCustomSetting {
        parameter_name: name.to_owned(),
        parameter_value: value.to_owned(),
    }
}

/// A host without Slurm, whose files are not the nodes': only the tables have a say.
fn place(version: &str) -> Place<'_> {
    Place {
        version,
        prefix: Path::new("/nowhere"),
        shares_files: false,
        has_accounting: false,
        data_dir: Path::new("/no/data"),
        job_user: None,
    }
}

fn problem(scope: Scope, name: &str, value: &str) -> Option<(Part, String)> {
    let mut problems = check(scope, place("24.11"), &[given(name, value)]);
    assert!(problems.len() <= 1);
    problems.pop().map(|(_, part, message)| (part, message))
}

#[test]
fn the_guides_settings_are_taken_in_any_case() {
    for (scope, name, value) in [
        (Scope::Cluster, "Prolog", "/opt/hpc/prolog.d"),
        (Scope::Cluster, "epilog", "/opt/hpc/epilog.d/"),
        (Scope::Cluster, "SelectTypeParameters", "CR_CPU_Memory"),
        (Scope::Cluster, "Prolog", "/opt/hpc/prolog.sh"),
        (
            Scope::Cluster,
            "InteractiveStepOptions",
            "--interactive --preserve-env --pty $SHELL",
        ),
        (
            Scope::Cluster,
            "CommunicationParameters",
            "block_null_hash,keepaliveinterval=10",
        ),
        (
            Scope::Cluster,
            "AuthAltParameters",
            "disable_token_creation",
        ),
        (Scope::Cluster, "MinJobAge", "5"),
        (
            Scope::Cluster,
            "SchedulerParameters",
            "bf_max_job_test=500,defer",
        ),
        (Scope::NodeGroup, "Weight", "10"),
        (Scope::NodeGroup, "RealMemory", "124518"),
        (Scope::NodeGroup, "Features", "spot,nvme"),
        (Scope::Queue, "MaxTime", "2-00:00:00"),
        (Scope::Queue, "MaxNodes", "UNLIMITED"),
        (Scope::Queue, "default", "yes"),
        (Scope::Cgroup, "ConstrainCores", "yes"),
        (Scope::Slurmdbd, "PurgeJobAfter", "30days"),
        (Scope::Slurmdbd, "PurgeStepAfter", "12"),
        (Scope::Slurmdbd, "PurgeTXNAfter", "1month"),
    ] {
        assert_eq!(problem(scope, name, value), None, "{name}={value}");
    }
}

#[test]
fn values_that_do_not_fit_name_the_setting_and_the_remedy() {
    let mut said = String::new();
    for (scope, name, value) in [
        (Scope::Cluster, "Prolog", "prolog.d"),
        (Scope::Cluster, "Prolog", "/opt/../etc"),
        (Scope::Cluster, "Prolog", "/opt/my scripts"),
        (Scope::Cluster, "SelectTypeParameters", "CR_Everything"),
        (Scope::Cluster, "KillWait", "-1"),
        (Scope::Cluster, "MinJobAge", "4"),
        (Scope::Cluster, "InteractiveStepOptions", "--pty $(id)"),
        (Scope::Cluster, "Licenses", "$SHELL:1"),
        (Scope::Cluster, "AuthAltParameters", "jwt_key=/tmp/key"),
        (Scope::Cluster, "CommunicationParameters", "EnableIPv6"),
        (
            Scope::Cluster,
            "AccountingStorageEnforce",
            "associations,limits",
        ),
        (Scope::Queue, "AllowQos", "high"),
        (Scope::NodeGroup, "Weight", "ten"),
        (Scope::NodeGroup, "Features", "a\nState=DOWN"),
        (Scope::NodeGroup, "Features", "a\" State=DOWN \""),
        (Scope::NodeGroup, "Features", ""),
        (Scope::NodeGroup, "Features", "a#b"),
        (Scope::Queue, "MaxNodes", "many"),
        (Scope::Queue, "MaxTime", "soon"),
        (Scope::Queue, "Hidden", "maybe"),
        (Scope::Slurmdbd, "PurgeJobAfter", "soon"),
        (Scope::Slurmdbd, "PurgeUsageAfter", "0days"),
        (Scope::Slurmdbd, "PurgeUsageAfter", "2weeks"),
    ] {
        let (part, message) = problem(scope, name, value).unwrap();
        assert_eq!(part, Part::Value);
        said += &format!("{message}\n");
    }
    insta::assert_snapshot!(said, @r#"
    The value of Prolog must be a fully qualified path, beginning with /.
    The value of Prolog must not go up with "..".
    The value of Prolog must not hold spaces: Slurm would see two paths.
    The value of SelectTypeParameters must be one of CR_CPU, CR_CPU_Memory, CR_Core, CR_Core_Memory, CR_Memory, CR_ONE_TASK_PER_CORE, CR_CORE_DEFAULT_DIST_BLOCK, CR_LLN, CR_Pack_Nodes, LL_SHARED_GRES, MULTIPLE_SHARING_GRES_PJ, ENFORCE_BINDING_GRES, ONE_TASK_PER_SHARING_GRES.
    The value of KillWait must be a whole number from 0 to 65533.
    The value of MinJobAge must be a whole number from 5 to 4294967293.
    The value of InteractiveStepOptions must not hold the character $
    The value of Licenses must not hold the character $
    The value of AuthAltParameters must be one of disable_token_creation, max_token_lifespan.
    The value of CommunicationParameters must not hold EnableIPv6: the service lets the daemons talk by IPv4 only. Leave it out.
    The value of AccountingStorageEnforce needs accounting, which this cluster does not have. Switch accounting on (mode STANDARD), or leave it out, or give none.
    The value of AllowQos needs accounting, which this cluster does not have. Switch accounting on (mode STANDARD), or leave it out, or give ALL.
    The value of Weight must be a whole number from 0 to 4294967280.
    The value of Features must be a single line.
    The value of Features must not hold the character "
    The value of Features is empty.
    The value of Features must not hold the character #
    The value of MaxNodes must be a whole number from 1 to 4294967293, or UNLIMITED.
    The value of MaxTime must be a time: minutes, HH:MM:SS, D-HH, D-HH:MM:SS or UNLIMITED.
    The value of Hidden must be one of YES, NO.
    The value of PurgeJobAfter must be an age from 1 on, such as 12months, 30days or 12hours.
    The value of PurgeUsageAfter must be an age from 1 on, such as 12months, 30days or 12hours.
    The value of PurgeUsageAfter must be an age from 1 on, such as 12months, 30days or 12hours.
    "#);
}

#[test]
fn names_that_may_not_be_set_are_refused_with_the_reason() {
    let mut said = String::new();
    for (scope, name) in [
        (Scope::Cluster, "slurmctldport"),
        (Scope::Cluster, "ResumeProgram"),
        (Scope::Cluster, "Include"),
        (Scope::Cluster, "Prologue"),
        (Scope::Cluster, "Weight"),
        (Scope::NodeGroup, "Port"),
        (Scope::Queue, "Nodes"),
        (Scope::Cluster, "a\nb"),
    ] {
        let (part, message) = problem(scope, name, "1").unwrap();
        assert_eq!(part, Part::Name);
        said += &format!("{message}\n");
    }
    insta::assert_snapshot!(said, @r#"
    SlurmctldPort cannot be set: the service gives the cluster its name, address and ports.
    ResumeProgram cannot be set: the service starts and stops the nodes; use the idle time of the cluster or the node group.
    Include cannot be set: other files cannot be included.
    "Prologue" is not a setting that a cluster may have. Check the spelling against the list of supported settings.
    "Weight" is not a setting of a cluster; it belongs to a compute node group.
    Port cannot be set: the service gives the cluster its name, address and ports.
    Nodes cannot be set: it follows from the queue's compute node groups.
    "a\nb" is not a setting that a cluster may have. Check the spelling against the list of supported settings.
    "#);
}

#[test]
fn a_name_counts_once_whatever_its_case() {
    let problems = check(
        Scope::NodeGroup,
        place("24.11"),
        &[given("Weight", "1"), given("WEIGHT", "2")],
    );
    assert_eq!(problems[0].0, 1);
    assert_eq!(problems[0].2, "\"WEIGHT\" is given twice; keep one.");
}

#[test]
fn a_list_that_must_have_settings_twice_is_not_looked_through() {
    for scope in Scope::ALL {
        let most = scope.settings().len();
        let known = scope.settings().iter().map(|s| given(s.name, "x"));
        let mut list: Vec<SlurmCustomSetting> = known.collect();
        assert!(
            check(scope, place("24.11"), &list)
                .iter()
                .all(|p| p.0 < most)
        );
        list.extend((0..20_000).map(|i| given(&format!("Unknown{i}"), "x")));
        let problems = check(scope, place("24.11"), &list);
        assert_eq!(problems.len(), 1);
        assert!(problems[0].2.contains("Give each once"), "{problems:?}");
    }
}

#[test]
fn a_setting_of_a_later_version_names_that_version() {
    let problems = check(
        Scope::Queue,
        place("23.11"),
        &[given("ExclusiveTopo", "YES")],
    );
    assert_eq!(
        problems[0].2,
        "ExclusiveTopo needs Slurm 24.11 or later; this cluster runs 23.11."
    );
}

#[test]
fn what_the_manual_lists_for_a_later_version_names_that_version() {
    for (scope, name, value) in [
        (Scope::Cluster, "MetricsType", "metrics/openmetrics"),
        (
            Scope::Cluster,
            "CliFilterParameters",
            "cli_filter_lua_path=/opt/x.lua",
        ),
        (Scope::Cluster, "CommunicationParameters", "enable_http"),
        (Scope::NodeGroup, "Parameters", "l3cache_as_socket"),
    ] {
        let said = problem(scope, name, value).unwrap().1;
        assert!(said.contains("needs Slurm 25.11 or later"), "{said}");
        assert_eq!(
            check(scope, place("25.11"), &[given(name, value)]),
            [],
            "{name}"
        );
    }
}

#[test]
fn a_name_is_either_offered_or_reserved_and_stands_once() {
    for scope in Scope::ALL {
        let offered = scope.settings().iter().map(|s| s.name);
        let mut names: Vec<String> = offered
            .chain(scope.reserved().iter().map(|(name, _)| *name))
            .map(str::to_ascii_lowercase)
            .collect();
        names.sort();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all, "{scope:?}");
    }
}

#[test]
fn gres_records_name_a_resource_and_known_parameters() {
    let record = |pairs: &[(&str, &str)]| {
        pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    };
    let good = record(&[
        ("Name", "gpu"),
        ("File", "/dev/nvidia[0-3]"),
        ("Type", "a100"),
    ]);
    assert_eq!(check_gres(&[good]), []);
    let bad = [
        record(&[("Count", "2")]),
        record(&[("Name", "gpu"), ("NodeName", "x")]),
        record(&[("Name", "gpu"), ("File", "nvidia0")]),
        record(&[("Name", "gpu Count=9")]),
    ];
    let indexes: Vec<usize> = check_gres(&bad).into_iter().map(|(i, _)| i).collect();
    assert_eq!(indexes, [0, 1, 2, 3]);
}
