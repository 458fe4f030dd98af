//! What Slurm's words about jobs are taken to mean.

use super::*;
use crate::model::attempt::Pool;
use crate::model::group_settings::PurchaseOption;

const NOW: i64 = 1_000_000;

fn record(state: &str, reason: &str) -> JobRecord {
    JobRecord {
        job: Job {
            id: "12".into(),
            user: "ann".into(),
            queue: "demo".into(),
            state: state.into(),
            reason: reason.into(),
            node_count: 2,
            ..Job::default()
        },
        cpus: 4,
        ..JobRecord::default()
    }
}

fn queue() -> QueueFacts {
    QueueFacts {
        total: 4,
        off: 4,
        cpus: 2,
        memory: 8192,
        ..QueueFacts::default()
    }
}

fn facts(record: &JobRecord, queue: QueueFacts) -> JobFacts<'_> {
    JobFacts {
        record,
        queue: Some(queue),
        ahead: 3,
        jobs: 5,
        most_jobs: 256,
        starting: vec![],
        causes: Causes::default(),
        now: NOW,
    }
}

/// What a list says, of the same facts.
fn listed(facts: &JobFacts, language: Language) -> String {
    let line = line(&facts.record.listed(), &facts.grounds(), language);
    line.map_or_else(String::new, |line| line.why)
}

fn code(record: &JobRecord, queue: QueueFacts) -> String {
    explain(&facts(record, queue), Language::English).map_or_else(String::new, |e| e.code)
}

#[test]
fn resources_is_told_apart() {
    let job = record("PENDING", "Resources");
    assert_eq!(code(&job, queue()), "Resources");
    let busy = QueueFacts {
        off: 0,
        busy: 4,
        ..queue()
    };
    assert_eq!(code(&job, busy), "NodesBusy (Resources)");
    let down = QueueFacts {
        off: 1,
        unavailable: 3,
        ..queue()
    };
    assert_eq!(code(&job, down.clone()), "NodesUnavailable (Resources)");
    let mut scarce = facts(&job, down);
    scarce.causes.scarce = vec![RestingPool {
        pool: Pool {
            instance_type: "c6i.large".into(),
            place: Some("subnet-1".into()),
            purchase: PurchaseOption::Ondemand,
        },
        code: Some("InsufficientInstanceCapacity".into()),
        message: "none".into(),
        until: NOW + 40_000,
    }];
    for language in Language::ALL {
        let told = explain(&scarce, language).map(|told| (told.code, told.meaning));
        let (code, meaning) = told.unwrap_or_default();
        assert_eq!(code, "NoCapacity (Resources)");
        for words in [
            "c6i.large in subnet-1",
            "InsufficientInstanceCapacity",
            "40",
        ] {
            assert!(meaning.contains(words), "{meaning}");
        }
    }
    let refused = record("PENDING", "ReqNodeNotAvail");
    assert_eq!(code(&refused, queue()), "Resources (ReqNodeNotAvail)");
    let thin = QueueFacts { cpus: 1, ..queue() };
    assert_eq!(code(&job, thin), "NodeTooSmall (Resources)");
}

/// Slurm's state, reason and longer words, as seen on 24.11, and what they mean.
#[test]
fn slurms_longer_words_are_heeded() {
    let reserved = |causes: &mut Causes| {
        causes.reservations = vec![Reserved {
            name: "fixit".into(),
            nodes: (1..=3).map(|n| format!("demo-{n}")).collect(),
            ends_at: NOW + 60_000,
        }];
    };
    let by_ann = |causes: &mut Causes| causes.cancelled_by = Some("ann".into());
    let nothing = |_: &mut Causes| ();
    type Looked = fn(&mut Causes);
    let table: [(&str, &str, &str, Looked, &str); 17] = [
        ("PENDING", "JobHeldUser", "", nothing, "JobHeldUser"),
        (
            "PENDING",
            "JobHeldUser",
            "launch failed requeued held",
            nothing,
            "LaunchFailed (JobHeldUser)",
        ),
        (
            "PENDING",
            "JobHeldUser",
            "job requeued in held state",
            nothing,
            "RequeuedHeld (JobHeldUser)",
        ),
        (
            "PENDING",
            "JobHeldUser",
            "job requeued in special exit state",
            nothing,
            "RequeuedHeld (JobHeldUser)",
        ),
        (
            "PENDING",
            "JobHoldMaxRequeue",
            "launch failure limit exceeded requeued held",
            nothing,
            "JobHoldMaxRequeue",
        ),
        (
            "PENDING",
            "ReqNodeNotAvail",
            "ReqNodeNotAvail, Reserved for maintenance",
            reserved,
            "NodesReserved (ReqNodeNotAvail)",
        ),
        (
            "PENDING",
            "ReqNodeNotAvail",
            "ReqNodeNotAvail, May be reserved for other job",
            reserved,
            "NodesReserved (ReqNodeNotAvail)",
        ),
        (
            "PENDING",
            "ReqNodeNotAvail",
            "ReqNodeNotAvail, May be reserved for other job",
            nothing,
            "Resources (ReqNodeNotAvail)",
        ),
        (
            "PENDING",
            "Resources",
            "Nodes required for job are DOWN, DRAINED or reserved for jobs in higher priority partitions",
            reserved,
            "NodesReserved (Resources)",
        ),
        ("PENDING", "Resources", "", reserved, "Resources"),
        (
            "PENDING",
            "DependencyNeverSatisfied",
            "",
            nothing,
            "DependencyNeverSatisfied",
        ),
        (
            "CANCELLED",
            "DependencyNeverSatisfied",
            "",
            nothing,
            "DependencyCancelled (DependencyNeverSatisfied)",
        ),
        ("CANCELLED", "None", "", nothing, "Cancelled (None)"),
        ("CANCELLED", "None", "", by_ann, "CancelledBy (None)"),
        (
            "CANCELLED",
            "DependencyNeverSatisfied",
            "",
            by_ann,
            "CancelledBy (DependencyNeverSatisfied)",
        ),
        ("FAILED", "NonZeroExitCode", "", nothing, "NonZeroExitCode"),
        (
            "FAILED",
            "RaisedSignal",
            "RaisedSignal:9(Killed)",
            nothing,
            "RaisedSignal",
        ),
    ];
    for (state, reason, description, look, expected) in table {
        let mut job = record(state, reason);
        job.description = description.into();
        let mut facts = facts(&job, queue());
        look(&mut facts.causes);
        for language in Language::ALL {
            let found =
                explain(&facts, language).map(|e| (e.code, e.title + &e.meaning + &e.remedy));
            let (code, text) = found.unwrap_or_default();
            assert_eq!(code, expected, "{state} {reason} {description}");
            assert!(text.starts_with(&listed(&facts, language)), "{text}");
            assert!(!text.contains(['{', '}']) && !text.contains("  "), "{text}");
        }
    }
    let mut unopened = record("FAILED", "RaisedSignal");
    unopened.signal = Some(53);
    assert_eq!(code(&unopened, queue()), "FilesNotOpened (RaisedSignal)");
    unopened.standard_output = "/w/1.out".into();
    unopened.standard_error = "/w/1.err".into();
    unopened.standard_input = NO_INPUT.into();
    let told = |record: &JobRecord, which| {
        let mut facts = facts(record, queue());
        facts.causes.unopened = which;
        explain(&facts, Language::English).unwrap()
    };
    let meaning = told(&unopened, Unopened::Unknown).meaning;
    assert!(meaning.contains("one of /w/1.out, /w/1.err."), "{meaning}");
    unopened.standard_input = "/w/in".into();
    let meaning = told(&unopened, Unopened::File("/w/in".into())).meaning;
    assert!(meaning.contains("could not open /w/in."), "{meaning}");
    // Its script raised it.
    let own = told(&unopened, Unopened::None);
    assert_eq!(own.code, "RaisedSignal");
    assert!(own.meaning.contains("Signal 53"), "{}", own.meaning);
    let cancelled = record("CANCELLED", "None");
    let mut gone = facts(&cancelled, queue());
    gone.queue = None;
    let explained = explain(&gone, Language::English).map(|e| e.code);
    assert_eq!(explained.as_deref(), Some("QueueDeleted (None)"));
}

/// The line of a list is the title on the job's page.
#[test]
fn a_list_says_of_a_queue_what_a_page_says() {
    let mut job = record("PENDING", "Resources");
    job.job.node_count = 1000;
    for (queue, expected) in [
        (Some(queue()), "QueueTooSmall (Resources)"),
        (Some(QueueFacts::default()), "QueueEmpty (Resources)"),
        (None, "QueueGone (Resources)"),
    ] {
        let mut all = facts(&job, QueueFacts::default());
        all.queue.clone_from(&queue);
        for language in Language::ALL {
            let told = explain(&all, language).unwrap();
            assert_eq!(told.code, expected);
            assert_eq!(listed(&all, language), told.title);
        }
    }
}

#[test]
fn a_queue_without_nodes_is_not_gone() {
    let empty = QueueFacts::default();
    for reason in [
        "Resources",
        "Priority",
        "None",
        "PartitionNodeLimit",
        "ReqNodeNotAvail",
    ] {
        let job = record("PENDING", reason);
        let told = code(&job, empty.clone());
        assert!(told.starts_with("QueueEmpty"), "{reason}: {told}");
        let line = listed(&facts(&job, empty.clone()), Language::English);
        assert_eq!(line, "Its queue has no nodes now", "{reason}");
    }
    // What else keeps it is told first.
    assert_eq!(
        code(&record("PENDING", "JobHeldUser"), empty.clone()),
        "JobHeldUser"
    );
    assert_eq!(
        code(&record("CANCELLED", "None"), empty),
        "Cancelled (None)"
    );
}

#[test]
fn components_that_need_more_nodes_than_there_are_never_start() {
    let lacking = |capable, unavailable| Lacking {
        components: vec!["12+0".into(), "12+1".into()],
        queues: vec!["demo".into()],
        needed: 3,
        capable,
        unavailable,
    };
    for (reason, lacking, expected) in [
        ("Resources", lacking(2, 0), "ComponentsTooMany (Resources)"),
        ("None", lacking(2, 0), "ComponentsTooMany (None)"),
        ("Priority", lacking(2, 2), "ComponentsTooMany (Priority)"),
        (
            "Resources",
            lacking(4, 2),
            "ComponentsUnavailable (Resources)",
        ),
        // Something else keeps it too, and is told first.
        ("JobHeldUser", lacking(2, 0), "JobHeldUser"),
        ("Dependency", lacking(2, 0), "Dependency"),
    ] {
        let job = record("PENDING", reason);
        let mut all = facts(&job, queue());
        all.causes.lacking = Some(lacking.clone());
        for language in Language::ALL {
            let told = explain(&all, language).unwrap();
            assert_eq!(told.code, expected);
            assert_eq!(listed(&all, language), told.title, "{reason}");
            if lacking.is_for_good() && expected.starts_with("Components") {
                let by_itself = text(language).prospect.by_itself;
                assert_ne!(told.prospect, by_itself);
                for part in ["12+0", "12+1", "3", "2", "demo"] {
                    assert!(told.meaning.contains(part), "{}", told.meaning);
                }
            }
        }
    }
}

#[test]
fn a_dependency_says_what_became_of_the_other_job() {
    let job = record("PENDING", "DependencyNeverSatisfied");
    let mut facts = facts(&job, queue());
    let mut failed = crate::model::dependency::parse("afterok:29(failed)");
    failed[0].state = "FAILED".into();
    failed[0].exit_code = Some(3);
    facts.causes.dependencies = failed;
    for language in Language::ALL {
        let meaning = explain(&facts, language).map(|e| e.meaning);
        let meaning = meaning.unwrap_or_default();
        for part in ["afterok", "29", "FAILED", "3"] {
            assert!(meaning.contains(part), "{meaning}");
        }
    }
}

#[test]
fn a_job_that_runs_or_ended_well_needs_no_explanation() {
    for state in ["RUNNING", "COMPLETED", "COMPLETING"] {
        assert_eq!(code(&record(state, "None"), queue()), "");
    }
}

#[test]
fn an_explanation_has_the_jobs_own_numbers() {
    let job = record("PENDING", "Priority");
    let english = explain(&facts(&job, queue()), Language::English);
    let meaning = english.map(|e| e.meaning).unwrap_or_default();
    assert!(
        meaning.contains('3') && meaning.contains("demo"),
        "{meaning}"
    );
    let booting = record("CONFIGURING", "None");
    let mut facts = facts(&booting, queue());
    facts.starting = vec![("compute-1-1".into(), NOW - 2000, "registered".into())];
    for language in Language::ALL {
        let meaning = explain(&facts, language)
            .map(|e| e.meaning)
            .unwrap_or_default();
        assert!(meaning.contains("compute-1-1"), "{meaning}");
    }
}

/// No text has a placeholder that nobody fills, in either language.
#[test]
fn every_reason_is_explained_without_a_gap() {
    for word in include_str!("reasons-24.11.txt").lines() {
        for language in Language::ALL {
            let job = record("PENDING", word);
            let all = facts(&job, queue());
            let Some(explanation) = explain(&all, language) else {
                panic!("{word} is not explained");
            };
            for text in [explanation.title, explanation.meaning, explanation.remedy] {
                assert!(
                    !text.is_empty() && !text.contains(['{', '}']),
                    "{word}: {text}"
                );
                assert!(!text.contains("  "), "{word} has a gap: {text}");
            }
            assert!(!listed(&all, language).is_empty(), "{word}");
        }
    }
}
