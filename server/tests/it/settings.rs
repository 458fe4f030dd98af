//! Custom settings against real Slurm: what breaks people's programs, jobs or nodes never gets in force (C8).

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use aws_sdk_pcs::types::*;

use crate::harness::*;
use crate::job_parts::{act, page};

const CLUSTER: &str = "settings";
const FIRST_VALUE: &str = "slurmConfiguration.slurmCustomSettings[0].parameterValue";

fn put(path: &Path, text: &str, mode: u32) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// The settings, asked for as the whole list.
fn list(settings: &[(&str, &str)]) -> UpdateClusterSlurmConfigurationRequest {
    let settings = settings.iter().map(|(n, v)| setting(n, v)).collect();
    UpdateClusterSlurmConfigurationRequest::builder()
        .set_slurm_custom_settings(Some(settings))
        .build()
}

/// A cluster with a queue of two nodes and a job that runs until the file `go` is there.
struct Busy {
    plane: TestPlane,
    job: String,
}

impl Busy {
    async fn start() -> Self {
        let plane = TestPlane::start(Database::OfRun).await;
        plane.cluster(CLUSTER, 600).await;
        let group = plane.group(CLUSTER, "compute-1", 0, 2).await;
        plane.queue(CLUSTER, "demo", &group.id).await;
        let job = plane.sbatch(CLUSTER, &[], "until test -e go; do sleep 0.1; done");
        plane.wait_job(CLUSTER, &job, "RUNNING").await;
        Self { plane, job }
    }

    /// The refusal of a list at its field, or the reason of UPDATE_FAILED.
    async fn refused(&self, settings: &[(&str, &str)]) -> String {
        let update = self.plane.admin().update_cluster();
        let update = update.cluster_identifier(CLUSTER);
        match update.slurm_configuration(list(settings)).send().await {
            Err(error) => Err::<(), _>(error).refused_field(FIRST_VALUE),
            Ok(_) => {
                let failed = ClusterStatus::UpdateFailed;
                let cluster = self.plane.wait_cluster(CLUSTER, failed).await;
                cluster.error_info()[0].message().unwrap().to_owned()
            }
        }
    }

    async fn refused_queue(&self, name: &str, value: &str) -> String {
        let update = self.plane.admin().update_queue();
        let update = update.cluster_identifier(CLUSTER).queue_identifier("demo");
        let slurm = UpdateQueueSlurmConfigurationRequest::builder()
            .slurm_custom_settings(setting(name, value))
            .build();
        match update.slurm_configuration(slurm).send().await {
            Err(error) => Err::<(), _>(error).refused_field(FIRST_VALUE),
            Ok(_) => {
                let failed = QueueStatus::UpdateFailed;
                let queue = self.plane.wait_queue(CLUSTER, "demo", failed).await;
                queue.error_info()[0].message().unwrap().to_owned()
            }
        }
    }

    async fn take(&self, settings: &[(&str, &str)]) {
        let update = self.plane.admin().update_cluster();
        let update = update.cluster_identifier(CLUSTER);
        let update = update.slurm_configuration(list(settings));
        update.send().await.unwrap();
        self.plane
            .wait_cluster(CLUSTER, ClusterStatus::Active)
            .await;
    }

    /// Everybody's programs work, jobs start, and the job that ran runs.
    async fn unharmed(&self) {
        let plane = &self.plane;
        plane.connect(CLUSTER, &["squeue"]);
        let hostname = plane.connect(CLUSTER, &["srun", "--partition=demo", "hostname"]);
        assert!(!hostname.trim().is_empty());
        let job = plane.sbatch(CLUSTER, &[], "true");
        plane.wait_job(CLUSTER, &job, "COMPLETED").await;
        let old = plane.job(CLUSTER, &self.job);
        assert_eq!(
            (old["JobState"].as_str(), old["Restarts"].as_str()),
            ("RUNNING", "0")
        );
    }

    fn config(&self, name: &str) -> Option<String> {
        let config = self.plane.connect(CLUSTER, &["scontrol", "show", "config"]);
        let values = config.lines().filter_map(|line| line.split_once('='));
        values
            .filter(|(known, _)| known.trim() == name)
            .map(|(_, value)| value.trim().to_owned())
            .next()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.plane.server.home().join(name)
    }

    async fn finish(self) {
        std::fs::write(self.path("go"), "").unwrap();
        let done = self.plane.wait_job(CLUSTER, &self.job, "COMPLETED").await;
        assert_eq!(done["Restarts"], "0");
        self.plane.finish().await;
    }
}

#[tokio::test]
async fn what_some_program_cannot_work_with_is_refused_and_harms_nobody() {
    let busy = Busy::start().await;
    for (settings, words) in [
        // A plugin without its script: sbatch and srun would die.
        (&[("CliFilterPlugins", "cli_filter/lua")][..], "cli_filter"),
        // Plugins that it has and that kill every slurmd here.
        (&[("JobAcctGatherType", "jobacct_gather/cgroup")], "cgroup"),
        (
            &[
                ("JobContainerType", "job_container/tmpfs"),
                ("PrologFlags", "Contain"),
            ],
            "job_container",
        ),
        // What no program can read, not even scontrol.
        (
            &[
                ("PreemptMode", "SUSPEND"),
                ("PreemptType", "preempt/partition_prio"),
            ],
            "requires GANG",
        ),
        (&[("PreemptType", "preempt/qos")], "needs accounting"),
        // What only a job finds out: no step would start.
        (&[("MpiParams", "ports=abc")], "ports"),
        // What only salloc finds out, with the step that it starts.
        (&[("InteractiveStepOptions", "--bogus $SHELL")], "--bogus"),
        (
            &[
                ("InteractiveStepOptions", "--interactive --pty"),
                ("LaunchParameters", "use_interactive_step"),
            ],
            "No command",
        ),
        // What Slurm takes without a word, and what then does nothing.
        (&[("LaunchParameters", "nope")], "nope"),
        (&[("Licenses", "solver:2,solver:3")], "twice"),
        // What slurmctld dies of.
        (&[("Licenses", "solver:many")], "solver:many"),
        (&[("PriorityWeightTRES", "CPU")], "CPU"),
        // What it complains of and ignores, or ignores in silence.
        (&[("SchedulerParameters", "bf_interval=-5")], "bf_interval"),
        (
            &[("SchedulerParameters", "bf_resolution=0")],
            "bf_resolution",
        ),
        (
            &[("SchedulerParameters", "sched_min_interval=-3")],
            "sched_min_interval",
        ),
        (&[("RequeueExit", "a-b")], "a-b"),
        (&[("SrunPortRange", "5-1")], "the lower one first"),
        // What no ordinary user's job can have.
        (&[("SrunPortRange", "1-2")], "from 1024 up"),
        (
            &[("DefMemPerCPU", "9000"), ("MaxMemPerCPU", "10")],
            "MaxMemPerCPU",
        ),
        // What Slurm takes, and then refuses each job that says nothing of memory.
        (
            &[("DefMemPerNode", "99999999")],
            "Queue demo would take no job",
        ),
        (
            &[("DefMemPerCPU", "99999999")],
            "Queue demo would take no job",
        ),
    ] {
        let said = busy.refused(settings).await;
        assert!(said.contains(words), "{settings:?}: {said}");
        busy.plane
            .connect(CLUSTER, &["sbatch", "--test-only", "-pdemo", "--wrap=true"]);
    }
    for (name, value, words) in [
        ("AllowQos", "no-such-qos", "needs accounting"),
        ("Alternate", "no-such-queue", "no other queue"),
        ("AllowGroups", "no-such-group", "no-such-group"),
        ("AllocNodes", "no-such-host", "submit from"),
        ("TRESBillingWeights", "CPU", "CPU"),
        ("DefMemPerNode", "99999999", "would take no job"),
        ("MinNodes", "3", "its groups have 2 nodes"),
        // Jobs would end as they start.
        ("MaxTime", "0", "no time at all"),
    ] {
        let said = busy.refused_queue(name, value).await;
        assert!(said.contains(words), "{name}: {said}");
    }
    busy.unharmed().await;
    // The next good update is taken, and a bad value does not come back with a restart.
    busy.take(&[("MinJobAge", "240"), ("Licenses", "solver:4")])
        .await;
    assert_eq!(busy.config("MinJobAge").as_deref(), Some("240 sec"));
    busy.take(&[
        (
            "InteractiveStepOptions",
            "--interactive --preserve-env --pty $SHELL",
        ),
        ("LaunchParameters", "use_interactive_step"),
    ])
    .await;
    busy.take(&[("CliFilterPlugins", "cli_filter/user_defaults")])
        .await;
    busy.unharmed().await;
    busy.finish().await;
}

/// The state and the reason of a node, as `sinfo` tells them.
fn node_states(plane: &TestPlane) -> String {
    plane.connect(
        CLUSTER,
        &[
            "sinfo",
            "-N",
            "--noheader",
            "-O",
            "NodeList,StateLong,Reason:40",
        ],
    )
}

#[tokio::test]
async fn a_prolog_is_a_script_or_a_directory_and_a_bad_one_does_no_lasting_harm() {
    let busy = Busy::start().await;
    let (script, dir) = (busy.path("prolog.sh"), busy.path("prolog.d"));
    let ran = busy.path("ran");
    let note = |word: &str| format!("#!/bin/sh\necho {word} >>{}\n", ran.display());
    put(&script, &note("script"), 0o755);
    put(&dir.join("10-a"), &note("first"), 0o755);
    put(&dir.join("20-b"), &note("second"), 0o755);
    put(&busy.path("plain.sh"), &note("never"), 0o644);
    std::fs::create_dir(busy.path("empty.d")).unwrap();
    let text = |path: &Path| path.to_str().unwrap().to_owned();

    // Whatever could not be run is refused at once, and nothing changes.
    for (path, words) in [
        ("no-such.sh", "is not there"),
        ("no-such.d", "is not there"),
        ("empty.d", "without any program"),
        ("plain.sh", "mode 755"),
    ] {
        for name in ["Prolog", "Epilog"] {
            let said = busy.refused(&[(name, &text(&busy.path(path)))]).await;
            assert!(said.contains(words), "{path}: {said}");
        }
        let said = busy
            .refused(&[("TaskProlog", &text(&busy.path(path)))])
            .await;
        assert!(said.contains("TaskProlog"), "{path}: {said}");
    }
    assert_eq!(busy.config("Prolog[0]"), None);
    busy.unharmed().await;
    assert!(!ran.exists());

    busy.take(&[("Prolog", &text(&script))]).await;
    busy.unharmed().await;
    assert!(
        std::fs::read_to_string(&ran)
            .unwrap()
            .starts_with("script\n")
    );
    std::fs::remove_file(&ran).unwrap();
    busy.take(&[("Epilog", &text(&script)), ("Prolog", &text(&dir))])
        .await;
    busy.unharmed().await;
    let words = std::fs::read_to_string(&ran).unwrap();
    for word in ["first", "second", "script"] {
        assert!(words.contains(word), "{words}");
    }

    // A script that runs and fails cannot be known before: it drains its node and holds its job.
    let (bad, claim) = (busy.path("bad"), busy.path("claim"));
    let fails = format!(
        "#!/bin/sh\nmkdir {0} 2>/dev/null && echo $SLURMD_NODENAME >{1}\ntest $SLURMD_NODENAME != $(cat {1})\n",
        claim.display(),
        bad.display()
    );
    put(&busy.path("fails.sh"), &fails, 0o755);
    std::fs::create_dir(&claim).unwrap();
    let fails = text(&busy.path("fails.sh"));
    busy.take(&[("Prolog", &fails)]).await;
    what_is_held_is_explained_and_goes_on_by_the_remedy(&busy, &bad).await;

    // Until the setting is taken away.
    let job = held_by_prolog(&busy, &bad).await;
    busy.take(&[]).await;
    busy.plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    let states = node_states(&busy.plane);
    assert!(!states.contains("drain"), "{states}");
    let events = busy.plane.events().await;
    let told = |e: &String| e.starts_with("Node compute-1-2 takes jobs again: it was drained");
    assert!(events.iter().any(told), "{events:?}");
    busy.unharmed().await;

    // Where Slurm is not to hold them, jobs go to another node by themselves.
    std::fs::remove_dir(&claim).unwrap();
    let no_hold = ("SchedulerParameters", "nohold_on_prolog_fail");
    busy.take(&[("Prolog", &fails), no_hold]).await;
    let job = busy.plane.sbatch(CLUSTER, &[], "true");
    let done = busy.plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    let bad = std::fs::read_to_string(&bad).unwrap();
    assert_ne!(done["NodeList"], bad.trim());
    let states = node_states(&busy.plane);
    assert_eq!(states.matches("Prolog error").count(), 1, "{states}");
    busy.take(&[]).await;
    busy.unharmed().await;
    busy.finish().await;
}

/// A job that its prolog keeps from starting on compute-1-2.
async fn held_by_prolog(busy: &Busy, bad: &Path) -> String {
    std::fs::write(bad, "compute-1-2").unwrap();
    let plane = &busy.plane;
    let job = plane.sbatch(CLUSTER, &["--nodelist=compute-1-2"], "true");
    wait_until("the prolog's node is drained", async || {
        let states = node_states(plane);
        match states.contains("Prolog error") {
            true => Ok(()),
            false => Err(states),
        }
    })
    .await;
    wait_until("the job is held", async || {
        let held = plane.job(CLUSTER, &job);
        match held["Priority"] == "0" {
            true => Ok(()),
            false => Err(format!("{held:?}")),
        }
    })
    .await;
    job
}

fn slurmd(plane: &TestPlane, node: &str) -> Option<nix::unistd::Pid> {
    let is_it = |line: &str| line.contains("/slurmd ") && line.contains(&format!("-N {node} "));
    processes(plane.server.root())
        .into_iter()
        .find(|(_, line)| is_it(line))
        .map(|(pid, _)| pid)
}

/// Slurm's reason says that a user holds it. The page says which node failed it and what to do, and that is enough.
async fn what_is_held_is_explained_and_goes_on_by_the_remedy(busy: &Busy, bad: &Path) {
    let plane = &busy.plane;
    let visitor = Visitor::sign_in(plane).await;
    let job = held_by_prolog(busy, bad).await;
    let node = slurmd(plane, "compute-1-2");
    assert!(node.is_some());
    // Jobs and nodes are looked at by turns.
    let told = wait_until("the page says why it is held, and which node", async || {
        let told = page(&visitor, CLUSTER, &job).await["explanation"].clone();
        let meaning = told["meaning"].as_str().unwrap_or_default();
        let is_held = told["code"] == "LaunchFailed (JobHeldUser)";
        match is_held && meaning.contains("compute-1-2 (Prolog error)") {
            true => Ok(told),
            false => Err(told.to_string()),
        }
    })
    .await;
    let remedy = told["remedy"].as_str().unwrap();
    for words in ["Mend the cause", "resume the node", "release the job"] {
        assert!(remedy.contains(words), "{remedy}");
    }
    std::fs::write(bad, "none").unwrap();
    plane.administrate("scontrol update nodename=compute-1-2 state=resume");
    act(&visitor, CLUSTER, &job, "release").await.unwrap();
    plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    assert_eq!(
        slurmd(plane, "compute-1-2"),
        node,
        "the node was thrown away"
    );
}

#[tokio::test]
async fn what_was_never_accepted_is_not_what_a_controller_starts_with() {
    let mut busy = Busy::start().await;
    let id = busy.plane.get_cluster(CLUSTER).await.id;
    let data = busy.plane.server.data();
    let conf = data.join("clusters").join(id).join("controller/slurm.conf");
    let node = "compute-1-1";
    busy.plane.wait_saved(CLUSTER, &busy.job, node).await;
    let accepted = std::fs::read_to_string(&conf).unwrap();
    // As a server leaves it that is killed between writing the files and slurmctld's answer.
    std::fs::write(&conf, format!("{accepted}\nPreemptMode=SUSPEND\n")).unwrap();
    let slurmctld = processes(busy.plane.server.root())
        .into_iter()
        .find(|(_, line)| line.contains("sbin/slurmctld "))
        .unwrap();
    nix::sys::signal::kill(slurmctld.0, nix::sys::signal::Signal::SIGKILL).unwrap();
    wait_until("the controller answers again", async || {
        let output = busy.plane.server.connect(CLUSTER, &["scontrol", "ping"]);
        match output.status.success() {
            true => Ok(()),
            false => Err(format!("{output:?}")),
        }
    })
    .await;
    // But for the number of the next job, which a kill makes known.
    let text = std::fs::read_to_string(&conf).unwrap();
    let same = text.lines().filter(|line| !line.starts_with("FirstJobId="));
    assert_eq!(
        same.collect::<Vec<_>>(),
        accepted.lines().collect::<Vec<_>>()
    );
    busy.unharmed().await;

    // The server is killed at moments of a change: it ends with the new one in force.
    for (n, delay) in [5, 120, 350, 700].into_iter().enumerate() {
        let age = (100 + n).to_string();
        let update = busy.plane.admin().update_cluster();
        let update = update.cluster_identifier(CLUSTER);
        let update = update.slurm_configuration(list(&[("MinJobAge", &age)]));
        update.send().await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(delay)).await;
        busy.plane.crash().await;
        busy.plane
            .wait_cluster(CLUSTER, ClusterStatus::Active)
            .await;
        assert_eq!(busy.config("MinJobAge"), Some(format!("{age} sec")));
    }
    busy.unharmed().await;
    busy.finish().await;
}

#[tokio::test]
async fn a_new_cluster_that_slurm_cannot_work_with_fails_with_its_words() {
    let plane = TestPlane::start(Database::OfRun).await;
    let slurm = ClusterSlurmConfigurationRequest::builder()
        .slurm_custom_settings(setting("Licenses", "solver:many"))
        .build();
    let create = plane.new_cluster(CLUSTER).slurm_configuration(slurm);
    create.send().await.unwrap();
    let failed = plane
        .wait_cluster(CLUSTER, ClusterStatus::CreateFailed)
        .await;
    let words = failed.error_info()[0].message().unwrap();
    assert!(words.contains("solver:many"), "{words}");
    // Of the version that this suite runs on, whose end has come, the timeline tells.
    let events = plane.events().await;
    let told = |e: &String| e.starts_with("Slurm 24.11 has had no corrections since 2026-05-31");
    assert!(events.iter().any(told), "{events:?}");
    plane.finish().await;
}
